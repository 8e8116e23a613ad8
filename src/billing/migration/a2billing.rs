//! The cards of an A2Billing, as users of these books.

use std::collections::HashMap;

use super::arrival::{Arrival, Newcomer, Remark, person};
use crate::billing::accounts::user::NewUser;
use crate::domain::account::{Level, Status, Username};
use crate::domain::contact::{Contact, ContactFact, Tag};
use crate::domain::line::Line;
use crate::domain::money::Money;
use crate::domain::numbering::{PhoneNumber, shown};
use crate::domain::time::Timestamp;
use crate::store::STANDARD_TARIFF;

/// The columns that say who a card holder is.
pub const CONTACT_COLUMNS: [&str; 10] =
    ["address", "city", "state", "country", "zipcode", "phone", "email", "company_name", "vat_rn", "tag"];

/// A card; texts are as found there, and empty where nothing stands.
#[derive(Clone, Debug, Default)]
pub struct OldCard {
    /// What its past and its numbers are noted under.
    pub id: String,
    /// The card number.
    pub username: String,
    /// The person's names.
    pub names: [String; 2],
    /// The balance.
    pub credit: String,
    /// What may be owed, where it pays afterwards.
    pub creditlimit: String,
    /// 1 where it pays afterwards.
    pub typepaid: String,
    /// 1 where it may call.
    pub status: String,
    /// 0 where it may make one call at a time.
    pub simultaccess: String,
    /// 1 where it ends on a date, 2 some days after its first use, 3 some days after it was made.
    pub enableexpire: String,
    /// The date.
    pub expirationdate: String,
    /// Its first use.
    pub firstusedate: String,
    /// When it was made.
    pub creationdate: String,
    /// The days.
    pub expiredays: String,
    /// The language.
    pub language: String,
    /// What stands in each of [`CONTACT_COLUMNS`].
    pub contact: [String; CONTACT_COLUMNS.len()],
    /// The name of its tariff here, or `None` where there is none.
    pub tariff: Option<String>,
    /// The name of its group, or `None` where there is none.
    pub group: Option<String>,
    /// The numbers that it calls from.
    pub numbers: Vec<String>,
}

impl OldCard {
    /// Returns the balance; `None` where it is no amount.
    #[must_use]
    pub fn balance(&self) -> Option<Money> {
        if self.credit.is_empty() { Some(Money::ZERO) } else { self.credit.parse().ok() }
    }
}

/// Makes users of these books out of cards, with remarks on what changed on the way. The first number that a card
/// calls from is its own, else its card number is; whose number it is already keeps it.
#[must_use]
pub fn arrivals_of_a2billing(cards: &[OldCard]) -> (Vec<Arrival>, Vec<Remark>) {
    let mut remarks = Vec::new();
    let row = |card: &OldCard| format!("card {}", shown(&card.username));
    let mut owners: HashMap<PhoneNumber, usize> = HashMap::new();
    let mut numbers: Vec<Vec<PhoneNumber>> = Vec::new();
    for (place, card) in cards.iter().enumerate() {
        let mut own = Vec::new();
        for text in &card.numbers {
            let fact = match text.parse::<PhoneNumber>() {
                Err(error) => format!("caller id not taken: {error}"),
                Ok(number) => match owners.get(&number).and_then(|&owner| cards.get(owner)) {
                    Some(owner) => format!("caller id {number} not taken: it is of {}", row(owner)),
                    None => {
                        owners.insert(number.clone(), place);
                        own.push(number);
                        continue;
                    }
                },
            };
            remarks.push(Remark { row: row(card), fact });
        }
        numbers.push(own);
    }
    for (place, (card, own)) in cards.iter().zip(&mut numbers).enumerate() {
        let number = card.username.parse().ok().filter(|number| own.is_empty() && !owners.contains_key(number));
        if let Some(number) = number {
            owners.insert(PhoneNumber::clone(&number), place);
            own.push(number);
        }
    }
    let arrivals = cards.iter().zip(numbers).map(|(card, numbers)| {
        let mut remark = |fact| remarks.push(Remark { row: row(card), fact });
        Arrival {
            name: row(card),
            origin: format!("import:a2billing:{}", card.username),
            key: card.id.clone(),
            balance: card.balance().unwrap_or_default(),
            newcomer: newcomer(card, numbers, &mut remark),
        }
    });
    let arrivals = arrivals.collect();
    (arrivals, remarks)
}

fn newcomer(card: &OldCard, mut numbers: Vec<PhoneNumber>, remark: &mut dyn FnMut(String)) -> Result<Newcomer, String> {
    if card.balance().is_none() {
        return Err(format!("its credit `{}` is no amount of the ledger", shown(&card.credit)));
    }
    let username: Username = card.username.parse().map_err(|error| format!("{error}"))?;
    if numbers.is_empty() {
        return Err("it has no number of its own to call from".to_owned());
    }
    let clid = numbers.remove(0);
    let mut read = |what: &str, text: &str| -> Option<Timestamp> {
        let parsed = time(text);
        if parsed.is_none() && !text.is_empty() && !text.starts_with("0000") {
            remark(format!("{what} `{}` is no time", shown(text)));
        }
        parsed
    };
    let days = card.expiredays.parse::<u32>().ok();
    let after = |from: Option<Timestamp>| Some(from?.plus_seconds(days?.saturating_mul(86_400)));
    let first_use = read("firstusedate", &card.firstusedate);
    let expires = match card.enableexpire.as_str() {
        "1" => read("expirationdate", &card.expirationdate),
        "2" => after(first_use),
        "3" => after(read("creationdate", &card.creationdate)),
        _ => None,
    };
    let valid_days = days.filter(|_| card.enableexpire == "2" && first_use.is_none());
    if ["1", "2", "3"].contains(&card.enableexpire.as_str()) && expires.is_none() && valid_days.is_none() {
        remark("it was to expire, but no one can tell when: it does not".to_owned());
    }
    let credit_limit = if card.typepaid == "1" { card.creditlimit.parse().ok() } else { Some(Money::ZERO) };
    let credit_limit = credit_limit.filter(|&limit| limit >= Money::ZERO).unwrap_or_else(|| {
        remark(format!("the credit limit `{}` is not taken", shown(&card.creditlimit)));
        Money::ZERO
    });
    let language = card.language.parse().inspect_err(|error| {
        if !card.language.is_empty() {
            remark(format!("{error}"));
        }
    });
    if card.tariff.is_none() {
        remark(format!("its call plan is not there: it has the tariff {STANDARD_TARIFF}"));
    }
    let group = card
        .group
        .as_deref()
        .and_then(|group| group.parse().inspect_err(|error| remark(format!("{error}; the user is not in it"))).ok());
    if card.status != "1" {
        remark(format!("suspended, because its status is {}", shown(&card.status)));
    }
    let language = language.ok();
    let contact = contact(card, remark);
    Ok(Newcomer {
        user: NewUser {
            username,
            clid,
            imsi: None,
            name: person(&card.names.join(" ")),
            level: Level::User,
            tariff: card.tariff.clone().unwrap_or_else(|| STANDARD_TARIFF.to_owned()),
            credit_limit,
            max_calls: (card.simultaccess != "1").then_some(1),
            expires,
            valid_days,
            language,
            contact,
            warn_below: None,
            password: None,
            balance: None,
        },
        status: if card.status == "1" { Status::Active } else { Status::Suspended },
        numbers,
        groups: group.into_iter().collect(),
    })
}

/// Returns what is known of a card holder; what is none of what it should be is left out.
fn contact(card: &OldCard, remark: &mut dyn FnMut(String)) -> Contact {
    let mut contact = Contact::default();
    for (column, text) in CONTACT_COLUMNS.iter().zip(&card.contact) {
        match contact_fact(column, text.trim()) {
            _ if text.trim().is_empty() => {}
            Ok(fact) => contact.set(fact),
            Err(error) => remark(format!("its {column} is left out: {error}")),
        }
    }
    contact
}

fn contact_fact(column: &str, text: &str) -> Result<ContactFact, String> {
    let line = || text.parse::<Line>().map(Some).map_err(|error| error.to_string());
    Ok(match column {
        "address" => ContactFact::Address(line()?),
        "city" => ContactFact::City(line()?),
        "state" => ContactFact::State(line()?),
        "country" => ContactFact::Country(line()?),
        "zipcode" => ContactFact::Zipcode(line()?),
        "phone" => ContactFact::Phone(line()?),
        "company_name" => ContactFact::CompanyName(line()?),
        "email" => ContactFact::Email(Some(text.parse().map_err(|error| format!("{error}"))?)),
        // There is no field for it here, and it must not be lost.
        "vat_rn" => ContactFact::Notes(Some(format!("VAT number {text}").parse().map_err(|error| format!("{error}"))?)),
        _ => {
            let words = text.split([',', ';', ' ']).filter(|word| !word.is_empty());
            ContactFact::Tags(
                words.map(str::parse::<Tag>).collect::<Result<_, _>>().map_err(|error| error.to_string())?,
            )
        }
    })
}

/// Reads a time as MySQL writes it, which dumps do in UTC.
pub(in crate::billing) fn time(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once(' ')?;
    format!("{date}T{time}Z").parse().ok()
}
