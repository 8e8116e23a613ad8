//! What is dialled, by whom, and over what.

use celcombiller::agi::stand_in::Channel;

use crate::doors::{is_seen, takes};
use crate::exits::{lists, taken};
use crate::support::{Ledger, commands, is_dial};

const CALLER: &str = "celcombiller-caller";

pub(crate) fn numbers(texts: &[&str]) -> Vec<bool> {
    let ledger = Ledger::with_ana_and_bob(60);
    let verdicts: Vec<_> = texts.iter().map(|text| takes(&ledger, &["callerid", "add", "--", "ana", text])).collect();
    let mut numbers = taken(texts, &verdicts);
    numbers.extend(["999999999", "999999998"]);
    lists(&ledger, &["callerid", "list"], "number", &numbers);
    verdicts
}

/// Dials every attempt that is one line, as Asterisk would hand it over; tells which ones were dialled.
pub(crate) fn dialled(texts: &[&str]) -> Vec<bool> {
    let ledger = Ledger::with_ana_and_bob(60);
    ledger.configure("[dial]\noffnet = \"PJSIP/{number}@carrier\"\n");
    played(&ledger, texts, |text| Channel::new("1763690000.1", "999999999", text))
}

/// Calls with every attempt for an account code; tells which ones somebody pays for.
pub(crate) fn account_codes(texts: &[&str]) -> Vec<bool> {
    let ledger = Ledger::with_ana_and_bob(60);
    ledger.configure("[identify]\nby = [\"accountcode\"]\n");
    played(&ledger, texts, |text| {
        let mut channel = Channel::new("1763690000.1", "999999999", "999999998");
        channel.accountcode = text.to_owned();
        channel
    })
}

fn played(ledger: &Ledger, texts: &[&str], channel: impl Fn(&str) -> Channel) -> Vec<bool> {
    let play = |text: &&str| {
        // What has several lines is a block of its own, which tests/hostile has.
        if text.contains('\n') {
            return false;
        }
        let mut channel = channel(text);
        let ended = ledger.play(CALLER, &mut channel, &[]);
        is_seen(&ended.stderr);
        commands(&channel.dialogue).for_each(is_seen);
        commands(&channel.dialogue).any(is_dial)
    };
    let verdicts = texts.iter().map(play).collect();
    ledger.check();
    verdicts
}

/// Templates of trunks; what one of them dials has no option of Dial's.
pub(crate) fn templates(texts: &[&str]) -> Vec<bool> {
    let enter = |text: &&str| {
        let ledger = Ledger::with_ana_and_bob(60);
        let taken = takes(&ledger, &["trunk", "add", "carrier", &format!("--dial={text}")]);
        if taken {
            ledger.ok(&["route", "add", "--prefix", "5511", "--trunk", "carrier"]);
            let mut channel = Channel::new("1763690000.1", "999999999", "551199");
            ledger.play(CALLER, &mut channel, &[]).quietly();
            let dialled = commands(&channel.dialogue).find(|command| is_dial(command)).map(str::to_owned);
            let expected = format!("EXEC \"Dial\" \"{},40,iS(60)\"", text.replace("{number}", "551199"));
            assert!(dialled.as_ref().is_none_or(|dialled| *dialled == expected), "{dialled:?} of {text}");
        }
        taken
    };
    texts.iter().map(enter).collect()
}
