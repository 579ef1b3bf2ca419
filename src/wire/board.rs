//! The ranked state as a viewer may know it (rules §6). Projected here, before anything is serialised.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::auction::board::Board;
use crate::domain::auction::board::Row;
use crate::domain::auction::board::State;
use crate::domain::auction::event::Score;
use crate::domain::auction::terms::Visibility;
use crate::domain::auction::view::Class;
use crate::domain::ids::BidId;
use crate::domain::ids::UserId;
use crate::limits;
use crate::wire::value::AliasWord;
use crate::wire::value::Id;
use crate::wire::value::Money;
use crate::wire::value::Name;
use crate::wire::value::Points;

/// The points of a bid, 0 … 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScoreOut {
    /// For the price.
    pub price: Points,
    /// For the merchant.
    pub merchant: Points,
    /// For the delivery.
    pub delivery: Points,
    /// The weighted total.
    pub total: Points,
}

impl From<Score> for ScoreOut {
    fn from(score: Score) -> Self {
        Self {
            price: Points(score.price),
            merchant: Points(score.merchant),
            delivery: Points(score.delivery),
            total: Points(score.total),
        }
    }
}

/// What merchants are called. Only the host of a request reads it (rules §6).
pub trait Names {
    /// A merchant's name; `None` where it is not known at the moment, because nobody waits for it.
    fn name_of(&self, merchant: UserId) -> Option<Name>;
}

/// One ranked bid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowOut {
    /// From 1.
    pub rank: u32,
    /// The bid.
    #[schema(value_type = String)]
    pub bid: Id<BidId>,
    /// What its merchant is called in this auction.
    pub alias: AliasWord,
    /// Its merchant; only the host knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub merchant: Option<Id<UserId>>,
    /// What that merchant is called; only the host knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub merchant_name: Option<Name>,
    /// Its version.
    pub version: u32,
    /// Landed total.
    pub landed: Money,
    /// Delivery, in hours.
    pub delivery_hours: i64,
    /// Warranty, in days.
    pub warranty_days: i64,
    /// The points.
    pub score: ScoreOut,
}

impl RowOut {
    fn new(row: &Row, class: Class, names: &dyn Names) -> Self {
        let (merchant, merchant_name) = match class {
            Class::Host => (Some(Id(row.merchant)), names.name_of(row.merchant)),
            Class::Merchants => (None, None),
        };
        Self {
            rank: row.rank,
            bid: Id(row.bid),
            alias: AliasWord(row.alias),
            merchant,
            merchant_name,
            version: row.version,
            landed: Money(row.landed),
            delivery_hours: row.delivery_hours,
            warranty_days: row.warranty_days,
            score: row.score.into(),
        }
    }
}

/// What of the board a class may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All ranked bids and the numbers.
    All,
    /// The best landed total.
    Best,
    /// The number of live bids.
    Count,
    /// Nothing.
    Nothing,
}

/// What of this board the class may know.
#[must_use]
pub fn scope(board: &Board, class: Class) -> Scope {
    let running = matches!(board.state, State::Published | State::BiddingOpen | State::BiddingClosed);
    match (board.terms.rules.visibility, class) {
        // A sealed auction is opened to its customer by the close: there is a choice to make.
        (Visibility::Sealed, Class::Host) if running => Scope::Count,
        (_, Class::Host) | (Visibility::Open, Class::Merchants) => Scope::All,
        (Visibility::LeadPrice, Class::Merchants) => Scope::Best,
        (Visibility::RankOnly | Visibility::Sealed, Class::Merchants) => Scope::Nothing,
    }
}

/// The board as a class sees it. Absent is what it may not know.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct BoardOut {
    /// The best bids, ranked.
    pub top: Vec<RowOut>,
    /// Live bids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_bids: Option<u32>,
    /// The lowest landed total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_landed: Option<Money>,
}

impl BoardOut {
    /// The board of a live frame: the best bids, as the class may know them.
    #[must_use]
    pub fn new(board: &Board, class: Class, names: &dyn Names) -> Self {
        Self::page(board, class, names, 0, limits::BOARD_FRAME_ROWS)
    }

    /// The same with `rows` bids behind the first `skip`.
    #[must_use]
    pub fn page(board: &Board, class: Class, names: &dyn Names, skip: usize, rows: usize) -> Self {
        let scope = scope(board, class);
        Self {
            top: match scope {
                Scope::All => {
                    board.rows.iter().skip(skip).take(rows).map(|row| RowOut::new(row, class, names)).collect()
                }
                Scope::Best | Scope::Count | Scope::Nothing => Vec::new(),
            },
            live_bids: matches!(scope, Scope::All | Scope::Count).then_some(board.live_bids),
            best_landed: match scope {
                Scope::All | Scope::Best => board.best_landed.map(Money),
                Scope::Count | Scope::Nothing => None,
            },
        }
    }
}

/// How an auction ended for a bidder (rules §6, last paragraph).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Outcome {
    /// The bidder's rank.
    pub rank: u32,
    /// Bids that were ranked.
    pub bids: u32,
    /// Whether this bid was accepted.
    pub won: bool,
    /// How far the bidder's landed total lies above the winner's, in thousandths of the winner's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_permille: Option<i64>,
}

/// The viewer's own side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct You {
    /// `host` or `merchant`.
    pub role: &'static str,
    /// What others call this merchant, once it has a bid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<AliasWord>,
    /// The viewer's live bid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bid: Option<OwnBid>,
    /// Its rank, where the auction shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// Its points, where the auction shows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<ScoreOut>,
    /// How it ended, once it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// A viewer's own live bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnBid {
    /// The bid.
    #[schema(value_type = String)]
    pub id: Id<BidId>,
    /// Its version.
    pub version: u32,
    /// Landed total.
    pub landed: Money,
    /// Delivery, in hours.
    pub delivery_hours: i64,
    /// Warranty, in days.
    pub warranty_days: i64,
}

impl You {
    /// The host, or a merchant without a bid.
    #[must_use]
    pub const fn without_bid(class: Class) -> Self {
        let role = match class {
            Class::Host => "host",
            Class::Merchants => "merchant",
        };
        Self { role, alias: None, bid: None, rank: None, score: None, outcome: None }
    }

    /// A merchant by the row of its bid.
    #[must_use]
    pub fn of_row(board: &Board, row: &Row) -> Self {
        let visibility = board.terms.rules.visibility;
        Self {
            role: "merchant",
            alias: Some(AliasWord(row.alias)),
            bid: Some(OwnBid {
                id: Id(row.bid),
                version: row.version,
                landed: Money(row.landed),
                delivery_hours: row.delivery_hours,
                warranty_days: row.warranty_days,
            }),
            rank: shows_own_rank(visibility).then_some(row.rank),
            score: shows_own_score(visibility).then(|| row.score.into()),
            outcome: outcome(board, row),
        }
    }

    /// The viewer's own side of this board.
    #[must_use]
    pub fn new(board: &Board, class: Class, viewer: UserId) -> Self {
        match class {
            Class::Host => Self::without_bid(class),
            Class::Merchants => {
                board.row_of(viewer).map_or_else(|| Self::without_bid(class), |row| Self::of_row(board, row))
            }
        }
    }
}

/// Whether a bidder may know its rank while the auction runs.
#[must_use]
pub const fn shows_own_rank(visibility: Visibility) -> bool {
    matches!(visibility, Visibility::Open | Visibility::LeadPrice | Visibility::RankOnly)
}

/// Whether a bidder may know its points while the auction runs. In `lead_price` they would tell the others' prices.
#[must_use]
pub const fn shows_own_score(visibility: Visibility) -> bool {
    matches!(visibility, Visibility::Open | Visibility::RankOnly)
}

fn outcome(board: &Board, row: &Row) -> Option<Outcome> {
    if !matches!(board.state, State::Accepted | State::Expired(_)) {
        return None;
    }
    let winner = board.accepted.and_then(|bid| board.rows.iter().find(|row| row.bid == bid));
    Some(Outcome {
        rank: row.rank,
        bids: board.live_bids,
        won: board.accepted == Some(row.bid),
        gap_permille: winner.and_then(|winner| {
            let above = row.landed.minus(winner.landed)?.times(1_000)?;
            above.0.checked_div(winner.landed.0)
        }),
    })
}
