//! `billctl trunk`

use std::num::NonZeroU32;
use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::domain::dialling::DialTemplate;
use celcombiller::domain::routing::{Trunk, TrunkName};
use celcombiller::store::TrunkRow;
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};
use crate::user::{OrNone, or_none};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Add),
    Update(Update),
    List(List),
    Remove(Remove),
}

/// Add a line to a carrier; routes say which numbers go over it
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  billctl trunk add carrier --dial 'PJSIP/{number}@carrier' --cost wholesale --max-calls 30"
)]
pub(crate) struct Add {
    name: TrunkName,
    /// How a number is dialled over it
    #[arg(long, value_name = "TEMPLATE")]
    dial: DialTemplate,
    /// The tariff that the carrier charges us by
    #[arg(long, value_name = "TARIFF")]
    cost: Option<String>,
    /// How many calls it carries at once
    #[arg(long, value_name = "N")]
    max_calls: Option<NonZeroU32>,
}

/// Change a trunk: what is not named stays; calls that are on it stay there
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl trunk update carrier --max-calls 60\n  \
    billctl trunk update carrier --cost none --dial 'PJSIP/00{number}@carrier'")]
pub(crate) struct Update {
    name: TrunkName,
    /// Another name, also in the records of its calls
    #[arg(long, value_name = "NAME")]
    rename: Option<TrunkName>,
    /// How a number is dialled over it
    #[arg(long, value_name = "TEMPLATE")]
    dial: Option<DialTemplate>,
    /// The tariff that the carrier charges us by, or none
    #[arg(long, value_name = "TARIFF|none", value_parser = or_none::<String>)]
    cost: Option<OrNone<String>>,
    /// How many calls it carries at once, or none for any number
    #[arg(long, value_name = "N|none", value_parser = or_none::<NonZeroU32>)]
    max_calls: Option<OrNone<NonZeroU32>>,
}

/// List the trunks, and how many calls are on each now
#[derive(Debug, Args)]
pub(crate) struct List;

/// Remove a trunk that has no routes and never carried a call
#[derive(Debug, Args)]
pub(crate) struct Remove {
    name: TrunkName,
}

const KEYS: &[&str] = &["name", "dial", "cost", "max_calls", "open_calls"];

fn row((TrunkRow { trunk, .. }, open_calls): &(TrunkRow, u32)) -> Vec<Value> {
    vec![
        Value::text(&trunk.name),
        Value::text(&trunk.dial),
        trunk.cost.clone().into(),
        trunk.max_calls.map(NonZeroU32::get).into(),
        (*open_calls).into(),
    ]
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let name = match self {
            Self::List(List) => {
                let trunks = context.look(|books| {
                    let counted = |trunk: TrunkRow| Ok((books.open_calls_on(trunk.id)?, trunk));
                    books.trunks()?.into_iter().map(|trunk| counted(trunk).map(|(open, trunk)| (trunk, open))).collect()
                })?;
                let trunks: Vec<(TrunkRow, u32)> = trunks;
                context.render.list(&Rows::of(KEYS, &trunks, row))?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Remove(Remove { name }) => {
                let removed = context.decide(|store| billing::remove_trunk(store, &name))?;
                context.render.one(KEYS, row(&(removed, 0)))?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Add(Add { name, dial, cost, max_calls }) => {
                let trunk = Trunk { name, dial, cost, max_calls };
                context.decide(|store| billing::add_trunk(store, &trunk))?;
                trunk.name
            }
            Self::Update(update) => {
                let name = update.name.clone();
                context.decide(|store| billing::update_trunk(store, &name, |trunk| update.change(trunk)))?.trunk.name
            }
        };
        let shown = context.look(|books| {
            let trunk = billing::find_trunk(books, &name)?;
            let open = books.open_calls_on(trunk.id)?;
            Ok((trunk, open))
        })?;
        context.render.one(KEYS, row(&shown))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Update {
    fn change(self, trunk: &mut Trunk) {
        if let Some(name) = self.rename {
            trunk.name = name;
        }
        if let Some(dial) = self.dial {
            trunk.dial = dial;
        }
        if let Some(OrNone(cost)) = self.cost {
            trunk.cost = cost;
        }
        if let Some(OrNone(max_calls)) = self.max_calls {
            trunk.max_calls = max_calls;
        }
    }
}
