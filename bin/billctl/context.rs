//! What every verb works with: configuration, database, clock, renderer, actor.

use std::path::{Path, PathBuf};

use celcombiller::billing::{Circumstances, Numbering};
use celcombiller::config::Config;
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::time::Timestamp;
use celcombiller::host::{self, Clock, SystemClock};
use celcombiller::store::spool::{Spool, Waiting};
use celcombiller::store::{Access, Role, Store, StoreError};

use crate::args::{Global, Noun};
use crate::render::{Format, Renderer};

pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) config_path: Option<PathBuf>,
    pub(crate) render: Renderer,
    pub(crate) now: Timestamp,
    database: Option<PathBuf>,
    actor: String,
}

impl Context {
    pub(crate) fn of(global: Global, noun: &Noun) -> anyhow::Result<Self> {
        if global.format == Format::Prometheus && !matches!(noun, Noun::Stats(_)) {
            return Err(Refusal::new("only stats is written as prometheus").hint("billctl --format json ...").into());
        }
        let config = match noun {
            Noun::Init(_) => Config::load_or_default(global.config.as_deref()),
            Noun::Demo(_) | Noun::Country(_) | Noun::Completions(_) | Noun::Man(_) => Ok(Config::default()),
            _ => Config::load(global.config.as_deref()),
        };
        Ok(Self {
            config: config?,
            config_path: global.config,
            render: Renderer::new(global.format),
            now: SystemClock::start().now(),
            database: global.db,
            actor: global.actor.map_or_else(host::system_user, String::from),
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

    pub(crate) fn open(&self) -> Result<Store, StoreError> {
        Store::open(&self.access())
    }

    /// Returns which numbers extensions and ring groups may be given, where the first is this one.
    pub(crate) fn numbering(&self, first: u32) -> Numbering<'_> {
        Numbering { first, reserved: &self.config.free.numbers }
    }

    pub(crate) fn circumstances<'a>(&'a self, note: Option<&'a str>) -> Circumstances<'a> {
        Circumstances { actor: &self.actor, note, time: self.now }
    }
}
