//! The databases of the celcombillers before this one: read as they are, and never written.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, Row, named_params};

use crate::domain::account::Level;
use crate::domain::money::Money;
use crate::domain::numbering::shown;
use crate::domain::time::Timestamp;
use crate::store::error::StoreError;

/// What became of an old file: three programs of that name kept balances differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Era {
    /// A column of each user, of seconds and their parts.
    Column,
    /// The sum of the rows of a table, by their sign.
    Rows,
    /// A column of each user that its own ledger moves; names, levels and plans besides.
    Plans,
}

/// A user of an old file; texts are as found there.
#[derive(Clone, Debug)]
pub struct OldUser {
    /// The name, where there is one.
    pub username: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// The number.
    pub clid: String,
    /// The SIM.
    pub imsi: Option<String>,
    /// Whether the SIM was kept as a number, without the zeros it began with.
    pub imsi_is_number: bool,
    /// The rights.
    pub level: Level,
    /// The balance in seconds.
    pub balance: Money,
    /// The names of their groups or plans.
    pub groups: Vec<String>,
}

/// What an old file has.
#[derive(Clone, Debug)]
pub struct OldBooks {
    /// Its users.
    pub users: Vec<OldUser>,
    /// The sum of all balances, asked of the file at once.
    pub total: Money,
    /// How many calls it has.
    pub calls: i64,
    /// How long they were, in seconds.
    pub call_seconds: i64,
    /// What of it counts for nothing or has no place in new books: where it stands, and the fact.
    pub remarks: Vec<(String, String)>,
}

/// Reads an old file. Dates before the day of `now` are over.
///
/// # Errors
/// There is none, it is none of the three kinds, or it cannot be read.
pub fn read_old_celcombiller(path: &Path, now: Timestamp) -> Result<OldBooks, StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing(path.to_owned()));
    }
    let foreign = || StoreError::Foreign(path.to_owned());
    let read = || {
        let old = Old { file: Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)? };
        let era = match () {
            () if old.has("users", "voice_balance")? => Era::Plans,
            () if old.has("balance", "signal")? && old.has("users", "clid")? => Era::Rows,
            () if old.has("users", "balance")? => Era::Column,
            () => return Err(foreign()),
        };
        old.read(era, now)
    };
    read().map_err(|error| match error {
        StoreError::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => foreign(),
        error => error,
    })
}

struct Old {
    file: Connection,
}

impl Old {
    fn has(&self, table: &str, column: &str) -> Result<bool, StoreError> {
        Ok(self.file.query_row(
            "SELECT count(*) > 0 FROM pragma_table_info(:table) WHERE lower(name) = lower(:column)",
            named_params! { ":table": table, ":column": column },
            |row| row.get(0),
        )?)
    }

    /// Returns the expression that reads a column, or NULL where the table has no such column.
    fn column(&self, table: &str, column: &str) -> Result<String, StoreError> {
        Ok(if self.has(table, column)? { format!("{table}.{column}") } else { "NULL".to_owned() })
    }

    /// Returns all rows of a question about the file.
    fn rows<T>(&self, sql: &str, read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>, StoreError> {
        Ok(self.file.prepare(sql)?.query_map([], read)?.collect::<Result<_, _>>()?)
    }

    fn read(&self, era: Era, now: Timestamp) -> Result<OldBooks, StoreError> {
        let (balance, total) = match era {
            Era::Column => own_balance("users.balance"),
            Era::Plans => own_balance("users.voice_balance"),
            Era::Rows => {
                let sum = "SELECT coalesce(sum(CASE signal WHEN '+' THEN value WHEN '-' THEN -value END), 0) * 1000000
                           FROM balance WHERE typeof(value) = 'integer' AND usersId";
                (format!("({sum} = users.rowid)"), format!("{sum} IN (SELECT rowid FROM users)"))
            }
        };
        let (calls, call_seconds) = match era {
            Era::Plans => self.calls("voice_balance WHERE to_user_id IS NOT NULL", "-value")?,
            _ if self.has("cdr", "billsec")? => self.calls("cdr", "billsec")?,
            _ => (0, 0),
        };
        Ok(OldBooks {
            users: self.users(era, &balance)?,
            total: self.file.query_row(&total, [], |row| row.get(0))?,
            calls,
            call_seconds,
            remarks: self.remarks(era, now)?,
        })
    }

    fn calls(&self, from: &str, seconds: &str) -> Result<(i64, i64), StoreError> {
        let sql = format!("SELECT count(*), coalesce(CAST(sum({seconds}) AS INTEGER), 0) FROM {from}");
        Ok(self.file.query_row(&sql, [], |row| row.try_into())?)
    }

    fn users(&self, era: Era, balance: &str) -> Result<Vec<OldUser>, StoreError> {
        let column = |name| self.column("users", name);
        let (name, level, admin) = (column("name")?, column("level")?, column("admin")?);
        let (username, imsi) = (column("username")?, column("imsi")?);
        let mut groups = self.members(era)?;
        let sql = format!(
            "SELECT rowid, CAST({username} AS TEXT), CAST({name} AS TEXT), CAST(clid AS TEXT), CAST({imsi} AS TEXT),
                 typeof({imsi}) = 'integer', {level}, {admin}, {balance}
             FROM users ORDER BY rowid"
        );
        self.rows(&sql, |row| {
            Ok(OldUser {
                username: row.get(1)?,
                name: row.get(2)?,
                clid: row.get::<_, Option<_>>(3)?.unwrap_or_default(),
                imsi: row.get(4)?,
                imsi_is_number: row.get(5)?,
                level: match (row.get::<_, Option<i64>>(6)?, row.get::<_, Option<i64>>(7)?) {
                    (Some(0), _) | (None, Some(1)) => Level::Admin,
                    (Some(2), _) => Level::Collaborator,
                    _ => Level::User,
                },
                balance: row.get(8)?,
                groups: groups.remove(&row.get(0)?).unwrap_or_default(),
            })
        })
    }

    /// Returns the names of the groups of each user.
    fn members(&self, era: Era) -> Result<HashMap<i64, Vec<String>>, StoreError> {
        let sql = match era {
            Era::Plans => "SELECT user_id, name FROM schedule_user JOIN schedule ON schedule.rowid = schedule_id",
            _ if self.has("association", "User_id")? => {
                "SELECT User_id, name FROM association JOIN groups ON groups.rowid = Groups_id"
            }
            _ => return Ok(HashMap::new()),
        };
        let mut members: HashMap<i64, Vec<String>> = HashMap::new();
        for (user, group) in self.rows(sql, |row| <(i64, Option<String>)>::try_from(row))? {
            members.entry(user).or_default().extend(group);
        }
        Ok(members)
    }

    fn remarks(&self, era: Era, now: Timestamp) -> Result<Vec<(String, String)>, StoreError> {
        let sql = match era {
            Era::Column => return Ok(Vec::new()),
            Era::Rows => format!(
                "SELECT 'balance row ' || rowid, CASE
                     WHEN typeof(value) <> 'integer' THEN '`' || coalesce(value, '') || '`' || ' is no number of seconds'
                     WHEN signal IS NULL OR signal NOT IN ('+', '-') THEN 'the signal ' || '`' || coalesce(signal, '') || '`' || ' counts for nothing'
                     ELSE value || ' belongs to nobody' END
                 FROM balance WHERE typeof(value) <> 'integer' OR signal IS NULL OR signal NOT IN ('+', '-')
                     OR usersId IS NULL OR usersId NOT IN (SELECT rowid FROM users)
                 UNION ALL SELECT 'group ' || '`' || coalesce(name, '') || '`', count(*) || ' dates to come, the first on ' || min(substr(date, 1, 10))
                 FROM dates JOIN groups ON groups.rowid = group_id WHERE substr(date, 1, 10) >= '{}' GROUP BY groups.rowid",
                now.exact().get(..10).unwrap_or_default()
            ),
            Era::Plans => "SELECT 'group ' || '`' || coalesce(schedule.name, '') || '`', '`' || coalesce(username, '') || '`' || ' has ' || count || ' months to come'
                 FROM schedule_user JOIN schedule ON schedule.rowid = schedule_id JOIN users ON users.rowid = user_id
                 WHERE count > 0
                 UNION ALL SELECT 'user ' || '`' || coalesce(username, '') || '`', data_balance || ' bytes of data are not taken' FROM users
                 WHERE data_balance <> 0
                 UNION ALL SELECT 'user ' || '`' || coalesce(username, '') || '`', 'the balance is ' || voice_balance || ' but its rows are ' || total
                 FROM users JOIN (SELECT from_user_id, sum(value) AS total FROM voice_balance GROUP BY from_user_id)
                     ON from_user_id = users.rowid
                 WHERE voice_balance <> total"
                .to_owned(),
        };
        self.rows(&sql, |row| Ok((shown(&row.get::<_, String>(0)?), shown(&row.get::<_, String>(1)?))))
    }
}

/// Returns how a balance that stands in a column is read, in millionths, and how all of them are summed up.
fn own_balance(column: &str) -> (String, String) {
    // What is no number counts for nothing.
    let own = format!(
        "CASE WHEN typeof({column}) IN ('integer', 'real') THEN CAST(round({column} * 1000000) AS INTEGER) ELSE 0 END"
    );
    let total = format!("SELECT coalesce(sum({own}), 0) FROM users");
    (own, total)
}
