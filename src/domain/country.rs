//! Countries by their ISO codes, and the country of a number by its longest prefix.

use std::iter;
use std::sync::LazyLock;

use super::numbering::{Dialled, PhoneNumber, Prefix};

/// The table itself, which says where it is from and what its lines mean.
const TABLE: &str = include_str!("../../sql/countries.csv");

static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| rows().filter_map(Country::parse).collect());

static PREFIXES: LazyLock<Vec<Entry>> = LazyLock::new(|| Entry::sorted(&COUNTRIES));

/// A country or territory; or, without codes, an international service that has prefixes of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166-1 alpha-2, such as `BR`.
    pub code: Option<&'static str>,
    /// ISO 3166-1 alpha-3, such as `BRA`.
    pub alpha3: Option<&'static str>,
    /// ISO 3166-1 numeric: three digits, such as `076`.
    pub numeric: Option<&'static str>,
    /// The name in English.
    pub name: &'static str,
    /// What its numbers begin with, less what longer prefixes of others take away; empty where all its
    /// numbers are among those of another country.
    pub prefixes: Vec<Prefix>,
}

impl Country {
    /// Returns the whole table, by code; the services that belong to no country are last.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &COUNTRIES
    }

    /// Returns the country that a number belongs to.
    #[must_use]
    pub fn of(number: &PhoneNumber) -> Option<&'static Self> {
        longest_prefix(number.as_str())
    }

    /// Returns the country that a call went to; one between users of the books leaves none.
    #[must_use]
    pub fn called(dialled: &Dialled, on_net: bool) -> Option<&'static Self> {
        match dialled {
            Dialled::Number(number) if !on_net => Self::of(number),
            _ => None,
        }
    }

    /// Returns the country that every number with this prefix belongs to, unless a longer prefix says otherwise.
    #[must_use]
    pub fn by_prefix(prefix: &Prefix) -> Option<&'static Self> {
        longest_prefix(prefix.as_str())
    }

    /// Returns the country with this ISO code, be it alpha-2, alpha-3 or numeric, in upper or lower case.
    #[must_use]
    pub fn by_code(code: &str) -> Option<&'static Self> {
        let is_it = |own: &str| own.eq_ignore_ascii_case(code);
        COUNTRIES
            .iter()
            .find(|country| [country.code, country.alpha3, country.numeric].into_iter().flatten().any(is_it))
    }

    /// Reads `code;alpha3;numeric;name;prefixes`. Nothing in the table is quoted.
    fn parse(row: &'static str) -> Option<Self> {
        let mut fields = row.split(';');
        let mut field = || fields.next();
        let given = |field: &'static str| (!field.is_empty()).then_some(field);
        let (code, alpha3, numeric, name) = (given(field()?), given(field()?), given(field()?), field()?);
        let prefixes = field()?.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
        fields.next().is_none().then_some(Self { code, alpha3, numeric, name, prefixes })
    }
}

/// Returns the lines of the table that are no comment.
fn rows() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#'))
}

/// A prefix in its place among all, sorted.
struct Entry {
    digits: &'static str,
    country: &'static Country,
    /// Where the longest prefix of this prefix is.
    shorter: Option<usize>,
}

impl Entry {
    fn sorted(countries: &'static [Country]) -> Vec<Self> {
        let prefixes =
            |country: &'static Country| country.prefixes.iter().map(move |prefix| (prefix.as_str(), country));
        let mut pairs: Vec<_> = countries.iter().flat_map(prefixes).collect();
        pairs.sort_unstable_by_key(|(digits, _)| *digits);
        let mut entries: Vec<Self> = Vec::with_capacity(pairs.len());
        for (digits, country) in pairs {
            let shorter = beginning(&entries, entries.len().checked_sub(1), digits);
            entries.push(Self { digits, country, shorter });
        }
        entries
    }
}

/// Walks from an entry to ever shorter ones, and returns the first that `digits` begins with.
fn beginning(entries: &[Entry], from: Option<usize>, digits: &str) -> Option<usize> {
    let shorter = |at: &usize| entries.get(*at).and_then(|entry| entry.shorter);
    iter::successors(from, shorter).find(|at| entries.get(*at).is_some_and(|entry| digits.starts_with(entry.digits)))
}

/// One search and no allocation, because a report asks it of every call. Whatever sorts between a prefix of `digits`
/// and `digits` begins with that prefix, so the walk from the last entry before `digits` passes the longest.
fn longest_prefix(digits: &str) -> Option<&'static Country> {
    let after = PREFIXES.partition_point(|entry| entry.digits <= digits);
    let found = beginning(&PREFIXES, after.checked_sub(1), digits)?;
    PREFIXES.get(found).map(|entry| entry.country)
}
