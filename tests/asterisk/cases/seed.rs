//! The first use of all: two users, a balance in seconds, two lines of dialplan.

use serde_json::{Value, json};

use crate::configuration::{Dialplan, Setup};
use crate::eventually::eventually;
use crate::lab::Lab;
use crate::phone::Phone;
use crate::scenario::{self, STAYS, Then, answers};
use crate::version::Version;

on_both_versions! { a_call_is_cut_when_the_balance_ends_and_the_books_say_so }

/// What an OpenBTS of these days is configured with, but for the port.
const CHAN_SIP: Setup = Setup {
    celcombiller: r#"
[dial]
onnet = "SIP/IMSI{imsi}@127.0.0.1:{phone_port}"
"#,
    chan_sip: true,
    stamps_answers: false,
    ..Setup::PLAIN
};

/// The same where there is no `chan_sip`.
const PJSIP: Setup = Setup {
    celcombiller: r#"
[dial]
onnet = "PJSIP/openbts/sip:IMSI{imsi}@127.0.0.1:{phone_port}"
"#,
    stamps_answers: false,
    ..Setup::PLAIN
};

fn a_call_is_cut_when_the_balance_ends_and_the_books_say_so(version: Version) {
    let lab = Lab::boot(version, if version == Version::V16 { CHAN_SIP } else { PJSIP });
    let asterisk = if version == Version::V16 { lab.ports.sip } else { lab.ports.pjsip };
    let ledger = lab.ledger();
    ledger.run(&["user", "add", "ana", "--clid", "999999999", "--imsi", "724310000000001"]);
    ledger.run(&["user", "add", "bia", "--clid", "999999998", "--imsi", "724310000000002"]);
    ledger.run(&["balance", "add", "ana", "3"]);

    let callee = Phone::waiting(&lab, lab.ports.phone, &scenario::callee(&answers(Then::Stays)));
    let invitation = scenario::caller("<sip:999999999@[local_ip]:[local_port]>", "999999998", &STAYS);
    Phone::calling(&lab, &Dialplan::Seed.address(), asterisk, &invitation).finish();
    let callee = callee.finish();
    assert_eq!(callee.invited(), Some("IMSI724310000000002"));
    assert_eq!(callee.talked(), 3, "{callee:#?}");

    let cdr = eventually("the call is settled", || ledger.list(&["cdr", "list", "--user", "ana"]).pop());
    let said = ["username", "clid", "dialled", "callee", "disposition", "billsec", "granted", "overrun", "charge"];
    let expected = json!(["ana", "999999999", "999999998", "bia", "ANSWERED", 3, 3, 0, "3"]);
    assert_eq!(pick(&cdr, &said), expected, "{cdr:#}");
    let history = ledger.list(&["balance", "history", "ana"]);
    let said: Vec<Value> = history.iter().map(|entry| pick(entry, &["amount", "balance_after", "call"])).collect();
    assert_eq!(said, [json!(["-3", "0", cdr["call"]]), json!(["3", "3", null])], "{history:#?}");
    let balance = ledger.read(&["balance", "show", "ana"]);
    assert_eq!(
        pick(&balance, &["username", "unit", "balance", "held", "available"]),
        json!(["ana", "seconds", "0", "0", "0"])
    );
    ledger.assert_sound();
}

fn pick(object: &Value, keys: &[&str]) -> Value {
    keys.iter().map(|key| object[key].clone()).collect()
}
