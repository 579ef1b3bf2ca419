//! From an accepted bid to the end of its order.
//!
//! Accepting is the engine's: the order is born in the journal's transaction. Every other step is a change of the order's
//! row. A decline has two halves, the order's and then the auction's; what a crash leaves between them, and what time
//! asks for, is found by [`Deals::sweep`].

use std::time::Duration;

use crate::actors::admission::Admission;
use crate::actors::admission::CommandError;
use crate::actors::bidders::Bidders;
use crate::actors::cluster::Cluster;
use crate::clock::Clock;
use crate::domain::auction::command::Command;
use crate::domain::auction::command::Host;
use crate::domain::contact;
use crate::domain::ids::BidId;
use crate::domain::ids::OrderId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::order;
use crate::domain::order::Actor;
use crate::domain::order::OrderState;
use crate::domain::order::Step;
use crate::domain::order::StepRefused;
use crate::domain::refusal::Refusal;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::domain::user::UserKind;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::audit::Act;
use crate::persistence::audit::Action;
use crate::persistence::error::StoreError;
use crate::persistence::idempotency::Answer;
use crate::persistence::idempotency::Claim;
use crate::persistence::orders;
use crate::persistence::orders::Order;
use crate::persistence::orders::Taken;
use crate::persistence::outbox::Moment;
use crate::persistence::reminders;
use crate::persistence::reminders::Kind;
use crate::persistence::reviews;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;

/// How often the market looks what time asks for.
const EVERY: Duration = Duration::from_secs(2);
/// How far back a sweep looks for halves of declines; at start it looks at all of them.
const HALVES_FOR: Span = Span::hours(1);
/// Why the market itself declines an order.
const NOT_CONFIRMED: &str = "not confirmed in time";
/// How often a step is tried again that lost a race.
const ATTEMPTS: usize = 3;
/// When reminders come, in percent of the time that is given, the later first: who slept through both hears one.
const REMIND_AT: [(i64, i64); 2] = [(90, 100), (50, 90)];

/// Orders and their steps. Cheap to clone.
#[derive(Clone)]
pub struct Deals {
    db: Db,
    clock: Clock,
    ids: IdMint,
    admission: Admission,
    bidders: Bidders,
}

/// Who asks about an order, or for a step of it or of its payments.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The account.
    pub user: UserId,
    /// What it is for.
    pub kind: UserKind,
}

impl Caller {
    /// In which part this account may look at an order; `None` where it is none of its business.
    #[must_use]
    pub fn part_in(self, order: &Order) -> Option<Actor> {
        if order.customer == self.user {
            Some(Actor::Customer)
        } else if order.merchant == self.user {
            Some(Actor::Merchant)
        } else if self.kind == UserKind::Admin {
            Some(Actor::Admin)
        } else {
            None
        }
    }
}

/// What a caller asks for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The order.
    pub order: OrderId,
    /// The step.
    pub step: Step,
    /// Why, where the other side must hear it.
    pub reason: Option<&'a str>,
    /// The claim under which it runs.
    pub claim: Option<&'a Claim>,
}

impl Deals {
    /// Orders of this market.
    #[must_use]
    pub fn new(db: Db, clock: Clock, ids: IdMint, admission: Admission, bidders: Bidders) -> Self {
        Self { db, clock, ids, admission, bidders }
    }

    // ------------------------------------------------------------------ accepting

    /// Accepts a bid: the order is there when this returns. The same bid accepted again is the same order.
    ///
    /// # Errors
    /// The engine's refusal; [`Code::AlreadyAccepted`] names the bid that was accepted before.
    pub async fn accept(&self, customer: UserId, request: RequestId, bid: BidId) -> Result<Order, Problem> {
        if let Some(order) = self.try_accept(customer, request, bid).await? {
            return Ok(order);
        }
        // The order that came of it was declined, and the auction has not heard of it yet.
        self.finish_declines(UnixMicros(0)).await?;
        self.try_accept(customer, request, bid).await?.ok_or_else(|| Refusal::BidNotEligible.into())
    }

    async fn try_accept(&self, customer: UserId, request: RequestId, bid: BidId) -> Result<Option<Order>, Problem> {
        let order = OrderId(self.ids.next());
        let command = Command::Accept { host: Host { user: customer, admin: false }, bid, order };
        match self.admission.command(request, command).await {
            Ok(_) => Ok(orders::find(&self.db, order).await?),
            Err(CommandError::Refused(Refusal::AlreadyAccepted { bid: before })) => {
                let live = orders::find_live(&self.db, request).await?;
                if live.is_none() || before == bid { Ok(live) } else { Err(already_accepted(before, live.as_ref())) }
            }
            Err(error) => Err(error.into()),
        }
    }

    // ------------------------------------------------------------------ steps

    /// Takes a step. `render` makes the answer of the order as it is then, to be stored with it.
    ///
    /// # Errors
    /// [`Code::UnknownOrder`], [`Code::StepNotYours`], [`Code::OrderState`], or the store's failure.
    pub async fn step(
        &self,
        who: Caller,
        asked: Asked<'_>,
        render: impl Fn(&Order, Actor) -> Result<String, Problem>,
    ) -> Result<String, Problem> {
        for _ in 0..ATTEMPTS {
            let found = orders::find(&self.db, asked.order).await?;
            let seen = found.and_then(|order| who.part_in(&order).map(|actor| (order, actor)));
            let (order, actor) = seen.ok_or(Code::UnknownOrder)?;
            let to = order::take(order.state, asked.step, actor).map_err(|refused| refusal(&order, actor, refused))?;
            let moment = Moment { at: self.clock.now(), ids: &self.ids };
            let after = Order { state: to, updated_at: moment.at, ..order.clone() };
            let reply = render(&after, actor)?;
            let taken =
                Taken { order: &order, step: asked.step, to, actor, by: Some(who.user), reason: asked.reason, moment };
            let answer = asked.claim.map(|claim| Answer { claim, status: 200, reply: &reply });
            if self.write(&taken, answer).await? {
                if to == OrderState::Declined {
                    // The order is declined whatever becomes of this: the sweeper repeats it.
                    self.return_to_review(&order, asked.reason.unwrap_or_default()).await;
                }
                return Ok(reply);
            }
        }
        Err(Code::Overloaded.into())
    }

    /// Writes a step; `false` where somebody was faster.
    async fn write(&self, taken: &Taken<'_>, answer: Option<Answer<'_>>) -> Result<bool, StoreError> {
        let act = taken.by.filter(|_| taken.actor == Actor::Admin).map(|actor| Act {
            actor,
            action: Action::OrderDecided,
            subject: taken.order.id.to_string(),
            reason: taken.step.word().to_owned(),
            at: taken.moment.at,
        });
        match orders::take(&self.db, taken, act.as_ref(), answer).await {
            // Another order of this merchant took the number at this moment.
            Err(StoreError::Duplicate { key: "invoices_number" | "credit_notes_number" }) => Ok(false),
            written => written,
        }
    }

    /// The second half of a decline: the request is reviewed again, without that bid.
    async fn return_to_review(&self, order: &Order, reason: &str) {
        // The journal keeps it for ever.
        let reason = contact::mask(reason);
        let command = Command::Decline { merchant: order.merchant, reason };
        if let Err(error) = self.admission.command(order.request, command).await {
            tracing::warn!(order.id = %order.id, ?error, "a declined order's request is not reviewed yet");
        }
    }

    // ------------------------------------------------------------------ what time asks for

    /// Finishes what a crash left half done, then looks for as long as it is polled.
    pub async fn keep(self, cluster: Cluster) {
        let mut renewed = self.clock.now();
        if let Err(error) = self.finish_declines(UnixMicros(0)).await {
            tracing::warn!(%error, "declined orders could not be looked for");
        }
        loop {
            tokio::time::sleep(EVERY).await;
            // Whoever leads next goes on from its own start: what is done twice is done once.
            if !cluster.leads() {
                continue;
            }
            let now = self.clock.now();
            match self.sweep(renewed).await {
                Ok(()) => renewed = now,
                Err(error) => tracing::warn!(%error, "overdue orders could not be looked for"),
            }
        }
    }

    /// Does what is due: declines what nobody confirmed, completes what nobody complained of, repeats second halves of
    /// declines, reminds, and counts ratings anew from which a review since `last` fell out.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; what was not done is found again.
    pub async fn sweep(&self, last: UnixMicros) -> Result<(), StoreError> {
        let (now, most) = (self.clock.now(), limits::DEALS_PER_SWEEP_MAX);
        for order in orders::list_unconfirmed(&self.db, now, most).await? {
            if self.take_by_clock(&order, Step::Decline, Some(NOT_CONFIRMED), now).await? {
                self.return_to_review(&order, NOT_CONFIRMED).await;
            }
        }
        let complete = now.minus(Span::secs(limits::COMPLETE_SECS));
        for order in orders::list_to_complete(&self.db, complete, most).await? {
            self.take_by_clock(&order, Step::Complete, None, now).await?;
        }
        self.finish_declines(now.minus(HALVES_FOR)).await?;
        self.remind(Kind::Review, Span::secs(limits::REVIEW_SECS), now).await?;
        self.remind(Kind::Confirmation, Span::secs(limits::CONFIRM_SECS), now).await?;
        for merchant in reviews::renew_ratings(&self.db, last, now).await? {
            self.bidders.forget(merchant);
        }
        Ok(())
    }

    async fn take_by_clock(
        &self,
        order: &Order,
        step: Step,
        reason: Option<&str>,
        at: UnixMicros,
    ) -> Result<bool, StoreError> {
        let actor = Actor::Clock;
        let Ok(to) = order::take(order.state, step, actor) else { return Ok(false) };
        let moment = Moment { at, ids: &self.ids };
        self.write(&Taken { order, step, to, actor, by: None, reason, moment }, None).await
    }

    /// Repeats second halves of declines since an instant.
    async fn finish_declines(&self, since: UnixMicros) -> Result<(), StoreError> {
        for order in orders::list_half_declined(&self.db, since, limits::DEALS_PER_SWEEP_MAX).await? {
            let events = orders::list_events(&self.db, order.id).await?;
            let reason = events.into_iter().next_back().and_then(|event| event.reason);
            self.return_to_review(&order, reason.as_deref().unwrap_or_default()).await;
        }
        Ok(())
    }

    async fn remind(&self, kind: Kind, whole: Span, now: UnixMicros) -> Result<(), StoreError> {
        for (percent, before) in REMIND_AT {
            // What ends behind the later mark belongs to the later reminder.
            let rest = |passed: i64| now.plus(Span(whole.0 / 100 * (100 - passed)));
            let window = (rest(before), rest(percent));
            for due in reminders::list_due(&self.db, kind, percent, window, limits::DEALS_PER_SWEEP_MAX).await? {
                reminders::insert(&self.db, kind, &due, percent, Moment { at: now, ids: &self.ids }).await?;
            }
        }
        Ok(())
    }
}

fn already_accepted(bid: BidId, order: Option<&Order>) -> Problem {
    let problem = Problem::from(Refusal::AlreadyAccepted { bid });
    match order {
        Some(order) => problem.fact("order_id", order.id.to_string()),
        None => problem,
    }
}

fn refusal(order: &Order, actor: Actor, refused: StepRefused) -> Problem {
    match refused {
        StepRefused::WrongState(state) => {
            let open: Vec<&str> = order::steps(order.state, actor).map(Step::word).collect();
            Problem::from(Code::OrderState).fact("state", state.word()).fact("steps", open)
        }
        StepRefused::NotYours => Problem::from(Code::StepNotYours).fact("state", order.state.word()),
    }
}
