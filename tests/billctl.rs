//! What an operator and their programs see of `billctl`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod support;

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};
use support::Ledger;

/// Returns the keys of an object, in order.
fn keys(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn init_makes_the_database_and_the_configuration_once() {
    let ledger = Ledger::new("EUR");
    fs::remove_file(ledger.config()).unwrap();
    let unnamed = ledger.command("billctl").env_remove("CELCOMBILLER_CONFIG").args(["db", "info"]).output().unwrap();
    assert!(unnamed.status.success(), "a missing default configuration means the defaults");
    ledger.configure("");
    let again = ledger.json(&["init"]);
    assert_eq!(again["database_state"], "kept");
    assert_eq!(again["unit"], "EUR");
    let other = ledger.refused(1, &["init", "--unit", "seconds"]);
    assert!(other.contains("exists and counts in EUR\nhint: another unit needs another database"), "{other}");
    ledger.refused(2, &["init", "--unit", "minutes"]);
}

#[test]
fn a_new_configuration_names_every_key_with_its_default() {
    let ledger = Ledger::new("seconds");
    let config = ledger.folder.path().join("etc/celcombiller.toml");
    ledger.refused(2, &["--config", config.to_str().unwrap(), "user", "list"]);
    assert_eq!(ledger.json(&["--config", config.to_str().unwrap(), "init"])["config_state"], "created");
    assert_eq!(ledger.json(&["--config", config.to_str().unwrap(), "init"])["config_state"], "kept");
    let text = fs::read_to_string(config).unwrap();
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if key.split(' ').nth(1) == Some("=") => key,
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let parsed = celcombiller::config::Config::parse(&uncommented, "new".as_ref()).expect("every key exists");
    let mut defaults = celcombiller::config::Config::default();
    assert_eq!(
        (&parsed.database, &parsed.identify, &parsed.calls),
        (&defaults.database, &defaults.identify, &defaults.calls)
    );
    defaults.dial.offnet.clone_from(&parsed.dial.offnet);
    assert_eq!(parsed.dial, defaults.dial, "but for the off-net route, which has no default");
}

#[test]
fn a_user_is_added_with_everything_and_shown_under_fixed_keys() {
    let ledger = Ledger::new("EUR");
    let added = ledger.json(&[
        "user",
        "add",
        "ana",
        "--clid",
        "+999999999",
        "--imsi",
        "001010000000001",
        "--name",
        "Ana",
        "--level",
        "collaborator",
        "--credit-limit",
        "2.5",
        "--max-calls",
        "2",
        "--expires",
        "2030-01-01",
        "--balance",
        "10.25",
    ]);
    let shown = ledger.json(&["user", "show", "imsi:001010000000001"]);
    assert_eq!(added, shown);
    assert_eq!(
        keys(&shown),
        [
            "username",
            "name",
            "level",
            "clid",
            "imsi",
            "status",
            "tariff",
            "balance",
            "held",
            "available",
            "credit_limit",
            "max_calls",
            "expires",
            "groups",
            "created"
        ]
    );
    assert_eq!(shown["clid"], "999999999");
    assert_eq!(shown["balance"], "10.25");
    assert_eq!(shown["available"], "12.75");
    assert_eq!(shown["max_calls"], 2);
    assert_eq!(shown["expires"], "2030-01-01T00:00:00Z");
    assert_eq!(ledger.json(&["user", "list"]), json!([shown]));
    ledger.check();
}

#[test]
fn a_user_that_cannot_be_added_leaves_nothing_behind() {
    let ledger = Ledger::with_ana_and_bob(0);
    let taken = ledger.refused(1, &["user", "add", "eva", "--clid", "999999999", "--balance", "5"]);
    assert_eq!(taken, "error: number 999999999 belongs to ana\nhint: billctl user show ana\n");
    let taken = ledger.refused(1, &["user", "add", "eva", "--clid", "1", "--imsi", "001010000000002"]);
    assert_eq!(taken, "error: IMSI 001010000000002 belongs to bob\nhint: billctl user show bob\n");
    let taken = ledger.refused(1, &["user", "add", "ana", "--clid", "1"]);
    assert_eq!(taken, "error: username \"ana\" is taken\nhint: billctl user show ana\n");
    let none = ledger.refused(1, &["user", "add", "eva", "--clid", "1", "--tariff", "gold"]);
    assert_eq!(none, "error: no tariff \"gold\"\nhint: billctl tariff list\n");
    let house = ledger.refused(1, &["user", "add", "cash", "--clid", "1"]);
    assert_eq!(house, "error: the name \"cash\" is the house's own account\n");
    assert_eq!(ledger.json(&["user", "list"]).as_array().unwrap().len(), 2);
    ledger.check();
}

#[test]
fn bad_values_are_named_before_anything_is_touched() {
    let ledger = Ledger::with_ana_and_bob(10);
    for (value, why) in [
        ("abc", "`abc` is not an amount"),
        ("-5", "`-5` is not a positive amount"),
        ("1e9", "`1e9` is not an amount"),
        ("0.1234567", "`0.1234567` has more than six decimals"),
        ("0", "`0` is not a positive amount"),
    ] {
        let said = ledger.refused(2, &["balance", "add", "ana", value]);
        assert!(said.contains(why), "{said}");
    }
    let said = ledger.refused(2, &["user", "add", "eva", "--clid", "1", "--imsi", "123"]);
    assert!(said.contains("`123` is not an IMSI: expected 6 to 15 digits"), "{said}");
    let said = ledger.refused(2, &["user", "add", "eva", "--clid", "12a"]);
    assert!(said.contains("`12a` is not a phone number: expected 1 to 15 digits"), "{said}");
    assert_eq!(ledger.balance("ana"), ("10".to_owned(), "0".to_owned()));
}

#[test]
fn an_unknown_user_is_refused_with_the_way_out() {
    let ledger = Ledger::new("seconds");
    let said = ledger.refused(1, &["user", "show", "bob"]);
    assert_eq!(said, "error: no user with username \"bob\"\nhint: billctl user list\n");
    let said = ledger.refused(1, &["balance", "show", "clid:123"]);
    assert_eq!(said, "error: no user with clid \"123\"\nhint: billctl user list\n");
}

#[test]
fn balances_move_by_entries_that_a_history_shows() {
    let ledger = Ledger::with_ana_and_bob(0);
    let added = ledger.json(&["--actor", "till-2", "balance", "add", "ana", "600", "--note", "cash"]);
    assert_eq!(added["balance"], "600");
    ledger.ok(&["balance", "remove", "clid:999999999", "60.5"]);
    let history = ledger.json(&["balance", "history", "ana"]);
    assert_eq!(keys(&history[0])[..7], ["id", "time", "kind", "amount", "balance_after", "note", "call"]);
    let lines: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["kind"].as_str().unwrap(),
                entry["amount"].as_str().unwrap(),
                entry["balance_after"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(lines, [("adjustment", "-60.5", "539.5"), ("topup", "600", "600")], "oldest last");
    assert_eq!(history[1]["actor"], "till-2");
    assert_eq!(history[1]["note"], "cash");
    assert_eq!(ledger.json(&["balance", "history", "ana", "--limit", "1"]).as_array().unwrap().len(), 1);
    assert_eq!(ledger.json(&["balance", "history", "ana", "--until", "2020-01-01"]), json!([]));
    assert_eq!(
        keys(&ledger.json(&["balance", "show", "ana"])),
        ["username", "unit", "balance", "held", "available", "credit_limit"]
    );
    ledger.check();
}

#[test]
fn nobody_gives_more_than_is_available() {
    let ledger = Ledger::with_ana_and_bob(10);
    let said = ledger.refused(1, &["balance", "remove", "ana", "10.000001"]);
    assert_eq!(said, "error: ana has 10 available, less than 10.000001\nhint: billctl balance show ana\n");
    ledger.ok(&["user", "update", "ana", "--credit-limit", "5"]);
    ledger.ok(&["balance", "remove", "ana", "15"]);
    assert_eq!(ledger.balance("ana").0, "-5");
    let said = ledger.refused(1, &["user", "update", "ana", "--credit-limit", "4"]);
    assert!(said.contains("ana has balance -5 and 0 held, which a credit limit of 4 does not cover"), "{said}");
    ledger.check();
}

#[test]
fn an_entry_is_reversed_once() {
    let ledger = Ledger::with_ana_and_bob(10);
    let entry = ledger.json(&["balance", "history", "ana"])[0]["id"].to_string();
    let reversal = ledger.json(&["balance", "reverse", &entry, "--note", "wrong user"]);
    assert_eq!(ledger.balance("ana").0, "0");
    let again = ledger.refused(1, &["balance", "reverse", &entry, "--note", "again"]);
    assert_eq!(again, format!("error: entry {entry} was reversed before, by entry {}\n", reversal["entry"]));
    let back = ledger.refused(1, &["balance", "reverse", &reversal["entry"].to_string(), "--note", "back"]);
    assert!(back.contains("is itself a reversal"), "{back}");
    let none = ledger.refused(1, &["balance", "reverse", "999", "--note", "what"]);
    assert!(none.contains("no ledger entry 999"), "{none}");
    ledger.check();
}

#[test]
fn a_spent_top_up_cannot_be_reversed() {
    let ledger = Ledger::with_ana_and_bob(10);
    let entry = ledger.json(&["balance", "history", "ana"])[0]["id"].to_string();
    ledger.ok(&["balance", "remove", "ana", "4"]);
    let said = ledger.refused(1, &["balance", "reverse", &entry, "--note", "bounced cheque"]);
    assert!(said.contains("ana has less than 10 available, so entry"), "{said}");
    assert_eq!(ledger.balance("ana").0, "6");
}

#[test]
fn an_account_with_entries_is_closed_and_frees_its_number() {
    let ledger = Ledger::with_ana_and_bob(10);
    assert_eq!(ledger.json(&["user", "remove", "ana", "--dry-run"])["removal"], "would be closed, books kept");
    assert_eq!(ledger.json(&["user", "remove", "ana"])["removal"], "closed, books kept");
    assert_eq!(ledger.json(&["user", "remove", "bob"])["removal"], "erased");
    assert_eq!(ledger.json(&["user", "list"]), json!([]));
    let kept = ledger.json(&["user", "list", "--all"]);
    assert_eq!(
        (&kept[0]["status"], &kept[0]["balance"], &kept[0]["clid"]),
        (&json!("closed"), &json!("10"), &Value::Null)
    );
    ledger.ok(&["user", "add", "ana", "--clid", "999999999", "--imsi", "001010000000001"]);
    assert_eq!(ledger.balance("ana").0, "0", "a new account, not the old one");
    ledger.check();
}

#[test]
fn further_numbers_identify_one_user_each() {
    let ledger = Ledger::with_ana_and_bob(0);
    ledger.ok(&["callerid", "add", "ana", "5511999990002"]);
    assert_eq!(ledger.json(&["user", "show", "clid:5511999990002"])["username"], "ana");
    let taken = ledger.refused(1, &["callerid", "add", "bob", "5511999990002"]);
    assert!(taken.contains("number 5511999990002 belongs to ana"), "{taken}");
    let main = ledger.refused(1, &["callerid", "remove", "999999999"]);
    assert_eq!(main, "error: 999999999 is the main number of ana\nhint: billctl user update ana --clid NUMBER\n");
    let numbers = ledger.json(&["callerid", "list", "ana"]);
    assert_eq!(numbers[1], json!({"number": "5511999990002", "username": "ana", "main": false}));
    ledger.ok(&["callerid", "remove", "5511999990002"]);
    ledger.refused(1, &["callerid", "remove", "5511999990002"]);
}

#[test]
fn a_user_is_changed_as_a_whole_or_not_at_all() {
    let ledger = Ledger::with_ana_and_bob(0);
    ledger.refused(1, &["user", "update", "ana", "--name", "Ana", "--clid", "999999998"]);
    assert_eq!(ledger.json(&["user", "show", "ana"])["name"], Value::Null);
    let changed = ledger.json(&[
        "user",
        "update",
        "ana",
        "--username",
        "ana.silva",
        "--clid",
        "999999990",
        "--imsi",
        "none",
        "--max-calls",
        "3",
        "--expires",
        "2031-05-01T12:00:00Z",
    ]);
    assert_eq!(changed["username"], "ana.silva");
    assert_eq!(changed["clid"], "999999990");
    assert_eq!(changed["imsi"], Value::Null);
    let changed = ledger.json(&["user", "update", "ana.silva", "--max-calls", "none", "--expires", "never"]);
    assert_eq!((&changed["max_calls"], &changed["expires"]), (&Value::Null, &Value::Null));
    assert_eq!(ledger.json(&["user", "suspend", "ana.silva"])["status"], "suspended");
    assert_eq!(ledger.json(&["user", "resume", "ana.silva"])["status"], "active");
}

#[test]
fn a_password_is_read_from_standard_input_and_kept_as_an_argon2_hash() {
    let ledger = Ledger::with_ana_and_bob(0);
    let set = |password: &str| {
        let mut child = ledger
            .command("billctl")
            .args(["user", "password", "ana", "--password-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        child.wait().unwrap().code()
    };
    assert_eq!(set("short\n"), Some(1));
    assert_eq!(set("correct horse\n"), Some(0));
    let books = rusqlite::Connection::open(ledger.database()).unwrap();
    let hash: String =
        books.query_row("SELECT password FROM account WHERE username = 'ana'", [], |row| row.get(0)).unwrap();
    assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
    let terminal = ledger.refused(1, &["user", "password", "ana"]);
    assert!(terminal.contains("hint: --password-stdin"), "{terminal}");
}

#[test]
fn rates_are_replaced_and_never_edited() {
    let ledger = Ledger::new("EUR");
    ledger.ok(&["tariff", "add", "night"]);
    let add = |price| {
        ledger.ok(&[
            "rate",
            "add",
            "--tariff",
            "night",
            "--prefix",
            "55",
            "--price-per-minute",
            price,
            "--increment",
            "60+6",
        ]);
    };
    add("0.12");
    add("0.10");
    let rates = ledger.json(&["rate", "list", "--tariff", "night"]);
    assert_eq!(
        rates,
        json!([{"tariff": "night", "prefix": "55", "price_per_minute": "0.1", "connect_fee": "0", "increment": "60+6"}])
    );
    let exists = ledger.refused(1, &["tariff", "add", "night"]);
    assert_eq!(exists, "error: tariff \"night\" exists\nhint: billctl tariff list\n");
    ledger.refused(1, &["rate", "add", "--tariff", "gold", "--prefix", "", "--price-per-minute", "1"]);
}

#[test]
fn every_invariant_is_named_and_a_broken_one_fails_the_check() {
    let ledger = Ledger::with_ana_and_bob(10);
    let checked = ledger.json(&["db", "check"]);
    assert_eq!(keys(&checked), ["checks", "ok"]);
    assert_eq!(keys(&checked["checks"][0]), ["name", "ok", "detail"]);
    let breaks = [
        ("every balance is the sum of its entries", "UPDATE account SET balance = 11 WHERE username = 'ana'"),
        ("what is held is the sum of the open holds", "UPDATE account SET held = 1 WHERE username = 'ana'"),
        (
            "every entry continues from the one before",
            "DROP TRIGGER entry_stays; UPDATE ledger_entry SET credit_balance = 7",
        ),
        (
            "every reversal mirrors one entry",
            "DROP TRIGGER entry_posted;
             INSERT INTO ledger_entry (time, kind, debit_account, credit_account, amount, credit_balance, reverses, actor)
             VALUES (0, 'reversal', 1, 4, 3, 10000003, 1, 'nobody')",
        ),
    ];
    for (name, sql) in breaks {
        let ledger = Ledger::with_ana_and_bob(10);
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
    let settled = "UPDATE call SET state = 'settled', disposition = 'ANSWERED', ended = 0, billsec = 9, overrun = 0,
                       charge = 9000000, unpaid = 0";
    let charge = "INSERT INTO ledger_entry (time, kind, debit_account, credit_account, amount, call_id, actor)
                  VALUES (0, 'charge', 4, 2, 1, 1, 'nobody')";
    for (sql, rule) in [
        ("UPDATE call SET state = 'released', amount = 1", "never edited"),
        ("DELETE FROM call", "never deleted"),
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
    let reopened = books.execute("UPDATE call SET state = 'open'", []).unwrap_err().to_string();
    assert!(reopened.contains("settled once"), "{reopened}");
}

#[test]
fn a_database_that_is_none_of_ours_is_left_alone() {
    let ledger = Ledger::new("seconds");
    let folder = ledger.folder.path();
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let other = rusqlite::Connection::open(at("other.db")).unwrap();
    other.execute_batch("CREATE TABLE theirs (x)").unwrap();
    fs::write(at("text.db"), "not a database, but long enough to look at: ".repeat(40)).unwrap();
    for (file, fact) in [
        ("other.db", "is not a celcombiller database"),
        ("text.db", "is not a celcombiller database"),
        (".", "is a directory, not a database"),
        ("missing.db", "no database at"),
    ] {
        let said = ledger.refused(3, &["--db", &at(file), "user", "list"]);
        assert!(said.contains(fact) && said.contains("\nhint: "), "{file}: {said}");
    }
    let said = ledger.refused(3, &["--db", &at("other.db"), "init"]);
    assert!(said.contains("is not a celcombiller database"), "{said}");
    let books = rusqlite::Connection::open(ledger.database()).unwrap();
    books.pragma_update(None, "user_version", 99).unwrap();
    let said = ledger.refused(3, &["user", "list"]);
    assert!(said.contains("has schema 99, newer than this program's"), "{said}");
}

#[test]
fn a_backup_is_a_checked_copy_that_never_replaces_a_file() {
    let ledger = Ledger::with_ana_and_bob(10);
    let copy = ledger.folder.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    assert_eq!(ledger.json(&["db", "backup", copy])["checked"], true);
    ledger.ok(&["balance", "add", "ana", "5"]);
    assert_eq!(ledger.json(&["--db", copy, "balance", "show", "ana"])["balance"], "10");
    assert_eq!(ledger.json(&["--db", copy, "db", "info"])["journal_mode"], "wal");
    let again = ledger.refused(3, &["db", "backup", copy]);
    assert!(again.contains("File exists"), "{again}");
    rusqlite::Connection::open(ledger.database())
        .unwrap()
        .execute_batch("UPDATE account SET balance = balance + 1 WHERE username = 'bob'")
        .unwrap();
    let unsound = ledger.refused(3, &["db", "backup", &format!("{copy}.2")]);
    assert!(unsound.contains("in the copy, every balance is the sum of its entries does not hold"), "{unsound}");
    assert!(!std::path::Path::new(&format!("{copy}.2")).exists(), "a copy that is not sound is not kept");
}

#[test]
fn a_copy_that_lost_its_write_ahead_log_gets_it_back() {
    let ledger = Ledger::with_ana_and_bob(10);
    let mode: String = rusqlite::Connection::open(ledger.database())
        .unwrap()
        .pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "delete");
    ledger.ok(&["balance", "add", "ana", "5"]);
    assert_eq!(ledger.json(&["db", "info"])["journal_mode"], "wal");
}

#[test]
fn a_configuration_error_names_the_key_and_its_line() {
    let ledger = Ledger::new("seconds");
    for (toml, said) in [
        ("[dial]\nring_second = 30\n", "line 2: unknown field `ring_second`"),
        ("[calls]\n\nmax_seconds = 0\n", "line 3: 0 is out of bounds: expected 1 to 86400"),
        ("[dial]\nonnet = \"PJSIP/{nummer}\"\n", "line 2: dial template `PJSIP/{nummer}` has an unknown placeholder"),
        ("[identify]\nby = [\"face\"]\n", "line 2: `face` is not a way to identify"),
        ("[prompts]\nNO_MONEY = \"x\"\n", "line 2: `NO_MONEY` is not a reason of refusal"),
        ("[dial\n", "line 1: "),
    ] {
        ledger.configure(toml);
        let error = ledger.refused(2, &["user", "list"]);
        assert!(error.contains(said), "{error}");
        assert_eq!(error.lines().count(), 2, "one line, and the way out: {error}");
    }
    let missing = ledger.refused(2, &["--config", "/nowhere/c.toml", "user", "list"]);
    assert!(missing.contains("cannot read config /nowhere/c.toml"), "{missing}");
}

#[test]
fn lists_come_as_tables_json_and_csv() {
    let ledger = Ledger::with_ana_and_bob(5);
    let csv = ledger.ok(&["--format", "csv", "callerid", "list"]);
    assert_eq!(csv, "number,username,main\n999999999,ana,yes\n999999998,bob,yes\n");
    assert_eq!(ledger.ok(&["--format", "csv", "hold", "list"]).lines().count(), 1, "an empty list has its header");
    assert_eq!(ledger.json(&["hold", "list"]), json!([]));
    let table = ledger.ok(&["callerid", "list"]);
    assert!(table.lines().next().unwrap().contains("username"), "{table}");
}

#[test]
fn every_verb_explains_itself() {
    let ledger = Ledger::new("seconds");
    for verb in [
        &["init"][..],
        &["demo"],
        &["user", "add"],
        &["user", "update"],
        &["callerid", "add"],
        &["balance", "add"],
        &["balance", "reverse"],
        &["rate", "add"],
        &["cdr", "list"],
        &["hold", "release"],
        &["hold", "expire"],
        &["asterisk", "dialplan"],
        &["asterisk", "doctor"],
    ] {
        let help = ledger.ok(&[verb, &["--help"]].concat());
        assert!(help.contains("Usage: billctl"), "{help}");
    }
    assert!(ledger.ok(&["completions", "bash"]).contains("billctl"));
    assert!(ledger.ok(&["man"]).contains(".TH billctl 1"));
}

#[test]
fn the_doctor_finds_what_keeps_calls_from_being_billed() {
    let ledger = Ledger::new("seconds");
    let place = |name: &str| ledger.folder.path().join(name);
    let (agi, etc) = (place("agi-bin"), place("asterisk"));
    fs::create_dir(&agi).unwrap();
    fs::create_dir(&etc).unwrap();
    let examine = |code: i32| {
        let arguments = [
            "--format",
            "json",
            "asterisk",
            "doctor",
            "--agi-dir",
            agi.to_str().unwrap(),
            "--etc",
            etc.to_str().unwrap(),
            "--asterisk-user",
            "root",
        ];
        let output = ledger.billctl(&arguments);
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stdout));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let faults = report["findings"].as_array().unwrap().iter().filter(|finding| finding["ok"] == false);
        faults.map(|finding| finding["found"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(examine(1).len(), 5, "two programs, three parts of the dialplan");
    fs::write(etc.join("extensions.conf"), ledger.ok(&["asterisk", "dialplan"])).unwrap();
    for (program, name) in
        [("celcombiller-caller", "celcombiller_caller"), ("celcombiller-reducer", "celcombiller_reducer")]
    {
        fs::copy(support::executable(program), agi.join(name)).unwrap();
    }
    assert_eq!(examine(0), Vec::<String>::new());
    fs::write(agi.join("celcombiller_reducer"), "#!/bin/sh\n").unwrap();
    assert_eq!(examine(1), ["it is not a static executable"]);
}

#[test]
fn the_demonstration_plays_a_call_and_its_books_balance() {
    let ledger = Ledger::new("seconds");
    let told = ledger.ok(&["demo"]);
    assert!(told.contains("EXEC \"Dial\" \"SIP/IMSI001010000000002@127.0.0.1:5062,40,iS(3)\""), "{told}");
    assert!(told.contains("ana has 0 seconds, 0 held"), "{told}");
    assert!(told.contains("11 of 11 invariants hold"), "{told}");
}
