//! What became of each call of the stress, by the phones, by Asterisk's records and by the books.

use std::collections::HashMap;

use serde_json::Value;

use super::Plan;
use crate::dialogue::Dialogue;
use crate::lab::Lab;
use crate::load::Load;

/// What became of a call, as soon as Asterisk is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    Charged,
    /// Charged, and told because Asterisk saw other seconds: it was too busy to connect the phones in time.
    Differs,
    /// Charged, and Asterisk was killed before it had written its record.
    ChargedUnseen,
    /// Settled, for nothing: nobody answered.
    Free,
    /// Not in the books: refused, or its caller's program was killed before it had decided.
    Refused,
    /// Asterisk saw an answer, and all our programs were killed.
    NotCharged,
    /// Asterisk saw that nobody answered, and all our programs were killed.
    StillHeld,
    /// Held, answered as the phones say, and killed with Asterisk, which has no record of it.
    LostInTalk,
    /// Held, not answered, and killed with Asterisk.
    LostBefore,
    /// Held, and both our programs were killed before anybody was called: Asterisk has no record of a dial.
    NeverDialled,
}

pub(super) const FATES: [(Fate, &str); 10] = [
    (Fate::Charged, "charged"),
    (Fate::Differs, "differs"),
    (Fate::ChargedUnseen, "charged unseen"),
    (Fate::Free, "free"),
    (Fate::Refused, "refused"),
    (Fate::NotCharged, "not_charged"),
    (Fate::StillHeld, "still_held"),
    (Fate::LostInTalk, "lost in talk"),
    (Fate::LostBefore, "lost before"),
    (Fate::NeverDialled, "never dialled"),
];

/// What the phones said of each number, and when Asterisk was killed.
pub(super) struct Heard {
    pub(super) killed_at: u64,
    pub(super) callers: HashMap<String, Dialogue>,
    pub(super) callees: HashMap<String, Dialogue>,
}

pub(super) fn by_number(loads: &mut [Load]) -> HashMap<String, Dialogue> {
    let mut calls: Vec<_> = loads.iter_mut().flat_map(Load::calls).collect();
    // Where an INVITE was heard by the killed Asterisk and again by the next, the second call counts.
    calls.sort_by_key(Dialogue::began);
    calls.into_iter().map(|call| (call.asked_for().expect("each begins with an INVITE").to_owned(), call)).collect()
}

impl Heard {
    fn answered(phones: &HashMap<String, Dialogue>, number: &str) -> bool {
        phones.get(number).is_some_and(Dialogue::answered)
    }

    /// Tells whether it began before Asterisk was killed.
    fn began_before_the_kill(&self, number: &str) -> bool {
        self.callers.get(number).is_some_and(|call| call.began() < self.killed_at)
    }

    /// Returns the milliseconds from the callee's answer until the last of the two knew of the end.
    fn connected(&self, number: &str) -> Option<u64> {
        let (_, end) = self.callers.get(number)?.answer_and_end();
        let (answer, other_end) = self.callees.get(number)?.answer_and_end();
        Some(end?.max(other_end?) - answer?)
    }
}

/// What the books and Asterisk's records say of each number.
pub(super) struct Known {
    pub(super) settled: HashMap<String, Value>,
    pub(super) open: HashMap<String, Value>,
    /// The seconds that Asterisk saw, or `None` of a call that nobody answered.
    seen: HashMap<String, Option<u64>>,
    /// In what they differ.
    pub(super) told: HashMap<String, String>,
}

impl Known {
    pub(super) fn look(lab: &Lab) -> Self {
        let ledger = lab.ledger();
        let dialled = |row: &Value| row["dialled"].as_str().unwrap().to_owned();
        let once = |rows: Vec<Value>| {
            let count = rows.len();
            let by_number: HashMap<_, _> = rows.into_iter().map(|row| (dialled(&row), row)).collect();
            assert_eq!(by_number.len(), count, "no number is in the books twice");
            by_number
        };
        let open = ledger.list(&["hold", "list"]).into_iter();
        let open = open.map(|hold| ledger.read(&["cdr", "show", hold["call"].as_str().unwrap()])).collect();
        let (_, told, _) = lab.reconcile("cdr-csv/Master.csv", &[]);
        let told = told.into_iter().map(|row| (dialled(&row), row["difference"].as_str().unwrap().to_owned()));
        Self { settled: once(ledger.list(&["cdr", "list"])), open: once(open), seen: seen(lab), told: told.collect() }
    }

    /// Counts the calls that are charged the very seconds that Asterisk saw; one more or less is no difference.
    pub(super) fn exact(&self) -> usize {
        let same = |(number, cdr): &(&String, &Value)| {
            let talked = cdr["billsec"].as_u64().unwrap() + cdr["overrun"].as_u64().unwrap();
            self.seen.get(*number) == Some(&Some(talked))
        };
        self.settled.iter().filter(same).count()
    }

    /// Returns what became of a call, once it is sure that nothing about it contradicts the rest.
    pub(super) fn fate(&self, plan: &Plan, heard: &Heard) -> Fate {
        let number = plan.number.as_str();
        let (settled, open, seen) = (self.settled.get(number), self.open.get(number), self.seen.get(number));
        let told = self.told.get(number).map(String::as_str);
        let tell = || {
            let (caller, callee) = (heard.callers.get(number), heard.callees.get(number));
            format!(
                "{:?} from {} to {number}: {settled:#?} {open:#?} {seen:?} {told:?} {caller:#?} {callee:#?}",
                plan.kind, plan.from
            )
        };
        let charged = settled.filter(|cdr| cdr["disposition"] == "ANSWERED");
        let fate = match (charged, settled, open, seen, told) {
            (Some(_), .., Some(Some(_)), None) => Fate::Charged,
            (Some(_), .., Some(_), Some("seconds" | "not_seen")) => Fate::Differs,
            (Some(_), .., None, Some("not_seen")) => Fate::ChargedUnseen,
            (None, Some(_), _, Some(None) | None, None) => Fate::Free,
            (None, None, Some(_), Some(Some(_)), Some("not_charged")) => Fate::NotCharged,
            (None, None, Some(_), Some(None) | None, Some("still_held")) => Fate::StillHeld,
            (None, None, Some(_), None, None) if Heard::answered(&heard.callers, number) => Fate::LostInTalk,
            (None, None, Some(_), None, None) if heard.began_before_the_kill(number) => Fate::LostBefore,
            (None, None, Some(_), None, None) => Fate::NeverDialled,
            (None, None, None, Some(None) | None, None) => Fate::Refused,
            _ => panic!("{}", tell()),
        };
        let was_answered =
            !matches!(fate, Fate::Free | Fate::StillHeld | Fate::Refused | Fate::LostBefore | Fate::NeverDialled);
        assert!(
            was_answered || !Heard::answered(&heard.callers, number),
            "{fate:?}, but the caller talked: {}",
            tell()
        );
        assert!(!was_answered || Heard::answered(&heard.callees, number), "{fate:?}, but nobody answered: {}", tell());
        if matches!(fate, Fate::ChargedUnseen | Fate::LostInTalk | Fate::LostBefore) {
            assert!(heard.began_before_the_kill(number), "{fate:?} without a cause: {}", tell());
        }
        if fate == Fate::NeverDialled {
            assert!(!heard.callees.contains_key(number), "{fate:?}, but somebody was called: {}", tell());
        }
        if let Some(cdr) = charged {
            let whole = |key: &str| cdr[key].as_u64().unwrap();
            let (billsec, granted) = (whole("billsec"), whole("granted"));
            assert_eq!(cdr["charge"], billsec.to_string(), "{}", tell());
            assert!(billsec <= granted, "no more than was held: {}", tell());
            if let Some(connected) = heard.connected(number) {
                // A busy Asterisk notes the end of a call a moment after it has told the phones.
                assert!(billsec <= connected / 1000 + 1, "longer than the phones talked: {}", tell());
            }
        }
        fate
    }
}

/// Reads `Master.csv`: a record with a called channel is a dial, by what was dialled.
fn seen(lab: &Lab) -> HashMap<String, Option<u64>> {
    let master = lab.folder().join("log/cdr-csv/Master.csv");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(master).unwrap();
    let records = reader.records().map(|record| record.expect("each line is a record"));
    let dials = records.filter(|record| !record[6].is_empty());
    let by_number: Vec<_> = dials
        .map(|record| (record[2].to_owned(), (&record[14] == "ANSWERED").then(|| record[13].parse().unwrap())))
        .collect();
    let (count, by_number) = (by_number.len(), by_number.into_iter().collect::<HashMap<_, _>>());
    assert_eq!(by_number.len(), count, "each number was dialled once");
    by_number
}
