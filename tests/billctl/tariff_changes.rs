//! Price lists against each other, and against calls that were made.

use serde_json::{Value, json};

use crate::support::Ledger;
use crate::tariff_files::{import, shop};

fn rows(found: &Value) -> Value {
    let values = |row: &Value| row.as_object().unwrap().values().cloned().collect::<Vec<_>>();
    json!(found.as_array().unwrap().iter().map(values).collect::<Vec<_>>())
}

#[test]
fn two_lists_differ_by_prefix_and_hours() {
    let ledger = shop();
    ledger.ok(&["tariff", "add", "next"]);
    import(&ledger, "shop", "prefix,price_per_minute,hours\n33,1,\n44,1,\n55,1,\n55,2,sat\n", &[]);
    let next = "prefix,price_per_minute,hours,connect_fee,increment,minimum_charge,starts\n\
                33,1,,,,,\n44,1,,0.1,60+6,3,\n55,1,,,,,\n55,2,sun,,,,\n66,1,,,,,2099-01-01\n";
    import(&ledger, "next", next, &[]);
    let expected = json!([
        ["44", null, "other_price", "1 a minute, 1+1", "1 a minute, connect fee 0.1, 60+6, minimum_charge=3"],
        ["55", "sat 00:00-24:00", "only_in_a", "2 a minute, 1+1", null],
        ["55", "sun 00:00-24:00", "only_in_b", null, "2 a minute, 1+1"],
    ]);
    let differing = ledger.json(&["tariff", "diff", "shop", "next"]);
    assert_eq!(crate::keys(&differing[0]), ["prefix", "hours", "difference", "a", "b"]);
    let others = differing.as_array().unwrap().iter().filter(|row| row["prefix"] != "onnet").cloned().collect();
    assert_eq!(rows(&Value::Array(others)), expected);
    let later = ledger.json(&["tariff", "diff", "shop", "next", "--at", "2099-01-01"]);
    assert!(rows(&later).to_string().contains(r#"["66",null,"only_in_b",null,"1 a minute, 1+1"]"#), "{later}");
}

/// Books in which ana talked for 10 s to bob, by a further number of his, 20 s to 5511999 and 30 s to 4422, and 5522 did not answer; each was
/// charged 0.05 and 0.01 a second. `placed` are the days on which she called.
fn books_with_calls(placed: [&str; 4]) -> Ledger {
    let ledger = Ledger::in_euros();
    let books = rusqlite::Connection::open(ledger.database()).unwrap();
    let sql = "INSERT INTO call (uniqueid, attempt, account_id, rate_id, clid, dialled, dial, callee_id, answered_before,
                   amount, seconds, placed, expires, state, disposition, answered, ended, billsec, overrun, charge, unpaid)
               SELECT :dialled, 1, a.id, (SELECT max(id) FROM rate WHERE prefix = iif(:on_net, 'onnet', '')), '999999999',
                   :dialled, 'SIP/x', iif(:on_net, (SELECT id FROM account WHERE username = 'bob'), NULL), 0,
                   :charge, 40, unixepoch(:placed) * 1000, 0, 'settled', iif(:answered, 'ANSWERED', 'BUSY'),
                   iif(:answered, 0, NULL), 0, :billsec, 0, :charge, 0
               FROM account a WHERE username = 'ana'";
    for ((dialled, billsec), placed) in
        [("777", 10), ("5511999", 20), ("4422", 30), ("5522", 0)].into_iter().zip(placed)
    {
        let values = rusqlite::named_params! {
            ":dialled": dialled, ":on_net": dialled == "777", ":answered": billsec > 0, ":billsec": billsec,
            ":charge": if billsec > 0 { 50_000 + billsec * 10_000 } else { 0 }, ":placed": placed,
        };
        books.execute(sql, values).unwrap();
    }
    ledger
}

#[test]
fn past_calls_are_priced_again_and_nothing_is_written() {
    let ledger = books_with_calls(["2026-11-01"; 4]);
    let before = ledger.json(&["cdr", "list"]);
    ledger.ok(&["tariff", "add", "next"]);
    let next = "prefix,price_per_minute,connect_fee,starts,ends\n\
                onnet,0.06,,2020-01-01,\n55,6,,2020-01-01,\n5511,1.2,0.1,2020-01-01,\n551,9,,2099-01-01,\n5,9,,2019-01-01,\n";
    import(&ledger, "next", next, &[]);
    let replay = |flags: &[&str]| {
        let since = ["tariff", "replay", "next", "--since", "2020-01-01"];
        rows(&ledger.json(&[&since, flags].concat()))
    };
    // 10 s at 0.06 and 20 s at 1.2 a minute with the fee make 0.01 and 0.5; they were 0.15 and 0.25.
    let by_user = json!([["ana", 3, 30, "0.4", "0.51", "0.11", 1], ["total", 3, 30, "0.4", "0.51", "0.11", 1],]);
    assert_eq!(replay(&[]), by_user);
    let by_prefix = json!([
        [null, 0, 0, "0", "0", "0", 1],
        ["55", 1, 0, "0", "0", "0", 0],
        ["5511", 1, 20, "0.25", "0.5", "0.25", 0],
        ["onnet", 1, 10, "0.15", "0.01", "-0.14", 0],
        ["total", 3, 30, "0.4", "0.51", "0.11", 1],
    ]);
    assert_eq!(replay(&["--by", "prefix"]), by_prefix);
    assert_eq!(replay(&["--until", "2020-01-02"]), json!([["total", 0, 0, "0", "0", "0", 0]]));
    assert_eq!(ledger.json(&["cdr", "list"]), before);
    // The list by which they were charged had no rates yet on the day that they are said to have been placed.
    let none = rows(&ledger.json(&["tariff", "replay", "standard", "--since", "2020-01-01"]));
    assert_eq!(none[1], json!(["total", 0, 0, "0", "0", "0", 4]));
}

#[test]
fn each_call_is_priced_by_the_rate_that_was_in_force_when_it_was_placed() {
    let ledger = books_with_calls(["2020-06-01", "2021-06-01", "2022-06-01", "2023-06-01"]);
    ledger.ok(&["tariff", "add", "next"]);
    for (prefix, price, starts) in
        [("999999998", "60", "2020-01-01"), ("", "120", "2021-01-01"), ("", "6", "2022-01-01")]
    {
        let rate = ["--prefix", prefix, "--price-per-minute", price, "--starts", starts];
        ledger.ok(&[&["rate", "add", "--tariff", "next"], &rate[..]].concat());
    }
    ledger.ok(&["rate", "add", "--tariff", "next", "--prefix", "", "--price-per-minute", "1", "--hours", "sat"]);
    let until = ["--since", "2020-01-01", "--until", "2022-12-31"];
    let replayed = ledger.json(&[&["tariff", "replay", "next"], &until[..]].concat());
    // 10 s at 60, which is the price of bob's main number, 20 s at 120 and 30 s at 6 a minute.
    assert_eq!((&replayed[0]["calls"], &replayed[0]["would_be"]), (&json!(3), &json!("53")), "{replayed}");
}
