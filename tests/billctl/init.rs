//! The database and the configuration that `init` makes.

use std::fs;

use crate::support::Ledger;

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
        (&parsed.database, &parsed.identify, &parsed.calls, &parsed.announce),
        (&defaults.database, &defaults.identify, &defaults.calls, &defaults.announce)
    );
    defaults.dial.offnet.clone_from(&parsed.dial.offnet);
    defaults.dial.warn_sound.clone_from(&parsed.dial.warn_sound);
    defaults.dial.warn_connect_sound.clone_from(&parsed.dial.warn_connect_sound);
    defaults.dial.warn_timeout_sound.clone_from(&parsed.dial.warn_timeout_sound);
    assert_eq!(parsed.dial, defaults.dial, "but for the off-net route and the sounds, which have no default");
}
