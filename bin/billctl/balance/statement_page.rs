//! A statement as a page: for a browser, and on paper.

use std::fmt::{self, Write as _};
use std::io::Write;

use anyhow::Result;
use celcombiller::domain::ledger::EntryKind;
use celcombiller::domain::line::Line;
use celcombiller::domain::money::Money;
use celcombiller::domain::time::Timestamp;
use celcombiller::store::StatementLine;

use super::statement::{Head, Turnover, talk};

/// Every page that is printed has the head of the table, and no line is cut in two.
const STYLE: &str = "
@page { size: A4; margin: 18mm 16mm 20mm; }
body { font: 10.5pt/1.4 'Liberation Sans', Arial, Helvetica, sans-serif; color: #111; max-width: 178mm; margin: 12mm auto; }
h1 { font-size: 17pt; margin: 0 0 2mm; }
header { display: flex; justify-content: space-between; gap: 10mm; margin-bottom: 8mm; }
address { font-style: normal; text-align: right; }
p { margin: 0; color: #444; }
table { border-collapse: collapse; width: 100%; }
thead { display: table-header-group; }
th { text-align: left; border-bottom: 1.2pt solid #111; }
th, td { padding: 1.1mm 2mm 1.1mm 0; vertical-align: top; }
td { border-bottom: .3pt solid #bbb; overflow-wrap: anywhere; }
tr { break-inside: avoid; }
.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; padding: 1.1mm 0 1.1mm 4mm; }
.when { white-space: nowrap; padding-right: 5mm; }
.balance td { font-weight: bold; }
small { color: #444; display: block; }
@media print { body { margin: 0; max-width: none; } }
";

/// A text in which nothing is markup.
struct Escaped<T>(T);

impl<T: fmt::Display> fmt::Display for Escaped<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(out), "{}", self.0)
    }
}

/// Writes the parts of a text on, each escaped.
struct Escaping<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut plain = text;
        while let Some(at) = plain.find(['&', '<', '>', '"', '\'']) {
            let (before, from) = plain.split_at(at);
            let (escaped, after) = from.split_at(1);
            self.0.write_str(before)?;
            self.0.write_str(match escaped {
                "&" => "&amp;",
                "<" => "&lt;",
                ">" => "&gt;",
                "\"" => "&quot;",
                _ => "&#39;",
            })?;
            plain = after;
        }
        self.0.write_str(plain)
    }
}

/// An amount as people line it up: with two decimals at least, where it is money.
struct Figure {
    amount: Money,
    is_money: bool,
}

impl fmt::Display for Figure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.amount.to_string();
        let decimals = text.split_once('.').map(|(_, decimals)| decimals.len());
        let padding = match decimals {
            _ if !self.is_money => "",
            None => ".00",
            Some(1) => "0",
            Some(_) => "",
        };
        write!(out, "{}{padding}", text.replace('-', "\u{2212}"))
    }
}

/// Says what kind of entry it is to the user whose statement it is.
const fn word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::TopUp => "Top-up",
        EntryKind::Refill => "Refill",
        EntryKind::Credit => "Credit of a group",
        EntryKind::Voucher => "Voucher",
        EntryKind::Fee => "Charge",
        EntryKind::Expiry => "Expired",
        EntryKind::Opening => "Balance brought over",
        EntryKind::Charge => "Call",
        EntryKind::Transfer => "Transfer",
        EntryKind::Adjustment => "Adjustment",
        EntryKind::Reversal => "Reversal",
    }
}

/// The page of a statement.
pub(crate) struct Page<'a> {
    head: &'a Head,
    zone: &'a str,
    /// The minute of the entry before and how it is written: entries come in the order of their times.
    minute: (i64, String),
}

impl<'a> Page<'a> {
    pub(crate) fn of(head: &'a Head) -> Self {
        Self { head, zone: head.calendar.zone().unwrap_or("local time"), minute: (i64::MIN, String::new()) }
    }

    fn figure(&self, amount: Money) -> Figure {
        Figure { amount, is_money: !self.head.unit.is_seconds() }
    }

    fn wall(&self, time: Option<Timestamp>) -> Result<String> {
        Ok(time.map(|time| self.head.calendar.wall(time)).transpose()?.unwrap_or_default())
    }

    /// Writes what stands above the entries.
    pub(crate) fn begin(&self, out: &mut impl Write) -> Result<()> {
        let Head { account, unit, since, until, extent, .. } = self.head;
        let (since, until) = (self.wall(*since)?, self.wall(*until)?);
        let span = match (since.as_str(), until.as_str()) {
            ("", until) => format!("until {until}"),
            (since, "") => format!("from {since}"),
            (since, until) => format!("from {since} to {until}"),
        };
        let contact = &account.contact;
        let text = |line: &Option<Line>| line.as_ref().map(ToString::to_string);
        let city = [text(&contact.zipcode), text(&contact.city), text(&contact.state)];
        let city = city.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let number = account.clid.as_ref().map(ToString::to_string);
        let lines = [
            account.name.clone(),
            text(&contact.company_name),
            text(&contact.address),
            Some(city),
            text(&contact.country),
            Some(account.username.to_string()),
            number.filter(|number| number != account.username.as_str()),
        ];
        let lines = lines.into_iter().flatten().filter(|line| !line.is_empty());
        let address = lines.map(|line| Escaped(line).to_string()).collect::<Vec<_>>().join("<br>");
        let unit = Escaped(unit.as_str());
        writeln!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <title>Statement of {user}, {span}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <header>\n<div>\n<h1>Statement</h1>\n<p>{span}</p>\n<p>{zone}, amounts in {unit}</p>\n</div>\n\
             <address>{address}</address>\n</header>\n<table>\n<thead>\n<tr><th>Date<th>Entry\
             <th class=\"figure\">Amount<th class=\"figure\">Balance</tr>\n</thead>\n<tbody>\n\
             <tr class=\"balance\"><td class=\"when\">{since}<td>Opening balance<td><td class=\"figure\">{opening}</tr>",
            user = Escaped(&account.username),
            zone = Escaped(self.zone),
            opening = self.figure(extent.opening),
        )?;
        Ok(())
    }

    /// Writes an entry.
    pub(crate) fn line(&mut self, out: &mut impl Write, line: &StatementLine<&str>) -> Result<()> {
        let minute = line.time.millis().div_euclid(60_000);
        if self.minute.0 != minute {
            self.minute = (minute, self.wall(Some(line.time))?);
        }
        write!(out, "<tr><td class=\"when\">{}<td>{}", self.minute.1, word(line.kind))?;
        if let Some(dialled) = line.dialled {
            write!(out, " to {}", Escaped(dialled))?;
        }
        if let Some(seconds) = line.billsec {
            write!(out, ", {}", talk(seconds))?;
        }
        if let Some(note) = line.note {
            write!(out, "<small>{}</small>", Escaped(note))?;
        }
        let (amount, balance) = (self.figure(line.amount), self.figure(line.balance_after));
        Ok(writeln!(out, "<td class=\"figure\">{amount}<td class=\"figure\">{balance}</tr>")?)
    }

    /// Writes what stands below the entries.
    pub(crate) fn end(&self, out: &mut impl Write, turnover: Turnover) -> Result<()> {
        writeln!(
            out,
            "<tr><td><td>Credited in all<td class=\"figure\">{credited}<td></tr>\n\
             <tr><td><td>Debited in all<td class=\"figure\">{debited}<td></tr>\n\
             <tr class=\"balance\"><td class=\"when\">{until}<td>Closing balance<td><td class=\"figure\">{closing}</tr>\n\
             </tbody>\n</table>\n<p><small>Made on {made}.</small></p>\n</body>\n</html>",
            credited = self.figure(turnover.credited),
            debited = self.figure(turnover.debited),
            until = self.wall(self.head.until)?,
            closing = self.figure(self.head.extent.closing),
            made = self.wall(Some(self.head.made))?,
        )?;
        Ok(())
    }
}
