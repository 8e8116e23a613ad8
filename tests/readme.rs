//! Every command of the README runs, in its order.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod support;

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use celcombiller::config::Config;
use celcombiller::domain::call::Denial;

const README: &str = include_str!("../README.md");

/// Returns the commands of the README: its blocks that are marked `sh`.
fn commands() -> String {
    let blocks = README.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().expect("a block ends")).collect()
}

/// Writes a program into a folder of the path.
fn program(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn every_command_of_the_readme_runs() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    for folder in ["bin", "etc/asterisk", "etc/cron.d", "var/lib", "var/spool/asterisk/outgoing"] {
        fs::create_dir_all(at(folder)).unwrap();
    }
    // The machine around the commands: whose users, whose Asterisk and whose /etc is not what is tested.
    program(&at("bin"), "sudo", "#!/bin/sh\n[ \"$1\" = -u ] && shift 2\nexec \"$@\"\n");
    // It says that it has whatever the installed files give it.
    let asterisk = format!(
        "#!/bin/sh\n[ \"$1\" = -rx ] || exit 1\ncd {} 2>/dev/null || exit 0\ncase $2 in\n\
         *show*books) grep -A1 -F \"$(echo \"$2\" | sed 's/.* //; s/@.*//')\" extensions.conf ;;\n\
         *) sed -n 's/^\\[\\([0-9]*\\).*/\\1 /p' pjsip.conf; sed -n 's/ =>.*//p' voicemail.conf ;;\nesac\n",
        at("etc/asterisk/celcombiller").display()
    );
    program(&at("bin"), "asterisk", &asterisk);
    program(&at("bin"), "install", "#!/bin/sh\nfor last; do :; done\nmkdir -p \"$last\"\n");
    let executables = support::executable("billctl").parent().unwrap().to_owned();
    let make = format!(
        "#!/bin/sh\nset -e\n[ -z \"$1\" ] || /usr/bin/make --dry-run \"$@\" >/dev/null\n\
         [ \"$1\" != demo ] || exec {}/billctl demo\n",
        executables.display()
    );
    program(&at("bin"), "make", &make);
    let script = commands()
        .replace("/var/lib/celcombiller", at("var/lib/celcombiller").to_str().unwrap())
        .replace("/var/spool/asterisk", at("var/spool/asterisk").to_str().unwrap())
        .replace("/etc/", &format!("{}/", at("etc").display()));
    let config = at("etc/celcombiller/celcombiller.toml");
    let database = at("var/lib/celcombiller/celcombiller.db");
    let path = format!("{}:{}:{}", at("bin").display(), executables.display(), env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PATH", path)
        .env("CELCOMBILLER_CONFIG", &config)
        .env("CELCOMBILLER_DB", &database)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{error}");
    assert!(told.contains("invariants hold"), "the demonstration ran: {told}");
    assert!(told.contains("660"), "ana has her balance: {told}");
    assert!(fs::read_to_string(at("etc/asterisk/extensions_celcombiller.conf")).unwrap().contains("[celcombiller]"));
    assert!(at("var/lib/celcombiller/backup.db").exists() && config.exists());
    assert_eq!(fs::read_dir(at("var/spool/asterisk/outgoing")).unwrap().count(), 4, "of five calls one is taken back");
}

#[test]
fn the_readme_names_every_refusal_and_every_key() {
    for denial in Denial::ALL {
        assert!(README.contains(&format!("| `{denial}` |")), "{denial}");
    }
    let mut section = String::new();
    let mut keys = 0;
    for line in include_str!("../bin/billctl/celcombiller.toml").lines() {
        if line.starts_with('[') {
            section = line.to_owned();
        } else if let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ")
            && !key.contains(' ')
        {
            let key = if section == "[prompts]" { "REASON" } else { key };
            assert!(README.contains(&format!("| `{section} {key}` |")), "{section} {key}");
            keys += 1;
        }
    }
    assert!(keys > 12, "the keys were found");
}

#[test]
fn the_readme_shows_the_defaults_that_hold() {
    let rows = README.lines().filter(|line| line.starts_with("| `["));
    let mut toml = String::new();
    for section in ["[database]", "[dial]", "[announce]"] {
        toml.push_str(&format!("{section}\n"));
        for row in rows.clone().filter(|row| row[3..].starts_with(section)) {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let key = cells[1].trim_matches('`').split(' ').nth(1).unwrap();
            let value = cells[2].trim_matches('`');
            match value {
                "none" => {}
                _ if value.parse::<u32>().is_ok() || ["true", "false"].contains(&value) || value.starts_with('"') => {
                    toml.push_str(&format!("{key} = {value}\n"));
                }
                _ => toml.push_str(&format!("{key} = \"{value}\"\n")),
            }
        }
    }
    assert_eq!(Config::parse(&toml, "README.md".as_ref()).unwrap(), Config::default());
}
