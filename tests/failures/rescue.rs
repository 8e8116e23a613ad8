//! What is still read of a configuration that cannot be used.

use std::fs;

use celcombiller::config::Config;

const BROKEN: &str = r#"
[calls]
max_seconds = 60
[database]
path = "/srv/books.db"
busy_time = 5
[dial
[free]
numbers = [
  "112", "x0", 911,
  "190",
]
[dial]
offnet = "PJSIP/{number}@carrier"
onnet = 7
[asterisk]
spool = "/srv/asterisk"
spol = 1
[prompts]
NO_SUCH = ""
"#;

#[test]
fn a_fault_in_a_configuration_hides_neither_the_books_nor_the_free_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("celcombiller.toml");
    fs::write(&file, BROKEN).unwrap();
    let rescued = Config::load(Some(&file)).unwrap_err().rescue();
    assert_eq!(rescued.database.path.to_str(), Some("/srv/books.db"));
    assert_eq!(rescued.asterisk.spool.to_str(), Some("/srv/asterisk"));
    assert_eq!(rescued.free.numbers, ["112", "190"].map(|number| number.parse().unwrap()));
    assert_eq!(rescued.free_dial().unwrap().to_string(), "PJSIP/{number}@carrier");
    assert_eq!(rescued.calls, Config::default().calls, "what grants a call is not taken from it");
}
