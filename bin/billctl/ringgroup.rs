//! `billctl ringgroup`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::domain::account::Username;
use celcombiller::domain::extension::{Numbers, Record, RingTime, ShownName};
use celcombiller::domain::numbering::PhoneNumber;
use celcombiller::domain::ring_group::{
    ChangeCallerId, Destination, Member, Members, MusicClass, NamePrefix, RingGroup, Strategy,
};
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::extension::{set, yes_or_no};
use crate::render::{Rows, Value};
use crate::user::{OrNone, or_none};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Add),
    List(List),
    Show(Show),
    Update(Update),
    Remove(Remove),
}

/// Add a ring group: one number that rings several
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl ringgroup add --members 1000,1001,5511999990000# --strategy hunt \
    --destination voicemail:1000")]
pub(crate) struct Add {
    /// What is dialled [default: the next free number from `[extensions] first_group` on]
    number: Option<PhoneNumber>,
    /// Extensions in their order, with commas between them; a number outside has # at its end
    #[arg(long)]
    members: Members,
    #[command(flatten)]
    change: Change,
}

/// List the ring groups
#[derive(Debug, Args)]
pub(crate) struct List;

/// Show a ring group
#[derive(Debug, Args)]
pub(crate) struct Show {
    number: PhoneNumber,
}

/// Change a ring group: what is not named stays
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl ringgroup update 600 --strategy memoryhunt --ring-time 10")]
pub(crate) struct Update {
    number: PhoneNumber,
    /// Extensions in their order, with commas between them; a number outside has # at its end
    #[arg(long)]
    members: Option<Members>,
    #[command(flatten)]
    change: Change,
}

/// Remove ring groups, all of them or none; their members stay
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl ringgroup remove 600,601")]
pub(crate) struct Remove {
    /// Their numbers, with commas between them
    numbers: Numbers,
}

#[derive(Debug, Args)]
pub(crate) struct Change {
    /// What it is for
    #[arg(long)]
    name: Option<ShownName>,
    /// ringall, hunt or memoryhunt, each also with -prim, firstavailable or firstnotonphone
    #[arg(long)]
    strategy: Option<Strategy>,
    /// How long each step rings, in seconds
    #[arg(long, value_name = "SECONDS")]
    ring_time: Option<RingTime>,
    /// Who pays for numbers outside that it rings, or none for whoever calls
    #[arg(long, value_name = "USERNAME|none", value_parser = or_none::<Username>)]
    user: Option<OrNone<Username>>,
    /// What is put before the caller's name, or none
    #[arg(long, value_name = "TEXT|none", value_parser = or_none::<NamePrefix>)]
    cid_name_prefix: Option<OrNone<NamePrefix>>,
    /// What members outside are shown: default for the caller's number, fixed, or extern for calls from outside
    #[arg(long, value_name = "WHEN")]
    change_callerid: Option<ChangeCallerId>,
    /// The number for that, or none
    #[arg(long, value_name = "NUMBER|none", value_parser = or_none::<PhoneNumber>)]
    fixed_callerid: Option<OrNone<PhoneNumber>>,
    /// The class of music that the caller hears while it rings, or none for ringing
    #[arg(long, value_name = "CLASS|none", value_parser = or_none::<MusicClass>)]
    music_on_hold_ringing: Option<OrNone<MusicClass>>,
    /// Whether who answers must press 1 to take the call
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    confirm_calls: Option<bool>,
    /// Whether members on the phone are left alone, also with call waiting
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    skip_busy_agent: Option<bool>,
    /// Where calls go that nobody takes: hangup, NUMBER, NUMBER# or voicemail:NUMBER
    #[arg(long, value_name = "WHERE")]
    destination: Option<Destination>,
    /// always, never or dontcare
    #[arg(long, value_name = "WHEN")]
    recording: Option<Record>,
}

const KEYS: &[&str] = &[
    "extension",
    "name",
    "strategy",
    "ring_time",
    "extension_list",
    "user",
    "cid_name_prefix",
    "change_callerid",
    "fixed_callerid",
    "music_on_hold_ringing",
    "confirm_calls",
    "skip_busy_agent",
    "destination_if_no_answer",
    "recording",
];

fn row(group: &RingGroup) -> Vec<Value> {
    let settings = &group.settings;
    vec![
        Value::text(&group.number),
        Value::text(&group.name),
        Value::text(settings.strategy),
        settings.ring_time.seconds().into(),
        Value::Words(settings.members.all().iter().map(Member::to_string).collect()),
        Value::text_of(group.payer.as_ref()),
        Value::text_of(settings.name_prefix.as_ref()),
        Value::text(settings.change_caller_id),
        Value::text_of(settings.fixed_caller_id.as_ref()),
        Value::text_of(settings.music.as_ref()),
        settings.confirm.into(),
        settings.skip_busy.into(),
        Value::text(&settings.destination),
        Value::text(settings.recording),
    ]
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let group = match self {
            Self::Add(Add { number, members, change }) => {
                let numbering = context.numbering(context.config.extensions.first_group());
                context.decide(|store| {
                    billing::add_ring_group(store, number, members, |group| change.apply(group), numbering)
                })?
            }
            Self::Update(Update { number, members, change }) => context.decide(|store| {
                billing::update_ring_group(store, &number, |group| {
                    if let Some(members) = members {
                        group.settings.members = members;
                    }
                    change.apply(group);
                })
            })?,
            Self::Show(Show { number }) => context.look(|books| billing::find_ring_group(books, &number))?,
            Self::List(List) => {
                let groups = context.look(|books| Ok(books.ring_groups()?))?;
                context.render.list(&Rows::of(KEYS, &groups, row))?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Remove(Remove { numbers: Numbers(numbers) }) => {
                let removed = context.decide(|store| billing::remove_ring_groups(store, &numbers))?;
                context.render.list(&Rows::of(KEYS, &removed, row))?;
                return Ok(ExitCode::SUCCESS);
            }
        };
        context.render.one(KEYS, row(&group))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Change {
    fn apply(self, group: &mut RingGroup) {
        let settings = &mut group.settings;
        set(&mut group.name, self.name);
        set(&mut group.payer, self.user.map(|OrNone(user)| user));
        set(&mut settings.strategy, self.strategy);
        set(&mut settings.ring_time, self.ring_time);
        set(&mut settings.name_prefix, self.cid_name_prefix.map(|OrNone(prefix)| prefix));
        set(&mut settings.change_caller_id, self.change_callerid);
        set(&mut settings.fixed_caller_id, self.fixed_callerid.map(|OrNone(number)| number));
        set(&mut settings.music, self.music_on_hold_ringing.map(|OrNone(class)| class));
        set(&mut settings.confirm, self.confirm_calls);
        set(&mut settings.skip_busy, self.skip_busy_agent);
        set(&mut settings.destination, self.destination);
        set(&mut settings.recording, self.recording);
    }
}
