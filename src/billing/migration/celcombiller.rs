//! The users of the celcombillers before this one, as users of these books.

use super::arrival::{Arrival, Newcomer, Remark, person};
use crate::billing::accounts::user::NewUser;
use crate::domain::account::{Status, Username};
use crate::domain::contact::Contact;
use crate::domain::money::Money;
use crate::domain::numbering::{Imsi, NumberingError, PhoneNumber};
use crate::store::{OldUser, STANDARD_TARIFF};

/// Makes users of these books out of those of an old file, with remarks on what changed on the way.
#[must_use]
pub fn arrivals_of_celcombiller(users: &[OldUser]) -> (Vec<Arrival>, Vec<Remark>) {
    let mut remarks = Vec::new();
    let arrivals = users.iter().map(|user| {
        let known_as = user.username.as_deref().unwrap_or(&user.clid);
        let name = format!("user {}", known_as.escape_debug());
        let newcomer = newcomer(user, &mut |fact| remarks.push(Remark { row: name.clone(), fact }));
        Arrival {
            origin: format!("import:celcombiller:{known_as}"),
            key: known_as.to_owned(),
            balance: user.balance,
            newcomer,
            name,
        }
    });
    (arrivals.collect(), remarks)
}

fn newcomer(user: &OldUser, remark: &mut dyn FnMut(String)) -> Result<Newcomer, String> {
    let clid: PhoneNumber = user.clid.parse().map_err(|error: NumberingError| error.to_string())?;
    let mut name = user.name.as_deref().and_then(person);
    let username = match user.username.as_deref().map(str::parse::<Username>) {
        Some(Ok(username)) => username,
        other => {
            if let Some(Err(error)) = other {
                remark(format!("{error}; the user is called {clid}"));
                name = name.or(user.username.as_deref().and_then(person));
            }
            // Digits are a username.
            clid.as_str().parse().map_err(|error| format!("{error}"))?
        }
    };
    let imsi = user.imsi.as_deref().filter(|imsi| !imsi.is_empty()).and_then(|imsi| {
        let whole = with_zeros(imsi, user.imsi_is_number);
        match whole.parse::<Imsi>() {
            Ok(found) => {
                if whole != imsi {
                    remark(format!("the IMSI {imsi} had lost its zeros and is {whole}"));
                }
                Some(found)
            }
            Err(error) => {
                remark(format!("the user has no IMSI: {error}"));
                None
            }
        }
    });
    let groups = user.groups.iter().filter_map(|group| {
        let parsed = group.parse();
        parsed.inspect_err(|error| remark(format!("{error}; the user is not in it"))).ok()
    });
    let groups = groups.collect();
    Ok(Newcomer {
        user: NewUser {
            username,
            clid,
            imsi,
            name,
            level: user.level,
            tariff: STANDARD_TARIFF.to_owned(),
            credit_limit: Money::ZERO,
            max_calls: None,
            expires: None,
            valid_days: None,
            language: None,
            contact: Contact::default(),
            warn_below: None,
            password: None,
            balance: None,
        },
        status: Status::Active,
        numbers: Vec::new(),
        groups,
    })
}

/// Gives an IMSI that was kept as a number the zeros back that it began with. No country's code begins with 0 or
/// 1 but that of test networks, 001, so a number that begins with 1 has lost two, and no other has lost any.
fn with_zeros(imsi: &str, is_number: bool) -> String {
    if is_number && imsi.starts_with('1') && (6..=13).contains(&imsi.len()) {
        format!("00{imsi}")
    } else {
        imsi.to_owned()
    }
}
