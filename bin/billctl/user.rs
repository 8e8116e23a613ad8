//! `billctl user`

mod contact;

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, NewUser, Removal, UserChange};
use celcombiller::domain::account::{Language, Level, Status, Username};
use celcombiller::domain::contact::Tag;
use celcombiller::domain::line::Line;
use celcombiller::domain::money::{Amount, Money, Price};
use celcombiller::domain::numbering::{Imsi, PhoneNumber};
use celcombiller::domain::time::Timestamp;
use celcombiller::store::{AccountRow, STANDARD_TARIFF};
use clap::{Args, Subcommand};

use crate::bundle;
use crate::context::Context;
use crate::password;
use crate::render::{Rows, Value};
use contact::ContactFlags;

/// Who may call and who pays. A USER is a username, clid:NUMBER or imsi:DIGITS
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Box<Add>),
    List(List),
    Show(Show),
    Update(Box<Update>),
    Suspend(Suspend),
    Resume(Resume),
    Password(Password),
    Remove(Remove),
}

/// Add a user
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl user add ana --clid 999999999 --imsi 001010000000001 --balance 600")]
pub(crate) struct Add {
    /// The name, which is also the account code that bills the user
    username: Username,
    /// The main number
    #[arg(long, value_name = "NUMBER")]
    clid: PhoneNumber,
    /// The SIM's identity
    #[arg(long, value_name = "DIGITS")]
    imsi: Option<Imsi>,
    /// The person's name
    #[arg(long)]
    name: Option<Line>,
    /// user, collaborator or admin
    #[arg(long, default_value = "user")]
    level: Level,
    /// The price list
    #[arg(long, default_value = STANDARD_TARIFF)]
    tariff: String,
    /// What may be owed
    #[arg(long, value_name = "AMOUNT", value_parser = not_negative, allow_negative_numbers = true, default_value = "0")]
    credit_limit: Money,
    /// How many calls at once [default: any number]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_calls: Option<u32>,
    /// From when calls are refused, a date or a time
    #[arg(long, value_name = "DATE")]
    expires: Option<Timestamp>,
    /// For how many days the user may call from the first call on [default: for good]
    #[arg(long, value_name = "DAYS", value_parser = days())]
    valid_days: Option<u32>,
    /// The language in which the user is spoken to, such as de or pt_BR [default: the channel's]
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,
    #[command(flatten)]
    contact: ContactFlags,
    /// Tell the user below so much, 0 for never [default: what the user's groups say]
    #[arg(long, value_name = "AMOUNT", value_parser = not_negative, allow_negative_numbers = true)]
    warn_below: Option<Money>,
    /// The first top-up
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    balance: Option<Amount>,
    /// Read a password from standard input
    #[arg(long)]
    password_stdin: bool,
}

/// List users
#[derive(Debug, Args)]
pub(crate) struct List {
    /// With the closed ones
    #[arg(long)]
    all: bool,
    /// With a tag only
    #[arg(long, value_name = "WORD")]
    tag: Option<Tag>,
}

/// Show one user
#[derive(Debug, Args)]
pub(crate) struct Show {
    user: String,
}

/// Change a user: what is not named stays
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  billctl user update ana --clid 999999997 --max-calls 2\n  billctl user update ana --expires never"
)]
pub(crate) struct Update {
    user: String,
    /// A new name
    #[arg(long)]
    username: Option<Username>,
    /// A new main number
    #[arg(long, value_name = "NUMBER")]
    clid: Option<PhoneNumber>,
    /// A new SIM, or none
    #[arg(long, value_name = "DIGITS|none", value_parser = or_none::<Imsi>)]
    imsi: Option<OrNone<Imsi>>,
    /// The person's name
    #[arg(long)]
    name: Option<Line>,
    /// user, collaborator or admin
    #[arg(long)]
    level: Option<Level>,
    /// The price list
    #[arg(long)]
    tariff: Option<String>,
    /// What may be owed
    #[arg(long, value_name = "AMOUNT", value_parser = not_negative, allow_negative_numbers = true)]
    credit_limit: Option<Money>,
    /// How many calls at once, or none for any number
    #[arg(long, value_name = "N|none", value_parser = or_none::<std::num::NonZeroU32>)]
    max_calls: Option<OrNone<std::num::NonZeroU32>>,
    /// From when calls are refused, or never
    #[arg(long, value_name = "DATE|never", value_parser = or_none::<Timestamp>)]
    expires: Option<OrNone<Timestamp>>,
    /// For how many days the user may call from the first call on, or none for good
    #[arg(long, value_name = "DAYS|none", value_parser = or_none::<std::num::NonZeroU16>)]
    valid_days: Option<OrNone<std::num::NonZeroU16>>,
    /// The language in which the user is spoken to, or none for the channel's
    #[arg(long, value_name = "LANGUAGE|none", value_parser = or_none::<Language>)]
    language: Option<OrNone<Language>>,
    #[command(flatten)]
    contact: ContactFlags,
    /// Tell the user below so much, 0 for never, or none for what the user's groups say
    #[arg(long, value_name = "AMOUNT|none", value_parser = or_none::<Price>, allow_negative_numbers = true)]
    warn_below: Option<OrNone<Price>>,
}

/// Refuse a user's calls until resumed
#[derive(Debug, Args)]
pub(crate) struct Suspend {
    user: String,
}

/// Let a suspended user call again
#[derive(Debug, Args)]
pub(crate) struct Resume {
    user: String,
}

/// Set a password
#[derive(Debug, Args)]
pub(crate) struct Password {
    user: String,
    /// Read it from standard input
    #[arg(long)]
    password_stdin: bool,
}

/// Remove a user; one with entries or calls is closed, keeps its books, and frees its numbers
#[derive(Debug, Args)]
pub(crate) struct Remove {
    user: String,
    /// Tell what would be done
    #[arg(long)]
    dry_run: bool,
}

/// A value, or the word for none.
#[derive(Clone, Debug)]
pub(crate) struct OrNone<T>(pub(crate) Option<T>);

pub(crate) fn or_none<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<OrNone<T>, String> {
    match text {
        "none" | "never" => Ok(OrNone(None)),
        _ => text.parse().map(|value| OrNone(Some(value))).map_err(|error: T::Err| error.to_string()),
    }
}

fn days() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(u16::MAX))
}

pub(crate) fn not_negative(text: &str) -> Result<Money, String> {
    match text.parse::<Money>() {
        Ok(money) if money < Money::ZERO => Err(format!("`{text}` is negative")),
        parsed => parsed.map_err(|error| error.to_string()),
    }
}

const KEYS: &[&str] = &[
    "username",
    "name",
    "level",
    "clid",
    "imsi",
    "status",
    "tariff",
    "balance",
    "held",
    "available",
    "credit_limit",
    "max_calls",
    "expires",
    "groups",
    "created",
    "valid_days",
    "language",
    "wrong_codes",
    "locked_until",
    "address",
    "city",
    "state",
    "country",
    "zipcode",
    "phone",
    "company_name",
    "email",
    "notes",
    "tags",
    "warn_below",
];
/// As many of the keys as a table of users has room for.
const TABLE_KEYS: usize = 19;

fn row(account: &AccountRow) -> Vec<Value> {
    let mut row = vec![
        Value::text(&account.username),
        account.name.clone().into(),
        Value::text(account.level),
        Value::text_of(account.clid.as_ref()),
        Value::text_of(account.imsi.as_ref()),
        Value::text(account.status),
        account.tariff.as_str().into(),
        account.balance.into(),
        account.held.into(),
        account.available().ok().into(),
        account.credit_limit.into(),
        account.max_calls.into(),
        account.expires.into(),
        Value::Words(account.groups.clone()),
        account.created.into(),
        account.valid_days.into(),
        Value::text_of(account.language.as_ref()),
        account.wrong_codes.into(),
        account.locked_until.into(),
    ];
    row.extend(contact::values(account));
    row.push(account.warn_below.into());
    row
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let changed = match self {
            Self::List(list) => {
                let mut accounts = context.look(|books| Ok(books.accounts(list.all)?))?;
                accounts.retain(|account| list.tag.as_ref().is_none_or(|tag| account.contact.tags.contains(tag)));
                let shown = if context.render.is_for_people() { TABLE_KEYS } else { KEYS.len() };
                let rows = Rows::of(&KEYS[..shown], &accounts, |account| row(account)[..shown].to_vec());
                context.render.list(&rows)?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Remove(remove) => return remove.run(context),
            Self::Add(add) => add.run(context)?,
            Self::Show(show) => {
                let (account, bundles) = context.look(|books| {
                    let account = billing::find_user(books, &show.user)?;
                    let bundles = bundle::usable(books, account.id, context.now)?;
                    Ok((account, bundles))
                })?;
                let shown = [row(&account), vec![bundle::brief(&bundles)]].concat();
                context.render.one(&[KEYS, &["bundles"]].concat(), shown)?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Update(update) => {
                let (user, change) = update.change();
                context.decide(|store| billing::update_user(store, &user, &change))?
            }
            Self::Suspend(suspend) => set_status(context, &suspend.user, Status::Suspended)?,
            Self::Resume(resume) => set_status(context, &resume.user, Status::Active)?,
            Self::Password(password) => {
                let hash = password::read_hashed(password.password_stdin)?;
                context.decide(|store| {
                    store.write(|books| {
                        let account = billing::find_user(books, &password.user)?;
                        books.set_password(account.id, &hash)?;
                        Ok(account)
                    })
                })?
            }
        };
        context.render.one(KEYS, row(&changed))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn set_status(context: &Context, user: &str, status: Status) -> Result<AccountRow> {
    let change = UserChange { status: Some(status), ..UserChange::default() };
    context.decide(|store| billing::update_user(store, user, &change))
}

impl Add {
    fn run(self, context: &Context) -> Result<AccountRow> {
        let password = self.password_stdin.then(|| password::read_hashed(true)).transpose()?;
        let new = NewUser {
            username: self.username,
            clid: self.clid,
            imsi: self.imsi,
            name: self.name,
            level: self.level,
            tariff: self.tariff,
            credit_limit: self.credit_limit,
            max_calls: self.max_calls,
            expires: self.expires,
            valid_days: self.valid_days,
            language: self.language,
            contact: self.contact.contact(),
            warn_below: self.warn_below,
            password,
            balance: self.balance,
        };
        context.decide(|store| billing::add_user(store, &new, context.circumstances(None)))
    }
}

impl Update {
    fn change(self) -> (String, UserChange) {
        let change = UserChange {
            username: self.username,
            clid: self.clid,
            imsi: self.imsi.map(|imsi| imsi.0),
            name: self.name,
            level: self.level,
            status: None,
            tariff: self.tariff,
            credit_limit: self.credit_limit,
            max_calls: self.max_calls.map(|most| most.0.map(std::num::NonZeroU32::get)),
            expires: self.expires.map(|expires| expires.0),
            valid_days: self.valid_days.map(|days| days.0.map(|days| days.get().into())),
            language: self.language.map(|language| language.0),
            contact: self.contact.facts(),
            warn_below: self.warn_below.map(|below| below.0.map(Price::money)),
        };
        (self.user, change)
    }
}

impl Remove {
    fn run(self, context: &Context) -> Result<ExitCode> {
        let (account, removal) = context.decide(|store| billing::remove_user(store, &self.user, self.dry_run))?;
        let done = match (removal, self.dry_run) {
            (Removal::Erased, false) => "erased",
            (Removal::Closed, false) => "closed, books kept",
            (Removal::Erased, true) => "would be erased",
            (Removal::Closed, true) => "would be closed, books kept",
        };
        context.render.one(
            &["username", "balance", "removal"],
            vec![Value::text(&account.username), account.balance.into(), done.into()],
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
