//! `billctl init`

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use celcombiller::config;
use celcombiller::domain::refusal::Refusal;
use celcombiller::host::person::group_named;
use celcombiller::store::spool::Spool;
use celcombiller::store::{Store, Unit, give_to_group, make_folder_of};
use clap::Args;

use crate::context::Context;
use crate::render::Value;

/// What a new configuration says: every key with its default, commented out.
const NEW_CONFIG: &str = include_str!("celcombiller.toml");

/// Make the database, and the configuration if it is missing; run again, it changes nothing
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  sudo -u asterisk billctl init --unit seconds\n  billctl --db /tmp/try.db init --unit EUR\n  sudo billctl init --group asterisk"
)]
pub(crate) struct Init {
    /// What one unit of a balance is: seconds of talk, or a currency such as EUR [default: seconds]
    #[arg(long)]
    unit: Option<Unit>,
    /// Whose members may read and write the books [default: the group of their folder]
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
}

impl Init {
    /// Returns the number of the group that is named.
    fn group(&self) -> Result<Option<u32>, Refusal> {
        let Some(group) = &self.group else { return Ok(None) };
        match group_named(group) {
            None => Err(Refusal::new(format!("no group \"{group}\" on this machine")).hint("getent group")),
            found => Ok(found),
        }
    }

    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let database = context.database();
        let group = self.group()?;
        let made = make_folder_of(database, group);
        made.with_context(|| format!("cannot make the folder of {}", database.display()))?;
        let wanted = match &self.unit {
            Some(unit) => unit.clone(),
            None => Unit::seconds(),
        };
        let new = Store::create(&context.access(), &wanted, context.now)?;
        if new {
            context.note()?;
        }
        let unit = context.look(|books| Ok(books.unit()?))?;
        if self.unit.is_some_and(|wanted| wanted != unit) {
            let fact = format!("{} exists and counts in {}", database.display(), unit.as_str());
            return Err(Refusal::new(fact).hint("another unit needs another database: --db FILE").into());
        }
        Spool::beside(database).set_ballast_aside()?;
        if let Some(gid) = group {
            give_to_group(database, gid)?;
        }
        let config = context.config_path.as_deref().unwrap_or(Path::new(config::DEFAULT_PATH));
        let wrote_config = write_config(config)?;
        let state = |made| if made { "created" } else { "kept" };
        context.render.one(
            &["database", "database_state", "unit", "config", "config_state"],
            vec![
                Value::text(database.display()),
                state(new).into(),
                unit.as_str().into(),
                Value::text(config.display()),
                match wrote_config {
                    Ok(made) => state(made).into(),
                    Err(reason) => format!("not written: {reason}").into(),
                },
            ],
        )?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes the configuration if there is none. Where it may not (the asterisk user in /etc) the defaults
/// hold, so that is told and no failure.
fn write_config(path: &Path) -> Result<Result<bool, String>> {
    if path.exists() {
        return Ok(Ok(false));
    }
    let written = match path.parent().map(fs::create_dir_all) {
        Some(Err(error)) => Err(error),
        _ => fs::write(path, NEW_CONFIG),
    };
    Ok(written.map(|()| true).map_err(|error| error.to_string()))
}
