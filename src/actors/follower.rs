//! An auction that another process writes, as it is shown here.
//!
//! It folds the journal behind what it knows whenever somebody says that there is more: the process that writes, over the
//! bus; the look at all heads, once a second; a reader, who must not see less than what was answered elsewhere. The hint
//! never says what happened, so nothing is shown here that is not durable, and a hint that is lost costs a second.
//!
//! One read is under way at a time; hints that arrive meanwhile become one more.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::Actor;
use actix::ActorContext;
use actix::ActorFutureExt;
use actix::AsyncContext;
use actix::Context;
use actix::Handler;
use actix::Message;
use actix::ResponseFuture;
use actix::WrapFuture;
use tokio::sync::oneshot;

use crate::actors::auction::PriceToLead;
use crate::actors::auction::ReadBoard;
use crate::actors::auction::Retire;
use crate::actors::auction::Surroundings;
use crate::actors::auction::fold;
use crate::actors::directory::Shared;
use crate::actors::registry::AuctionDied;
use crate::actors::supervision::ExitGuard;
use crate::domain::auction::board::Board;
use crate::domain::auction::event::Event;
use crate::domain::auction::state::Auction;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::limits;
use crate::persistence::error::StoreError;
use crate::persistence::journal;
use crate::persistence::journal::Entry;
use crate::persistence::journal::Hash;

// ------------------------------------------------------------------ what it hears

/// There may be more in the journal. Posted by whoever heard so; may be lost.
#[derive(Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Hint {
    /// The entry that is there; a later one counts as well.
    pub seq: i64,
}

/// Resolves when this entry is shown here: `true`, or `false` when the journal could not be read.
#[derive(Message)]
#[rtype(result = "bool")]
pub struct CatchUp {
    /// The entry.
    pub seq: i64,
}

/// Looks whether anybody looked. Sent by the follower to itself.
const REST_EVERY: Duration = Duration::from_mins(1);

// ------------------------------------------------------------------ who it is

/// An auction that another process writes.
pub struct Follower {
    request: RequestId,
    around: Surroundings,
    shared: Arc<Shared>,
    state: Auction,
    /// Hash of the last entry that was folded.
    head: Hash,
    reading: bool,
    /// Whether something was heard of since the read began that is under way.
    again: bool,
    questions: Vec<Question>,
    _exit: ExitGuard<AuctionDied>,
}

/// Somebody who asked and waits for the journal to have been read since.
enum Question {
    Board(oneshot::Sender<Arc<Board>>),
    PriceToLead(UserId, oneshot::Sender<Option<AmountMinor>>),
    CatchUp(oneshot::Sender<bool>),
}

impl Follower {
    /// An auction in the state to which its journal folds.
    pub(super) fn new(around: Surroundings, shared: Arc<Shared>, state: Auction, head: Hash, generation: u64) -> Self {
        let request = state.terms().request;
        let exit = ExitGuard::new(around.registry.clone(), AuctionDied { request, generation });
        shared.alarm_at.store(i64::MAX, Ordering::Relaxed);
        Self { request, around, shared, state, head, reading: false, again: false, questions: Vec::new(), _exit: exit }
    }
}

// ------------------------------------------------------------------ how it lives

impl Actor for Follower {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(limits::AUCTION_MAILBOX);
        ctx.run_interval(REST_EVERY, |this, ctx| {
            let watched = this.shared.watched.load(Ordering::SeqCst);
            if !this.shared.looked_at.swap(false, Ordering::Relaxed) && !watched {
                ctx.stop();
            }
        });
    }
}

// ------------------------------------------------------------------ what it does

impl Handler<Hint> for Follower {
    type Result = ();

    fn handle(&mut self, Hint { seq }: Hint, ctx: &mut Self::Context) {
        if seq > self.state.seq() {
            self.read(ctx);
        }
    }
}

impl Handler<CatchUp> for Follower {
    type Result = ResponseFuture<bool>;

    fn handle(&mut self, CatchUp { seq }: CatchUp, ctx: &mut Self::Context) -> Self::Result {
        if seq <= self.state.seq() {
            return Box::pin(async { true });
        }
        let (answer, answered) = oneshot::channel();
        self.ask(Question::CatchUp(answer), ctx);
        Box::pin(async move { answered.await.unwrap_or(false) })
    }
}

impl Handler<ReadBoard> for Follower {
    type Result = ResponseFuture<Option<Arc<Board>>>;

    fn handle(&mut self, _: ReadBoard, ctx: &mut Self::Context) -> Self::Result {
        let (answer, answered) = oneshot::channel();
        self.ask(Question::Board(answer), ctx);
        Box::pin(async move { answered.await.ok() })
    }
}

impl Handler<PriceToLead> for Follower {
    type Result = ResponseFuture<Option<AmountMinor>>;

    fn handle(&mut self, PriceToLead { merchant }: PriceToLead, ctx: &mut Self::Context) -> Self::Result {
        let (answer, answered) = oneshot::channel();
        self.ask(Question::PriceToLead(merchant, answer), ctx);
        Box::pin(async move { answered.await.ok().flatten() })
    }
}

impl Handler<Retire> for Follower {
    type Result = ();

    fn handle(&mut self, _: Retire, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

impl Follower {
    fn ask(&mut self, question: Question, ctx: &mut Context<Self>) {
        self.questions.push(question);
        self.read(ctx);
    }

    /// Reads what is behind the last entry that was folded, and answers those who had asked when the read began.
    fn read(&mut self, ctx: &mut Context<Self>) {
        if self.reading {
            self.again = true;
            return;
        }
        (self.reading, self.again) = (true, false);
        let asked = std::mem::take(&mut self.questions);
        let (around, request, seq, head) = (self.around.clone(), self.request, self.state.seq(), self.head);
        let learn = self.shared.watched.load(Ordering::SeqCst);
        let read = async move {
            let entries = journal::load_behind(&around.db, request, seq, &head).await?;
            if let Some((_, bidders)) = around.cluster.around().filter(|_| learn) {
                // The room shows the customer who bids, and waits for nothing.
                bidders.learn_names(entries.iter().filter_map(merchant_of)).await?;
            }
            Ok(entries)
        };
        ctx.spawn(read.into_actor(self).map(move |outcome, this, ctx| {
            this.reading = false;
            match outcome {
                Ok(entries) => {
                    this.take(entries);
                    for question in asked {
                        this.answer(question);
                    }
                }
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(auction.id = %this.request, %error, "follower: the journal cannot be followed");
                    ctx.stop();
                }
                // Who asked hears that there is no answer; the look at all heads tries again.
                Err(error) => tracing::warn!(auction.id = %this.request, %error, "follower: the journal was not read"),
            }
            if this.again || !this.questions.is_empty() {
                this.read(ctx);
            }
        }));
    }

    /// Folds entries in and shows them, as the process that wrote them did.
    fn take(&mut self, entries: Vec<Entry>) {
        let Some(last) = entries.last() else { return };
        self.head = last.hash;
        let mut happened = Vec::with_capacity(entries.len());
        for Entry { event, at, .. } in entries {
            happened.push(fold(&mut self.state, event, at));
        }
        self.shared.moved_on(&self.state, &happened);
        self.shared.show(&self.around.broadcaster, &self.state, happened);
    }

    fn answer(&self, question: Question) {
        // Whoever went away needs no answer.
        match question {
            Question::Board(answer) => drop(answer.send(self.shared.fresh_board(&self.state))),
            Question::PriceToLead(merchant, answer) => drop(answer.send(self.state.price_to_lead(merchant))),
            Question::CatchUp(answer) => drop(answer.send(true)),
        }
    }
}

/// The merchant whose name a room shows with an entry.
fn merchant_of(entry: &Entry) -> Option<UserId> {
    match &entry.event {
        Event::BidPlaced { content, .. } | Event::BidRevised { content, .. } => Some(content.merchant),
        Event::BidAutoCut { .. }
        | Event::Published(_)
        | Event::Opened
        | Event::BidWithdrawn { .. }
        | Event::BidDisqualified { .. }
        | Event::BidTooLate { .. }
        | Event::Extended { .. }
        | Event::Paused { .. }
        | Event::Resumed { .. }
        | Event::Interrupted { .. }
        | Event::RingWidened { .. }
        | Event::Closed { .. }
        | Event::Reviewing { .. }
        | Event::Accepted { .. }
        | Event::Declined { .. }
        | Event::Expired { .. }
        | Event::Cancelled { .. } => None,
    }
}
