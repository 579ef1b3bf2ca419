//! Rights over others: suspending and reinstating accounts, verifying and rejecting merchants; and the end of an account.
//!
//! The change is committed with its entry in the audit log first, then this process forgets what it knew of the account,
//! then its sign-ins end and its sockets close, then its live bids are struck (rules §2, §8).

use std::time::Duration;

use crate::actors::admission::Admission;
use crate::actors::bidders::Bidders;
use crate::clock::Clock;
use crate::domain::auction::command::Command;
use crate::domain::ids::UserId;
use crate::flows::revoke::Revoker;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::accounts;
use crate::persistence::accounts::Outcome;
use crate::persistence::audit::Act;
use crate::persistence::audit::Action;
use crate::persistence::error::StoreError;
use crate::persistence::privacy;
use crate::persistence::privacy::OpenBusiness;

/// What the journal and the bidders hear of a suspension: its real reason may name people.
const STRUCK: &str = "the merchant's account was suspended";
/// A bid that was on its way while its merchant was suspended is struck so much later; it lives for milliseconds.
const STRAGGLERS_AFTER: Duration = Duration::from_secs(3);

/// The hand of the administrators. Cheap to clone.
#[derive(Clone)]
pub struct Moderation {
    db: Db,
    clock: Clock,
    ids: IdMint,
    bidders: Bidders,
    revoker: Revoker,
    admission: Admission,
}

impl Moderation {
    /// A hand on these.
    #[must_use]
    pub fn new(db: Db, clock: Clock, ids: IdMint, bidders: Bidders, revoker: Revoker, admission: Admission) -> Self {
        Self { db, clock, ids, bidders, revoker, admission }
    }

    fn act(&self, actor: UserId, action: Action, user: UserId, reason: &str) -> Act {
        Act { actor, action, subject: user.to_string(), reason: reason.to_owned(), at: self.clock.now() }
    }

    /// Suspends an account: it cannot sign in, its sockets close, its live bids no longer count. Its own auctions go on.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn suspend(&self, admin: UserId, user: UserId, reason: &str) -> Result<Outcome, StoreError> {
        let act = self.act(admin, Action::UserSuspended, user, reason);
        let outcome = accounts::suspend(&self.db, user, &act).await?;
        if outcome != Outcome::Unknown {
            // Also when it was suspended before: repeating the call finishes what a crash left undone.
            self.shut_out(user, "suspended").await?;
        }
        Ok(outcome)
    }

    /// Ends a suspension. Bids that were struck stay struck.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn reinstate(&self, admin: UserId, user: UserId) -> Result<Outcome, StoreError> {
        let act = self.act(admin, Action::UserReinstated, user, "");
        let outcome = accounts::reinstate(&self.db, user, &act).await?;
        self.bidders.forget(user);
        Ok(outcome)
    }

    /// Lets a merchant bid. `reason` says why without its papers; empty where they are there.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn verify(&self, admin: UserId, merchant: UserId, reason: &str) -> Result<Outcome, StoreError> {
        let act = self.act(admin, Action::MerchantVerified, merchant, reason);
        let outcome = accounts::verify_merchant(&self.db, &self.ids, merchant, &act).await?;
        self.bidders.forget(merchant);
        Ok(outcome)
    }

    /// Refuses a merchant, or takes its verification back. Its live bids stay, it can place no others.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn reject(&self, admin: UserId, merchant: UserId, reason: &str) -> Result<Outcome, StoreError> {
        let act = self.act(admin, Action::MerchantRejected, merchant, reason);
        let outcome = accounts::reject_merchant(&self.db, &self.ids, merchant, &act).await?;
        self.bidders.forget(merchant);
        Ok(outcome)
    }

    /// Erases an account's personal data at its owner's wish, unless it has something under way.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn erase(&self, user: UserId) -> Result<OpenBusiness, StoreError> {
        let open = privacy::erase(&self.db, user, self.clock.now()).await?;
        if open.is_none() {
            self.shut_out(user, "erased").await?;
        }
        Ok(open)
    }

    async fn shut_out(&self, user: UserId, reason: &'static str) -> Result<(), StoreError> {
        self.bidders.forget(user);
        self.revoker.revoke_user(user, reason).await?;
        self.strike(Some(user)).await?;
        let again = self.clone();
        actix::spawn(async move {
            tokio::time::sleep(STRAGGLERS_AFTER).await;
            if let Err(error) = again.strike(Some(user)).await {
                tracing::error!(user.id = %user, %error, "bids of a suspended merchant may still count");
            }
        });
        Ok(())
    }

    /// Strikes the live bids of who is suspended: of one, or of all at start, where a crash may have left some.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails. A bid that an auction was too busy to strike is logged and stays for the
    /// next round.
    pub async fn strike(&self, only: Option<UserId>) -> Result<(), StoreError> {
        for bid in accounts::list_stranded(&self.db, only).await? {
            let command = Command::Disqualify { merchant: bid.merchant_id, reason: STRUCK.to_owned() };
            if let Err(error) = self.admission.command(bid.request_id, command).await {
                tracing::warn!(auction.id = %bid.request_id, bid.id = %bid.id, ?error, "a bid could not be struck yet");
            }
        }
        Ok(())
    }
}
