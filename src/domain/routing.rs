//! Trunks to carriers, and the order in which the routes of a number are tried.

use std::cmp::Reverse;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use super::dialling::{DialString, DialTemplate};
use super::money::{Money, Price};
use super::numbering::{LeadingDigits, PhoneNumber, Prefix, shown};
use super::visible::is_visible_name;
use super::words::words;

/// The name of a trunk: 1 to 64 characters, none of them invisible.
///
/// ```compile_fail
/// use celcombiller::domain::group::GroupName;
/// use celcombiller::domain::routing::TrunkName;
/// let name: TrunkName = "carrier".parse::<GroupName>().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrunkName(String);

/// A text that is no trunk's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a trunk's name: expected 1 to 64 visible characters")]
pub struct TrunkNameError(String);

impl TrunkName {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TrunkName {
    type Err = TrunkNameError;

    fn from_str(text: &str) -> Result<Self, TrunkNameError> {
        match is_visible_name(text) {
            true => Ok(Self(text.to_owned())),
            false => Err(TrunkNameError(shown(text))),
        }
    }
}

impl fmt::Display for TrunkName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A line to a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// The name.
    pub name: TrunkName,
    /// How a number is dialled over it.
    pub dial: DialTemplate,
    /// The name of the tariff that the carrier charges us by.
    pub cost: Option<String>,
    /// How many calls it carries at once.
    pub max_calls: Option<NonZeroU32>,
}

/// Numbers that go over a trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// How they begin.
    pub prefix: Prefix,
    /// Its place among the routes of the same prefix: the lowest goes first.
    pub priority: u32,
    /// How many of their first digits are not dialled.
    pub strip: u32,
    /// What is dialled before the rest.
    pub prepend: LeadingDigits,
}

impl Route {
    /// Returns a number as it is dialled outside; `None` where nothing is left of it, or more than a number has.
    #[must_use]
    pub fn outside(&self, number: &PhoneNumber) -> Option<PhoneNumber> {
        let rest = number.as_str().get(usize::try_from(self.strip).ok()?..)?;
        format!("{}{rest}", self.prepend).parse().ok()
    }
}

words! {
    /// What decides among the routes of the same prefix.
    RouteOrder, "an order of routes: expected priority or cost", {
        /// Their priority.
        Priority = "priority",
        /// What a minute costs us, then their priority.
        Cost = "cost",
    }
}

/// What a carrier charges for a call of one minute; the connect fee, which is part of it, decides between equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MinuteCost {
    /// The whole minute.
    pub minute: Money,
    /// Being answered.
    pub connect_fee: Price,
}

/// Returns the place of a route among those that a number has: the lowest is tried first. A longer prefix was
/// meant more closely whatever it costs; a cost that nobody knows may be any.
#[must_use]
pub fn place(route: &Route, order: RouteOrder, cost: Option<MinuteCost>) -> impl Ord + use<> {
    let cost = cost.filter(|_| order == RouteOrder::Cost);
    (Reverse(route.prefix.as_str().len()), cost.is_none(), cost, route.priority)
}

/// A way to a number: the trunk, and what it is told to dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The trunk.
    pub trunk: TrunkName,
    /// What Dial takes.
    pub dial: DialString,
}
