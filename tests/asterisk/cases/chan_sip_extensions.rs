//! Phones that speak `chan_sip`, which Asterisk 16 has and 22 has no more.

use crate::eventually::eventually;
use crate::extension::INSIDE_WITH_CHAN_SIP;
use crate::lab::Lab;
use crate::scenario::{STAYS, Then, answers};
use crate::version::Version;

#[test]
fn a_phone_registers_calls_and_is_called_and_billed_by_chan_sip() {
    crate::version::run(Version::V16, |version| {
        let lab = Lab::inside_with(version, INSIDE_WITH_CHAN_SIP);
        let (ana, bob) = (lab.extension("ana", &["--tech", "sip"]), lab.extension("bob", &["--tech", "sip"]));
        let third = lab.extension("bob", &[]);
        lab.render();
        bob.registers_with("not-the-secret-at-all", 403);
        assert!(lab.console("sip show peer 1001").contains("Addr->IP     : (null)"));
        bob.registers();
        let callee = bob.takes_calls(&answers(Then::HangsUpAfter(2500)), 99);
        // Asterisk asks whether it is there, and asks again ten seconds later where nobody listened.
        lab.console("sip qualify peer 1001");
        eventually("the phone is there", || lab.console("sip show peer 1001").contains(": OK (").then_some(()));
        ana.calls(&bob.number, &STAYS).finish();
        assert_eq!(callee.dialogue().talked(), 2);
        eventually("ana pays", || (lab.left("ana") == 58).then_some(()));
        // From one technology to the other.
        third.registers();
        let callee = third.takes_calls(&answers(Then::HangsUpAfter(2500)), 1);
        ana.calls(&third.number, &STAYS).finish();
        assert_eq!(callee.finish().talked(), 2);
        eventually("ana pays again", || (lab.left("ana") == 56).then_some(()));
        let rung: Vec<String> = lab.rung().into_iter().map(|(number, _)| number).collect();
        assert_eq!(rung, ["1001", "1002"]);
        lab.ledger().assert_sound();
    });
}

#[test]
fn where_chan_sip_is_no_more_a_reload_names_who_speaks_it_and_touches_nothing() {
    crate::version::run(Version::V22, |version| {
        let lab = Lab::inside(version);
        lab.extension("ana", &[]);
        lab.render();
        lab.extension("bob", &["--tech", "sip"]);
        lab.ledger().run(&["asterisk", "install"]);
        let said = lab.ledger().refused(&["asterisk", "reload"]);
        assert_eq!(
            said,
            "error: extension 1001 speaks sip, and Asterisk has not loaded chan_sip, which it has up to version 20\n\
             hint: billctl extension update 1001 --tech pjsip\n"
        );
        assert!(!lab.console("dialplan show 1001@celcombiller-extensions").contains("SIP/1001"));
        lab.ledger().run(&["extension", "update", "1001", "--tech", "pjsip"]);
        lab.render();
        assert!(lab.console("dialplan show 1001@celcombiller-extensions").contains("PJSIP/1001"));
    });
}
