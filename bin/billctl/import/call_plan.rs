//! The call plans of an A2Billing, as tariffs of these books.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Cursor;

use anyhow::{Context as _, Result};
use celcombiller::billing::{self, BillingError, Circumstances, ImportTerms, ListedRate, RateList, Remark};
use celcombiller::domain::money::{Price, Rounding};
use celcombiller::domain::tariff::{Holidays, Tariff};
use celcombiller::domain::time::Timestamp;
use celcombiller::domain::visible::is_invisible;
use celcombiller::domain::zone::Zone;
use celcombiller::store::Books;

use super::dump::Record;
use crate::csv_file::CsvFile;
use crate::tariff::ratecard;

/// The most bytes of a tariff's name.
const LONGEST_NAME: usize = 64;

/// A call plan: its name, and whether it prefers what is sold cheapest to what costs least.
struct CallPlan {
    name: String,
    by_price: bool,
}

/// A rate: its key, that of its ratecard, what a minute costs us, and what it is read from.
struct KeptRate {
    id: String,
    ratecard: String,
    cost: Price,
    columns: Vec<String>,
}

/// A rate that can be had here.
struct ReadRate<'a> {
    kept: &'a KeptRate,
    listed: ListedRate,
}

/// Call plans with their rates; keys are as in the tables.
#[derive(Default)]
pub(super) struct CallPlans {
    plans: BTreeMap<String, CallPlan>,
    /// Which call plan has which ratecard.
    members: HashSet<(String, String)>,
    rates: Vec<KeptRate>,
}

impl CallPlans {
    /// Keeps a row of one of the three tables.
    pub(super) fn add(&mut self, row: &Record<'_>) {
        let text = |column: &str| row.text(column).into_owned();
        match row.table {
            "cc_tariffgroup" => {
                let visible = text("tariffgroupname").replace(is_invisible, "");
                let fits = |&(start, letter): &(usize, char)| start + letter.len_utf8() <= LONGEST_NAME;
                let name: String = visible.trim().char_indices().take_while(fits).map(|(_, letter)| letter).collect();
                let name = name.trim_end().to_owned();
                self.plans.insert(text("id"), CallPlan { name, by_price: row.text("lcrtype") == "1" });
            }
            "cc_tariffgroup_plan" => drop(self.members.insert((text("idtariffgroup"), text("idtariffplan")))),
            _ => self.rates.push(KeptRate {
                id: text("id"),
                ratecard: text("idtariffplan"),
                cost: row.text("buyrate").parse().unwrap_or_default(),
                columns: ratecard::READ.iter().map(|column| text(column)).collect(),
            }),
        }
    }

    /// Returns the name of a call plan's tariff.
    pub(super) fn tariff(&self, plan: &str) -> Option<String> {
        self.plans.get(plan).map(|plan| plan.name.clone()).filter(|name| !name.is_empty())
    }

    /// Makes a list of the rates of each call plan, by the name of its tariff. Where ratecards of a plan have the
    /// same prefix and hours, the one that A2Billing prefers stays.
    pub(super) fn lists(&self, now: Timestamp, remarks: &mut Vec<Remark>) -> Result<Vec<(String, RateList)>> {
        let mut remark = |rate: &KeptRate, fact: String| {
            remarks
                .push(Remark { row: format!("rate {}", rate.id.escape_debug()), fact: format!("not taken: {fact}") });
        };
        let rates = self.read(now, &mut remark)?;
        let mut lists = Vec::new();
        for (key, plan) in self.plans.iter().filter(|(_, plan)| !plan.name.is_empty()) {
            let is_of_plan = |rate: &&ReadRate<'_>| self.members.contains(&(key.clone(), rate.kept.ratecard.clone()));
            let mut own: Vec<_> = rates.iter().filter(is_of_plan).collect();
            own.sort_by_key(|rate| if plan.by_price { rate.listed.rate.price_per_minute } else { rate.kept.cost });
            let mut preferred = HashMap::new();
            own.retain(|ReadRate { kept, listed }| {
                let ratecard = preferred.entry((&listed.rate.destinations, &listed.validity.hours));
                let taken = *ratecard.or_insert(&kept.ratecard) == &kept.ratecard;
                if !taken {
                    remark(kept, format!("call plan {} prefers another", plan.name));
                }
                taken
            });
            let list = loop {
                match RateList::of(own.iter().map(|rate| rate.listed.clone()).collect()) {
                    Ok(list) => break list,
                    Err(faults) => own.retain(|rate| {
                        let right = faults.iter().all(|fault| fault.line != rate.listed.line);
                        if !right {
                            remark(rate.kept, "another has its prefix and hours".to_owned());
                        }
                        right
                    }),
                }
            };
            lists.push((plan.name.clone(), list));
        }
        Ok(lists)
    }

    /// Reads the rates as tables of rates are read; the line of each is its place among them.
    fn read(&self, now: Timestamp, remark: &mut impl FnMut(&KeptRate, String)) -> Result<Vec<ReadRate<'_>>> {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(ratecard::READ)?;
        for kept in &self.rates {
            table.write_record(&kept.columns)?;
        }
        let mut table = CsvFile::open(Cursor::new(table.into_inner()?), "cc_ratecard")?;
        table.name_columns(ratecard::known)?;
        let mut read = Vec::new();
        for (line, kept) in (1..).zip(&self.rates) {
            let row = table.next_row()?.context("a rate has no row")?;
            match row.map_err(|fault| fault.fact).and_then(|row| ratecard::read(row, now, false)) {
                Ok((rate, validity)) => read.push(ReadRate { kept, listed: ListedRate { line, rate, validity } }),
                Err(fact) => remark(kept, fact),
            }
        }
        Ok(read)
    }
}

/// Makes the tariffs that are not there yet; one that is keeps its rates.
pub(super) fn add_tariffs(
    books: &Books<'_>,
    tariffs: &[(String, RateList)],
    circumstances: Circumstances<'_>,
) -> Result<Vec<Remark>, BillingError> {
    let mut remarks = Vec::new();
    for (name, list) in tariffs {
        let row = format!("tariff {name}");
        if books.tariff(name)?.is_some() {
            remarks.push(Remark { row, fact: "is there and keeps its rates".to_owned() });
            continue;
        }
        let tariff =
            Tariff { name: name.clone(), rounding: Rounding::FINEST, zone: Zone::utc(), holidays: Holidays::default() };
        let id = books.add_tariff(&tariff, circumstances.time)?;
        let terms = ImportTerms { replace: false, at: circumstances.time };
        let plan = billing::plan_import(books, name, list, terms)?;
        for planned in &plan.rates {
            books.add_rate(id, &planned.rate, &planned.validity)?;
        }
        let fact = format!("made with {} rates, {} were over", plan.rates.len(), plan.over);
        remarks.push(Remark { row, fact });
    }
    Ok(remarks)
}
