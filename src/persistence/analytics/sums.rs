//! What is summed of requests, by day, part, city and brand; and what is asked of it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::domain::analytics::calendar;
use crate::domain::analytics::calendar::Day;
use crate::domain::analytics::calendar::Grain;
use crate::domain::analytics::calendar::Spans;
use crate::domain::analytics::facts::Facts;
use crate::domain::analytics::facts::Measures;
use crate::persistence::Db;
use crate::persistence::Sql;
use crate::persistence::Tx;
use crate::persistence::analytics::facts::insert;
use crate::persistence::both;
use crate::persistence::error::StoreError;

/// [`Measures::NAMES`], as `$each` has them.
macro_rules! measures {
    ($each:ident) => {
        $each!(
            "requests" "drafts" "published" "bidding_open" "bidding_closed" "reviewing"
            "accepted" "expired" "cancelled" "auctions" "bids" "landed"
            "answered" "response_s" "within_1m" "within_5m" "within_15m" "within_1h"
            "within_4h" "within_1d" "contested" "orders" "completed" "called_off"
            "revenue" "customer_stars" "customer_reviews" "merchant_stars" "merchant_reviews"
        )
    };
}
macro_rules! columns {
    ($first:literal $($name:literal)*) => {
        concat!($first, $(", ", $name),*)
    };
}
macro_rules! summed {
    ($first:literal $($name:literal)*) => {
        concat!("CAST(COALESCE(SUM(", $first, "), 0) AS SIGNED)", $(", CAST(COALESCE(SUM(", $name, "), 0) AS SIGNED)"),*)
    };
}

/// Requests of a part in one stretch of days, months or years.
macro_rules! parts_of_spans {
    () => {
        "SELECT part_key, requests FROM part_sums WHERE city_key = ? AND brand_id = ? AND grain = ? AND span BETWEEN ? AND ?"
    };
}

statements! {
    SELECT_SUM = both(concat!(
        "SELECT ",
        measures!(summed),
        " FROM request_sums WHERE part_key = ? AND city_key = ? AND brand_id = ? AND day BETWEEN ? AND ?"
    ));
    SELECT_DAYS = both(concat!(
        "SELECT day, ",
        measures!(columns),
        " FROM request_sums WHERE part_key = ? AND city_key = ? AND brand_id = ? AND day BETWEEN ? AND ? AND requests > 0 \
         ORDER BY day"
    ));
    SELECT_LAST_DAYS = both(concat!(
        "SELECT day, ",
        measures!(columns),
        " FROM request_sums WHERE part_key = ? AND city_key = ? AND brand_id = ? AND day BETWEEN ? AND ? AND requests > 0 \
         ORDER BY day DESC LIMIT ?"
    ));
    SELECT_POPULAR = both(concat!(
        "SELECT part_key, CAST(SUM(requests) AS SIGNED) AS requests FROM (",
        parts_of_spans!(),
        " UNION ALL ",
        parts_of_spans!(),
        " UNION ALL ",
        parts_of_spans!(),
        " UNION ALL ",
        parts_of_spans!(),
        " UNION ALL ",
        parts_of_spans!(),
        ") AS spans GROUP BY part_key ORDER BY 2 DESC, part_key LIMIT ?"
    ));
    DELETE_EMPTY_SUM = both(
        "DELETE FROM request_sums WHERE part_key = ? AND city_key = ? AND brand_id = ? AND day = ? AND requests = 0"
    );
    DELETE_EMPTY_PART = both(
        "DELETE FROM part_sums WHERE city_key = ? AND brand_id = ? AND grain = ? AND span = ? AND part_key = ? AND requests \
         = 0"
    );
    SELECT_ALL_SUMS = both(concat!(
        "SELECT part_key, city_key, brand_id, day, ",
        measures!(columns),
        " FROM request_sums WHERE requests > 0"
    ));
    SELECT_ALL_PARTS = both("SELECT city_key, brand_id, grain, span, part_key, requests FROM part_sums WHERE requests > 0");
}

/// Adds to the sums that are there.
static ADD_TO_SUMS: LazyLock<(String, String, String)> = LazyLock::new(|| {
    let into = format!("INSERT INTO request_sums (part_key, city_key, brand_id, day, {}) ", Measures::NAMES.join(", "));
    let each = |form: fn(&str) -> String| Measures::NAMES.iter().map(|name| form(name)).collect::<Vec<_>>().join(", ");
    let sqlite = each(|name| format!("{name} = request_sums.{name} + excluded.{name}"));
    let mysql = each(|name| format!("{name} = {name} + VALUES({name})"));
    let sqlite = format!(" ON CONFLICT (part_key, city_key, brand_id, day) DO UPDATE SET {sqlite}");
    (into, sqlite, format!(" ON DUPLICATE KEY UPDATE {mysql}"))
});
const ADD_TO_PARTS: &str = "INSERT INTO part_sums (city_key, brand_id, grain, span, part_key, requests) ";
const ADDED_PARTS: Sql = Sql {
    sqlite: " ON CONFLICT (city_key, brand_id, grain, span, part_key) DO UPDATE SET requests = part_sums.requests + \
             excluded.requests",
    mysql: " ON DUPLICATE KEY UPDATE requests = requests + VALUES(requests)",
};

/// Part, city, brand and day of a sum.
pub(super) type SumKey = (String, String, i64, i64);
/// City, brand, grain, span and part of a number of requests.
pub(super) type PartKey = (String, i64, i64, i64, String);

/// By how much the sums move, in the order of their keys: two writers of a server take the rows in one order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Differences {
    /// Of the sums.
    pub(super) sums: BTreeMap<SumKey, Measures>,
    /// Of the numbers of requests.
    pub(super) parts: BTreeMap<PartKey, i64>,
}

impl Differences {
    /// Adds a request so many times.
    pub(super) fn add(&mut self, facts: &Facts, times: i64) {
        let measures = facts.measures();
        for (part, city, brand) in facts.places() {
            let sum = self.sums.entry((part.to_owned(), city.to_owned(), brand, facts.day.0)).or_default();
            *sum = sum.plus(&measures, times);
        }
        for (city, brand) in facts.areas() {
            for (part, grain) in facts.parts.iter().flat_map(|part| Grain::ALL.map(|grain| (part, grain))) {
                let key = (city.to_owned(), brand, grain.number(), grain.of(facts.day), part.clone());
                *self.parts.entry(key).or_default() += times;
            }
        }
    }

    pub(super) async fn write(mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.sums.retain(|_, sum| *sum != Measures::default());
        self.parts.retain(|_, requests| *requests != 0);
        let (into, sqlite, mysql) = &*ADD_TO_SUMS;
        let sums: Vec<_> = self.sums.iter().collect();
        let tail = Sql { sqlite, mysql };
        insert!(tx, into.as_str(), tail, sums, |out, ((part, city, brand, day), sum)| {
            out.push_bind(part.as_str()).push_bind(city.as_str()).push_bind(*brand).push_bind(*day);
            for value in sum.values() {
                out.push_bind(value);
            }
        });
        let parts: Vec<_> = self.parts.iter().collect();
        insert!(tx, ADD_TO_PARTS, ADDED_PARTS, parts, |out, ((city, brand, grain, span, part), requests)| {
            out.push_bind(city.as_str()).push_bind(*brand).push_bind(*grain).push_bind(*span).push_bind(part.as_str());
            out.push_bind(**requests);
        });
        // A key that nothing has any more could be a word that was erased.
        for ((part, city, brand, day), _) in sums.into_iter().filter(|(_, sum)| sum.requests < 0) {
            exec!(&mut *tx, DELETE_EMPTY_SUM, part, city, brand, day)?;
        }
        for ((city, brand, grain, span, part), _) in parts.into_iter().filter(|(_, requests)| **requests < 0) {
            exec!(&mut *tx, DELETE_EMPTY_PART, city, brand, grain, span, part)?;
        }
        Ok(())
    }
}

/// The sums of a row, which are its last columns.
struct SumRow<const BEFORE: usize>(Measures);

impl<'r, R: sqlx::Row, const BEFORE: usize> sqlx::FromRow<'r, R> for SumRow<BEFORE>
where
    usize: sqlx::ColumnIndex<R>,
    i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        let mut columns = BEFORE..;
        let next = || row.try_get(columns.next().unwrap_or(usize::MAX));
        Measures::read(next).map(Self)
    }
}

/// Which requests: an empty text and brand 0 leave nothing out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// From this day on.
    pub from: Day,
    /// Up to this day.
    pub to: Day,
    /// Only with such a part.
    pub part: String,
    /// Only where the car is there.
    pub city: String,
    /// Only for cars of this brand.
    pub brand: i64,
}

/// The sums of these requests.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn sum(db: &Db, filter: &Filter) -> Result<Measures, StoreError> {
    let Filter { from, to, part, city, brand } = filter;
    let row = one!(db, SumRow<0>, SELECT_SUM, part, city, brand, from.0, to.0)?;
    Ok(row.map(|SumRow(sums)| sums).unwrap_or_default())
}

/// The same for each day on which such requests were written, in order.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_days(db: &Db, filter: &Filter) -> Result<Vec<(Day, Measures)>, StoreError> {
    let Filter { from, to, part, city, brand } = filter;
    let rows = all!(db, DayRow, SELECT_DAYS, part, city, brand, from.0, to.0)?;
    Ok(rows.into_iter().map(|DayRow(day, sums)| (day, sums)).collect())
}

/// The same for the last so many of these days.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_last_days(db: &Db, filter: &Filter, limit: i64) -> Result<Vec<(Day, Measures)>, StoreError> {
    let Filter { from, to, part, city, brand } = filter;
    let rows = all!(db, DayRow, SELECT_LAST_DAYS, part, city, brand, from.0, to.0, limit)?;
    Ok(rows.into_iter().rev().map(|DayRow(day, sums)| (day, sums)).collect())
}

struct DayRow(Day, Measures);

impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for DayRow
where
    usize: sqlx::ColumnIndex<R>,
    i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        Ok(Self(Day(row.try_get(0)?), SumRow::<1>::from_row(row)?.0))
    }
}

/// The parts that most of these requests ask for, with how many do. The part of the filter does not count.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_popular(db: &Db, filter: &Filter, limit: i64) -> Result<Vec<(String, i64)>, StoreError> {
    let Filter { from, to, city, brand, .. } = filter;
    let spans = calendar::cover(*from, *to);
    let at = spans.map(|(grain, first, last): Spans| [grain.number(), first, last]);
    macro_rules! popular {
        ($($n:literal)*) => {
            all!(
                db, (String, i64), SELECT_POPULAR, $(city, brand, at[$n][0], at[$n][1], at[$n][2],)* limit
            )
        };
    }
    popular!(0 1 2 3 4)
}

struct KeyedRow(SumKey, Measures);

impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for KeyedRow
where
    usize: sqlx::ColumnIndex<R>,
    i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        let key = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        Ok(Self(key, SumRow::<4>::from_row(row)?.0))
    }
}

/// Every sum that is not empty.
pub(super) async fn list_all(tx: &mut Tx) -> Result<Differences, StoreError> {
    let sums = all_in!(&mut *tx, KeyedRow, SELECT_ALL_SUMS)?;
    let parts = all_in!(tx, (String, i64, i64, i64, String, i64), SELECT_ALL_PARTS)?;
    let keyed = |(city, brand, grain, span, part, requests)| ((city, brand, grain, span, part), requests);
    Ok(Differences {
        sums: sums.into_iter().map(|KeyedRow(key, sums)| (key, sums)).collect(),
        parts: parts.into_iter().map(keyed).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_the_measures() {
        assert_eq!(measures!(columns), Measures::NAMES.join(", "));
    }
}
