//! The books of one lab, through `billctl`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::configuration::executables;

pub(crate) struct Ledger {
    folder: PathBuf,
}

impl Ledger {
    /// Returns the ledger of the lab in the folder.
    pub(crate) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Runs `billctl` outside of the root, on the file that the executables inside of it write.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "billctl {arguments:?}: {}\n{out}{err}", output.status);
        out.into_owned()
    }

    /// Runs `billctl`, which must refuse, and returns what it says.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        assert_eq!(output.status.code(), Some(1), "billctl {arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Runs a check of `billctl`, and returns what it found.
    pub(crate) fn found(&self, arguments: &[&str]) -> Value {
        let output = self.output(arguments);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("billctl {arguments:?}: {error}"))
    }

    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        let mut billctl = Command::new(executables().join("billctl"));
        billctl.env_clear();
        billctl.arg("--config").arg(self.folder.join("celcombiller.toml"));
        billctl.arg("--db").arg(self.folder.join("data/celcombiller.db"));
        billctl.args(["--format", "json"]).args(arguments);
        billctl.output().expect("billctl starts")
    }

    pub(crate) fn read(&self, arguments: &[&str]) -> Value {
        let json = self.run(arguments);
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("billctl {arguments:?}: {error} in {json}"))
    }

    pub(crate) fn list(&self, arguments: &[&str]) -> Vec<Value> {
        match self.read(arguments) {
            Value::Array(rows) => rows,
            other => panic!("billctl {arguments:?} is not a list: {other}"),
        }
    }

    pub(crate) fn assert_sound(&self) {
        let check = self.read(&["db", "check"]);
        assert_eq!(check["ok"], true, "{check:#}");
    }
}
