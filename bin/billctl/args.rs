//! The command line: what stands before every noun, and the nouns.

use std::path::PathBuf;

use celcombiller::domain::line::Line;
use clap::{Args, Parser, Subcommand};

use crate::deferred::Deferred;
use crate::render::Format;
use crate::{
    asterisk, audit, balance, bundle, call, callerid, cap, cdr, country, db, demo, extension, group, hold, import,
    init, notify, rate, refill, ringgroup, route, shell, stats, tariff, trunk, user, voucher,
};

/// Prepaid calling on Asterisk: users, balances and calls.
#[derive(Debug, Parser)]
#[command(name = "billctl", version, about, arg_required_else_help = true, propagate_version = true)]
#[command(
    after_help = "Example:\n  billctl init && billctl user add ana --clid 999999999 --imsi 001010000000001 --balance 600"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) noun: Noun,
}

/// What every verb takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The configuration [default: /etc/celcombiller/celcombiller.toml, which may be missing]
    #[arg(long, global = true, value_name = "FILE", env = "CELCOMBILLER_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// The database [default: what the configuration says]
    #[arg(long, global = true, value_name = "FILE", env = "CELCOMBILLER_DB", hide_env_values = true)]
    pub(crate) db: Option<PathBuf>,
    /// How results are written
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Who the books say did it [default: the system user, behind sudo too]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) actor: Option<Line<64>>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Noun {
    Init(init::Init),
    Demo(demo::Demo),
    /// Who may call and who pays
    #[command(subcommand)]
    User(Deferred<user::Verb>),
    /// Further numbers that identify a user
    #[command(subcommand)]
    Callerid(Deferred<callerid::Verb>),
    /// What users have, and every movement of it
    #[command(subcommand)]
    Balance(Deferred<balance::Verb>),
    /// Credit that payments buy
    #[command(subcommand)]
    Refill(Deferred<refill::Verb>),
    /// What users paid
    #[command(subcommand)]
    Payment(Deferred<refill::PaymentVerb>),
    /// What users are charged for anything but calls
    #[command(subcommand)]
    Charge(Deferred<refill::ChargeVerb>),
    /// Talk time and credit for some destinations, used before the balance
    #[command(subcommand)]
    Bundle(Deferred<bundle::Verb>),
    /// Codes that users exchange for credit
    #[command(subcommand)]
    Voucher(Deferred<voucher::Verb>),
    /// Groups of users
    #[command(subcommand)]
    Group(Deferred<group::Verb>),
    Notify(notify::Notify),
    /// What users and groups may not go beyond
    #[command(subcommand)]
    Cap(Deferred<cap::Verb>),
    /// Price lists
    #[command(subcommand)]
    Tariff(Deferred<tariff::Verb>),
    /// What a second costs, by prefix
    #[command(subcommand)]
    Rate(Deferred<rate::Verb>),
    /// Lines to carriers
    #[command(subcommand)]
    Trunk(Deferred<trunk::Verb>),
    /// Which numbers go over which trunk
    #[command(subcommand)]
    Route(Deferred<route::Verb>),
    /// The countries of the world, and whose number begins how
    #[command(subcommand)]
    Country(Deferred<country::Verb>),
    /// Calls that ended, and what they cost
    #[command(subcommand)]
    Cdr(Deferred<cdr::Verb>),
    /// Funds that calls in progress hold
    #[command(subcommand)]
    Hold(Deferred<hold::Verb>),
    /// Calls that Asterisk makes by itself
    #[command(subcommand)]
    Call(Deferred<call::Verb>),
    /// Users, balances and prices of the system that was there before
    #[command(subcommand)]
    Import(Deferred<import::Verb>),
    /// The database itself
    #[command(subcommand)]
    Db(Deferred<db::Verb>),
    /// Who changed what
    #[command(subcommand)]
    Audit(Deferred<audit::Verb>),
    Stats(stats::Stats),
    /// The phones inside
    #[command(subcommand)]
    Extension(Deferred<extension::Verb>),
    /// Numbers that ring several phones
    #[command(subcommand)]
    Ringgroup(Deferred<ringgroup::Verb>),
    /// What Asterisk needs
    #[command(subcommand)]
    Asterisk(Deferred<asterisk::Verb>),
    Completions(shell::Completions),
    Man(shell::Man),
}
