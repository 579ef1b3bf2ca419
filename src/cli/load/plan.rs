//! What is bid: prices that the rules let through in any number and that tell who bid them, and the bytes of a request.
//!
//! Every merchant of a room starts above 900 000 SAR and cuts one stride per revision. A stride is a whole number of the
//! ladder's largest steps (50 SAR) and has room for one halala per merchant, so a landed total names its merchant and its
//! version within the room. That makes bids recognisable in frames and journals without the client's having to know ids.
//! When the price has come down to the floor, revisions go on with other notes alone, which the rules also take.

use std::fmt::Write;

/// The ladder's largest step, in halalas (rules §3: from 10 000 SAR on).
const LARGEST_STEP: i64 = 5_000;
/// Where prices start, in halalas.
const START: i64 = 90_000_000;
/// Where cutting ends, in halalas. Below it strides would still be legal, but the wrong-price guard comes near.
const FLOOR: i64 = 4 * START / 9;
/// Delivery fee, in halalas.
const DELIVERY_FEE: i64 = 3_500;
/// Unit price of every item but the first, in halalas.
const FURTHER_UNIT_PRICE: i64 = 10_000;
/// Pieces of every item but the first; of the first there is one, so its price moves the total by itself.
pub const FURTHER_QUANTITY: i64 = 2;

/// The prices of one room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    stride: i64,
    items: i64,
}

impl Prices {
    /// For a room with so many merchants and items.
    #[must_use]
    pub fn new(merchants: usize, items: usize) -> Self {
        let merchants = i64::try_from(merchants).unwrap_or(i64::MAX / LARGEST_STEP);
        let stride = LARGEST_STEP * merchants.div_euclid(LARGEST_STEP).saturating_add(1);
        Self { stride, items: i64::try_from(items).unwrap_or(1) }
    }

    /// How many times a merchant can cut.
    #[must_use]
    pub fn cuts(self) -> i64 {
        (self.start() - FLOOR) / self.stride
    }

    /// The landed total of a merchant after so many cuts, in halalas; stays at the last one.
    #[must_use]
    pub fn landed(self, merchant: usize, cuts: i64) -> i64 {
        self.start() + i64::try_from(merchant).unwrap_or(0) - cuts.min(self.cuts()) * self.stride
    }

    /// The merchant and the cuts that a landed total names.
    #[must_use]
    pub fn read(self, landed: i64) -> Option<(usize, i64)> {
        let cuts = (self.start() + self.stride - 1 - landed).div_euclid(self.stride);
        let merchant = landed - (self.start() - cuts * self.stride);
        (0..=self.cuts()).contains(&cuts).then_some((usize::try_from(merchant).ok()?, cuts))
    }

    /// The first item's unit price for this landed total, in halalas.
    #[must_use]
    pub fn first_unit_price(self, landed: i64) -> i64 {
        landed - DELIVERY_FEE - (self.items - 1) * FURTHER_QUANTITY * FURTHER_UNIT_PRICE
    }

    /// A multiple of the stride, so that a remainder is a merchant.
    fn start(self) -> i64 {
        START - START % self.stride
    }
}

/// Writes an amount in halalas as `120.50`.
pub fn write_amount(out: &mut String, halalas: i64) {
    let _ = write!(out, "{}.{:02}", halalas / 100, halalas % 100);
}

/// Reads `120.50` back to halalas.
#[must_use]
pub fn read_amount(text: &str) -> Option<i64> {
    let (riyals, halalas) = text.split_once('.')?;
    (halalas.len() == 2).then(|| Some(riyals.parse::<i64>().ok()? * 100 + halalas.parse::<i64>().ok()?))?
}

/// What stays the same in every request of one merchant.
#[derive(Clone, Debug)]
pub struct Sender {
    head: String,
}

impl Sender {
    /// For this server and access token.
    #[must_use]
    pub fn new(authority: &str, token: &str) -> Self {
        Self { head: format!(" HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {token}\r\n") }
    }

    /// Writes a GET over what `out` holds.
    pub fn write_get(&self, out: &mut String, path: &str) {
        out.clear();
        let _ = write!(out, "GET {path}{}\r\n", self.head);
    }
}

/// One bid to send.
#[derive(Clone, Copy, Debug)]
pub struct Bid<'a> {
    /// The request's id, on the wire.
    pub request: &'a str,
    /// The ids of its items, on the wire.
    pub items: &'a [String],
    /// The merchant's live bid; `None` places the first one.
    pub revises: Option<&'a str>,
    /// The prices of the room.
    pub prices: Prices,
    /// The landed total to reach, in halalas.
    pub landed: i64,
    /// Never used before in this run; also goes into the notes, so that no two revisions are alike.
    pub number: u64,
    /// Sets this run's idempotency keys apart from those of earlier ones.
    pub run: &'a str,
}

/// Writes the request of `bid` over what `out` holds; `body` is scratch space.
pub fn write_bid(out: &mut String, body: &mut String, sender: &Sender, bid: &Bid<'_>) {
    write_body(body, bid);
    out.clear();
    match bid.revises {
        Some(id) => {
            let _ = write!(out, "PUT /api/v1/bidding/bids/{id}");
        }
        None => {
            let _ = write!(out, "POST /api/v1/bidding/requests/{}/bids", bid.request);
        }
    }
    out.push_str(&sender.head);
    let _ = write!(
        out,
        "Content-Type: application/json\r\nIdempotency-Key: {}-{}\r\nContent-Length: {}\r\n\r\n",
        bid.run,
        bid.number,
        body.len()
    );
    out.push_str(body);
}

fn write_body(body: &mut String, bid: &Bid<'_>) {
    body.clear();
    body.push_str("{\"items\":[");
    for (at, item) in bid.items.iter().enumerate() {
        let (quantity, unit_price) = if at == 0 {
            (1, bid.prices.first_unit_price(bid.landed))
        } else {
            body.push(',');
            (FURTHER_QUANTITY, FURTHER_UNIT_PRICE)
        };
        let _ = write!(body, "{{\"request_item_id\":\"{item}\",\"quantity\":{quantity},\"unit_price\":\"");
        write_amount(body, unit_price);
        body.push_str("\"}");
    }
    body.push_str("],\"delivery_fee\":\"");
    write_amount(body, DELIVERY_FEE);
    let _ = write!(
        body,
        "\",\"delivery_hours\":48,\"warranty_days\":180,\"payment_terms\":\"on delivery\",\"notes\":\"load {}\"}}",
        bid.number
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use proptest::prelude::*;

    /// Rules §3, written down a second time: the least cut on a landed total, both in halalas.
    fn ladder(landed: i64) -> i64 {
        match landed / 100 {
            ..100 => 100,
            100..500 => 200,
            500..2_000 => 500,
            2_000..10_000 => 2_000,
            _ => 5_000,
        }
    }

    fn bid(prices: Prices, items: &[String], landed: i64) -> Bid<'_> {
        Bid { request: "req_1", items, revises: None, prices, landed, number: 7, run: "r" }
    }

    proptest! {
        #[test]
        fn every_planned_bid_passes_the_rules(
            merchant in 0_usize..10_000, others in 1_usize..10_000, items in 1_usize..=50, progress in 0_i64..20_000
        ) {
            let merchants = merchant + others;
            let prices = Prices::new(merchants, items);
            prop_assert!(prices.cuts() > 100, "enough for the server's own limit of 120 bids");
            let (before, after) = (prices.landed(merchant, progress), prices.landed(merchant, progress + 1));
            if progress < prices.cuts() {
                prop_assert!(before - after >= ladder(before), "{before} to {after}");
                prop_assert_eq!(prices.read(before), Some((merchant, progress)));
            } else {
                prop_assert_eq!(before, after);
            }
            // The wrong-price guard compares with the median of all: nobody's may be under 40 % of anybody's.
            let highest = prices.landed(merchants - 1, 0);
            prop_assert!(after * 100 >= highest * 40, "{after} under 40 % of {highest}");
            prop_assert!(after * 2 >= before);
            let unit_price = prices.first_unit_price(after);
            prop_assert!((1..=limits::UNIT_PRICE_MAX_HALALAS).contains(&unit_price), "{unit_price}");
        }
    }

    #[test]
    fn the_body_adds_up_to_the_landed_total() {
        let items: Vec<String> = ["itm_a", "itm_b", "itm_c"].map(String::from).into();
        let prices = Prices::new(100, items.len());
        let landed = prices.landed(42, 17);
        let mut body = String::new();
        write_body(&mut body, &bid(prices, &items, landed));
        let offer: serde_json::Value = serde_json::from_str(&body).unwrap();
        let sum: i64 = offer["items"].as_array().unwrap().iter().fold(0, |sum, line| {
            sum + line["quantity"].as_i64().unwrap() * read_amount(line["unit_price"].as_str().unwrap()).unwrap()
        });
        assert_eq!(sum + read_amount(offer["delivery_fee"].as_str().unwrap()).unwrap(), landed);
        assert_eq!(prices.read(landed), Some((42, 17)));
    }

    #[test]
    fn a_first_bid_is_posted_and_a_later_one_put() {
        let items = vec!["itm_a".to_owned()];
        let prices = Prices::new(1, 1);
        let sender = Sender::new("host:1", "tok");
        let (mut out, mut body) = (String::new(), String::new());
        let first = bid(prices, &items, prices.landed(0, 0));
        write_bid(&mut out, &mut body, &sender, &first);
        assert!(out.starts_with("POST /api/v1/bidding/requests/req_1/bids HTTP/1.1\r\nHost: host:1\r\n"), "{out}");
        assert!(out.contains("Idempotency-Key: r-7\r\n"));
        assert!(out.ends_with(&format!("Content-Length: {}\r\n\r\n{body}", body.len())));
        write_bid(&mut out, &mut body, &sender, &Bid { revises: Some("bid_9"), ..first });
        assert!(out.starts_with("PUT /api/v1/bidding/bids/bid_9 HTTP/1.1\r\n"));
    }

    #[test]
    fn amounts() {
        let mut out = String::new();
        write_amount(&mut out, 90_000_005);
        assert_eq!(out, "900000.05");
        assert_eq!(read_amount(&out), Some(90_000_005));
        assert_eq!(read_amount("1.5"), None);
        assert_eq!(read_amount("x"), None);
    }
}
