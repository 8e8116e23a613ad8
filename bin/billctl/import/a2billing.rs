//! `billctl import a2billing`

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use celcombiller::billing::{self, OldCard, PastTaken, Remark};
use celcombiller::domain::money::Money;
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::time::Timestamp;
use celcombiller::store::Past;
use clap::Args;
use rust_decimal::Decimal;

use super::call_plan::{CallPlans, add_tariffs};
use super::dump::{Record, read_dump};
use super::{History, Source};
use crate::context::Context;
use crate::progress::progress;

/// Take the cards of an A2Billing in, with credit, numbers, groups, prices and history, from a dump of its MySQL database
///
/// Cards become users named by their card number; call plans become tariffs; refills, payments and calls become what
/// they are here, after an opening entry from which they lead to the credit. A dump that was cut is refused. Who came
/// before is left as they are, so it can be repeated.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mysqldump mya2billing > dump.sql && billctl import a2billing dump.sql --dry-run")]
pub(crate) struct Import {
    file: PathBuf,
    /// Tell what would come of it
    #[arg(long)]
    dry_run: bool,
    /// Leave refills, payments and calls there: the opening entry is the whole credit
    #[arg(long)]
    no_history: bool,
}

const TABLES: &[&str] = &[
    "cc_card",
    "cc_card_group",
    "cc_callerid",
    "cc_config",
    "cc_ratecard",
    "cc_tariffgroup",
    "cc_tariffgroup_plan",
    "cc_logrefill",
    "cc_logpayment",
    "cc_call",
    "cc_trunk",
];

/// A sum over rows.
#[derive(Default)]
struct Tally {
    rows: i64,
    sum: Decimal,
    /// How many rows have no figure that can be added.
    unread: i64,
}

impl Tally {
    fn add(&mut self, figure: &str) {
        let read = figure.parse().or_else(|_| Decimal::from_scientific(figure)).ok();
        self.rows += 1;
        match read.and_then(|read: Decimal| self.sum.checked_add(read)) {
            Some(sum) => self.sum = sum,
            None => self.unread += i64::from(!figure.is_empty()),
        }
    }

    fn report(&self, kind: &'static str, taken: fn(&PastTaken) -> (u32, Decimal)) -> History {
        History { kind, rows: self.rows, sum: self.sum, taken }
    }
}

/// Rows of a table that stay there for the same reason: the first of them, and how many more.
type Staying = BTreeMap<(&'static str, &'static str), (String, u64)>;

/// What is kept of a dump; keys are as in its tables.
struct A2Billing {
    /// Refills, payments and calls, unless they are to stay there.
    past: Past,
    takes_history: bool,
    staying: Staying,
    now: Timestamp,
    /// Each card, with the keys of its call plan and its group.
    cards: Vec<(OldCard, String, String)>,
    groups: HashMap<String, String>,
    /// The numbers of each card.
    numbers: HashMap<String, Vec<String>>,
    currency: Option<String>,
    plans: CallPlans,
    refills: Tally,
    payments: Tally,
    seconds: Tally,
    charges: Tally,
    total: Money,
    remarks: Vec<Remark>,
}

impl Import {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode> {
        let mut found = A2Billing::new(!self.no_history, context.now)?;
        let file = File::open(&self.file).with_context(|| format!("reading {}", self.file.display()))?;
        let bar = progress("reading", Some(file.metadata().map_or(0, |found| found.len())));
        let source = BufReader::with_capacity(1 << 16, bar.wrap_read(file));
        let mut whole = Ok(());
        read_dump(source, &self.file.display().to_string(), TABLES, |row| {
            if whole.is_ok() {
                whole = found.add(row);
            }
        })?;
        whole?;
        bar.finish_and_clear();
        if found.cards.is_empty() {
            return Err(Refusal::new(format!("{} has no cards (cc_card)", self.file.display())).into());
        }
        let unit = context.look(|books| Ok(books.unit()?))?;
        let same = found.currency.as_ref().is_none_or(|currency| currency.eq_ignore_ascii_case(unit.as_str()));
        if unit.is_seconds() || !same {
            let currency = found.currency.unwrap_or_else(|| "a currency".to_owned()).to_uppercase();
            let fact = format!("its cards have {}, and these books count {}", currency.escape_debug(), unit.as_str());
            return Err(Refusal::new(fact).hint("billctl --db OTHER.db init --unit EUR").into());
        }
        found.take_in(&self, context)
    }
}

impl A2Billing {
    fn new(takes_history: bool, now: Timestamp) -> Result<Self> {
        Ok(Self {
            past: Past::new()?,
            takes_history,
            staying: Staying::new(),
            now,
            cards: Vec::new(),
            groups: HashMap::new(),
            numbers: HashMap::new(),
            currency: None,
            plans: CallPlans::default(),
            refills: Tally::default(),
            payments: Tally::default(),
            seconds: Tally::default(),
            charges: Tally::default(),
            total: Money::ZERO,
            remarks: Vec::new(),
        })
    }

    fn add(&mut self, row: &Record<'_>) -> Result<()> {
        let text = |column: &str| row.text(column).into_owned();
        match row.table {
            "cc_card" => {
                let card = OldCard {
                    id: text("id"),
                    username: text("username"),
                    names: [text("firstname"), text("lastname")],
                    credit: text("credit"),
                    creditlimit: text("creditlimit"),
                    typepaid: text("typepaid"),
                    status: text("status"),
                    simultaccess: text("simultaccess"),
                    enableexpire: text("enableexpire"),
                    expirationdate: text("expirationdate"),
                    firstusedate: text("firstusedate"),
                    creationdate: text("creationdate"),
                    expiredays: text("expiredays"),
                    language: text("language"),
                    contact: billing::CONTACT_COLUMNS.map(text),
                    ..OldCard::default()
                };
                let total = self.total.checked_add(card.balance().unwrap_or_default());
                self.total = total.context("the credit of the cards is more than the books can hold")?;
                self.cards.push((card, text("tariff"), text("id_group")));
            }
            "cc_card_group" => drop(self.groups.insert(text("id"), text("name"))),
            "cc_callerid" if row.text("activated") == "f" => self.remark("caller id", &text("cid"), "not in use there"),
            "cc_callerid" => self.numbers.entry(text("id_cc_card")).or_default().push(text("cid")),
            "cc_config" if row.text("config_key") == "base_currency" => self.currency = Some(text("config_value")),
            "cc_tariffgroup" | "cc_tariffgroup_plan" | "cc_ratecard" => self.plans.add(row),
            "cc_logrefill" => {
                self.refills.add(&row.text("credit"));
                self.note("refill", row)?;
            }
            "cc_logpayment" => {
                self.payments.add(&row.text("payment"));
                self.note("payment", row)?;
            }
            "cc_call" => {
                self.seconds.add(&row.text("sessiontime"));
                self.charges.add(&row.text("sessionbill"));
                self.note("call", row)?;
            }
            "cc_trunk" => self.note("trunk", row)?,
            _ => {}
        }
        Ok(())
    }

    /// Notes what happened to a card.
    fn note(&mut self, what: &'static str, row: &Record<'_>) -> Result<()> {
        if !self.takes_history {
            return Ok(());
        }
        let text = |column: &str| row.text(column).into_owned();
        if let Err(fact) = billing::note_past_of_a2billing(&self.past, row.table, text, self.now)? {
            self.staying.entry((what, fact)).and_modify(|(_, more)| *more += 1).or_insert((text("id"), 0));
        }
        Ok(())
    }

    fn remark(&mut self, what: &str, which: &str, fact: impl ToString) {
        let row = format!("{what} {}", which.escape_debug());
        self.remarks.push(Remark { row, fact: fact.to_string() });
    }

    fn take_in(mut self, import: &Import, context: &Context) -> Result<ExitCode> {
        let tariffs = self.plans.lists(context.now, &mut self.remarks)?;
        let mut cards = Vec::new();
        for (mut card, plan, group) in std::mem::take(&mut self.cards) {
            card.tariff = self.plans.tariff(&plan);
            card.group = self.groups.get(&group).cloned();
            card.numbers = self.numbers.remove(&card.id).unwrap_or_default();
            cards.push(card);
        }
        let mut lost: Vec<_> = std::mem::take(&mut self.numbers).into_values().flatten().collect();
        lost.sort_unstable();
        lost.iter().for_each(|number| self.remark("caller id", number, "it is of no card"));
        let history = vec![
            self.refills.report("refills", |past| (past.refills, past.refilled)),
            self.payments.report("payments", |past| (past.payments, past.paid)),
            self.seconds.report("seconds of calls", |past| (past.calls, past.seconds.into())),
            self.charges.report("charges of calls", |past| (past.calls, past.charged)),
        ];
        let tallies = [&self.refills, &self.payments, &self.seconds, &self.charges];
        for (history, tally) in history.iter().zip(tallies).filter(|(_, tally)| tally.unread > 0) {
            let (row, fact) = (history.kind.to_owned(), format!("{} rows have no figure", tally.unread));
            self.remarks.push(Remark { row, fact });
        }
        for ((what, fact), (first, more)) in std::mem::take(&mut self.staying) {
            // What was paid is no part of the credit; what it bought is.
            let money = if what == "payment" { "" } else { ", its money is in the opening entry" };
            let more = if more > 0 { format!("; so do {more} more") } else { String::new() };
            self.remark(what, &first, format!("stays there{money}: {fact}{more}"));
        }
        let (arrivals, on_the_way) = billing::arrivals_of_a2billing(&cards);
        self.remarks.extend(on_the_way);
        let (total, remarks, past) = (self.total, self.remarks, self.past);
        let source = Source { file: &import.file, arrivals, total, remarks, past, history };
        source.take_in(context, "credit in A2Billing", import.dry_run, |books, circumstances| {
            add_tariffs(books, &tariffs, circumstances)
        })
    }
}
