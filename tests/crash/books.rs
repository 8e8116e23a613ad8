//! Books that many calls are made on, what those must have cost, and the ends kept beside them.

use std::fs;
use std::path::PathBuf;

use celcombiller::agi::stand_in::Channel;
use celcombiller::domain::money::Money;

use crate::script::{ANA, CALLER, FAR_AHEAD};
use crate::support::{Ledger, commands, is_dial};

/// Cents that ana begins with, and that an answered call of no whole second costs.
const FUNDS: u32 = 1000;
const PRICE: u32 = 5;

/// Cents of credit and seconds in the bundles that ana may have besides.
const BONUS: u32 = 52;
const SECONDS: u32 = 30;

/// A ledger on which many calls can be made one after the other, and what they must have cost by now.
pub(crate) struct Books {
    pub(crate) ledger: Ledger,
    calls: u32,
    bonus: u32,
    pub(crate) charged: u32,
}

impl Books {
    pub(crate) fn new() -> Self {
        let ledger = Ledger::in_euros();
        ledger.configure(
            "[calls]\nmax_seconds = 60\n[dial]\noffnet = \"PJSIP/{number}@carrier\"\n\
             [prompts]\nNO_ROUTE = \"pbx-invalid\"\n[database]\nbusy_timeout = 1\n",
        );
        Self { ledger, calls: 0, bonus: 0, charged: 0 }
    }

    /// Makes books on which bundles pay the first calls, part of one, and half a minute of every grant.
    pub(crate) fn with_bundles() -> Self {
        let books = Self::new();
        let bonus = Money::from_millionths(10_000 * i64::from(BONUS)).to_string();
        books.ledger.ok(&["bundle", "add", "ana", "--bonus", &bonus]);
        books.ledger.ok(&["bundle", "add", "ana", "--seconds", &SECONDS.to_string()]);
        Self { bonus: BONUS, ..books }
    }

    /// Makes a channel that was never seen before.
    pub(crate) fn ana_calls(&mut self, dialled: &str) -> Channel {
        self.calls += 1;
        Channel::new(&format!("1763690000.{}", self.calls), ANA, dialled)
    }

    /// Plays a whole call, which is charged.
    pub(crate) fn completes(&mut self, channel: &mut Channel) {
        self.ledger.play(CALLER, channel, &[]).quietly();
        self.charged += 1;
    }

    /// Ends a channel on which everything may have happened: `h`, then the expiry. A call that was dialled
    /// must have been charged once, and any other not at all.
    pub(crate) fn close(&mut self, channel: &mut Channel, circumstances: &str) {
        let dialled = commands(&channel.dialogue).filter(|command| is_dial(command)).count();
        self.ledger.hang_up(channel);
        self.ledger.ok(&["hold", "expire", "--as-of", FAR_AHEAD]);
        self.charged += u32::try_from(dialled).unwrap();
        self.are_right(&format!("{circumstances}: {:#?}", channel.dialogue));
    }

    /// Asserts what ana has, that nothing is held or waits, and every invariant.
    pub(crate) fn are_right(&self, circumstances: &str) {
        let cents = |cents: u32| Money::from_millionths(10_000 * i64::from(cents)).to_string();
        let cost = PRICE * self.charged;
        let left = cents(FUNDS - cost.saturating_sub(self.bonus));
        if self.bonus > 0 {
            let bundles = self.ledger.json(&["bundle", "list", "ana", "--all"]);
            let left = [0, 1].map(|index: usize| bundles[index]["left"].clone());
            assert_eq!(left, [cents(self.bonus.saturating_sub(cost)), SECONDS.to_string()], "{circumstances}");
        }
        assert_eq!(self.ledger.balance("ana"), (left, "0".to_owned()), "{circumstances}");
        assert_eq!(waiting(&self.ledger), [""; 0], "{circumstances}");
        self.ledger.check();
    }
}

/// Returns the names of the ends that are kept beside the books.
pub(crate) fn waiting(ledger: &Ledger) -> Vec<String> {
    let entries = fs::read_dir(spool(ledger)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with("ballast-")).collect()
}

pub(crate) fn spool(ledger: &Ledger) -> PathBuf {
    ledger.folder.path().join("celcombiller.db-spool")
}
