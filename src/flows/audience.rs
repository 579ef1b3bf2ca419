//! Whom a request is for: what a merchant finds in its list, and whom to tell when a request opens or its ring widens.
//!
//! Both are asked of `domain::eligibility`, row by row, and not of SQL: a second spelling of the rules in a query would
//! drift from the first. Who may bid is therefore stored nowhere; see docs/decisions/0015.

use crate::domain::eligibility;
use crate::domain::eligibility::Asked;
use crate::domain::eligibility::Dealer;
use crate::domain::eligibility::Ring;
use crate::domain::eligibility::Ties;
use crate::domain::eligibility::Verdict;
use crate::domain::ids::UserId;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::listings;
use crate::persistence::listings::Filter;
use crate::persistence::listings::ListedRequest;
use crate::persistence::listings::Place;
use crate::persistence::requests;
use crate::persistence::requests::PartRequest;
use crate::wire::request::audience;
use crate::wire::request::audience::Row;

/// A stretch of a list, and where it goes on.
#[derive(Debug)]
pub struct Stretch<T, P> {
    /// What was found.
    pub found: Vec<T>,
    /// Where the next stretch begins; `None` at the end.
    pub next: Option<P>,
    /// Whether the search was given up before the stretch was as long as it might be.
    pub stopped_early: bool,
}

/// The requests on which a merchant may bid. Reads on past those on which it may not, for a bounded number of pages: the
/// stretch may then be shorter than `limit` and not the last.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn browse(
    db: &Db,
    merchant: UserId,
    dealer: &Dealer,
    filter: Filter<'_>,
    mut at: Place,
    limit: usize,
) -> Result<Stretch<ListedRequest, Place>, StoreError> {
    let mut found = Vec::new();
    for _ in 0..limits::BROWSED_PAGES_MAX {
        let page = listings::list_for_merchant(db, merchant, filter, at, limits::PAGE_MAX).await?;
        let last = page.len() < limits::PAGE_MAX as usize;
        for row in page {
            let behind = at.behind(&row);
            if is_for(&row, dealer) {
                if found.len() == limit {
                    // Not taken, so the next stretch begins before it.
                    return Ok(Stretch { found, next: Some(at), stopped_early: false });
                }
                found.push(row);
            }
            at = behind;
        }
        if last {
            return Ok(Stretch { found, next: None, stopped_early: false });
        }
    }
    Ok(Stretch { found, next: Some(at), stopped_early: true })
}

fn is_for(row: &ListedRequest, dealer: &Dealer) -> bool {
    let ListedRequest { brand_id, part_groups, city, rules, ring, invited, has_bid, .. } = row;
    let asked =
        Row { brand: *brand_id, part_groups: part_groups.as_deref(), city: city.as_deref(), rules, ring: *ring };
    let ties = Ties { invited: *invited, blocked: false, has_bid: *has_bid };
    eligibility::judge(&asked.asked(), dealer, ties) == Verdict::Eligible
}

/// The merchants to be told that a request reaches `ring`: those who may bid now and might not in the ring before.
/// Verified ones alone, in the order of their ids after `after`, read in pages of `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_reached(
    db: &Db,
    request: &PartRequest,
    ring: Ring,
    after: UserId,
    limit: u32,
) -> Result<Stretch<UserId, UserId>, StoreError> {
    let asked = |ring: Ring| {
        let PartRequest { brand_id, part_groups, city, rules, .. } = request;
        let (part_groups, city) = (part_groups.as_deref(), city.as_deref());
        Row { brand: *brand_id, part_groups, city, rules, ring: Some(i64::from(ring.number())) }.asked()
    };
    let before: Option<Asked> = Ring::ALL.into_iter().rev().find(|inner| *inner < ring).map(asked);
    let now = asked(ring);
    let page = requests::list_candidates(db, request.id, request.customer_id, after, limit).await?;
    let next = (page.len() == limit as usize).then(|| page.last().map(|last| last.user_id)).flatten();
    let reached = page.into_iter().filter(|one| {
        let dealer = audience::dealer(&one.specializations, &one.service_areas, one.rating_milli);
        let ties = Ties { invited: one.invited, blocked: one.blocked, has_bid: false };
        let may = |asked: &Asked| eligibility::judge(asked, &dealer, ties) == Verdict::Eligible;
        may(&now) && !before.as_ref().is_some_and(may)
    });
    let found = reached.map(|one| one.user_id).collect();
    Ok(Stretch { found, next, stopped_early: false })
}
