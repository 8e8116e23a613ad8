//! Rates as A2Billing's and MagnusBilling's tables have them, whose columns are called the same.

use celcombiller::domain::hours::Hours;
use celcombiller::domain::money::Price;
use celcombiller::domain::numbering::Prefix;
use celcombiller::domain::rate::{Destinations, Increment, Rate};
use celcombiller::domain::rating::Validity;
use celcombiller::domain::terms::{Terms, parse_seconds};
use celcombiller::domain::time::Timestamp;

use crate::csv_file::Row;

/// The columns that a price is made of.
pub(crate) const READ: &[&str] = &[
    "dialprefix",
    "rateinitial",
    "initblock",
    "billingblock",
    "connectcharge",
    "disconnectcharge",
    "disconnectcharge_after",
    "minimal_cost",
    "minimal_time_charge",
    "additional_block_charge",
    "additional_block_charge_time",
    "additional_grace",
    "rounding_calltime",
    "rounding_threshold",
    "stepchargea",
    "chargea",
    "timechargea",
    "billingblocka",
    "stepchargeb",
    "chargeb",
    "timechargeb",
    "billingblockb",
    "stepchargec",
    "chargec",
    "timechargec",
    "billingblockc",
    "buyrate",
    "buyrateinitblock",
    "buyrateincrement",
    "startdate",
    "stopdate",
    "starttime",
    "endtime",
    "status",
];

/// The columns that say nothing about a price: names, trunks, announcements, packages.
const UNREAD: &[&str] = &[
    "id",
    "idtariffplan",
    "id_plan",
    "plan",
    "destination",
    "name",
    "id_cc_prefix",
    "id_prefix",
    "id_trunk",
    "id_trunk_group",
    "trunk groups",
    "id_outbound_cidgroup",
    "announce_time_correction",
    "musiconhold",
    "tag",
    "is_merged",
    "freetimetocall_package_offer",
    "package_offer",
    "include in offer",
];

/// Finds by which name a column is read; the empty one if it is not.
pub(crate) fn known(name: &str) -> Option<&'static str> {
    let name = match name {
        "prefix" => "dialprefix",
        "sell price" => "rateinitial",
        "initial block" => "initblock",
        "billing block" => "billingblock",
        name => name,
    };
    let read = READ.iter().find(|column| **column == name).copied();
    read.or_else(|| UNREAD.contains(&name).then_some(""))
}

/// Reads a rate: what is sold, or what it costs.
pub(crate) fn read(row: Row<'_>, starts: Timestamp, cost: bool) -> Result<(Rate, Validity), String> {
    if row.read("status", |text| Ok::<_, String>(!text.eq_ignore_ascii_case("active") && text != "1"))? == Some(true) {
        return Err("status: the rate is not active".to_owned());
    }
    let prefix = row.read("dialprefix", |text| match text {
        "defaultprefix" => Ok(Prefix::any()),
        pattern if pattern.starts_with('_') => Err(format!("`{pattern}` is a pattern: expected leading digits")),
        digits => digits.parse().map_err(|error| format!("{error}")),
    })?;
    let destinations = Destinations::Prefix(prefix.ok_or("dialprefix is empty: expected digits or defaultprefix")?);
    let rate = if cost { bought(row, destinations)? } else { sold(row, destinations)? };
    let validity = Validity {
        starts: row.read("startdate", time)?.flatten().unwrap_or(starts),
        ends: row.read("stopdate", time)?.flatten(),
        hours: hours(row)?,
    };
    Ok((rate, validity))
}

fn bought(row: Row<'_>, destinations: Destinations) -> Result<Rate, String> {
    let increment = Increment::new(seconds(row, "buyrateinitblock")?, seconds(row, "buyrateincrement")?);
    Ok(Rate {
        price_per_minute: row.value("buyrate")?.ok_or("buyrate is empty")?,
        increment,
        ..Rate::free(destinations)
    })
}

fn sold(row: Row<'_>, destinations: Destinations) -> Result<Rate, String> {
    if price(row, "additional_grace")? > Price::ZERO {
        return Err("additional_grace: seconds that nobody talked cannot be charged".to_owned());
    }
    let (initial, subsequent) = (seconds(row, "initblock")?, seconds(row, "billingblock")?);
    let mut rate = Rate {
        destinations,
        price_per_minute: row.value("rateinitial")?.ok_or("rateinitial is empty")?,
        connect_fee: price(row, "connectcharge")?,
        increment: Increment::new(initial, subsequent),
        terms: Terms::default(),
    };
    let mut set = |term: &str, value: String| rate.terms.set(term, &value).map_err(|error| error.to_string());
    for (column, term) in [
        ("disconnectcharge", "disconnect_fee"),
        ("disconnectcharge_after", "disconnect_after"),
        ("minimal_cost", "minimum_charge"),
    ] {
        row.read(column, |text| set(term, text.to_owned()))?;
    }
    // MagnusBilling charges only what is longer.
    if let free @ 1.. = seconds(row, "minimal_time_charge")? {
        set("free_below", (free + 1).to_string())?;
    }
    let (fee, every) = (price(row, "additional_block_charge")?, seconds(row, "additional_block_charge_time")?);
    if fee > Price::ZERO && every > 0 {
        set("surcharge", format!("{fee}/{every}"))?;
    }
    let stages = stages(row)?;
    let rounded = (seconds(row, "rounding_threshold")?, seconds(row, "rounding_calltime")?);
    match (stages.first(), rounded) {
        // The first stage is the rate itself, each further one a band, and then comes the price of the rest.
        (Some(first), (0, _) | (_, 0)) => {
            let mut from = first.seconds;
            let mut bands = Vec::new();
            for stage in stages.iter().skip(1) {
                bands.push(format!("{from}:{}:{1}+{1}:{2}", stage.price_per_minute, stage.block, stage.fee));
                from += stage.seconds;
            }
            bands.push(format!("{from}:{}:{subsequent}+{subsequent}", rate.price_per_minute));
            set("bands", bands.join(","))?;
            set("minimum_seconds", initial.to_string())?;
            rate.price_per_minute = first.price_per_minute;
            rate.increment = Increment::new(first.block, first.block);
            let fees = rate.connect_fee.money().checked_add(first.fee.money()).and_then(|sum| sum.try_into().ok());
            rate.connect_fee = fees.ok_or("connectcharge and stepchargea are more than the ledger can hold")?;
        }
        // A call that is longer than the threshold counts as the longer time: a band with a long first block.
        (None, (threshold @ 1.., counts)) if counts > threshold && initial <= 1 && subsequent <= 1 => {
            set("bands", format!("{threshold}:{}:{}+1", rate.price_per_minute, counts - threshold))?;
        }
        (None, (threshold, counts)) if threshold == 0 || counts <= threshold => {}
        _ => return Err("rounding_calltime cannot be had together with blocks or stages".to_owned()),
    }
    Ok(rate)
}

/// A price for the first seconds of a call, or for those after another stage.
struct Stage {
    fee: Price,
    price_per_minute: Price,
    seconds: u32,
    block: u32,
}

/// Reads the stages: the first that has no price or no length ends them.
fn stages(row: Row<'_>) -> Result<Vec<Stage>, String> {
    let mut stages = Vec::new();
    for [fee, charge, time, block] in [
        ["stepchargea", "chargea", "timechargea", "billingblocka"],
        ["stepchargeb", "chargeb", "timechargeb", "billingblockb"],
        ["stepchargec", "chargec", "timechargec", "billingblockc"],
    ] {
        let stage = Stage {
            fee: price(row, fee)?,
            price_per_minute: price(row, charge)?,
            seconds: seconds(row, time)?,
            block: seconds(row, block)?,
        };
        if stage.price_per_minute == Price::ZERO || stage.seconds == 0 {
            break;
        }
        stages.push(stage);
    }
    Ok(stages)
}

fn price(row: Row<'_>, column: &str) -> Result<Price, String> {
    Ok(row.value(column)?.unwrap_or_default())
}

fn seconds(row: Row<'_>, column: &str) -> Result<u32, String> {
    Ok(row.read(column, parse_seconds)?.unwrap_or(0))
}

/// Reads a date and time as MySQL writes it, in UTC.
fn time(text: &str) -> Result<Option<Timestamp>, String> {
    if ["NULL", "\\N"].contains(&text) {
        return Ok(None);
    }
    let written = match text.split_once(' ') {
        Some((date, time)) => format!("{date}T{time}Z"),
        None => text.to_owned(),
    };
    let error = |_| format!("`{}` is not a date: expected one such as 2026-11-21 09:30:00", text.escape_debug());
    written.parse().map(Some).map_err(error)
}

/// Reads the minutes of a week from Monday 00:00, both of which the rate still has.
fn hours(row: Row<'_>) -> Result<Hours, String> {
    const DAY: u32 = 1440;
    const LAST: u32 = 7 * DAY - 1;
    let minute = |text: &str| {
        let minute = text.parse().ok().filter(|&minute: &u32| minute <= LAST);
        minute.ok_or_else(|| format!("`{}` is not a minute of the week: expected 0 to {LAST}", text.escape_debug()))
    };
    let from = row.read("starttime", minute)?.unwrap_or(0);
    let until = row.read("endtime", minute)?.unwrap_or(LAST) + 1;
    if from >= until {
        return Err(format!("endtime: {} is before the starttime {from}, so the rate never holds", until - 1));
    }
    if (from, until) == (0, LAST + 1) {
        return Ok(Hours::default());
    }
    let mut windows = Vec::new();
    for (day, name) in (0..).zip(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]) {
        let begins = from.max(day * DAY) - day * DAY;
        let ends = until.min((day + 1) * DAY).saturating_sub(day * DAY);
        if begins < ends {
            windows.push(format!("{name} {:02}:{:02}-{:02}:{:02}", begins / 60, begins % 60, ends / 60, ends % 60));
        }
    }
    windows.join("; ").parse().map_err(|error| format!("starttime: {error}"))
}
