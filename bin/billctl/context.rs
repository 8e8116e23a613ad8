//! What every verb works with: configuration, database, clock, renderer, and who asks for what.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use celcombiller::billing::{Circumstances, Numbering, find_user};
use celcombiller::config::{Config, DEFAULT_PATH};
use celcombiller::domain::deed::Deed;
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::time::Timestamp;
use celcombiller::host::person::Person;
use celcombiller::host::{Clock, SystemClock};
use celcombiller::store::spool::{Spool, Waiting};
use celcombiller::store::{Access, Role, Store, StoreError};

use crate::args::{Global, Noun};
use crate::deed::Asked;
use crate::render::{Format, Renderer};
use crate::rights::Request;

pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) config_path: Option<PathBuf>,
    pub(crate) render: Renderer,
    pub(crate) now: Timestamp,
    database: Option<PathBuf>,
    person: Person,
    named_actor: Option<String>,
    asked: Asked,
}

impl Context {
    pub(crate) fn of(global: Global, noun: &Noun, asked: Asked) -> anyhow::Result<Self> {
        if global.format == Format::Prometheus && !matches!(noun, Noun::Stats(_)) {
            return Err(Refusal::new("only stats is written as prometheus").hint("billctl --format json ...").into());
        }
        let config = match noun {
            Noun::Init(_) => Config::load_or_default(global.config.as_deref()),
            Noun::Demo(_) | Noun::Country(_) | Noun::Completions(_) | Noun::Man(_) => Ok(Config::default()),
            _ => Config::load(global.config.as_deref()),
        };
        let config = config?;
        let owner = owner(global.db.as_deref().unwrap_or(&config.database.path));
        let person = Person::running(owner);
        let request = Request {
            person: &person,
            owner,
            asked: &asked,
            // Who lists what somebody did does nothing in their name.
            for_another: global.actor.is_some() && !matches!(noun, Noun::Audit(_)),
            own_config: global.config.as_deref().is_some_and(|named| named != Path::new(DEFAULT_PATH)),
        };
        request.permit(&config)?;
        Ok(Self {
            config,
            config_path: global.config,
            render: Renderer::new(global.format),
            now: SystemClock::start().now(),
            database: global.db,
            person,
            named_actor: global.actor.map(String::from),
            asked,
        })
    }

    /// Returns the database's file: `--db`, `$CELCOMBILLER_DB`, else what the configuration says.
    pub(crate) fn database(&self) -> &Path {
        self.database.as_deref().unwrap_or(&self.config.database.path)
    }

    pub(crate) fn access(&self) -> Access {
        let database = &self.config.database;
        let (busy_timeout, queue) = (database.busy_timeout(), database.queue);
        Access { path: self.database().to_owned(), role: Role::Manage, busy_timeout, queue }
    }

    /// Returns where the ends of calls are kept.
    pub(crate) fn spools(&self) -> [Spool; 2] {
        Spool::places(self.database(), &self.config.asterisk.spool)
    }

    /// Lists the ends that wait to be posted.
    pub(crate) fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        let mut all = Vec::new();
        for spool in self.spools() {
            all.extend(spool.waiting()?);
        }
        Ok(all)
    }

    /// Opens the books; whatever is changed in them is noted as what was asked for.
    pub(crate) fn open(&self) -> Result<Store, StoreError> {
        let mut store = Store::open(&self.access())?;
        let mut deed = self.deed();
        if let Some(subject) = deed.subject.as_mut().filter(|subject| subject.contains(':'))
            && let Ok(user) = store.read(|books| find_user(books, subject))
        {
            *subject = user.username.to_string();
        }
        Ok(store.answered_for(deed))
    }

    /// Returns what was asked for as what is done now.
    pub(crate) fn deed(&self) -> Deed {
        self.asked.deed(self.actor(), self.now)
    }

    /// Returns who the books say did it: who was named, else who runs this.
    pub(crate) fn actor(&self) -> &str {
        self.named_actor.as_deref().unwrap_or(&self.person.name)
    }

    /// Returns who was named with `--actor`.
    pub(crate) fn named_actor(&self) -> Option<&str> {
        self.named_actor.as_deref()
    }

    /// Returns which numbers extensions and ring groups may be given, where the first is this one.
    pub(crate) fn numbering(&self, first: u32) -> Numbering<'_> {
        Numbering { first, reserved: &self.config.free.numbers }
    }

    pub(crate) fn circumstances<'a>(&'a self, note: Option<&'a str>) -> Circumstances<'a> {
        Circumstances { actor: self.actor(), note, time: self.now }
    }
}

/// Returns whose a file is.
fn owner(file: &Path) -> Option<u32> {
    fs::metadata(file).ok().map(|found| found.uid())
}
