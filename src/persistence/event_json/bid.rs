//! The twin of a bid as it stands: by far the most frequent payload, so its names are short.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::auction::command::{Key, Line, Offer};
use crate::domain::auction::event::BidContent;
use crate::domain::ids::{BidId, ItemId, UserId};
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;
use crate::persistence::event_json::words::{ConditionJson, Hex};

/// Item, quantity, unit price, condition offered.
#[derive(Serialize, Deserialize)]
pub(super) struct LineJson(i64, i64, i64, Option<ConditionJson>);

#[derive(Serialize, Deserialize)]
pub(super) struct BidJson<'a> {
    pub(super) bid: i64,
    pub(super) merchant: i64,
    pub(super) version: u32,
    pub(super) landed: i64,
    pub(super) lines: Vec<LineJson>,
    pub(super) fee: i64,
    pub(super) hours: i64,
    pub(super) warranty: i64,
    #[serde(borrow)]
    pub(super) terms: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) notes: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) floor: Option<i64>,
    pub(super) rating: i64,
    pub(super) rated: i64,
    pub(super) stamp: i64,
    pub(super) keeps_place: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<Hex>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Hex>,
}

impl<'a> BidJson<'a> {
    pub(super) fn new(content: &'a BidContent, key: Option<&Key>) -> Self {
        let offer = &content.offer;
        let line =
            |line: &Line| LineJson(line.item.0, line.quantity, line.unit_price.0, line.condition.map(Into::into));
        Self {
            bid: content.bid.0,
            merchant: content.merchant.0,
            version: content.version,
            landed: content.landed.0,
            lines: offer.lines.iter().map(line).collect(),
            fee: offer.delivery_fee.0,
            hours: offer.delivery_hours,
            warranty: offer.warranty_days,
            terms: Cow::Borrowed(&offer.payment_terms),
            notes: Cow::Borrowed(&offer.notes),
            expires: offer.expires_at.map(|at| at.0),
            floor: content.floor.map(|amount| amount.0),
            rating: content.rating_milli,
            rated: content.rated_orders,
            stamp: content.stamp.0,
            keeps_place: content.keeps_place,
            key: key.map(|key| Hex(key.key)),
            body: key.map(|key| Hex(key.body)),
        }
    }

    pub(super) fn read(self) -> (BidContent, Option<Key>) {
        let line = |LineJson(item, quantity, price, condition)| Line {
            item: ItemId(item),
            quantity,
            unit_price: AmountMinor(price),
            condition: condition.map(Into::into),
        };
        let content = BidContent {
            bid: BidId(self.bid),
            merchant: UserId(self.merchant),
            version: self.version,
            offer: Offer {
                lines: self.lines.into_iter().map(line).collect(),
                delivery_fee: AmountMinor(self.fee),
                delivery_hours: self.hours,
                warranty_days: self.warranty,
                payment_terms: self.terms.into_owned(),
                notes: self.notes.into_owned(),
                expires_at: self.expires.map(UnixMicros),
            },
            landed: AmountMinor(self.landed),
            floor: self.floor.map(AmountMinor),
            rating_milli: self.rating,
            rated_orders: self.rated,
            stamp: UnixMicros(self.stamp),
            keeps_place: self.keeps_place,
        };
        (content, self.key.zip(self.body).map(|(key, body)| Key { key: key.0, body: body.0 }))
    }
}
