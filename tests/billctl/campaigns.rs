//! Campaigns in a spool whose Asterisk is played by the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Ledger, signal};

const TEMPLATE: [&str; 7] =
    ["--template", "--channel", "PJSIP/{number}@carrier", "--application", "Playback", "--data", "{prompt}"];
const PEOPLE: &str = "number,prompt,account\n5511,hello,ana\n+5522,world,bob\n5533,\"a,b\",ana\n";

struct Office {
    ledger: Ledger,
    spool: PathBuf,
    table: PathBuf,
}

impl Office {
    /// A ledger, a spool and a table of three people.
    fn new() -> Self {
        let ledger = Ledger::with_ana_and_bob(100);
        let (spool, table) = (ledger.folder.path().join("spool"), ledger.folder.path().join("people.csv"));
        fs::create_dir_all(spool.join("outgoing")).unwrap();
        fs::create_dir(spool.join("outgoing_done")).unwrap();
        fs::write(&table, PEOPLE).unwrap();
        let toml = format!(
            "[asterisk]\nspool = \"{}\"\n[identify]\nby = [\"accountcode\"]\n[dial]\noffnet = \"PJSIP/{{number}}@carrier\"\n",
            spool.display()
        );
        ledger.configure(&toml);
        Self { ledger, spool, table }
    }

    fn arguments<'a>(&'a self, flags: &[&'a str], template: &[&'a str]) -> Vec<&'a str> {
        let pace = if flags.contains(&"--pace") { &[][..] } else { &["--pace", "60000"] };
        [&["call", "campaign", self.table.to_str().unwrap()][..], pace, flags, template].concat()
    }

    fn campaign(&self, flags: &[&str]) -> Value {
        self.ledger.json(&self.arguments(flags, &TEMPLATE))
    }

    fn refused(&self, flags: &[&str], template: &[&str]) -> String {
        self.ledger.refused(1, &self.arguments(flags, template))
    }

    fn report(&self) -> Value {
        self.ledger.json(&self.arguments(&["--report"], &[]))
    }

    /// Starts a campaign.
    fn start(&self, flags: &[&str]) -> Child {
        let mut billctl = self.ledger.command("billctl");
        billctl.env("TZ", "UTC").args(["--format", "json"]).args(self.arguments(flags, &TEMPLATE));
        billctl.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn waiting(&self) -> Vec<String> {
        names(&self.spool.join("outgoing"))
    }

    fn await_calls(&self, calls: usize) {
        let start = Instant::now();
        while self.waiting().len() != calls {
            assert!(start.elapsed() < Duration::from_secs(20), "{calls} calls are spooled: {:?}", self.waiting());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Does what Asterisk does with a call: writes into its file, and moves it when it is over.
    fn play(&self, name: &str, status: &str) {
        let (outgoing, done) = (self.spool.join("outgoing").join(name), self.spool.join("outgoing_done").join(name));
        append(&outgoing, "\nStartRetry: 7 1 (1763690000)\n");
        assert!(!done.exists(), "{name} is called once");
        fs::rename(&outgoing, &done).unwrap();
        append(&done, &format!("Status: {status}\n"));
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn append(path: &Path, text: &str) {
    let mut whole = fs::read_to_string(path).unwrap();
    whole.push_str(text);
    // In place: its other name is the same file.
    fs::write(path, whole).unwrap();
}

/// Returns numbers and states.
fn states(report: &Value) -> Value {
    let state = |call: &Value| json!([call["number"], call["state"]]);
    report["calls"].as_array().unwrap().iter().map(state).collect()
}

#[test]
fn every_row_becomes_a_call_with_its_columns_in_their_places() {
    let office = Office::new();
    let report = office.campaign(&[]);
    assert_eq!((&report["campaign"], &report["rows"], &report["spooled"]), (&json!("people"), &json!(3), &json!(3)));
    assert_eq!(office.waiting(), ["people-5511.call", "people-5522.call", "people-5533.call"]);
    let text = fs::read_to_string(office.spool.join("outgoing/people-5533.call")).unwrap();
    assert_eq!(text, "Channel: PJSIP/5533@carrier\nApplication: Playback\nData: a,b\nArchive: yes\n");
    assert_eq!(states(&report), json!([["5511", "due"], ["5522", "due"], ["5533", "due"]]));
}

#[test]
fn a_campaign_that_was_killed_goes_on_and_calls_nobody_twice() {
    let office = Office::new();
    let mut killed = office.start(&["--ceiling", "1"]);
    office.await_calls(1);
    killed.kill().unwrap();
    killed.wait().unwrap();
    // The name of a call that was killed before it was in the spool.
    fs::write(office.spool.join("celcombiller/once/people-5522.call"), "Channel: PJSIP/half\n").unwrap();
    let again = office.start(&["--ceiling", "1"]);
    for (name, status) in [("5511", "Completed"), ("5522", "Expired"), ("5533", "Completed")] {
        office.await_calls(1);
        thread::sleep(Duration::from_millis(400));
        assert_eq!(office.waiting(), [format!("people-{name}.call")], "never two at once, and in their order");
        office.play(&format!("people-{name}.call"), status);
    }
    let output = again.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["spooled"], 2);
    assert_eq!(office.campaign(&[])["spooled"], 0, "and a third time there is nothing to do");
    let report = office.report();
    assert_eq!(states(&report), json!([["5511", "completed"], ["5522", "expired"], ["5533", "completed"]]));
    assert_eq!((&report["answered"], &report["unanswered"], &report["left"]), (&json!(2), &json!(1), &json!(0)));
    assert!(office.waiting().is_empty());
}

#[test]
fn whoever_wishes_to_stop_gets_the_report_of_what_was_done() {
    let office = Office::new();
    for name in ["INT", "TERM"] {
        let child = office.start(&["--ceiling", "1"]);
        office.await_calls(1);
        // The first call is there; the wish may come before or during the wait for the second.
        thread::sleep(Duration::from_millis(300));
        signal(name, child.id());
        let output = child.wait_with_output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(states(&report), json!([["5511", "due"], ["5522", "left"], ["5533", "left"]]));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "stopped; the same command goes on\n");
    }
}

#[test]
fn nobody_is_called_outside_the_hours() {
    let office = Office::new();
    let hour = |ahead: i64| (chrono::Utc::now() + chrono::TimeDelta::hours(ahead)).format("%H:00").to_string();
    // Midnight begins a day as 00:00 and ends one as 24:00.
    let end = |ahead: i64| hour(ahead).replace("00:00", "24:00");
    let child = office.start(&["--hours", &format!("{}-{}", hour(2), end(4))]);
    thread::sleep(Duration::from_secs(1));
    signal("TERM", child.id());
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["left"], &report["spooled"]), (&json!(3), &json!(0)));
    let open = office.start(&["--hours", &format!("{}-{}", hour(-1), end(2))]).wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&open.stdout).unwrap();
    assert_eq!(report["spooled"], 3);
    let holiday = office.refused(&["--hours", "holiday"], &TEMPLATE);
    assert!(holiday.contains("no holidays are known here"), "{holiday}");
}

#[test]
fn a_pace_and_a_limit_are_kept() {
    let office = Office::new();
    let start = Instant::now();
    let report = office.ledger.json(&office.arguments(&["--pace", "120", "--limit", "2"], &TEMPLATE));
    assert!(start.elapsed() >= Duration::from_millis(500), "half a second lies between two calls");
    assert_eq!((&report["spooled"], &report["left"]), (&json!(2), &json!(1)));
    assert_eq!(office.campaign(&["--limit", "2"])["spooled"], 1);
}

#[test]
fn a_table_that_was_changed_meanwhile_is_called_where_it_is_new() {
    let office = Office::new();
    assert_eq!(office.campaign(&[])["spooled"], 3);
    fs::write(&office.table, "Number;Prompt\n5522;other\n5544;hello\n").unwrap();
    assert_eq!(states(&office.campaign(&[])), json!([["5522", "due"], ["5544", "due"]]));
    let text = fs::read_to_string(office.spool.join("outgoing/people-5522.call")).unwrap();
    assert!(text.contains("Data: world\n"), "the call that was spooled stays as it was: {text}");
    assert_eq!(office.campaign(&["--name", "second"])["spooled"], 2, "another campaign calls anew");
}

#[test]
fn a_wrong_row_is_named_with_its_line_before_anybody_is_called() {
    let office = Office::new();
    let table = "number,prompt\n5511,hello\nana,hello\n+5511,hello\n5522,\"a\nApplication: System\"\n5533\n5544,ok\n";
    fs::write(&office.table, table).unwrap();
    let file = office.table.display().to_string();
    let said = office.refused(&[], &TEMPLATE);
    let facts: Vec<&str> = said.lines().collect();
    let expected = [
        format!("error: {file} line 3: number: `ana` is not a phone number: expected 1 to 15 digits"),
        format!("error: {file} line 4: 5511 stands on line 2 already"),
    ];
    assert_eq!(facts[..2], expected);
    assert!(
        facts[2].contains(" line 5: ") && facts[2].ends_with("a line feed would begin another directive"),
        "{said}"
    );
    assert!(facts[3].contains(" line 7: 1 values under 2 columns"), "{said}");
    assert_eq!(facts[4..], ["error: nobody was called: 4 lines are wrong", "hint: --skip-wrong leaves them out"]);
    assert!(office.waiting().is_empty());
    let report = office.campaign(&["--skip-wrong"]);
    assert_eq!((&report["spooled"], &report["refused"]), (&json!(2), &json!(4)));
    assert_eq!(office.waiting(), ["people-5511.call", "people-5544.call"]);
}

#[test]
fn what_stands_in_a_column_adds_neither_a_flag_nor_a_column() {
    let office = Office::new();
    fs::write(&office.table, "number,prompt\n5511,--user=ana\n5522,{number}\n5533,\n").unwrap();
    office.campaign(&[]);
    let data = |number: &str| {
        let text = fs::read_to_string(office.spool.join(format!("outgoing/people-{number}.call"))).unwrap();
        text.lines().find_map(|line| line.strip_prefix("Data:").map(str::trim).map(str::to_owned)).unwrap()
    };
    assert_eq!(["5511", "5522", "5533"].map(data), ["--user=ana", "{number}", ""]);
}

#[test]
fn a_template_names_only_columns_that_are_there() {
    let office = Office::new();
    let with = |channel| ["--template", "--channel", channel, "--application", "Echo"];
    let said = office.refused(&[], &with("PJSIP/{phone}"));
    let file = office.table.display();
    assert_eq!(said, format!("error: {file} has no column phone\nhint: it has number, prompt, account\n"));
    let said = office.refused(&["--number", "phone"], &with("PJSIP/{number}"));
    assert!(said.contains("has no column phone"), "{said}");
    let said = office.refused(&[], &["--template", "--channel", "PJSIP/{number}"]);
    assert!(said.contains("line 2: the following required arguments were not provided: <--application"), "{said}");
    let said = office.refused(&[], &["--template", "--id", "{number}"]);
    assert!(said.contains("line 2: unexpected argument '--id' found"), "{said}");
}

#[test]
fn a_number_on_the_blocklist_is_not_called() {
    let office = Office::new();
    let blocklist = office.ledger.folder.path().join("never.txt");
    fs::write(&blocklist, "# asked us not to\n5522  # 2026-11-20\n\n999\n").unwrap();
    let report = office.campaign(&["--blocklist", blocklist.to_str().unwrap()]);
    assert_eq!((&report["blocked"], &report["spooled"]), (&json!(1), &json!(2)));
    assert_eq!(states(&report)[1], json!(["5522", "blocked"]));
    fs::write(&blocklist, "5522\nx\n").unwrap();
    let said = office.refused(&["--blocklist", blocklist.to_str().unwrap()], &TEMPLATE);
    assert!(said.contains("never.txt line 2: `x` is not "), "{said}");
}

#[test]
fn a_call_that_its_user_cannot_pay_for_is_left_out_until_it_can_be_paid() {
    let office = Office::new();
    let template =
        ["--template", "--channel", "Local/{number}@celcombiller/n", "--application", "Echo", "--user", "{account}"];
    let billed = || office.ledger.json(&office.arguments(&[], &template));
    let report = billed();
    assert_eq!((&report["spooled"], &report["refused"]), (&json!(2), &json!(1)));
    let bob = &report["calls"][1];
    assert_eq!(
        (&bob["state"], &bob["why"]),
        (&json!("refused"), &json!("the call to 5522 would be refused as NO_CREDIT: bob has 0 available"))
    );
    office.ledger.ok(&["balance", "add", "bob", "100"]);
    assert_eq!(billed()["spooled"], 1);
    let text = fs::read_to_string(office.spool.join("outgoing/people-5522.call")).unwrap();
    assert!(text.contains("\nAccount: bob\n"), "{text}");
}

#[test]
fn a_dry_run_shows_the_files_and_calls_nobody() {
    let office = Office::new();
    let report = office.campaign(&["--dry-run"]);
    assert_eq!(
        report["calls"][0]["file"],
        "Channel: PJSIP/5511@carrier\nApplication: Playback\nData: hello\nArchive: yes\n"
    );
    assert_eq!((&report["left"], &report["spooled"]), (&json!(3), &json!(0)));
    assert_eq!(names(&office.spool), ["outgoing", "outgoing_done"]);
}

#[test]
fn the_report_is_a_table_json_and_csv() {
    let office = Office::new();
    office.campaign(&["--limit", "2"]);
    office.play("people-5511.call", "Completed");
    office.ledger.ok(&["call", "cancel", "people-5522"]);
    let report = office.report();
    assert_eq!(states(&report), json!([["5511", "completed"], ["5522", "taken back"], ["5533", "left"]]));
    assert_eq!(office.campaign(&["--limit", "0"])["left"], 1, "what was taken back stays so");
    let csv = office.ledger.ok(&[&["--format", "csv"][..], &office.arguments(&["--report"], &[])].concat());
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "line,number,call,state,time,attempts,why");
    assert!(lines[1].starts_with("2,5511,people-5511.call,completed,20") && lines[1].ends_with("Z,1,"), "{csv}");
    assert_eq!(lines[3], "4,5533,people-5533.call,left,,0,");
    let table = office.ledger.ok(&office.arguments(&["--report"], &[]));
    assert!(table.contains("answered") && table.contains("people-5522.call"), "{table}");
}

#[test]
fn calls_that_are_long_over_are_forgotten_and_no_others() {
    let office = Office::new();
    assert_eq!(office.ledger.json(&["call", "prune", "--days", "0"]), json!([]));
    office.campaign(&[]);
    for name in ["people-5511.call", "people-5522.call"] {
        office.play(name, "Completed");
    }
    let once = office.spool.join("celcombiller/once");
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(40 * 86_400);
    for name in ["people-5511.call", "people-5533.call"] {
        fs::File::open(once.join(name)).unwrap().set_modified(long_ago).unwrap();
    }
    let prune = |flags: &[&str]| {
        let forgotten = office.ledger.json(&[&["call", "prune", "--days", "30"], flags].concat());
        forgotten.as_array().unwrap().iter().map(|call| call["name"].clone()).collect::<Value>()
    };
    assert_eq!(prune(&["--dry-run"]), json!(["people-5511.call"]), "5522 is too new, and 5533 waits");
    assert_eq!(names(&once).len(), 3);
    assert_eq!(prune(&[]), json!(["people-5511.call"]));
    assert_eq!(names(&once), ["people-5522.call", "people-5533.call"]);
    assert_eq!(office.campaign(&["--limit", "9"])["spooled"], 1, "whom nobody remembers is called again");
}
