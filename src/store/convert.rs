//! How our values look in SQLite, both ways through the types' own doors.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::domain::account::{Language, Level, Status, Username};
use crate::domain::bundle::Bundle;
use crate::domain::call::UniqueId;
use crate::domain::caps::Caps;
use crate::domain::contact::Contact;
use crate::domain::dialling::DialTemplate;
use crate::domain::extension::ShownName;
use crate::domain::gift::Gift;
use crate::domain::group::GroupName;
use crate::domain::hours::Hours;
use crate::domain::ledger::EntryKind;
use crate::domain::line::Line;
use crate::domain::money::{Amount, Money, Price, Rounding};
use crate::domain::numbering::{Dialled, Imsi, LeadingDigits, PhoneNumber, Prefix};
use crate::domain::outcome::Disposition;
use crate::domain::plan::Plan;
use crate::domain::rate::{Destinations, TalkTime};
use crate::domain::routing::TrunkName;
use crate::domain::tariff::Holidays;
use crate::domain::terms::Terms;
use crate::domain::time::Timestamp;
use crate::domain::vat::Vat;
use crate::domain::voucher::{BatchName, CodeHash, VoucherState};

/// Types that are stored as the text that they parse and print.
macro_rules! as_text {
    ($($name:ty),+ $(,)?) => { $(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.as_str()))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_str()?.parse().map_err(|error| FromSqlError::Other(Box::new(error)))
            }
        }
    )+ };
}

/// Types that are stored as the text that they print, which is made for it.
macro_rules! as_made_text {
    ($($name:ty),+ $(,)?) => { $(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.to_string()))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_str()?.parse().map_err(|error| FromSqlError::Other(Box::new(error)))
            }
        }
    )+ };
}

as_text!(
    BatchName,
    VoucherState,
    Username,
    Language,
    GroupName,
    Level,
    Status,
    UniqueId,
    EntryKind,
    Imsi,
    PhoneNumber,
    Prefix,
    LeadingDigits,
    TrunkName,
    ShownName,
    Destinations,
    Disposition,
    Line,
    crate::store::calls::call::CallState
);

as_made_text!(Bundle, Caps, Dialled, DialTemplate, Gift, Hours, Holidays, Plan, Rounding, Terms, Vat);

impl ToSql for CodeHash {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.as_slice()))
    }
}

impl ToSql for Money {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.millionths()))
    }
}

impl FromSql for Money {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self::from_millionths)
    }
}

impl FromSql for Amount {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::try_from(Money::column_result(value)?).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

impl ToSql for Price {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.money().millionths()))
    }
}

impl FromSql for Price {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::try_from(Money::column_result(value)?).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.millis()))
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self::from_millis)
    }
}

impl ToSql for TalkTime {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.seconds()))
    }
}

impl FromSql for TalkTime {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let seconds = value.as_i64()?;
        u32::try_from(seconds).ok().and_then(Self::new).ok_or(FromSqlError::OutOfRange(seconds))
    }
}

impl ToSql for Contact {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let json =
            serde_json::to_string(self).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(ToSqlOutput::from(json))
    }
}

impl FromSql for Contact {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map_err(|error| FromSqlError::Other(error.into()))
    }
}
