//! A machine with an Asterisk, as far as the doctor looks.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::copy_program;
use crate::support::{self, Ledger};

/// A machine on which all is well: both programs, a dialplan, a spool, and an Asterisk whose console is a script.
pub(crate) struct Host {
    pub(crate) ledger: Ledger,
    pub(crate) user: &'static str,
}

/// What the doctor says of one thing.
pub(crate) type Told = (String, Option<bool>, String, String);

impl Host {
    pub(crate) fn new() -> Self {
        let host = Self { ledger: Ledger::new("seconds"), user: "root" };
        for folder in ["agi-bin", "etc", "spool/outgoing", "bin"] {
            fs::create_dir_all(host.place(folder)).unwrap();
        }
        host.write("etc/extensions.conf", &host.ledger.ok(&["asterisk", "dialplan"]));
        host.write("etc/asterisk.conf", &format!("[directories]\nastagidir => {}\n", host.place("agi-bin").display()));
        for program in ["caller", "reducer"] {
            let installed = host.place(&format!("agi-bin/celcombiller_{program}"));
            copy_program(&support::executable(&format!("celcombiller-{program}")), &installed);
        }
        let modules = ["app_dial", "app_stack", "func_channel", "func_strings", "pbx_config", "pbx_spool", "res_agi"];
        host.loaded(&modules);
        host.script("asterisk", "case \"$2\" in 'module show') cat \"${0%/*}/../modules\";; esac");
        host.script("timedatectl", "echo yes");
        host.configure("");
        host
    }

    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.ledger.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.place(name), text).unwrap();
    }

    pub(crate) fn loaded(&self, modules: &[&str]) {
        let lines = modules.iter().map(|module| format!("{module}.so    Something    0    Running    core\n"));
        self.write("modules", &lines.collect::<String>());
    }

    /// Writes a program in a process of its own, so that none of ours has it open when it is run.
    pub(crate) fn script(&self, name: &str, text: &str) {
        let mut sh = Command::new("sh");
        sh.args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$2\" && chmod 755 \"$2\"", "sh", text]);
        assert!(sh.arg(self.place("bin").join(name)).status().unwrap().success());
    }

    pub(crate) fn configure(&self, more: &str) {
        let [etc, spool] = ["etc", "spool"].map(|name| self.place(name).display().to_string());
        self.ledger.configure(&format!("{more}[asterisk]\netc = \"{etc}\"\nspool = \"{spool}\"\n"));
    }

    /// Prepares a program to find the console's.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.ledger.command_of(program);
        command.env("PATH", format!("{}:/usr/bin:/bin", self.place("bin").display())).stdin(Stdio::null());
        command
    }

    pub(crate) fn doctor(&self, arguments: &[&str]) -> (bool, Vec<Told>) {
        let mut billctl = self.command(support::executable("billctl"));
        billctl.args(["--format", "json", "asterisk", "doctor", "--asterisk-user", self.user]).args(arguments);
        let output = billctl.output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(i32::from(report["ok"] == false)), "{report:#}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let told = report["findings"].as_array().unwrap().iter().map(|finding| {
            (text(&finding["check"]), finding["ok"].as_bool(), text(&finding["found"]), text(&finding["remedy"]))
        });
        (report["ok"] == true, told.collect())
    }

    /// Returns what is wrong, without what only the machine under the test can be blamed for.
    pub(crate) fn faults(&self) -> Vec<String> {
        let (_, told) = self.doctor(&[]);
        let ours = |check: &str| !check.ends_with("has room") && !check.starts_with("the machine's own name");
        let faults = told.into_iter().filter(|(check, ok, ..)| *ok == Some(false) && ours(check));
        faults.map(|(check, _, found, remedy)| format!("{check}: {found}; {remedy}")).collect()
    }

    /// Asserts the one thing that is wrong.
    pub(crate) fn has(&self, parts: &[&str]) {
        let faults = self.faults();
        assert!(faults.len() == 1 && parts.iter().all(|part| faults[0].contains(part)), "{parts:?} in {faults:#?}");
    }
}
