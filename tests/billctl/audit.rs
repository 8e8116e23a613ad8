//! Who did what: no verb of billctl changes anything without a row that says so.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use celcombiller::agi::stand_in::Channel;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::Ledger;

/// Command lines that change something, in an order in which they can; `DIR` is the ledger's folder, `CODE` the code of
/// a voucher, `HELD` a call whose hold is open, and a line that begins with `<` is given what stands before `|`.
const CHANGES: &str = r"
    user add eva --clid 999999997 --balance 5
    user update eva --name Eva
    user suspend eva
    user resume eva
    <correct-horse| user password eva --password-stdin
    callerid add eva 4711
    callerid remove 4711
    balance add eva 10 --note counter
    balance remove eva 1
    balance adjust eva -1 --note miscounted
    balance transfer eva bob 1
    balance reverse 3 --note wrong
    refill add eva 5
    charge add eva 1 --note SIM
    bundle add eva --minutes 5 --days 3
    bundle add eva --minutes 5 --days 3
    bundle end 7 --note wrong
    bundle expire --as-of 2999-01-01
    voucher generate --count 3 --amount 1 --batch spring
    voucher redeem CODE eva
    voucher revoke --batch spring --note lost
    voucher unlock eva
    group add village --day 1 --count 2 --amount 1 --user eva
    group update village --warn-below 1
    group join village bob
    group credit village
    group leave village bob
    group remove village
    user update eva --warn-below 1000
    notify
    cap set --user eva --calls 2
    tariff add gold
    tariff update gold --round 2:up
    tariff import gold DIR/rates.csv
    tariff remove gold
    rate add --prefix 49 --price-per-minute 0.1
    rate remove --prefix 49
    trunk add west --dial PJSIP/{number}@west
    trunk update west --max-calls 2
    route add --prefix 49 --trunk west
    route remove --prefix 49 --trunk west
    trunk remove west
    extension add 1001 --user eva
    extension update 1001 --ring-time 20
    extension import DIR/phones.csv
    ringgroup add 600 --members 1001
    ringgroup update 600 --members 1001,1002
    asterisk install
    asterisk reload
    ringgroup remove 600
    extension remove 1001,1002
    call spool --id one --channel PJSIP/1 --application Playback --data beep
    call cancel one
    call campaign DIR/people.csv --template --channel PJSIP/{number}@west --application Playback --data beep
    call prune --days 1
    hold release HELD --note restarted
    hold expire --as-of 2999-01-01
    cdr reconcile DIR/Master.csv --settle
    db backup DIR/copy.db
    db restore DIR/copy.db --force
    user remove eva
";

/// Those that change nothing.
const LOOKS: &str = r"
    user list
    user show ana
    callerid list
    balance show ana
    balance history ana
    balance statement ana
    refill list
    payment list
    charge list
    bundle list
    bundle show 7
    voucher list
    voucher batches
    voucher show CODE
    group list
    group show village
    cap show --user ana
    tariff list
    tariff show standard
    tariff export standard
    tariff lint standard
    tariff diff standard standard
    tariff replay standard --since 2026-01-01
    rate list
    rate quote 999999998
    trunk list
    route list
    route test 999999998
    country list
    country show 55
    cdr list
    cdr show HELD
    cdr export
    cdr summary --by day
    hold list
    call list
    call history
    db check
    db info
    stats
    audit list
    extension list
    extension show 1002
    extension export
    ringgroup list
    ringgroup show 600
    asterisk announce ana 999999998
    asterisk dialplan
    asterisk render DIR/rendered
    asterisk doctor
    completions bash
    man
    demo
";

/// The changes that other tests here make: of books that are not there yet, or of another kind.
const ELSEWHERE: [&str; 4] = ["init", "db.migrate", "import.celcombiller", "import.a2billing"];

/// Returns the verbs of the command line, by its own help.
fn verbs(ledger: &Ledger) -> BTreeSet<String> {
    let below = |words: &[&str]| -> Vec<String> {
        let help = ledger.ok(&[words, &["--help"]].concat());
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        let names = listed.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
        names.filter(|name| *name != "help").map(str::to_owned).collect()
    };
    let mut verbs = BTreeSet::new();
    for noun in below(&[]) {
        match below(&[&noun]) {
            none if none.is_empty() => verbs.extend([noun]),
            some => verbs.extend(some.iter().map(|verb| format!("{noun}.{verb}"))),
        }
    }
    verbs
}

fn rows(ledger: &Ledger) -> Vec<Value> {
    ledger.json(&["audit", "list"]).as_array().unwrap().clone()
}

/// Returns the verb of a command line.
fn verb(line: &str) -> String {
    let line = line.rsplit('|').next().unwrap().trim();
    let words: Vec<_> = line.split(' ').take(2).collect();
    match words[0] {
        "notify" | "stats" | "completions" | "man" | "demo" => words[0].to_owned(),
        _ => words.join("."),
    }
}

/// A machine around the books: an Asterisk that takes everything, files to read, and a call in progress.
struct Shop {
    ledger: Ledger,
    code: String,
}

impl Shop {
    fn new() -> Self {
        let ledger = Ledger::in_euros();
        let at = |name: &str| ledger.folder.path().join(name);
        for folder in ["etc", "spool/outgoing", "spool/outgoing_done"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        let asterisk = at("asterisk");
        let script = format!(
            "#!/bin/sh\ncd {} 2>/dev/null || exit 0\ncase $2 in\n\
             *show*books) grep -A1 -F \"$(echo \"$2\" | sed 's/.* //; s/@.*//')\" extensions.conf ;;\n\
             *) sed -n 's/^\\[\\([0-9]*\\).*/\\1 /p' pjsip.conf; sed -n 's/ =>.*//p' voicemail.conf ;;\nesac\n",
            at("etc/celcombiller").display()
        );
        fs::write(&asterisk, script).unwrap();
        fs::set_permissions(&asterisk, fs::Permissions::from_mode(0o755)).unwrap();
        ledger.configure(&format!(
            "[calls]\nmax_seconds = 60\n[asterisk]\nspool = \"{}\"\netc = \"{}\"\nprogram = \"{}\"\n",
            at("spool").display(),
            at("etc").display(),
            asterisk.display()
        ));
        fs::write(at("rates.csv"), "prefix,price_per_minute\n49,0.1\n").unwrap();
        fs::write(at("phones.csv"), "extension,user\n1002,bob\n").unwrap();
        fs::write(at("people.csv"), "number\n5511\n").unwrap();
        for (call, number) in
            [("1763690000.1", "999999998"), ("1763690000.2", "999999998"), ("1763690000.3", "999999998")]
        {
            let mut channel = Channel::new(call, "999999999", number);
            ledger.play("celcombiller-caller", &mut channel, &["authorise"]).quietly();
        }
        fs::write(
            at("Master.csv"),
            "\"\",\"999999999\",\"999999998\",\"celcombiller\",\"\",\"SIP/1\",\"SIP/2\",\"Dial\",\"\",\
             \"2026-01-01 00:00:00\",\"2026-01-01 00:00:00\",\"2099-01-01 00:00:00\",9,9,\"ANSWERED\",\"\",\"1763690000.2\",\"\"\n",
        )
        .unwrap();
        let generated = ledger.json(&["voucher", "generate", "--count", "1", "--amount", "1", "--batch", "first"]);
        let code = generated[0]["code"].as_str().unwrap().replace(' ', "");
        Self { ledger, code }
    }

    fn run(&self, line: &str) -> Output {
        let (input, line) = match line.strip_prefix('<').and_then(|line| line.split_once('|')) {
            Some((input, line)) => (input, line.trim()),
            None => ("", line),
        };
        let folder = self.ledger.folder.path().to_str().unwrap();
        let line = line.replace("DIR", folder).replace("CODE", &self.code).replace("HELD", "1763690000.1#1");
        let mut billctl = self.ledger.command("billctl");
        billctl
            .args(["--actor", "ana"])
            .args(line.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = billctl.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

#[test]
fn every_verb_that_changes_something_leaves_a_row_that_says_who() {
    let shop = Shop::new();
    let known: BTreeSet<String> =
        [CHANGES, LOOKS].iter().flat_map(|lines| lines.trim().lines()).map(|line| verb(line.trim())).collect();
    let known: BTreeSet<String> = known.into_iter().chain(ELSEWHERE.map(str::to_owned)).collect();
    let verbs = verbs(&shop.ledger);
    assert_eq!(known, verbs, "each verb stands in one of the tables");
    for line in CHANGES.trim().lines().map(str::trim) {
        let before =
            shop.ledger.json(&["--actor", "ana", "audit", "list", "--limit", "1000"]).as_array().unwrap().len();
        let done = shop.run(line);
        let error = String::from_utf8_lossy(&done.stderr).into_owned();
        let told = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success() || line.starts_with("cdr reconcile"), "{line}: {error}{told}");
        let rows = shop.ledger.json(&["--actor", "ana", "audit", "list"]);
        let new = &rows.as_array().unwrap()[if line.starts_with("db restore") { 0 } else { before }..];
        assert!(new.iter().any(|row| row["verb"] == verb(line)), "{line} left no row: {rows}");
        assert!(new.iter().all(|row| row["actor"] == "ana"), "{rows}");
        if ["user update eva --name", "group join"].iter().any(|begins| line.starts_with(begins)) {
            assert_eq!(new.len(), 1, "{line}: one transaction, one row");
        }
    }
    let said = shop.ledger.ok(&["audit", "list"]);
    for secret in [shop.code.as_str(), "correct-horse"] {
        assert!(!said.contains(secret), "{secret} is in the audit");
    }
    assert!(said.contains("  ***"), "that there was a code is told: {said}");
    shop.ledger.check();
}

#[test]
fn looking_leaves_no_row_and_neither_does_a_dry_run_or_a_refusal() {
    let shop = Shop::new();
    for line in [
        "user add eva --clid 999999997",
        "extension add 1002 --user eva",
        "ringgroup add 600 --members 1002",
        "bundle add eva --minutes 5",
        "bundle add eva --minutes 5",
        "group add village --day 1 --count 2 --amount 1 --user eva",
    ] {
        assert!(shop.run(line).status.success(), "{line}");
    }
    let before = rows(&shop.ledger);
    let dry = "
        user remove eva --dry-run
        voucher revoke --batch first --note lost --dry-run
        hold expire --as-of 2999-01-01 --dry-run
        group credit village --dry-run
        extension import DIR/phones.csv --dry-run
        tariff import standard DIR/rates.csv --dry-run
        bundle expire --as-of 2999-01-01 --dry-run
        call prune --days 1 --dry-run
        call spool --user ana --channel Local/999999998@celcombiller/n --application Playback --data beep --dry-run
        asterisk install --dry-run
        notify --dry-run
        balance add nobody 5
        balance remove ana 5000
        user update eva --clid 999999999
        rate add --prefix 49 --tariff none --price-per-minute 0.1
    ";
    for line in LOOKS.trim().lines().chain(dry.trim().lines()).map(str::trim).filter(|line| *line != "demo") {
        shop.run(line);
        assert_eq!(rows(&shop.ledger), before, "{line}");
    }
}

#[test]
fn a_row_says_who_did_what_to_whom_in_the_words_that_were_typed() {
    let ledger = Ledger::with_ana_and_bob(0);
    ledger.ok(&["--actor", "leo", "user", "update", "clid:999999999", "--name", "Ana  \"A\"\nB", "--max-calls", "2"]);
    ledger.ok(&["--actor", "eva", "rate", "add", "--prefix", "55", "--price-per-minute", "0.10"]);
    let row = |flags: &[&str]| ledger.json(&[&["audit", "list"], flags].concat())[0].clone();
    let named = row(&["--actor", "leo"]);
    assert_eq!(
        (&named["verb"], &named["subject"], &named["change"]),
        (&json!("user.update"), &json!("ana"), &json!("--name \"Ana  \\\"A\\\"\\nB\" --max-calls 2"))
    );
    let rate = row(&["--verb", "rate", "--since", "2026-01-01"]);
    assert_eq!((&rate["actor"], &rate["subject"]), (&json!("eva"), &json!("standard")));
    assert_eq!(rate["change"], "--prefix 55 --price-per-minute 0.10");
    let count = |flags: &[&str]| ledger.json(&[&["audit", "list"], flags].concat()).as_array().unwrap().len();
    assert_eq!(
        (count(&["--verb", "rate.remove"]), count(&["--subject", "ana"]), count(&["--subject", "bob"])),
        (0, 2, 1)
    );
    assert_eq!((count(&["--until", "2026-01-01"]), count(&["--limit", "2"])), (0, 2));
    assert_eq!(row(&["--limit", "1"])["verb"], "rate.add", "the newest are listed");
    assert_eq!(row(&[])["verb"], "init", "the oldest first");
    let csv = ledger.ok(&["--format", "csv", "audit", "list", "--verb", "rate"]);
    assert!(csv.starts_with("id,time,actor,verb,subject,change\n"), "{csv}");
}

#[test]
fn the_actor_is_who_runs_the_process_whatever_the_environment_says() {
    let ledger = Ledger::new("seconds");
    let user = Command::new("id").arg("-un").output().unwrap();
    let add = |name: &str, clid: &str, sudo: Option<&str>| {
        let mut billctl = ledger.command("billctl");
        billctl.args(["user", "add", name, "--clid", clid]).env("USER", "somebody").env("SUDO_USER", "somebody");
        match sudo {
            Some(uid) => billctl.env("SUDO_UID", uid),
            None => billctl.env_remove("SUDO_UID"),
        };
        assert!(billctl.output().unwrap().status.success());
        ledger.json(&["audit", "list", "--subject", name])[0]["actor"].as_str().unwrap().to_owned()
    };
    assert_eq!(add("ana", "1", None), String::from_utf8_lossy(&user.stdout).trim());
    assert_eq!(add("bob", "2", Some("54321")), "uid:54321", "sudo tells who was behind it");
}

#[test]
fn what_was_done_is_neither_edited_nor_deleted_and_a_gap_shows() {
    let ledger = Ledger::with_ana_and_bob(10);
    let books = Connection::open(ledger.database()).unwrap();
    for sql in ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit WHERE id = 1"] {
        let error = books.execute_batch(sql).unwrap_err().to_string();
        assert!(error.starts_with("what was done is never"), "{error}");
    }
    ledger.check();
    let broken = |sql: &str| {
        books
            .execute_batch(&format!(
                "BEGIN; DROP TRIGGER IF EXISTS audit_stays; DROP TRIGGER IF EXISTS audit_is_kept; {sql}; COMMIT"
            ))
            .unwrap();
        let output = ledger.billctl(&["db", "check"]);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stdout).unwrap()
    };
    let said = broken("UPDATE audit SET actor = 'nobody' WHERE id = 2");
    assert!(said.contains("row 2 is not what its hash says"), "{said}");
    let said = broken(
        "CREATE TRIGGER audit_stays AFTER INSERT ON audit BEGIN SELECT 1; END; CREATE TRIGGER audit_is_kept AFTER INSERT ON audit BEGIN SELECT 1; END; DELETE FROM audit WHERE id = 2",
    );
    assert!(said.contains("row 3 follows row 1: what was between is missing"), "{said}");
}

#[test]
fn making_migrating_and_importing_are_noted_too() {
    let ledger = Ledger::new("seconds");
    let at = |name: &str| ledger.folder.path().join(name).to_str().unwrap().to_owned();
    let noted = |database: &str| -> Vec<String> {
        let rows = ledger.json(&["--db", database, "audit", "list"]);
        rows.as_array().unwrap().iter().map(|row| row["verb"].as_str().unwrap().to_owned()).collect()
    };
    let database = at("celcombiller.db");
    let old = at("old.db");
    Connection::open(&old)
        .unwrap()
        .execute_batch(
            "CREATE TABLE users (id_ INTEGER PRIMARY KEY, username TEXT, clid VARCHAR(9), imsi INTEGER, balance FLOAT);
             INSERT INTO users VALUES (1, 'ana', '999999999', 1010000000001, 1250.0);",
        )
        .unwrap();
    ledger.ok(&["import", "celcombiller", &old, "--dry-run"]);
    ledger.ok(&["import", "celcombiller", &old]);
    ledger.ok(&["init"]);
    assert_eq!(noted(&database), ["init", "import.celcombiller"]);
    let euros = at("euros.db");
    fs::write(
        at("dump.sql"),
        "CREATE TABLE `cc_card` (`id` bigint, `username` varchar(50), `credit` decimal(15,5), `tariff` int, `status` int);\n\
         INSERT INTO `cc_card` VALUES (1,'1000000001',7.00000,1,1);\n\
         CREATE TABLE `cc_callerid` (`id` bigint, `cid` varchar(100), `id_cc_card` bigint, `activated` char(1));\n\
         INSERT INTO `cc_callerid` VALUES (1,'493012345',1,'t');\n\
         CREATE TABLE `cc_config` (`id` int, `config_key` varchar(100), `config_value` varchar(100));\n\
         INSERT INTO `cc_config` VALUES (1,'base_currency','eur');\n",
    )
    .unwrap();
    ledger.ok(&["--db", &euros, "init", "--unit", "EUR"]);
    ledger.ok(&["--db", &euros, "import", "a2billing", &at("dump.sql")]);
    assert_eq!(noted(&euros), ["init", "import.a2billing"]);
    let before = Connection::open(&euros).unwrap();
    before.execute_batch("DROP TABLE audit; PRAGMA user_version = 4").unwrap();
    drop(before);
    ledger.ok(&["--db", &euros, "db", "migrate"]);
    ledger.ok(&["--db", &euros, "db", "migrate"]);
    assert_eq!(noted(&euros), ["db.migrate"]);
}

#[test]
fn a_restore_is_noted_in_what_it_restores_with_where_the_replaced_books_are() {
    let ledger = Ledger::with_ana_and_bob(10);
    let copy = ledger.folder.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    ledger.ok(&["db", "backup", copy]);
    ledger.ok(&["user", "update", "ana", "--name", "Ana"]);
    let replaced = ledger.json(&["--actor", "leo", "db", "restore", copy])["replaced"].as_str().unwrap().to_owned();
    let rows = rows(&ledger);
    let last = rows.last().unwrap();
    assert_eq!((&last["actor"], &last["verb"], &last["subject"]), (&json!("leo"), &json!("db.restore"), &json!(copy)));
    assert_eq!(last["change"], format!("replaced={replaced}"));
    let before = ledger.json(&["--db", &replaced, "audit", "list"]);
    assert_eq!(before.as_array().unwrap().last().unwrap()["verb"], "user.update", "its audit goes on there");
    ledger.check();
}
