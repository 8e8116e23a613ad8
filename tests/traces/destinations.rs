//! What is reached by what was dialled.

use celcombiller::agi::stand_in::{CalleeBehaviour, Channel};

use crate::outcome::is_closed_at;
use crate::script::{ANA, BOB, BOBS_SIM, CALLER, call};
use crate::support::Ledger;
use crate::transcript::dials;

#[test]
fn to_names_another_destination_than_the_extension() {
    let ledger = Ledger::with_ana_and_bob(600);
    for (counter, (arguments, extension, status, dialled)) in [
        (vec!["to=999999998"], "s", "GRANTED", Some(BOBS_SIM)),
        (vec!["to=IMSI001010000000002"], "s", "GRANTED", Some(BOBS_SIM)),
        (vec!["authorise", "to=999999998"], "s", "GRANTED", None),
        (vec!["to=999999998", "authorise"], "s", "GRANTED", None),
        (vec!["to="], BOB, "INVALID_NUMBER", None),
        (vec!["to=5511"], BOB, "NO_ROUTE", None),
        (vec!["authorize"], BOB, "UNAVAILABLE", None),
        (vec!["to"], BOB, "UNAVAILABLE", None),
        (vec!["authorise=yes"], BOB, "UNAVAILABLE", None),
    ]
    .into_iter()
    .enumerate()
    {
        let mut channel = Channel::new(&format!("1763690000.{counter}"), ANA, extension);
        let ended = ledger.play(CALLER, &mut channel, &arguments);
        assert_eq!(channel.variable("CELCOMBILLER_STATUS"), status, "{arguments:?}");
        assert_eq!(ended.stderr.contains("unknown argument"), status == "UNAVAILABLE", "the operator is told");
        let reached = dials(&channel);
        assert_eq!(reached.first().and_then(|data| data.split(',').next()), dialled, "{arguments:?}");
        ledger.hang_up(&mut channel);
    }
    is_closed_at(&ledger, "600");
}

/// `dialled | what Dial is given`
const DESTINATIONS: &str = "
    999999998           | SIP/IMSI001010000000002@127.0.0.1:5062
    +999999998          | SIP/IMSI001010000000002@127.0.0.1:5062
    999999996           | SIP/IMSI001010000000002@127.0.0.1:5062
    IMSI001010000000002 | SIP/IMSI001010000000002@127.0.0.1:5062
    001010000000002     | SIP/IMSI001010000000002@127.0.0.1:5062
    5511999990002       | PJSIP/5511999990002@carrier
    +5511999990002      | PJSIP/5511999990002@carrier
    001010000000009     | PJSIP/001010000000009@carrier
    1                   | PJSIP/1@carrier
    123456789012345     | PJSIP/123456789012345@carrier
    IMSI001010000000009 | NO_ROUTE
    999999995           | NO_ROUTE
";

#[test]
fn a_destination_is_a_user_by_number_or_sim_else_off_net() {
    let ledger = Ledger::with_ana_and_bob(600);
    ledger.configure("[dial]\noffnet = \"PJSIP/{number}@carrier\"\n");
    ledger.ok(&["callerid", "add", "bob", "999999996"]);
    // A user without a SIM has nothing for the default template, and is not sent off-net instead.
    ledger.ok(&["user", "add", "carla", "--clid", "999999995"]);
    for (counter, case) in DESTINATIONS.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        let (dialled, reached) = case.split_once('|').unwrap();
        let (dialled, reached) = (dialled.trim(), reached.trim());
        let mut channel = Channel::new(&format!("1763690000.{counter}"), ANA, dialled);
        channel.callee = CalleeBehaviour::Fails("BUSY");
        let status = call(&ledger, &mut channel, &[]);
        match reached {
            "NO_ROUTE" => assert_eq!((status.as_str(), dials(&channel).len()), ("NO_ROUTE", 0), "{case}"),
            _ => assert_eq!(dials(&channel), [format!("{reached},40,iS(600)")], "{case}"),
        }
    }
}
