//! What parts were sold for.

use std::collections::BTreeSet;

use crate::domain::analytics::percentile_at;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;

statements! {
    COUNT_DEALS = both("SELECT COUNT(*) FROM deal_prices WHERE part_key = ? AND brand_id = ?");
    SELECT_LAST_DEALS = both(
        "SELECT unit_price, order_id, merchant_id FROM deal_prices WHERE part_key = ? AND brand_id = ? ORDER BY completed_at \
         DESC, order_id DESC, line_no DESC LIMIT ? OFFSET ?"
    );
}

/// A quarter of the deals lay below the first price, half below the second, three quarters below the third: the price of one
/// piece, VAT included, in halalas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// 25 %.
    pub p25: i64,
    /// 50 %.
    pub p50: i64,
    /// 75 %.
    pub p75: i64,
}

/// The band in which a part was sold for cars of a brand; `None` where too few deals or too few merchants would be told of.
///
/// Deals enter by fives, in the order in which they were completed: whoever asks before and after one of them was completed sees
/// no difference that is its price.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_band(db: &Db, part: &str, brand: i64) -> Result<Option<Band>, StoreError> {
    let deals = one!(db, (i64,), COUNT_DEALS, part, brand)?.map_or(0, |(deals,)| deals);
    let step = i64::try_from(limits::PRICED_DEALS_MIN).unwrap_or(1);
    let most = i64::try_from(limits::PRICED_DEALS_MAX).unwrap_or(i64::MAX);
    let rows = all!(db, (i64, i64, i64), SELECT_LAST_DEALS, part, brand, most, deals % step)?;
    Ok(band(&rows))
}

/// Rows are price, order and merchant.
fn band(rows: &[(i64, i64, i64)]) -> Option<Band> {
    let orders: BTreeSet<i64> = rows.iter().map(|(_, order, _)| *order).collect();
    let merchants: BTreeSet<i64> = rows.iter().map(|(.., merchant)| *merchant).collect();
    if orders.len() < limits::PRICED_DEALS_MIN || merchants.len() < limits::PRICED_MERCHANTS_MIN {
        return None;
    }
    let mut prices: Vec<i64> = rows.iter().map(|(price, ..)| *price).collect();
    prices.sort_unstable();
    let at = |percent| prices.get(percentile_at(percent, prices.len())).copied();
    Some(Band { p25: at(25)?, p50: at(50)?, p75: at(75)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_tells_of_nobody() {
        let deal = |number: i64, merchants: i64| (100 * number, number, number % merchants);
        let of = |deals: i64, merchants: i64| band(&(1..=deals).map(|n| deal(n, merchants)).collect::<Vec<_>>());
        assert_eq!(of(5, 3), Some(Band { p25: 200, p50: 300, p75: 400 }));
        assert_eq!((of(4, 4), of(5, 2), of(0, 1)), (None, None, None));
        // Five lines of one order are one deal.
        assert_eq!(band(&(1..=5).map(|n| (n, 7, n)).collect::<Vec<_>>()), None);
    }
}
