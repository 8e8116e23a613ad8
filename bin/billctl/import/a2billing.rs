//! `billctl import a2billing`

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use celcombiller::billing::{self, OldCard, Remark};
use celcombiller::domain::money::Money;
use celcombiller::domain::refusal::Refusal;
use clap::Args;
use rust_decimal::Decimal;

use super::call_plan::{CallPlans, add_tariffs};
use super::dump::{Record, read_dump};
use super::{History, Source};
use crate::context::Context;
use crate::progress::progress;
use crate::render::Value;

/// Take the cards of an A2Billing in, with credit, numbers, groups and prices, from a dump of its MySQL database
///
/// Cards become users named by their card number; call plans become tariffs. Refills, payments and calls stay there,
/// their sums are reported. A dump that was cut is refused. Who came before is left as they are, so it can be repeated.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mysqldump mya2billing > dump.sql && billctl import a2billing dump.sql --dry-run")]
pub(crate) struct Import {
    file: PathBuf,
    /// Tell what would come of it
    #[arg(long)]
    dry_run: bool,
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
];

/// A sum over rows that are not kept.
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

    fn report(&self, kind: &'static str) -> History {
        History { kind, rows: self.rows, sum: Value::Decimal(self.sum.normalize()) }
    }
}

/// What is kept of a dump; keys are as in its tables.
#[derive(Default)]
struct A2Billing {
    /// Each card, with its key, its call plan's and its group's.
    cards: Vec<(OldCard, String, String, String)>,
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
        let mut found = A2Billing::default();
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
    fn add(&mut self, row: &Record<'_>) -> Result<()> {
        let text = |column: &str| row.text(column).into_owned();
        match row.table {
            "cc_card" => {
                let card = OldCard {
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
                    ..OldCard::default()
                };
                let total = self.total.checked_add(card.balance().unwrap_or_default());
                self.total = total.context("the credit of the cards is more than the books can hold")?;
                self.cards.push((card, text("id"), text("tariff"), text("id_group")));
            }
            "cc_card_group" => drop(self.groups.insert(text("id"), text("name"))),
            "cc_callerid" if row.text("activated") == "f" => self.remark("caller id", &text("cid"), "not in use there"),
            "cc_callerid" => self.numbers.entry(text("id_cc_card")).or_default().push(text("cid")),
            "cc_config" if row.text("config_key") == "base_currency" => self.currency = Some(text("config_value")),
            "cc_tariffgroup" | "cc_tariffgroup_plan" | "cc_ratecard" => self.plans.add(row),
            "cc_logrefill" => self.refills.add(&row.text("credit")),
            "cc_logpayment" => self.payments.add(&row.text("payment")),
            "cc_call" => {
                self.seconds.add(&row.text("sessiontime"));
                self.charges.add(&row.text("sessionbill"));
            }
            _ => {}
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
        for (mut card, id, plan, group) in std::mem::take(&mut self.cards) {
            card.tariff = self.plans.tariff(&plan);
            card.group = self.groups.get(&group).cloned();
            card.numbers = self.numbers.remove(&id).unwrap_or_default();
            cards.push(card);
        }
        let mut lost: Vec<_> = std::mem::take(&mut self.numbers).into_values().flatten().collect();
        lost.sort_unstable();
        lost.iter().for_each(|number| self.remark("caller id", number, "it is of no card"));
        let history = [
            ("refills", &self.refills),
            ("payments", &self.payments),
            ("seconds of calls", &self.seconds),
            ("charges of calls", &self.charges),
        ];
        for (kind, tally) in &history {
            if tally.unread > 0 {
                let (row, fact) = ((*kind).to_owned(), format!("{} rows have no figure", tally.unread));
                self.remarks.push(Remark { row, fact });
            }
        }
        let (arrivals, on_the_way) = billing::arrivals_of_a2billing(&cards);
        self.remarks.extend(on_the_way);
        let history = history.iter().map(|(kind, tally)| tally.report(kind)).collect();
        let source = Source { file: &import.file, arrivals, total: self.total, remarks: self.remarks, history };
        source.take_in(context, "credit in A2Billing", import.dry_run, |books, circumstances| {
            add_tariffs(books, &tariffs, circumstances)
        })
    }
}
