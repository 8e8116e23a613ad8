//! The invariants of the books, checked and enforced.

use serde_json::Value;

use crate::keys;
use crate::support::Ledger;

#[test]
fn every_invariant_is_named_and_a_broken_one_fails_the_check() {
    let ledger = Ledger::with_ana_and_bob(10);
    let checked = ledger.json(&["db", "check"]);
    assert_eq!(keys(&checked), ["checks", "ok", "head_entry", "head"]);
    assert_eq!(keys(&checked["checks"][0]), ["name", "ok", "detail"]);
    let breaks = [
        ("every balance is the sum of its entries", "UPDATE account SET balance = 11 WHERE username = 'ana'"),
        ("what is held is the sum of the open holds", "UPDATE account SET held = 1 WHERE username = 'ana'"),
        (
            "what is held is the sum of the open holds",
            "INSERT INTO call (uniqueid, attempt, account_id, rate_id, clid, dialled, dial, answered_before, amount,
                 seconds, placed, expires, state)
             VALUES ('1.1', 1, 4, 1, '1', '2', 'SIP/2', 0, 9, 9, 0, 0, 'open');
             DELETE FROM call",
        ),
        (
            "every entry continues from the one before",
            "DROP TRIGGER entry_stays; UPDATE ledger_entry SET credit_balance = 7 WHERE id = 1",
        ),
        (
            "every reversal mirrors one entry",
            "DROP TRIGGER entry_posted;
             INSERT INTO ledger_entry (time, kind, debit_account, credit_account, amount, credit_balance, reverses, actor)
             VALUES (0, 'reversal', 1, 4, 3, 10000003, 1, 'nobody')",
        ),
        (
            "nothing was credited beyond what was paid",
            "INSERT INTO payment (entry_id, gross, vat) VALUES (1, 9999999, '0')",
        ),
        ("every value is one that belongs", "INSERT INTO payment (entry_id, gross, vat) VALUES (1, 10000000, '120')"),
        (
            "every value is one that belongs",
            r#"UPDATE account SET contact = '{"email":"nobody"}' WHERE username = 'ana'"#,
        ),
        (
            "every bundle belongs to a user, identifies nobody and owes nothing",
            "UPDATE account SET credit_limit = 1 WHERE kind = 'bundle'",
        ),
        (
            "every bundle belongs to a user, identifies nobody and owes nothing",
            "UPDATE account SET owner_id = 2 WHERE kind = 'bundle'",
        ),
        ("every value is one that belongs", "UPDATE account SET owner_id = NULL WHERE kind = 'bundle'"),
        ("every value is one that belongs", "UPDATE account SET bundle = 'seconds=x' WHERE kind = 'bundle'"),
        ("what is held is the sum of the open holds", "UPDATE account SET held = 1 WHERE kind = 'bundle'"),
        (
            "what a bundle is given and uses returns to the account of its unit",
            "UPDATE account SET bundle = 'bonus=60' WHERE kind = 'bundle'",
        ),
    ];
    for (name, sql) in breaks {
        let ledger = Ledger::with_ana_and_bob(10);
        ledger.ok(&["bundle", "add", "ana", "--seconds", "60"]);
        rusqlite::Connection::open(ledger.database()).unwrap().execute_batch(sql).unwrap();
        let output = ledger.billctl(&["--format", "json", "db", "check"]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        let checked: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(checked["ok"], false);
        let failed: Vec<_> = checked["checks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|check| check["ok"] == false)
            .map(|check| check["name"].as_str().unwrap())
            .collect();
        assert!(failed.contains(&name), "{name}: {failed:?}");
    }
}

#[test]
fn the_schema_itself_refuses_to_forge_the_books() {
    let ledger = Ledger::with_ana_and_bob(10);
    let books = rusqlite::Connection::open(ledger.database()).unwrap();
    let hold = "INSERT INTO call (uniqueid, attempt, account_id, rate_id, clid, dialled, dial, answered_before, amount,
                    seconds, placed, expires, state)
                VALUES ('1.1', 1, 4, 1, '1', '2', 'SIP/2', 0, :amount, 9, 0, 0, 'open')";
    for (sql, rule) in [
        ("UPDATE ledger_entry SET amount = 1", "never edited"),
        ("DELETE FROM ledger_entry", "never deleted"),
        (hold.replace(":amount", "10000001").as_str(), "available_is_never_negative"),
        ("UPDATE account SET balance = -1 WHERE username = 'ana'", "available_is_never_negative"),
        (
            "INSERT INTO ledger_entry (time, kind, debit_account, credit_account, amount, actor)
             VALUES (0, 'adjustment', 4, 3, 10000001, 'nobody')",
            "available_is_never_negative",
        ),
    ] {
        let error = books.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains(rule), "{sql}: {error}");
    }
    books.execute(&hold.replace(":amount", "9000000"), []).unwrap();
    books
        .execute_batch(
            "INSERT INTO trunk (name, dial) VALUES ('carrier', 'PJSIP/{number}');
             UPDATE call SET trunk_id = 1;",
        )
        .expect("a call that is open may go over another trunk");
    let settled = "UPDATE call SET state = 'settled', disposition = 'ANSWERED', ended = 0, billsec = 9, overrun = 0,
                       charge = 9000000, unpaid = 0";
    let charge = "INSERT INTO ledger_entry (time, kind, debit_account, credit_account, amount, call_id, actor)
                  VALUES (0, 'charge', 4, 2, 1, 1, 'nobody')";
    for (sql, rule) in [
        (settled.replace("billsec = 9", "billsec = 10").as_str(), "settled_calls_say_how_they_ended"),
        (settled.replace("9000000", "9000001").as_str(), "settled_calls_say_how_they_ended"),
    ] {
        let error = books.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains(rule), "{sql}: {error}");
    }
    books.execute(settled, []).unwrap();
    books.execute(charge, []).unwrap();
    let twice = books.execute(charge, []).unwrap_err().to_string();
    assert!(twice.contains("ledger_entry.call_id"), "{twice}");
    for change in ["state = 'open'", "trunk_id = NULL", "cost = 1"] {
        let settled = books.execute(&format!("UPDATE call SET {change}"), []).unwrap_err().to_string();
        assert!(settled.contains("settled once"), "{change}: {settled}");
    }
    books.execute_batch(&hold.replace("'1.1'", "'1.2'").replace(":amount", "0")).unwrap();
    books.execute("UPDATE call SET state = 'expired' WHERE state = 'open'", []).unwrap();
    let reopened = books.execute("UPDATE call SET state = 'open' WHERE state = 'expired'", []).unwrap_err().to_string();
    assert!(reopened.contains("never opened again"), "{reopened}");
}

#[test]
fn a_text_that_cannot_be_read_is_a_fault() {
    let ledger = Ledger::with_ana_and_bob(10);
    let books = rusqlite::Connection::open(ledger.database()).unwrap();
    for (sql, fault) in [
        ("UPDATE account SET caps = 'calls=x' WHERE username = 'ana'", "account ana: `x` is not a cap"),
        ("UPDATE tariff SET clock = 'noon'", "tariff standard: `noon` are not the rules of a time zone"),
        ("UPDATE tariff SET rounding = 'none'", "tariff standard: `none` is not a rounding"),
        (
            "INSERT INTO rate (tariff_id, prefix, price_per_minute, connect_fee, initial_seconds, subsequent_seconds,
                 starts, terms) VALUES (1, '5', 1, 0, 1, 1, 0, 'bands=60')",
            "rate 2: `60` is not a band",
        ),
    ] {
        books.execute(sql, []).unwrap();
        let checked = ledger.billctl(&["db", "check"]);
        let told = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert_eq!(checked.status.code(), Some(1), "{sql}");
        assert!(told.contains(fault), "{sql}: {told}");
    }
}
