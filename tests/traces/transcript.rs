//! What was said on a channel, line by line.

use celcombiller::agi::stand_in::{Channel, Line};

use crate::support::{commands, is_dial};

/// Asks for everything that a channel says about its last dial.
pub(crate) const ENDING: &str = "GET FULL VARIABLE \"${CELCOMBILLER_STATUS}|${CELCOMBILLER_CALL}|\
                                 ${CELCOMBILLER_BILLSEC}|${DIALSTATUS}|${ANSWEREDTIME}|${ANSWEREDTIME_MS}|\
                                 ${CELCOMBILLER_ANSWERED}\"";

/// Asks what the channel is like before a dial, and for the same.
const STATE: &str = "GET FULL VARIABLE \"${CHANNEL(state)}|${TIMEOUT(absolute)}|\
                     ${DIALPLAN_EXISTS(celcombiller-answered,s,1)}|${CELCOMBILLER_THEN}|\
                     ${CELCOMBILLER_STATUS}|${CELCOMBILLER_CALL}|${CELCOMBILLER_BILLSEC}|${DIALSTATUS}|\
                     ${ANSWEREDTIME}|${ANSWEREDTIME_MS}|${CELCOMBILLER_ANSWERED}\"";

/// Returns what a program put at the end of an expression so that nobody else can answer it.
pub(crate) fn nonce(command: &str) -> Option<&str> {
    command.strip_prefix("GET FULL VARIABLE")?.strip_suffix('"')?.rsplit_once('|').map(|(_, nonce)| nonce)
}

/// Returns a command without its nonce.
pub(crate) fn plain(command: &str) -> String {
    nonce(command).map_or_else(|| command.to_owned(), |nonce| command.replace(&format!("|{nonce}"), ""))
}

/// Asserts what was said since the last trace: `>` by the program, `<` by Asterisk; without the nonces.
pub(crate) fn assert_trace(channel: &mut Channel, expected: &str) {
    let mut asked = None;
    let said: String = channel
        .dialogue
        .drain(..)
        .map(|line| match line {
            Line::Said(command) => {
                asked = nonce(&command).map(str::to_owned);
                format!("> {}\n", plain(&command))
            }
            Line::Replied(reply) => match &asked {
                Some(nonce) => format!("< {}\n", reply.replace(&format!("|{nonce})"), ")")),
                None => format!("< {reply}\n"),
            },
        })
        .collect();
    let expected: String = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| line.replace("> ENDING", &format!("> {ENDING}")).replace("> STATE", &format!("> {STATE}")) + "\n")
        .collect();
    assert_eq!(said, expected);
}

/// Returns the data that Dial was given each time since the last trace.
pub(crate) fn dials(channel: &Channel) -> Vec<String> {
    commands(&channel.dialogue)
        .filter_map(|command| Some(command.strip_prefix("EXEC \"Dial\" \"")?.strip_suffix('"')?.to_owned()))
        .collect()
}

/// Tells whether a command reads how a dial ended, rather than what was there before it.
pub(crate) fn reads_the_ending(channel: &Channel, command: &str) -> bool {
    plain(command) == ENDING && commands(&channel.dialogue).any(is_dial)
}
