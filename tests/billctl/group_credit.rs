//! Groups that credit their members on dates: what `billctl group credit` gives, to whom, and only once.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::Ledger;

/// A ledger in euros with users who have nothing.
fn ledger_of(users: &[&str]) -> Ledger {
    let ledger = Ledger::new("EUR");
    for (number, user) in users.iter().enumerate() {
        ledger.ok(&["user", "add", user, "--clid", &format!("99999990{number}")]);
    }
    ledger
}

/// Adds the group `club`, which credits ana and bob 5 on the last days of January to April 3000.
fn with_club() -> Ledger {
    let ledger = ledger_of(&["ana", "bob"]);
    let add = "group add club --day 31 --month 1 --year 3000 --count 4 --amount 5 --zone UTC --user ana --user bob";
    run(&ledger, add);
    ledger
}

fn run(ledger: &Ledger, line: &str) -> Value {
    ledger.json(&line.split_whitespace().collect::<Vec<_>>())
}

fn refused(ledger: &Ledger, code: i32, line: &str) -> String {
    ledger.refused(code, &line.split_whitespace().collect::<Vec<_>>())
}

/// Returns what a run reported, a line a date of a group.
fn credited(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |row: &Value| row.as_object().unwrap().values().map(text).collect::<Vec<_>>().join(" ");
    report.as_array().unwrap().iter().map(line).collect()
}

fn balance(ledger: &Ledger, user: &str) -> String {
    ledger.balance(user).0
}

/// Sets when a member joined.
fn joined(ledger: &Ledger, user: &str, at: &str) {
    let at: celcombiller::domain::time::Timestamp = at.parse().unwrap();
    let books = Connection::open(ledger.database()).unwrap();
    let sql = "UPDATE membership SET joined = ?1 WHERE account_id = (SELECT id FROM account WHERE username = ?2)";
    assert_eq!(books.execute(sql, (at.millis(), user)).unwrap(), 1);
}

#[test]
fn what_is_due_is_given_once_in_the_order_of_dates() {
    let ledger = with_club();
    run(&ledger, "group add team --day 1 --month 2 --year 3000 --count 1 --amount 0.25 --user ana --zone Asia/Tokyo");
    assert_eq!(credited(&run(&ledger, "group credit")), [""; 0]);
    let missed = "group credit --as-of 3000-03-30";
    let expected =
        ["club 3000-01-31 credit=5 2 10", "team 3000-02-01 credit=0.25 1 0.25", "club 3000-02-28 credit=5 2 10"];
    assert_eq!(credited(&run(&ledger, &format!("{missed} --dry-run"))), expected);
    assert_eq!(balance(&ledger, "ana"), "0", "a dry run gives nothing");
    assert_eq!(credited(&run(&ledger, missed)), expected);
    assert_eq!(credited(&run(&ledger, missed)), [""; 0]);
    assert_eq!((balance(&ledger, "ana"), balance(&ledger, "bob")), ("10.25".to_owned(), "10".to_owned()));
    let history = run(&ledger, "balance history ana");
    let notes: Vec<_> = history.as_array().unwrap().iter().map(|entry| [&entry["kind"], &entry["note"]]).collect();
    let note = |note: &str| json!(["credit", note]);
    assert_eq!(
        json!(notes),
        json!([note("group club, 3000-02-28"), note("group team, 3000-02-01"), note("group club, 3000-01-31")])
    );
    assert_eq!(
        credited(&run(&ledger, "group credit --as-of 3010-01-01")),
        ["club 3000-03-31 credit=5 2 10", "club 3000-04-30 credit=5 2 10"],
        "and nothing after the last date"
    );
    ledger.check();
}

#[test]
fn by_hand_a_group_gives_its_next_date_early_and_not_again() {
    let ledger = with_club();
    run(&ledger, "group add team --day 1 --month 1 --year 3000 --count 4 --amount 1 --user ana");
    assert_eq!(credited(&run(&ledger, "group credit club --dry-run")), ["club 3000-01-31 credit=5 2 10"]);
    assert_eq!(credited(&run(&ledger, "group credit club")), ["club 3000-01-31 credit=5 2 10"]);
    assert_eq!(credited(&run(&ledger, "group credit club")), [""; 0]);
    assert_eq!(run(&ledger, "group show club")["next"], "3000-02-28");
    assert_eq!(credited(&run(&ledger, "group credit club --as-of 3000-02-27")), [""; 0]);
    assert_eq!(
        credited(&run(&ledger, "group credit --as-of 3000-01-31")),
        ["team 3000-01-01 credit=1 1 1"],
        "what was given early is not given on its date"
    );
    run(&ledger, "user add eva --clid 5");
    run(&ledger, "group join club eva");
    assert_eq!(
        credited(&run(&ledger, "group credit --as-of 3000-01-31")),
        ["club 3000-01-31 credit=5 1 5"],
        "who joins in the meantime has it on the date"
    );
    assert_eq!(balance(&ledger, "ana"), "6");
    ledger.check();
}

#[test]
fn nobody_is_credited_for_a_date_before_they_joined_or_after_they_left() {
    let ledger = with_club();
    joined(&ledger, "ana", "3000-02-28T23:59:59.999Z");
    joined(&ledger, "bob", "3000-03-01T00:00:00Z");
    run(&ledger, "group credit --as-of 3000-03-30");
    assert_eq!((balance(&ledger, "ana"), balance(&ledger, "bob")), ("5".to_owned(), "0".to_owned()));
    run(&ledger, "group leave club ana");
    run(&ledger, "group credit --as-of 3000-12-31");
    assert_eq!((balance(&ledger, "ana"), balance(&ledger, "bob")), ("5".to_owned(), "10".to_owned()));
    let past = "group add old --day 1 --month 1 --year 2020 --count 3 --amount 5 --user ana";
    assert_eq!(run(&ledger, past)["left"], 0);
    run(&ledger, "group credit --as-of 3000-12-31");
    assert_eq!(balance(&ledger, "ana"), "5");
    ledger.check();
}

#[test]
fn who_leaves_takes_what_is_due_along_and_has_it_once() {
    let ledger = ledger_of(&["ana", "bob"]);
    run(&ledger, "group add daily --every day --open-ended --amount 1 --user ana --user bob");
    run(&ledger, "group leave daily ana");
    assert_eq!((balance(&ledger, "ana"), balance(&ledger, "bob")), ("1".to_owned(), "0".to_owned()));
    run(&ledger, "group join daily ana");
    run(&ledger, "group credit");
    assert_eq!((balance(&ledger, "ana"), balance(&ledger, "bob")), ("1".to_owned(), "1".to_owned()));
    ledger.check();
}

#[test]
fn the_suspended_are_credited_and_the_closed_are_not() {
    let ledger = with_club();
    run(&ledger, "user suspend ana");
    run(&ledger, "balance add bob 1");
    run(&ledger, "user remove bob");
    assert_eq!(credited(&run(&ledger, "group credit club")), ["club 3000-01-31 credit=5 1 5"]);
    assert_eq!(balance(&ledger, "ana"), "5");
    ledger.check();
}

#[test]
fn a_credit_that_was_taken_back_is_not_given_again() {
    let ledger = with_club();
    run(&ledger, "group credit club");
    let entry = run(&ledger, "balance history ana")[0]["id"].to_string();
    ledger.ok(&["balance", "reverse", &entry, "--note", "moved away"]);
    assert_eq!(credited(&run(&ledger, "group credit --as-of 3000-01-31")), [""; 0]);
    assert_eq!(balance(&ledger, "ana"), "0");
    ledger.check();
}

#[test]
fn a_group_made_again_gives_its_own_dates() {
    let ledger = with_club();
    run(&ledger, "group credit club");
    run(&ledger, "group remove club");
    assert_eq!(credited(&run(&ledger, "group credit --as-of 3000-12-31")), [""; 0], "a removed group gives nothing");
    run(&ledger, "group add club --day 31 --month 1 --year 3000 --count 1 --amount 7 --user ana");
    assert_eq!(credited(&run(&ledger, "group credit club")), ["club 3000-01-31 credit=7 1 7"]);
    assert_eq!(balance(&ledger, "ana"), "12");
    ledger.check();
}

#[test]
fn a_plan_is_changed_for_the_dates_to_come() {
    let ledger = with_club();
    run(&ledger, "group credit club");
    run(&ledger, "group update club --amount 6 --extend 1 --rename society");
    let shown = run(&ledger, "group show society");
    assert_eq!(shown["dates"], json!(["3000-02-28", "3000-03-31", "3000-04-30", "3000-05-31"]));
    assert_eq!((&shown["amount"], &shown["day"], &shown["left"]), (&json!("6"), &json!(31), &json!(4)));
    run(&ledger, "group credit society --as-of 3000-02-28");
    assert_eq!(balance(&ledger, "ana"), "11");
    run(&ledger, "group update society --every week --until 3000-04-10");
    assert_eq!(run(&ledger, "group show society")["dates"], json!(["3000-03-31", "3000-04-07"]));
    assert!(refused(&ledger, 1, "group update society --extend 2").starts_with("error: the plan has no count"));
    run(&ledger, "group update society --no-plan");
    assert_eq!(run(&ledger, "group show society")["next"], Value::Null);
    assert_eq!(
        refused(&ledger, 1, "group credit society"),
        "error: group \"society\" gives nothing\nhint: billctl group update --help\n"
    );
    assert_eq!(credited(&run(&ledger, "group credit --as-of 3000-12-31")), [""; 0]);
    ledger.check();
}

#[test]
fn a_change_takes_nothing_from_who_is_still_to_have_it() {
    let ledger = with_club();
    run(&ledger, "user add eva --clid 5");
    run(&ledger, "group credit club");
    run(&ledger, "group join club eva");
    assert_eq!(
        refused(&ledger, 1, "group update club --count 2"),
        "error: group \"club\" has not given everybody what was due on 3000-01-31: 1 still waiting\n\
         hint: billctl group credit club --as-of 3000-01-31\n"
    );
    run(&ledger, "group credit club --as-of 3000-01-31");
    assert_eq!(run(&ledger, "group update club --count 2")["left"], 2);
    assert_eq!(balance(&ledger, "eva"), "5");
}

#[test]
fn credit_that_expires_is_a_bundle_that_ends_with_the_next_date() {
    let ledger = ledger_of(&["ana"]);
    run(&ledger, "group add club --day 31 --month 1 --year 3000 --count 4 --amount 5 --expires --zone UTC --user ana");
    let missed = "group credit --as-of 3000-03-30";
    let expected = ["club 3000-02-28 bonus=5 ends=3000-03-31T00:00:00Z 1 5"];
    assert_eq!(credited(&run(&ledger, &format!("{missed} --dry-run"))), expected, "what would be lost is not given");
    assert_eq!(credited(&run(&ledger, missed)), expected);
    assert_eq!(credited(&run(&ledger, missed)), [""; 0]);
    let bundle = run(&ledger, "bundle list ana")[0].clone();
    assert_eq!((&bundle["left"], &bundle["expires"]), (&json!("5"), &json!("3000-03-31T00:00:00Z")));
    assert_eq!(balance(&ledger, "ana"), "0");
    assert_eq!(run(&ledger, "group show club")["expires"], true);
    run(&ledger, "group update club --no-expires");
    let stays = run(&ledger, "group credit --as-of 3000-03-31");
    assert_eq!(credited(&stays).last().unwrap(), "club 3000-03-31 credit=5 1 5");
    ledger.check();
}

#[test]
fn a_date_may_give_a_bundle() {
    let ledger = ledger_of(&["ana"]);
    let add = ["group", "add", "club", "--day", "1", "--count", "2", "--user", "ana"];
    ledger.ok(&[&add[..], &["--gives", "minutes=10 to=34,onnet"]].concat());
    ledger.ok(&["group", "credit", "club"]);
    let bundle = run(&ledger, "bundle list ana")[0].clone();
    assert_eq!(
        (&bundle["kind"], &bundle["to"], &bundle["expires"]),
        (&json!("seconds"), &json!("34,onnet"), &Value::Null)
    );
    let said = ledger.refused(1, &["group", "update", "club", "--gives", "minutes=10 days=30", "--expires"]);
    assert_eq!(said, "error: `seconds=600 days=30` ends by itself, so it cannot end with the next date\n");
    ledger.check();
}

#[test]
fn what_makes_no_plan_is_refused_and_nothing_is_changed() {
    let ledger = ledger_of(&["ana", "bob"]);
    for wrong in [
        "--day 0 --count 1 --amount 1",
        "--day 32 --count 1 --amount 1",
        "--day 1 --month 13 --count 1 --amount 1",
        "--day 1 --count 0 --amount 1",
        "--day 1 --count -1 --amount 1",
        "--day 1 --count 1000000 --amount 1",
        "--day 1 --count 1 --amount 0",
        "--day 1 --count 1 --amount -1",
        "--day 1 --count 1 --amount 0.0000001",
        "--day 1 --count 1 --open-ended --amount 1",
        "--day 1 --count 1 --amount 1 --gives credit=1",
        "--day 1 --count 1 --gives minutes=0",
        "--day 1 --until 2999-02-30 --amount 1",
        "--day 1 --count 1 --amount 1 --every year",
        "--day 1 --count 1 --amount 1 --zone Europe/Bern",
        "--month 1 --count 1 --amount 1",
    ] {
        refused(&ledger, 2, &format!("group add club --user ana {wrong}"));
    }
    let refused = |line: &str| refused(&ledger, 1, &format!("group add club {line}"));
    assert_eq!(
        refused("--day 30 --month 2 --count 1 --amount 1"),
        "error: there is no day 30 in month 2\nhint: --day 30 alone is also the last day of a shorter month\n"
    );
    assert!(refused("--day 1 --count 1").contains("hint: --amount AMOUNT"));
    assert!(refused("--day 1 --amount 1").contains("hint: --count N, --until DATE or --open-ended"));
    assert!(refused("--day 1 --until 2020-01-01 --amount 1").contains("has no date"));
    assert_eq!(refused("--user ana --user clid:999999900"), "error: ana is named twice\n");
    let crowd: String = (0..18).map(|number| format!("--user user{number} ")).collect();
    let missing: Vec<_> = (0..18).map(|number| format!("no user with username \"user{number}\"")).collect();
    assert_eq!(
        refused(&format!("--user ana {crowd} --user bob")),
        format!("error: {}\nhint: billctl user list\n", missing.join(", "))
    );
    assert_eq!(ledger.json(&["group", "list"]), json!([]));
    run(&ledger, "group add club --user ana");
    let said = ledger.refused(1, &["group", "join", "club", "bob", "eva", "eve"]);
    assert!(said.starts_with("error: no user with username \"eva\", no user with username \"eve\"\n"), "{said}");
    assert_eq!(run(&ledger, "group list")[0]["members"], 1);
}

#[test]
fn a_plan_that_nobody_can_read_is_a_fault_of_the_books() {
    let ledger = with_club();
    let books = Connection::open(ledger.database()).unwrap();
    books.execute("UPDATE account_group SET plan = 'monthly'", ()).unwrap();
    let checked = ledger.billctl(&["db", "check"]);
    assert_eq!(checked.status.code(), Some(1));
    let told = String::from_utf8(checked.stdout).unwrap();
    assert!(told.contains("group club: `monthly` is no plan"), "{told}");
}
