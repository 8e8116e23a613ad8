//! Variables of the channel that are not of their type.

use celcombiller::agi::stand_in::CalleeBehaviour;
use serde_json::json;

use crate::script::{CALL, CALLER, ana_calls_bob};
use crate::support::{Ledger, commands, is_dial};

/// `variable | value | what Dial is given after the number, or that nothing is dialled`
const VARIABLES: &str = r"
    CHANNEL(state)                              | Up\x20                      | 40,iS(60)
    CHANNEL(state)                              | 6                           | 40,iS(60)
    CHANNEL(state)                              | Up\|0\|1                    | nothing
    CHANNEL(state)                              | \|\|\|\|\|\|\|\|            | nothing
    TIMEOUT(absolute)                           | nan                         | 40,iS(60)
    TIMEOUT(absolute)                           | -1.000                      | 40,iS(60)
    TIMEOUT(absolute)                           | 1e9                         | 40,iS(60)
    TIMEOUT(absolute)                           | 99999999999999999999.000    | 40,iS(60)
    TIMEOUT(absolute)                           | .                           | 40,iS(60)
    DIALPLAN_EXISTS(celcombiller-answered,s,1)  | yes                         | 40,iS(60)
    DIALPLAN_EXISTS(celcombiller-answered,s,1)  | 1)S(9999                    | 40,iS(60)
    DIALPLAN_EXISTS(celcombiller-answered,s,1)  | \|                          | nothing
    CELCOMBILLER_THEN                           | x                           | 40,iS(60)
    CELCOMBILLER_THEN                           | \|                          | nothing
    CELCOMBILLER_CALL                           | 1763690000.12               | 40,iS(60)
    CELCOMBILLER_CALL                           | 1763690000.12#              | 40,iS(60)
    CELCOMBILLER_CALL                           | 1763690000.12#0             | 40,iS(60)
    CELCOMBILLER_CALL                           | 1763690000.12#-1            | 40,iS(60)
    CELCOMBILLER_CALL                           | 1763690000.12#x             | 40,iS(60)
    CELCOMBILLER_CALL                           | 1763690000.12#99999999999   | 40,iS(60)
    CELCOMBILLER_CALL                           | 1763690000.13#1             | 40,iS(60)
    CELCOMBILLER_CALL                           | #1                          | 40,iS(60)
    CELCOMBILLER_CALL                           | ../../etc/passwd#1          | 40,iS(60)
    CELCOMBILLER_CALL                           | a\|b                        | nothing
    CELCOMBILLER_STATUS                         | a\|b                        | nothing
    CELCOMBILLER_BILLSEC                        | x                           | 40,iS(60)
    DIALSTATUS                                  | ANSWER                      | 40,iS(60)
    DIALSTATUS                                  | a\|b                        | nothing
    ANSWEREDTIME                                | x                           | 40,iS(60)
    ANSWEREDTIME                                | \|                          | nothing
    CELCOMBILLER_ANSWERED                       | x.y                         | 40,iS(60)
    CELCOMBILLER_ANSWERED                       | )                           | 40,iS(60)
";

#[test]
fn a_variable_of_the_wrong_type_is_as_good_as_none_and_one_too_many_ends_the_caller() {
    for case in VARIABLES.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let hidden = case.replace(r"\|", "\0");
        let [name, value, dialled] = hidden.split('|').map(str::trim).collect::<Vec<_>>().try_into().unwrap();
        let ledger = Ledger::with_ana_and_bob(60);
        let mut channel = ana_calls_bob();
        channel.callee = CalleeBehaviour::Fails("BUSY");
        channel.variables.insert(name.to_owned(), value.replace('\0', "|").replace(r"\x20", " "));
        let ended = ledger.play(CALLER, &mut channel, &[]);
        let said: Vec<_> = commands(&channel.dialogue).filter(|command| is_dial(command)).collect();
        if dialled == "nothing" {
            assert_eq!((ended.status.code(), said.len()), (Some(1), 0), "{case}");
            assert_eq!(ledger.json(&["hold", "list", "--all"]), json!([]), "{case}");
        } else {
            let data = format!("EXEC \"Dial\" \"SIP/IMSI001010000000002@127.0.0.1:5062,{dialled}\"");
            assert_eq!((ended.status.code(), said), (Some(0), vec![data.as_str()]), "{case}");
            assert_eq!(channel.variable("CELCOMBILLER_CALL"), CALL, "{case}");
            assert_eq!(ledger.balance("ana"), ("60".to_owned(), "0".to_owned()), "{case}");
        }
    }
}
