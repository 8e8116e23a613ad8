//! Who pays: the account, in the configured order.

use celcombiller::agi::stand_in::Channel;

use crate::script::call;
use crate::support::Ledger;

/// `by | account code | caller id | who pays, or nobody`
const IDENTITIES: &str = "
    callerid             |       | 999999999           | ana
    callerid             |       | +999999999          | ana
    callerid             |       | 999999997           | ana
    callerid             | bob   | 999999999           | ana
    callerid             |       | IMSI001010000000001 | nobody
    callerid             |       | 001010000000001     | nobody
    callerid             |       | 0999999999          | nobody
    callerid             |       | 999999999x          | nobody
    callerid             | ana   | unknown             | nobody
    accountcode          | ana   | 999999998           | ana
    accountcode          | ana   | unknown             | ana
    accountcode          |       | 999999999           | nobody
    accountcode          | ANA   | 999999999           | nobody
    accountcode callerid | bob   | 999999999           | bob
    accountcode callerid |       | 999999999           | ana
    accountcode callerid | carol | 999999999           | nobody
    accountcode callerid | a b   | 999999999           | nobody
    callerid accountcode | bob   | 999999999           | ana
    callerid accountcode | bob   | 555                 | bob
    imsi                 |       | IMSI001010000000001 | ana
    imsi                 |       | 001010000000001     | ana
    imsi                 |       | 999999999           | nobody
    imsi                 |       | IMSI                | nobody
    callerid imsi        |       | IMSI001010000000002 | bob
    callerid imsi        |       | 999999998           | bob
    imsi callerid        |       | 999999998           | bob
    imsi callerid        |       | 001010000000002     | bob
";

#[test]
fn the_account_is_found_in_the_configured_order() {
    let ledger = Ledger::with_ana_and_bob(600);
    ledger.ok(&["callerid", "add", "ana", "999999997"]);
    ledger.ok(&["balance", "add", "bob", "600"]);
    ledger.ok(&["user", "add", "carla", "--clid", "999999996", "--imsi", "001010000000003"]);
    for (counter, case) in IDENTITIES.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        let [by, accountcode, callerid, payer] = case.split('|').map(str::trim).collect::<Vec<_>>().try_into().unwrap();
        let by: Vec<_> = by.split(' ').collect();
        ledger.configure(&format!("[identify]\nby = {by:?}\n"));
        let mut channel = Channel::new(&format!("1763690000.{counter}"), callerid, "999999996");
        channel.accountcode = accountcode.to_owned();
        let status = call(&ledger, &mut channel, &[]);
        if payer == "nobody" {
            assert_eq!(status, "UNKNOWN_CALLER", "{case}");
            continue;
        }
        assert_eq!(status, "GRANTED", "{case}");
        let cdr = ledger.json(&["cdr", "show", channel.variable("CELCOMBILLER_CALL")]);
        assert_eq!(cdr["username"], payer, "{case}");
    }
}
