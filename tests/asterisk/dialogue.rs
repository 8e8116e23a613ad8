//! What a phone said and heard, from SIPp's record of its messages.

use std::collections::HashMap;

/// One SIP message, seen from the phone.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    millis: u64,
    sent: bool,
    cseq: String,
    line: String,
}

/// The messages of one phone, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dialogue(Vec<Message>);

impl Dialogue {
    /// Reads SIPp's table of short messages, up to the row that it is writing.
    pub(crate) fn parse(table: &str) -> Self {
        let written = table.rfind('\n').map_or("", |end| &table[..end]);
        Self(written.lines().map(message).collect())
    }

    /// Reads the same table by its calls.
    pub(crate) fn of_each_call(table: &str) -> Vec<Self> {
        let written = table.rfind('\n').map_or("", |end| &table[..end]);
        let mut calls: HashMap<&str, Self> = HashMap::new();
        for row in written.lines() {
            let call = row.split('\t').nth(4).unwrap_or_else(|| panic!("not one of SIPp's short messages: {row}"));
            calls.entry(call).or_insert(Self(Vec::new())).0.push(message(row));
        }
        calls.into_values().collect()
    }

    /// Returns the status codes of what came back for our INVITE, without repetitions and without `100`.
    pub(crate) fn heard(&self) -> Vec<&str> {
        let replies = self.0.iter().filter(|message| !message.sent && message.cseq.ends_with("INVITE"));
        let mut codes: Vec<&str> =
            replies.filter_map(|message| status(&message.line)).filter(|code| *code != "100").collect();
        codes.dedup();
        codes
    }

    /// Returns the user that the first call to arrive here was for.
    pub(crate) fn invited(&self) -> Option<&str> {
        let invite = self.0.iter().find(|message| !message.sent && message.line.starts_with("INVITE "))?;
        invite.line.strip_prefix("INVITE sip:")?.split('@').next()
    }

    /// Returns the user that the call is for, whoever calls.
    pub(crate) fn asked_for(&self) -> Option<&str> {
        let line = self.0.iter().find_map(|message| message.line.strip_prefix("INVITE sip:"))?;
        line.split('@').next()
    }

    /// Returns the milliseconds since 1970 at which the call was answered and at which it was hung up, as said here.
    pub(crate) fn answer_and_end(&self) -> (Option<u64>, Option<u64>) {
        let bye = self.0.iter().find(|message| message.line.starts_with("BYE "));
        (self.reply("200").map(|answer| answer.millis), bye.map(|bye| bye.millis))
    }

    /// Returns the milliseconds since 1970 of the first message.
    pub(crate) fn began(&self) -> u64 {
        self.0.first().expect("a dialogue has messages").millis
    }

    /// Tells whether nothing is left to be said.
    pub(crate) fn is_over(&self) -> bool {
        let refused = |message: &Message| {
            message.cseq.ends_with("INVITE") && status(&message.line).is_some_and(|code| code >= "300")
        };
        self.0.iter().any(|message| message.line.starts_with("BYE ") || refused(message))
    }

    /// Returns when the first call arrived here, in seconds since 1970.
    pub(crate) fn invited_at(&self) -> Option<u64> {
        let invite = self.0.iter().find(|message| !message.sent && message.line.starts_with("INVITE "))?;
        Some(invite.millis / 1000)
    }

    /// Returns the milliseconds since 1970 at which the first call arrived here and at which it was over.
    pub(crate) fn began_and_ended(&self) -> (u64, u64) {
        let first = |methods: &[&str]| {
            let message = self.0.iter().find(|message| methods.iter().any(|method| message.line.starts_with(method)));
            message.unwrap_or_else(|| panic!("none of {methods:?} in {self:#?}")).millis
        };
        (first(&["INVITE "]), first(&["BYE ", "CANCEL "]))
    }

    pub(crate) fn rang(&self) -> bool {
        self.invited().is_some()
    }

    pub(crate) fn answered(&self) -> bool {
        self.reply("200").is_some()
    }

    /// Returns the milliseconds between the first replies with these status codes to the INVITE.
    pub(crate) fn millis_between(&self, earlier: &str, later: &str) -> u64 {
        let at = |code| self.reply(code).unwrap_or_else(|| panic!("no {code} in {self:#?}")).millis;
        at(later) - at(earlier)
    }

    fn reply(&self, code: &str) -> Option<&Message> {
        self.0.iter().find(|message| message.cseq.ends_with("INVITE") && status(&message.line) == Some(code))
    }

    /// Returns the whole seconds from the answer to the BYE, whoever said either.
    pub(crate) fn talked(&self) -> u64 {
        self.talked_millis() / 1000
    }

    pub(crate) fn talked_millis(&self) -> u64 {
        let bye = self.0.iter().find(|message| message.line.starts_with("BYE "));
        let (Some(answer), Some(bye)) = (self.reply("200"), bye) else { panic!("no answer or no BYE in {self:#?}") };
        bye.millis - answer.millis
    }
}

fn status(line: &str) -> Option<&str> {
    line.strip_prefix("SIP/2.0 ")?.get(..3)
}

/// Reads a date, a time, seconds with six decimals, `S` or `R`, the Call-ID, `CSeq:…` and the first line, between tabs.
fn message(row: &str) -> Message {
    let [_date, _time, seconds, direction, _call, cseq, line] = row.split('\t').collect::<Vec<_>>()[..] else {
        panic!("not one of SIPp's short messages: {row}");
    };
    let micros: u64 = seconds.replace('.', "").parse().unwrap_or_else(|error| panic!("{error}: {row}"));
    Message { millis: micros / 1000, sent: direction == "S", cseq: cseq.to_owned(), line: line.to_owned() }
}
