//! Bidding, the same over REST and over the live room: body → command → answer.
//!
//! Not an actor. It stands before [`Admission`] and owns what both wires share: how a body is read, what an idempotency
//! key covers, which facts go with a bid, and what the answer looks like.

use std::sync::Arc;

use aws_lc_rs::digest;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::actors::admission::Admission;
use crate::actors::admission::CommandError;
use crate::actors::admission::Receipt;
use crate::actors::bidders::Bidders;
use crate::actors::directory::AuctionHandle;
use crate::clock::Clock;
use crate::domain::auction::command::Command;
use crate::domain::auction::command::Key;
use crate::domain::auction::command::SendBid;
use crate::domain::auction::command::WithdrawBid;
use crate::domain::auction::event::Event;
use crate::domain::auction::terms::Visibility;
use crate::domain::auction::view::Class;
use crate::domain::eligibility::Verdict;
use crate::domain::ids::BidId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMicros;
use crate::domain::user::UserKind;
use crate::limits;
use crate::mint::IdMint;
use crate::wire::bid::BidAnswer;
use crate::wire::bid::BidBody;
use crate::wire::bid::WithdrawBody;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;

/// What a key covers besides the body, so that one key cannot serve two kinds of command with equal bodies.
#[derive(Clone, Copy)]
enum Verb {
    Place,
    Revise(BidId),
    Withdraw(BidId),
}

/// Who bids, when the bid had been read, and under which idempotency key.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The account.
    pub user: UserId,
    /// The idempotency key as sent: 1 to 128 visible ASCII characters.
    pub key: &'a str,
    /// The body as sent, for the key's digest.
    pub body: &'a [u8],
    /// When it had been read from the socket.
    pub stamp: UnixMicros,
}

/// Bidding. Cheap to clone.
#[derive(Clone)]
pub struct Bidding {
    admission: Admission,
    bidders: Bidders,
    ids: IdMint,
    clock: Clock,
    outcomes: Outcomes,
}

/// What became of bids and revisions, by the code of the refusal.
pub type Outcomes = Family<[(&'static str, &'static str); 1], Counter>;

impl Bidding {
    /// Bidding through this door.
    #[must_use]
    pub fn new(admission: Admission, bidders: Bidders, ids: IdMint, clock: Clock) -> Self {
        Self { admission, bidders, ids, clock, outcomes: Outcomes::default() }
    }

    /// The door.
    #[must_use]
    pub fn admission(&self) -> &Admission {
        &self.admission
    }

    /// What is known of bidders.
    #[must_use]
    pub fn bidders(&self) -> &Bidders {
        &self.bidders
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What became of bids and revisions, counted.
    #[must_use]
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Places a bid. The answer comes after it is durable.
    ///
    /// # Errors
    /// The first problem in the order of rules §2.
    pub async fn place(&self, from: Sender<'_>, request: RequestId, body: BidBody) -> Result<BidAnswer, Problem> {
        let answer = self.try_place(from, request, body).await;
        self.count(&answer);
        answer
    }

    /// Replaces the offer of a live bid.
    ///
    /// # Errors
    /// The first problem in the order of rules §2 and §3.
    pub async fn revise(&self, from: Sender<'_>, bid: BidId, body: BidBody) -> Result<BidAnswer, Problem> {
        let answer = self.try_revise(from, bid, body).await;
        self.count(&answer);
        answer
    }

    fn count(&self, answer: &Result<BidAnswer, Problem>) {
        let outcome = answer.as_ref().map_or_else(|problem| problem.code.word(), |_| "accepted");
        self.outcomes.get_or_create(&[("outcome", outcome)]).inc();
    }

    async fn try_place(&self, from: Sender<'_>, request: RequestId, body: BidBody) -> Result<BidAnswer, Problem> {
        let key = key_of(&from, Verb::Place)?;
        let asked = body.into_asked()?;
        let visibility = self.visibility(request, from.user).await?;
        let bidder = self.bidders.bidder(from.user, request).await?;
        let command = Command::Place(SendBid {
            bidder,
            bid: BidId(self.ids.next()),
            offer: asked.offer,
            floor: asked.floor,
            confirmed: asked.confirmed,
            key,
            stamp: from.stamp,
        });
        let answer = self.run(from.user, request, visibility, command).await?;
        self.bidders.remember(answer.bid.id.0, request);
        Ok(answer)
    }

    async fn try_revise(&self, from: Sender<'_>, bid: BidId, body: BidBody) -> Result<BidAnswer, Problem> {
        let key = key_of(&from, Verb::Revise(bid))?;
        let asked = body.into_asked()?;
        let request = self.request_of(bid, from.user).await?;
        let visibility = self.visibility(request, from.user).await?;
        let bidder = self.bidders.bidder(from.user, request).await?;
        let command = Command::Revise(SendBid {
            bidder,
            bid,
            offer: asked.offer,
            floor: asked.floor,
            confirmed: asked.confirmed,
            key,
            stamp: from.stamp,
        });
        self.run(from.user, request, visibility, command).await
    }

    /// Takes a live bid back.
    ///
    /// # Errors
    /// The first problem in the order of rules §2 and §3.
    pub async fn withdraw(&self, from: Sender<'_>, bid: BidId, body: WithdrawBody) -> Result<BidAnswer, Problem> {
        let key = key_of(&from, Verb::Withdraw(bid))?;
        let reason = body.into_reason()?;
        let request = self.request_of(bid, from.user).await?;
        let visibility = self.visibility(request, from.user).await?;
        let bidder = self.bidders.bidder(from.user, request).await?;
        let command = Command::Withdraw(WithdrawBid { bidder, bid, reason, key, stamp: from.stamp });
        self.run(from.user, request, visibility, command).await
    }

    /// What an account may see of a request (rules §6), and where the request is found.
    ///
    /// # Errors
    /// [`Code::UnknownRequest`] for another customer's request, and for a merchant who may not bid there;
    /// [`Code::NotVerified`] or [`Code::Suspended`] for a merchant who may not bid at all.
    pub async fn seat(
        &self,
        request: RequestId,
        user: UserId,
        kind: UserKind,
    ) -> Result<(Class, Arc<AuctionHandle>), Problem> {
        let handle = self.admission.find(request).await?;
        if kind == UserKind::Admin || handle.terms().owner == user {
            return Ok((Class::Host, handle));
        }
        if kind != UserKind::Merchant {
            return Err(Refusal::UnknownRequest.into());
        }
        let bidder = self.bidders.bidder(user, request).await?;
        if !bidder.eligible {
            return Err(self.not_eligible(request, user).await?);
        }
        if !bidder.verified || bidder.suspended {
            return Err(if bidder.suspended { Refusal::Suspended } else { Refusal::NotVerified }.into());
        }
        Ok((Class::Merchants, handle))
    }

    /// Who stands outside the ring hears why; for everybody else who may not bid the request is not there.
    async fn not_eligible(&self, request: RequestId, user: UserId) -> Result<Problem, Problem> {
        Ok(match self.bidders.verdict(request, user).await? {
            Verdict::Outside(why) => Problem::from(Code::NotEligible).fact("reason", why.word()),
            Verdict::Eligible | Verdict::Hidden => Refusal::UnknownRequest.into(),
        })
    }

    async fn request_of(&self, bid: BidId, user: UserId) -> Result<RequestId, Problem> {
        match self.bidders.request_of(bid).await? {
            Some(request) => Ok(request),
            None => Err(self.unless_refused(user, Refusal::UnknownBid.into()).await?),
        }
    }

    /// Who may not bid at all hears that first (rules §2, check 1), so the answer does not tell what there is. Asked only
    /// where there is nothing: where there is something the auction checks in this order.
    async fn unless_refused(&self, user: UserId, unknown: Problem) -> Result<Problem, Problem> {
        Ok(match self.bidders.standing(user).await? {
            Some(refusal) => refusal.into(),
            None => unknown,
        })
    }

    /// Frozen at publication, so the same on every replay.
    async fn visibility(&self, request: RequestId, user: UserId) -> Result<Visibility, Problem> {
        match self.admission.find(request).await.map_err(Problem::from) {
            Ok(handle) => Ok(handle.terms().rules.visibility),
            Err(problem) if problem.code == Code::UnknownRequest => Err(self.unless_refused(user, problem).await?),
            Err(problem) => Err(problem),
        }
    }

    async fn run(
        &self,
        user: UserId,
        request: RequestId,
        visibility: Visibility,
        command: Command,
    ) -> Result<BidAnswer, Problem> {
        let receipt = match self.admission.command(request, command).await {
            Err(CommandError::Refused(Refusal::NotEligible)) => return Err(self.not_eligible(request, user).await?),
            outcome => outcome?,
        };
        answer(visibility, &receipt).ok_or_else(|| {
            tracing::error!(auction.id = %request, seq = receipt.seq, "bidding: a receipt does not begin with its bid");
            Code::Internal.into()
        })
    }
}

/// What a receipt says to its bidder: only what is in the journal, so a repeated command hears the same bytes.
#[must_use]
pub fn answer(visibility: Visibility, receipt: &Receipt) -> Option<BidAnswer> {
    let own = receipt.happened.first()?;
    debug_assert!(!matches!(own.event, Event::BidAutoCut { .. }), "a command's own event comes first");
    BidAnswer::new(receipt.request, visibility, own, receipt.hash)
}

fn key_of(from: &Sender<'_>, verb: Verb) -> Result<Key, Problem> {
    let fits = (1..=limits::IDEMPOTENCY_KEY_CHARS_MAX).contains(&from.key.len());
    if !fits || !from.key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Code::BadKey.into());
    }
    let (word, bid) = match verb {
        Verb::Place => (0_u8, 0),
        Verb::Revise(bid) => (1, bid.0),
        Verb::Withdraw(bid) => (2, bid.0),
    };
    Ok(Key { key: digest_of(&[from.key.as_bytes()]), body: digest_of(&[&[word], &bid.to_be_bytes(), from.body]) })
}

/// The first 16 bytes of a SHA-256: 2⁶⁴ keys before two are likely to meet, in half the space.
fn digest_of(parts: &[&[u8]]) -> [u8; 16] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut half = [0; 16];
    for (place, byte) in half.iter_mut().zip(context.finish().as_ref()) {
        *place = *byte;
    }
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender<'a>(key: &'a str, body: &'a [u8]) -> Sender<'a> {
        Sender { user: UserId(1), key, body, stamp: UnixMicros(0) }
    }

    #[test]
    fn a_key_covers_the_body_and_the_kind_of_command() {
        let place = key_of(&sender("k1", b"{}"), Verb::Place).unwrap();
        assert_eq!(key_of(&sender("k1", b"{}"), Verb::Place).unwrap(), place);
        for (key, body, verb) in [
            ("k1", b"{ }".as_slice(), Verb::Place),
            ("k1", b"{}", Verb::Revise(BidId(1))),
            ("k1", b"{}", Verb::Withdraw(BidId(1))),
        ] {
            let other = key_of(&sender(key, body), verb).unwrap();
            assert_eq!(other.key, place.key);
            assert_ne!(other.body, place.body);
        }
        assert_ne!(key_of(&sender("k2", b"{}"), Verb::Place).unwrap().key, place.key);
    }

    #[test]
    fn a_key_is_visible_ascii() {
        for bad in ["", "a b", "ключ", &"k".repeat(129)] {
            assert_eq!(key_of(&sender(bad, b""), Verb::Place).unwrap_err().code, Code::BadKey, "{bad:?}");
        }
    }
}
