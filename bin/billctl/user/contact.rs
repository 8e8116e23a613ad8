//! The flags that say who a card holder is.

use std::collections::BTreeSet;

use celcombiller::domain::contact::{Contact, ContactFact, Email, Tag};
use celcombiller::domain::line::Line;
use celcombiller::store::AccountRow;
use clap::Args;

use crate::render::Value;
use crate::user::{OrNone, or_none};

/// Who a card holder is; `none` takes away what is known.
#[derive(Debug, Args)]
pub(crate) struct ContactFlags {
    /// Street and house; like what follows, none takes it away
    #[arg(long, value_name = "TEXT", value_parser = or_none::<Line>)]
    address: Option<OrNone<Line>>,
    /// City
    #[arg(long, value_name = "TEXT", value_parser = or_none::<Line>)]
    city: Option<OrNone<Line>>,
    /// State or province
    #[arg(long, value_name = "TEXT", value_parser = or_none::<Line>)]
    state: Option<OrNone<Line>>,
    /// Country
    #[arg(long, value_name = "TEXT", value_parser = or_none::<Line>)]
    country: Option<OrNone<Line>>,
    /// Postal code
    #[arg(long, value_name = "TEXT", value_parser = or_none::<Line>)]
    zip: Option<OrNone<Line>>,
    /// A telephone; it pays for nothing and identifies nobody
    #[arg(long, value_name = "TEXT", value_parser = or_none::<Line>)]
    phone: Option<OrNone<Line>>,
    /// Company
    #[arg(long, value_name = "TEXT", value_parser = or_none::<Line>)]
    company: Option<OrNone<Line>>,
    /// Mail
    #[arg(long, value_name = "ADDRESS", value_parser = or_none::<Email>)]
    email: Option<OrNone<Email>>,
    /// What is to be noted, up to 2000 characters
    #[arg(long, value_name = "TEXT", value_parser = or_none::<Line<2000>>)]
    notes: Option<OrNone<Line<2000>>>,
    /// A word by which the user is found; may be given several times, and replaces all that were there
    #[arg(long = "tag", value_name = "WORD", value_parser = or_none::<Tag>)]
    tags: Vec<OrNone<Tag>>,
}

impl ContactFlags {
    /// Returns what is to be known.
    pub(crate) fn facts(self) -> Vec<ContactFact> {
        let tags: BTreeSet<_> = self.tags.iter().filter_map(|tag| tag.0.clone()).collect();
        let facts = [
            self.address.map(|address| ContactFact::Address(address.0)),
            self.city.map(|city| ContactFact::City(city.0)),
            self.state.map(|state| ContactFact::State(state.0)),
            self.country.map(|country| ContactFact::Country(country.0)),
            self.zip.map(|zip| ContactFact::Zipcode(zip.0)),
            self.phone.map(|phone| ContactFact::Phone(phone.0)),
            self.company.map(|company| ContactFact::CompanyName(company.0)),
            self.email.map(|email| ContactFact::Email(email.0)),
            self.notes.map(|notes| ContactFact::Notes(notes.0)),
            (!self.tags.is_empty()).then_some(ContactFact::Tags(tags)),
        ];
        facts.into_iter().flatten().collect()
    }

    /// Returns what is known if there was nothing before.
    pub(crate) fn contact(self) -> Contact {
        let mut contact = Contact::default();
        self.facts().into_iter().for_each(|fact| contact.set(fact));
        contact
    }
}

/// Returns the values of a user's contact, in the order of their keys.
pub(crate) fn values(account: &AccountRow) -> [Value; 10] {
    let Contact { address, city, state, country, zipcode, phone, company_name, email, notes, tags } = &account.contact;
    let line = |line: &Option<Line>| Value::text_of(line.as_ref());
    [
        line(address),
        line(city),
        line(state),
        line(country),
        line(zipcode),
        line(phone),
        line(company_name),
        Value::text_of(email.as_ref()),
        Value::text_of(notes.as_ref()),
        Value::Words(tags.iter().map(Tag::to_string).collect()),
    ]
}
