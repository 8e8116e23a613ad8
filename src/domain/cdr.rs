//! A call detail record as Asterisk writes it, whatever the layout of the file.

use super::account::Caller;
use super::calendar::Calendar;
use super::call::UniqueId;
use super::outcome::Disposition;
use super::time::Timestamp;

/// The columns of `Master.csv`, which has no header; those from `uniqueid` on are there where `cdr.conf` says so.
pub const MASTER_CSV: &[&str] = &[
    "accountcode",
    "src",
    "dst",
    "dcontext",
    "clid",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
    "uniqueid",
    "userfield",
    "peeraccount",
    "linkedid",
    "sequence",
];

/// The columns without which a file does not say what became of a call.
pub const NEEDED: [&str; 4] = ["uniqueid", "start", "billsec", "disposition"];

/// Returns the name by which a column is read, or the empty one if it is not read.
#[must_use]
pub fn column(name: &str) -> &'static str {
    match name {
        "uniqueid" => "uniqueid",
        "accountcode" => "accountcode",
        "src" => "src",
        "clid" => "clid",
        "dst" => "dst",
        "dcontext" | "context" => "dcontext",
        "dstchannel" => "dstchannel",
        "start" | "calldate" => "start",
        "end" => "end",
        "duration" => "duration",
        "billsec" => "billsec",
        "disposition" => "disposition",
        _ => "",
    }
}

/// What Asterisk saw of a channel, once it was over: one dial, or what the dialplan did beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsteriskCdr {
    /// The calling channel.
    pub uniqueid: UniqueId,
    /// Who called, as the channel says.
    pub caller: Caller,
    /// What was dialled.
    pub destination: String,
    /// The context of the dialplan, where the layout has it.
    pub context: Option<String>,
    /// When it began, to the second.
    pub started: Timestamp,
    /// When it ended, to the second.
    pub ended: Timestamp,
    /// What became of it; `ANSWERED` only where there was somebody to answer.
    pub disposition: Disposition,
    /// The whole seconds since the *caller's* channel was answered; 0 unless the callee answered.
    pub billsec: u32,
}

impl AsteriskCdr {
    /// Reads a record by the names of its columns; `field` returns `None` where there is no such column. Times are
    /// those of `calendar`.
    ///
    /// # Errors
    /// The column and what is wrong with it.
    pub fn read<'a>(field: impl Fn(&'static str) -> Option<&'a str>, calendar: &Calendar) -> Result<Self, String> {
        let needed = |name| field(name).filter(|text| !text.is_empty()).ok_or_else(|| format!("no {name}"));
        let time = |name, text| calendar.read(text).map_err(|error| format!("{name}: {error}"));
        let uniqueid = needed("uniqueid")?.parse().map_err(|error| format!("uniqueid: {error}"))?;
        let started = time("start", needed("start")?)?;
        let billsec = seconds("billsec", needed("billsec")?)?;
        let ended = match field("end").filter(|text| !text.is_empty()) {
            Some(text) => time("end", text)?,
            None => started.plus_seconds(field("duration").map_or(Ok(billsec), |text| seconds("duration", text))?),
        };
        let disposition = needed("disposition")?.parse().map_err(|error| format!("disposition: {error}"))?;
        // What the dialplan does on a channel that is up, such as Hangup() after a call, is ANSWERED as well.
        let disposition = match (disposition, field("dstchannel")) {
            (Disposition::Answered, Some("")) => Disposition::NoAnswer,
            _ => disposition,
        };
        let source = field("src").filter(|text| !text.is_empty()).or_else(|| field("clid").map(number_of));
        Ok(Self {
            uniqueid,
            caller: Caller::from_channel(field("accountcode").unwrap_or_default(), source.unwrap_or_default()),
            destination: field("dst").unwrap_or_default().to_owned(),
            context: field("dcontext").map(str::to_owned),
            started,
            ended,
            disposition,
            billsec: if disposition == Disposition::Answered { billsec } else { 0 },
        })
    }
}

/// Returns the number of a caller id such as `"Ana" <999999999>`.
fn number_of(clid: &str) -> &str {
    clid.rsplit_once('<').map_or(clid, |(_, number)| number.trim_end_matches('>'))
}

/// Reads seconds; a layout may have parts of them, which are cut as Asterisk cuts its own.
fn seconds(name: &str, text: &str) -> Result<u32, String> {
    let whole = text.split('.').next().unwrap_or_default();
    whole.parse().map_err(|_| format!("{name}: `{}` is no number of seconds", super::numbering::shown(text)))
}
