//! What can be set of an extension, by flags and by the columns of a table.

use std::fmt::Display;
use std::io::{self, BufRead};
use std::str::FromStr;

use anyhow::{Context as _, Result};
use celcombiller::domain::extension::{
    Email, Extension, Forward, Mailbox, Pin, Record, Recording, RingTime, Secret, ShownName, Technology,
};
use celcombiller::domain::numbering::PhoneNumber;
use celcombiller::domain::refusal::Refusal;
use clap::Args;

use super::Fresh;
use crate::csv_file::Row;
use crate::user::{OrNone, or_none};

/// What to set; what is not named stays.
#[derive(Debug, Default, Args)]
pub(crate) struct Change {
    /// The user that pays: USERNAME, clid:NUMBER or imsi:DIGITS
    #[arg(long)]
    user: Option<String>,
    /// The name that is shown of it
    #[arg(long)]
    name: Option<ShownName>,
    /// pjsip, or sip for chan_sip
    #[arg(long)]
    tech: Option<Technology>,
    /// How long it rings, in seconds
    #[arg(long, value_name = "SECONDS")]
    ring_time: Option<RingTime>,
    /// Whether it has a voicemail box; a new one has a PIN of its own
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    voicemail: Option<bool>,
    /// Where messages are sent, too, or none
    #[arg(long, value_name = "EMAIL|none", value_parser = or_none::<Email>)]
    email: Option<OrNone<Email>>,
    /// always, never or dontcare: calls from inside
    #[arg(long, value_name = "WHEN")]
    recording_in_internal: Option<Record>,
    /// Calls from outside
    #[arg(long, value_name = "WHEN")]
    recording_in_external: Option<Record>,
    /// Calls to the inside
    #[arg(long, value_name = "WHEN")]
    recording_out_internal: Option<Record>,
    /// Calls to the outside
    #[arg(long, value_name = "WHEN")]
    recording_out_external: Option<Record>,
    /// The number that callees outside are shown, or none for its own
    #[arg(long, value_name = "NUMBER|none", value_parser = or_none::<PhoneNumber>)]
    caller_id: Option<OrNone<PhoneNumber>>,
    /// Whether it rings for a second call
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    call_waiting: Option<bool>,
    /// Whether it does not ring at all
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    do_not_disturb: Option<bool>,
    /// Where calls go while it is on the phone
    #[arg(long, value_name = "NUMBER|none", value_parser = or_none::<PhoneNumber>)]
    forward_busy: Option<OrNone<PhoneNumber>>,
    /// Where calls go that nobody answers
    #[arg(long, value_name = "NUMBER|none", value_parser = or_none::<PhoneNumber>)]
    forward_no_answer: Option<OrNone<PhoneNumber>>,
    /// Where calls go at once
    #[arg(long, value_name = "NUMBER|none", value_parser = or_none::<PhoneNumber>)]
    forward_always: Option<OrNone<PhoneNumber>>,
    /// Read the secret from standard input [default: a strong one is made]
    #[arg(long)]
    secret_stdin: bool,
    /// Read the PIN of the voicemail from standard input, after the secret
    #[arg(long)]
    pin_stdin: bool,
}

/// A change with the secrets that belong to it, which stand in no flag.
#[derive(Debug)]
pub(super) struct Set {
    change: Change,
    secret: Option<Secret>,
    pin: Option<Pin>,
}

impl Change {
    /// Reads the secrets that are typed or piped.
    pub(super) fn typed(self) -> Result<Set> {
        let secret = self.secret_stdin.then(|| line("the secret")).transpose()?;
        let pin = self.pin_stdin.then(|| line("the PIN")).transpose()?;
        Ok(Set { change: self, secret, pin })
    }
}

fn line<T: FromStr<Err: Display>>(what: &str) -> Result<T> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).with_context(|| format!("cannot read {what} from standard input"))?;
    let text = line.trim_end_matches(['\n', '\r']);
    Ok(text.parse().map_err(|error: T::Err| Refusal::new(error.to_string()))?)
}

impl Set {
    /// The columns of a table of extensions.
    pub(super) const COLUMNS: &'static [&'static str] = super::SECRET_KEYS;

    /// Reads a row of a table; what stands nowhere stays.
    pub(super) fn of(row: Row<'_>) -> Result<Self, String> {
        let change = Change {
            user: row.value("user")?,
            name: row.value("name")?,
            tech: row.value("tech")?,
            ring_time: row.value("ring_time")?,
            voicemail: row.read("voicemail", yes_or_no)?,
            email: row.read("email", or_none)?,
            recording_in_internal: row.value("recording_in_internal")?,
            recording_in_external: row.value("recording_in_external")?,
            recording_out_internal: row.value("recording_out_internal")?,
            recording_out_external: row.value("recording_out_external")?,
            caller_id: row.read("caller_id", or_none)?,
            call_waiting: row.read("call_waiting", yes_or_no)?,
            do_not_disturb: row.read("do_not_disturb", yes_or_no)?,
            forward_busy: row.read("forward_busy", or_none)?,
            forward_no_answer: row.read("forward_no_answer", or_none)?,
            forward_always: row.read("forward_always", or_none)?,
            ..Change::default()
        };
        Ok(Self { change, secret: row.value("secret")?, pin: row.value("pin")? })
    }

    pub(super) fn user(&self) -> Option<String> {
        self.change.user.clone()
    }

    /// Sets what is named. An e-mail address or a PIN is for a voicemail box, which there is then.
    pub(super) fn apply(self, extension: &mut Extension, fresh: &Fresh) {
        let Self { change, secret, pin } = self;
        let settings = &mut extension.settings;
        set(&mut extension.name, change.name);
        set(&mut settings.secret, secret);
        set(&mut settings.technology, change.tech);
        set(&mut settings.ring_time, change.ring_time);
        let Recording { in_internal, in_external, out_internal, out_external } = &mut settings.recording;
        set(in_internal, change.recording_in_internal);
        set(in_external, change.recording_in_external);
        set(out_internal, change.recording_out_internal);
        set(out_external, change.recording_out_external);
        set(&mut settings.caller_id, change.caller_id.map(|OrNone(number)| number));
        set(&mut settings.call_waiting, change.call_waiting);
        set(&mut settings.do_not_disturb, change.do_not_disturb);
        let Forward { busy, no_answer, always } = &mut settings.forward;
        set(busy, change.forward_busy.map(|OrNone(number)| number));
        set(no_answer, change.forward_no_answer.map(|OrNone(number)| number));
        set(always, change.forward_always.map(|OrNone(number)| number));
        let email = change.email.map(|OrNone(email)| email);
        let wanted = change.voicemail.unwrap_or_else(|| {
            settings.voicemail.is_some() || pin.is_some() || email.as_ref().is_some_and(Option::is_some)
        });
        settings.voicemail = wanted.then(|| {
            let kept = settings.voicemail.take();
            let mut mailbox = kept.unwrap_or_else(|| Mailbox { pin: fresh.pin.clone(), email: None });
            set(&mut mailbox.pin, pin);
            set(&mut mailbox.email, email);
            mailbox
        });
    }
}

/// Sets what is given.
pub(crate) fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// Reads a switch.
pub(crate) fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!("`{text}` is neither: expected yes or no")),
    }
}
