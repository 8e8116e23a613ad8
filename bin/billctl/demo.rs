//! `billctl demo`

use std::env;
use std::fs;
use std::io::{self, BufReader, IsTerminal, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use celcombiller::agi::stand_in::{CalleeBehaviour, Channel, Line};
use celcombiller::billing::{self, Circumstances, NewUser};
use celcombiller::config::Config;
use celcombiller::domain::account::Level;
use celcombiller::domain::contact::Contact;
use celcombiller::domain::money::Money;
use celcombiller::domain::refusal::Refusal;
use celcombiller::host::{CONFIG_VARIABLE, DATABASE_VARIABLE};
use celcombiller::store::{Access, EntryQuery, Role, STANDARD_TARIFF, Store, Unit};
use clap::Args;

use crate::context::Context;

/// Play a prepaid call on a scratch ledger, through the real programs, with a stand-in for Asterisk
#[derive(Debug, Args)]
pub(crate) struct Demo;

/// The seconds that the caller can pay for.
const FUNDS: &str = "3";
/// The seconds that the callee would like to talk.
const TALK: Duration = Duration::from_secs(10);

impl Demo {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let programs = programs()?;
        let folder = Scratch::new(context)?;
        let database = folder.0.join("demo.db");
        let config = folder.0.join("demo.toml");
        fs::write(&config, "")?;
        let show = Show { colours: io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none() };

        show.heading("A ledger in seconds, two users; ana has three seconds left")?;
        Store::create(&access(&database), &Unit::seconds(), context.now)?;
        let mut store = Store::open(&access(&database))?;
        for (username, clid, imsi, funds) in
            [("ana", "999999999", "001010000000001", Some(FUNDS)), ("bob", "999999998", "001010000000002", None)]
        {
            let new = NewUser {
                username: username.parse()?,
                clid: clid.parse()?,
                imsi: Some(imsi.parse()?),
                name: None,
                level: Level::User,
                tariff: STANDARD_TARIFF.to_owned(),
                credit_limit: Money::ZERO,
                max_calls: None,
                expires: None,
                valid_days: None,
                language: None,
                contact: Contact::default(),
                warn_below: None,
                password: None,
                balance: funds.map(str::parse).transpose()?,
            };
            let circumstances = Circumstances { actor: "demo", note: Some("the first top-up"), time: context.now };
            let account = billing::add_user(&mut store, &new, circumstances)?;
            show.fact(&format!("{username}  number {clid}  SIM {imsi}  balance {}", account.balance))?;
        }
        store.close()?;

        let mut channel = Channel::new("1763690000.1", "999999999", "999999998");
        channel.callee = CalleeBehaviour::Answers { ring: Duration::from_secs(1), talk: TALK };
        show.heading("ana calls bob; bob answers after a second and would talk for ten")?;
        play(&programs, "celcombiller-caller", &mut channel, &database, &config)?;
        show.dialogue(&channel)?;
        channel.dialogue.clear();
        channel.extension = "h".to_owned();
        show.heading("the h extension runs the second program; all is settled, so it has nothing to do")?;
        play(&programs, "celcombiller-reducer", &mut channel, &database, &config)?;
        show.dialogue(&channel)?;

        show.heading("what the books say")?;
        let mut store = Store::open(&access(&database))?;
        let (account, entries, audit) = store.read(|books| {
            let account = billing::find_user(books, "ana")?;
            let entries = books.entries(account.id, EntryQuery::default())?;
            Ok::<_, billing::BillingError>((account, entries, books.check(None)?))
        })?;
        store.close()?;
        for entry in entries.iter().rev() {
            let call = entry.call.as_ref().map(|call| format!("  call {call}")).unwrap_or_default();
            let (amount, after) = (entry.amount.to_string(), entry.balance_after);
            show.fact(&format!("entry {}  {:<8}{amount:>4}  balance {after}{call}", entry.id.0, entry.kind.as_str()))?;
        }
        show.fact(&format!("ana has {} seconds, {} held", account.balance, account.held))?;
        let checks = audit.checks;
        let faults = checks.iter().filter(|check| !check.faults.is_empty()).count();
        match faults {
            0 => show.fact(&format!("all {} invariants hold", checks.len()))?,
            _ => show.fact(&format!("{faults} of {} invariants DO NOT hold: billctl db check", checks.len()))?,
        }
        Ok(if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Returns the folder of the programs: the one that this program is in.
fn programs() -> Result<PathBuf> {
    let own = env::current_exe().context("cannot tell where this program is")?;
    let folder = own.parent().unwrap_or(Path::new("/")).to_owned();
    if !folder.join("celcombiller-caller").is_file() {
        let fact = format!("no celcombiller-caller beside {}", own.display());
        return Err(Refusal::new(fact).hint("make demo builds all three programs").into());
    }
    Ok(folder)
}

fn access(database: &Path) -> Access {
    let defaults = Config::default().database;
    let (busy_timeout, queue) = (defaults.busy_timeout(), defaults.queue);
    Access { path: database.to_owned(), role: Role::Manage, busy_timeout, queue }
}

fn play(programs: &Path, program: &str, channel: &mut Channel, database: &Path, config: &Path) -> Result<()> {
    let mut child = Command::new(programs.join(program))
        .env(DATABASE_VARIABLE, database)
        .env(CONFIG_VARIABLE, config)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    let (to, from) = child.stdin.take().zip(child.stdout.take()).context("the program has no pipes")?;
    channel.play(to, BufReader::new(from), &[])?;
    let ended = child.wait()?;
    anyhow::ensure!(ended.success(), "{program} ended with {ended}");
    Ok(())
}

/// A folder that goes when the demonstration does.
struct Scratch(PathBuf);

impl Scratch {
    fn new(context: &Context) -> Result<Self> {
        let name = format!("celcombiller-demo-{}-{}", std::process::id(), context.now.millis());
        let folder = env::temp_dir().join(name);
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing depends on it: it is in the folder for temporary files.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Writes what happens, in colour on a terminal.
struct Show {
    colours: bool,
}

impl Show {
    fn painted(&self, colour: u8, text: &str) -> String {
        if self.colours { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn line(&self, text: &str) -> Result<()> {
        Ok(writeln!(io::stdout().lock(), "{text}")?)
    }

    fn heading(&self, text: &str) -> Result<()> {
        self.line(&format!("\n{}", self.painted(1, text)))
    }

    fn fact(&self, text: &str) -> Result<()> {
        self.line(&format!("  {text}"))
    }

    fn dialogue(&self, channel: &Channel) -> Result<()> {
        for line in &channel.dialogue {
            match line {
                Line::Said(command) => self.line(&format!("  {} {command}", self.painted(36, "program  >")))?,
                Line::Replied(reply) => self.line(&format!("  {} {reply}", self.painted(33, "asterisk <")))?,
            }
        }
        Ok(())
    }
}
