//! A request's frozen result, made once more from its journal.

use aws_lc_rs::digest;

use crate::domain::auction::board::Board;
use crate::domain::auction::event::Event;
use crate::domain::auction::event::ScoreRow;
use crate::domain::auction::state::Auction;
use crate::domain::ids::RequestId;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::journal;
use crate::persistence::journal::Hash;

/// A result as it was frozen, and as the journal gives it now.
#[derive(Debug)]
pub struct Recount {
    /// The frozen rows.
    pub rows: Vec<ScoreRow>,
    /// Their digest.
    pub hash: Hash,
    /// The digest of the rows that the bids before the close give now.
    pub recomputed: Hash,
    /// The board right after the close: what merchants are called.
    pub board: Board,
}

/// Folds a journal up to the close, ranks its bids again and compares; `None` where there is no frozen result.
///
/// # Errors
/// [`StoreError`] when the database fails or an entry is not the one that was written.
pub async fn recount(db: &Db, request: RequestId) -> Result<Option<Recount>, StoreError> {
    let entries = journal::load(db, request, 0).await?;
    let mut auction: Option<Auction> = None;
    for entry in &entries {
        if let Event::Reviewing { scoreboard, .. } = &entry.event {
            let Some(auction) = auction else { break };
            let again = auction.result_again(entry.at);
            // No rows have a digest that no frozen result has.
            let again = if let Event::Reviewing { scoreboard, .. } = again { scoreboard } else { Vec::new() };
            return Ok(Some(Recount {
                hash: hash_of(scoreboard),
                recomputed: hash_of(&again),
                rows: scoreboard.clone(),
                board: auction.board(),
            }));
        }
        if let Some(auction) = &mut auction {
            auction.apply(&entry.event, entry.at);
        } else if let Event::Published(terms) = &entry.event {
            auction = Some(Auction::published(terms.clone(), entry.at));
        }
    }
    Ok(None)
}

/// SHA-256 over the rows in their order, each as eleven 64-bit numbers, big-endian: rank, bid, merchant, landed total in
/// halalas, delivery in hours, the four scores in micro-points (price, merchant, delivery, total), and the two low-price
/// flags as 0 or 1.
fn hash_of(rows: &[ScoreRow]) -> Hash {
    let mut sha = digest::Context::new(&digest::SHA256);
    for row in rows {
        let (score, low) = (row.score, row.low_price);
        for number in [
            i64::from(row.rank),
            row.bid.0,
            row.merchant.0,
            row.landed.0,
            row.delivery_hours,
            score.price,
            score.merchant,
            score.delivery,
            score.total,
            i64::from(low.below_mean),
            i64::from(low.below_next),
        ] {
            sha.update(&number.to_be_bytes());
        }
    }
    let mut out = [0; 32];
    out.copy_from_slice(sha.finish().as_ref());
    out
}
