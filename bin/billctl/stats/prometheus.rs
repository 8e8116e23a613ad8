//! Figures in Prometheus's text format.

use std::fmt::Display;

use super::Figures;

/// Labels and a value.
type Sample<'a> = (&'a [(&'a str, &'a str)], &'a dyn Display);

/// Writes every metric with its help and type.
pub(super) fn exposition(figures: &Figures) -> String {
    let Figures { by_disposition, today, holds, info, .. } = figures;
    let mut out = String::new();
    let labels = [("unit", info.unit.as_str()), ("schema", &info.schema.to_string())];
    metric(&mut out, "books_info", "The books: the unit of amounts and the schema.", &[(&labels, &1)]);
    let names = by_disposition
        .iter()
        .map(|(name, traffic)| ([("disposition", name.as_deref().unwrap_or_default())], &traffic.calls));
    let names: Vec<_> = names.collect();
    let calls: Vec<_> = names.iter().map(|(labels, count)| (labels.as_slice(), *count as &dyn Display)).collect();
    metric(&mut out, "calls_today", "Calls that ended, of those placed since midnight.", &calls);
    if let Some(refusals) = &figures.refusals {
        let reasons: Vec<_> = refusals.iter().map(|(reason, count)| ([("reason", reason.as_str())], count)).collect();
        let refused: Vec<_> =
            reasons.iter().map(|(labels, count)| (labels.as_slice(), *count as &dyn Display)).collect();
        metric(&mut out, "refusals_today", "Calls that were refused since midnight.", &refused);
    }
    let mut figure = |name, help, value: &dyn Display| metric(&mut out, name, help, &[(&[], value)]);
    figure("talk_seconds_today", "Seconds charged for them.", &today.seconds);
    figure("revenue_today", "What they cost their callers, in the unit.", &today.revenue);
    figure("holds_open", "Calls that hold funds.", &holds.count);
    figure("holds_amount", "What they hold, in the unit.", &holds.amount);
    figure("holds_overdue", "Those on which nobody can still be talking.", &holds.overdue);
    figure("ends_waiting", "Ends of calls kept beside the books until they are posted.", &figures.ends_waiting);
    figure("ledger_entries", "Entries of the ledger.", &info.head.map_or(0, |head| head.entry.0));
    figure("database_bytes", "Size of the database.", &info.bytes);
    figure("log_bytes", "Size of the write-ahead log beside it.", &info.log_bytes);
    if let Some(at) = figures.backed_up {
        let help = "When the last sound backup was made, in seconds since 1970.";
        figure("last_backup_timestamp_seconds", help, &(at.millis() / 1000));
    }
    out
}

/// Writes one gauge: its samples, each with its labels.
fn metric(out: &mut String, name: &str, help: &str, samples: &[Sample<'_>]) {
    out.push_str(&format!("# HELP celcombiller_{name} {help}\n# TYPE celcombiller_{name} gauge\n"));
    for (labels, value) in samples {
        let labels: Vec<_> = labels.iter().map(|(key, text)| format!("{key}=\"{}\"", escaped(text))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        out.push_str(&format!("celcombiller_{name}{labels} {value}\n"));
    }
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
