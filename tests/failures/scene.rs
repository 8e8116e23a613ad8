//! Books with people in them, on a disk or under a user that a fault can take hold of.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use celcombiller::agi::stand_in::{Answer, Channel};
use tempfile::TempDir;

use crate::disk::SmallDisk;
use crate::fault::Fault;
use crate::program::copy_program;
use crate::support::{Ended, Ledger, accompany, executable, piped};

pub(crate) const CALLER: &str = "celcombiller-caller";
pub(crate) const REDUCER: &str = "celcombiller-reducer";
pub(crate) const ANA: &str = "999999999";
pub(crate) const BOB: &str = "999999998";
pub(crate) const RESCUE: &str = "112";
pub(crate) const FAR_AHEAD: &str = "2099-01-01";

/// A user whom permissions bind, as they do not bind root.
pub(crate) const NOBODY: u32 = 65534;

/// Books where ana has 10 euros and a call that ends at once costs 0.05, and the programs that use them.
pub(crate) struct Scene {
    pub(crate) disk: Option<SmallDisk>,
    /// The configuration, and copies of the programs where another user is to run them.
    etc: TempDir,
    as_nobody: bool,
    pub(crate) ledger: Ledger,
}

impl Scene {
    /// Makes books that this fault can befall; `None` where only root could.
    pub(crate) fn for_the(fault: Fault) -> Option<Self> {
        let ledger = Ledger { folder: tempfile::tempdir().unwrap() };
        let folder = ledger.folder.path().to_owned();
        let disk = match fault.needs_a_disk() {
            true => Some(SmallDisk::mount(&folder)?),
            false => None,
        };
        ledger.configure("");
        ledger.ok(&["init", "--unit", "EUR"]);
        ledger.ok(&["rate", "add", "--prefix", "onnet", "--price-per-minute", "0.60", "--connect-fee", "0.05"]);
        ledger.ok(&["user", "add", "ana", "--clid", ANA, "--imsi", "001010000000001", "--balance", "10"]);
        ledger.ok(&["user", "add", "bob", "--clid", BOB, "--imsi", "001010000000002"]);
        let root = fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0);
        let scene = Self { disk, etc: tempfile::tempdir().unwrap(), as_nobody: fault.needs_a_user() && root, ledger };
        fs::create_dir(scene.second_place()).unwrap();
        scene.configure();
        if scene.as_nobody {
            give_to_nobody(&folder);
            give_to_nobody(scene.etc.path());
            for program in [CALLER, REDUCER, "billctl"] {
                copy_program(&executable(program), &scene.etc.path().join(program));
            }
        }
        Some(scene)
    }

    /// Returns the configuration that the programs read.
    pub(crate) fn config(&self) -> PathBuf {
        self.etc.path().join("celcombiller.toml")
    }

    /// Writes what the operator wrote, before any fault.
    pub(crate) fn configure(&self) {
        let toml = format!(
            "[calls]\nmax_seconds = 60\n[free]\nnumbers = [\"112\"]\ndial = \"PJSIP/{{number}}@rescue\"\n\
             [prompts]\nUNAVAILABLE = \"sorry\"\n[asterisk]\nspool = {:?}\n[database]\nbusy_timeout = 1\n",
            self.second_place()
        );
        fs::write(self.config(), toml).unwrap();
    }

    /// Returns Asterisk's spool.
    pub(crate) fn second_place(&self) -> PathBuf {
        self.etc.path().join("spool")
    }

    /// Prepares a program to run as Asterisk's user does.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = match self.as_nobody {
            false => self.ledger.command(program),
            true => self.ledger.command_of(self.etc.path().join(program)),
        };
        if self.as_nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.env("CELCOMBILLER_CONFIG", self.config());
        command
    }

    /// Plays a channel against a program.
    pub(crate) fn play(
        &self,
        program: &str,
        channel: &mut Channel,
        instead: impl FnMut(&Channel, &str) -> Answer,
    ) -> Ended {
        accompany(piped(&mut self.command(program)), channel, &[], instead)
    }

    /// Runs billctl as cron does.
    pub(crate) fn billctl(&self, arguments: &[&str]) -> Output {
        self.command("billctl").args(arguments).stdin(Stdio::null()).output().unwrap()
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.ledger.folder.path().join("celcombiller.db-spool")
    }

    /// Returns how many ends of calls wait, beside the books and in the second place.
    pub(crate) fn waiting(&self) -> [usize; 2] {
        [self.spool(), self.second_place().join("celcombiller.db-spool")].map(|folder| {
            let is_end = |path: PathBuf| path.extension().is_some_and(|end| end == "end");
            fs::read_dir(folder).map_or(0, |ends| ends.filter(|end| is_end(end.as_ref().unwrap().path())).count())
        })
    }

    /// Asserts that so many calls of ana's were charged, each once, that nothing is held and every invariant.
    pub(crate) fn charged(&self, calls: u32, circumstances: &str) {
        let left = ["10", "9.95", "9.9"][calls as usize].to_owned();
        assert_eq!(self.ledger.balance("ana"), (left, "0".to_owned()), "{circumstances}");
        assert_eq!(self.waiting(), [0, 0], "{circumstances}: nothing waits");
        self.ledger.check();
    }
}

fn give_to_nobody(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.is_dir() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        fs::read_dir(path).unwrap().for_each(|entry| give_to_nobody(&entry.unwrap().path()));
    }
}
