//! What is dialled and is no number.

use celcombiller::agi::stand_in::{Channel, words};

use crate::script::{ANA, BOB, CALLER, UNIQUEID, is_untouched};
use crate::support::{Ledger, commands};

/// What is no number, between `[` and `]`.
const NO_NUMBERS: &str = r#"
    []  [ ]  [+]  [++999999998]  [-999999998]  [999999998 ]  [ 999999998]  [9999 99998]  [9999-99998]
    [1234567890123456]  [+1234567890123456]  [00000000000000000000]  [99999999x]  [x]  [h]  [s]  [i]  [bob]
    [999999998&999999999]  [999999998&Local/999999999@users]  [&999999998]  [999999998/60]  [SIP/999999998]
    [PJSIP/999999998@carrier]  [999999998@carrier]  [999999998,60]  [999999998,60,g]  [999999998,,S()]
    [999999998(60)]  [999999998)]  [999999998%0A]  [%39]  [999999998"]  ["999999998"]  [999999998"\]  [\]  [999999998\]
    [999999998']  ['; DROP TABLE call; --]  [${EXTEN}]  [${SHELL(id)}]  [$[1+1]]  [999999998|60]  [999999998;60]
    [999999998#]  [*100#]  [#]  [999999998^]  [999999998!]  [999999998.]  [1e5]  [0x10]  [_X.]  [٩٩٩]  [９９９]
    [IMSI]  [IMSI12345]  [IMSI0010100000000021]  [imsi001010000000002]  [IMSI001010000000002&x]  [IMSI+0010100]
    [IMSIIMSI001010000000002]  [+IMSI001010000000002]  [IMSI 001010000000002]  [999999998	]  [<999999998>]
"#;

#[test]
fn what_is_no_number_is_refused_as_invalid_and_not_dialled() {
    let ledger = Ledger::with_ana_and_bob(600);
    ledger.configure("[dial]\noffnet = \"PJSIP/{number}@carrier\"\n[free]\nnumbers = [\"112\"]\n");
    let dialled = |extension: &str, arguments: &[&str]| {
        let mut channel = Channel::new(UNIQUEID, ANA, extension);
        ledger.play(CALLER, &mut channel, arguments).quietly();
        assert_eq!(channel.variable("CELCOMBILLER_STATUS"), "INVALID_NUMBER", "[{extension}] {arguments:?}");
        let words: Vec<_> = commands(&channel.dialogue).map(words).collect();
        assert_eq!(words.len(), 2, "{words:?}");
        assert_eq!((words[1].len(), words[1][0].as_str(), words[1][2].as_str()), (3, "VERBOSE", "1"), "{words:?}");
    };
    let cases: Vec<_> = NO_NUMBERS
        .lines()
        .flat_map(|line| line.trim().split("  ["))
        .filter(|case| !case.is_empty())
        .map(|case| case.strip_prefix('[').unwrap_or(case).strip_suffix(']').unwrap())
        .collect();
    assert!(cases.len() > 60, "{cases:?}");
    for no_number in cases {
        dialled(no_number, &[]);
        dialled(BOB, &[&format!("to={no_number}")]);
    }
    is_untouched(&ledger);
}
