//! The rates of a whole tariff, prefix by prefix.

use rusqlite::named_params;

use super::rate::{RATE_COLUMNS, RateId, RateRow, TariffId, VALIDITY_COLUMNS, read_row};
use crate::store::Books;
use crate::store::error::StoreError;

/// Rows that are read at once: what half a million of them need stays out of memory.
const PAGE: u32 = 4096;

/// The rates of a tariff: those of one prefix at a time, in the order in which they were added, the prefixes in
/// the order of their digits and the users of these books last.
#[derive(Debug)]
pub struct Prefixes<'a> {
    books: &'a Books<'a>,
    tariff: TariffId,
    page: std::vec::IntoIter<Vec<RateRow>>,
    /// Where the next page begins; `None` after the last one.
    from: Option<String>,
}

impl Books<'_> {
    /// Reads every rate of a tariff, past and future ones too.
    pub fn prefixes(&self, tariff: TariffId) -> Prefixes<'_> {
        Prefixes { books: self, tariff, page: Vec::new().into_iter(), from: Some(String::new()) }
    }

    /// Returns the newest rate of a tariff: while it stays the same, so do they all.
    ///
    /// # Errors
    /// The database fails.
    pub fn newest_rate(&self, tariff: TariffId) -> Result<Option<RateId>, StoreError> {
        let sql = "SELECT max(id) FROM rate WHERE tariff_id = :tariff";
        let newest: Option<i64> =
            self.connection().query_row(sql, named_params! { ":tariff": tariff.0 }, |row| row.get(0))?;
        Ok(newest.map(RateId))
    }
}

impl Prefixes<'_> {
    fn read_page(&mut self, from: &str) -> Result<(), StoreError> {
        let mut statement = self.books.connection().prepare(&format!(
            "SELECT {RATE_COLUMNS}, {VALIDITY_COLUMNS} FROM rate r
             WHERE r.tariff_id = :tariff AND r.prefix >= :from ORDER BY r.prefix, r.id LIMIT :page"
        ))?;
        let mut rows = statement.query(named_params! { ":tariff": self.tariff.0, ":from": from, ":page": PAGE })?;
        let mut prefixes: Vec<Vec<RateRow>> = Vec::new();
        let mut read = 0;
        while let Some(row) = rows.next()?.map(read_row).transpose()? {
            read += 1;
            match prefixes.last_mut() {
                Some(same) if same[0].rate.destinations == row.rate.destinations => same.push(row),
                _ => prefixes.push(vec![row]),
            }
        }
        let is_last = read < PAGE;
        self.from = None;
        if !is_last && let Some(cut) = prefixes.pop() {
            // The last prefix of a page may go on in the next, which then begins with it.
            let destinations = cut.into_iter().next().map(|row| row.rate.destinations);
            if let Some(destinations) = destinations {
                self.from = Some(match prefixes.is_empty() {
                    false => destinations.as_str().to_owned(),
                    true => {
                        prefixes.push(self.books.rates_for(self.tariff, &destinations)?);
                        // Nothing that is a prefix sorts between this and the prefix itself.
                        format!("{destinations}0")
                    }
                });
            }
        }
        self.page = prefixes.into_iter();
        Ok(())
    }
}

impl Iterator for Prefixes<'_> {
    type Item = Result<Vec<RateRow>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(rates) = self.page.next() {
                return Some(Ok(rates));
            }
            let from = self.from.take()?;
            if let Err(error) = self.read_page(&from) {
                return Some(Err(error));
            }
        }
    }
}
