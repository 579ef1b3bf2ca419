//! One auction.
//!
//! Holds its bids in memory, decides at once, answers when the journal has committed. While a commit is in flight the
//! next commands wait here undecided: memory is then never more than one group ahead of the truth, and the board that
//! is published with a commit is exactly the board at that commit. If the outcome of a commit is unclear the actor
//! stops, its callers hear `outcome_unknown`, and the registry builds a fresh one from the journal.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::Actor;
use actix::ActorContext;
use actix::ActorFutureExt;
use actix::Addr;
use actix::AsyncContext;
use actix::Context;
use actix::Handler;
use actix::Message;
use actix::Recipient;
use actix::ResponseFuture;
use actix::SpawnHandle;
use actix::WrapFuture;
use tokio::sync::oneshot;

use crate::actors::admission::CommandError;
use crate::actors::admission::Receipt;
use crate::actors::broadcaster::Publish;
use crate::actors::changed::Changed;
use crate::actors::cluster::Cluster;
use crate::actors::directory::Shared;
use crate::actors::journal::Append;
use crate::actors::journal::Failure;
use crate::actors::journal::Journal;
use crate::actors::registry::AuctionDied;
use crate::actors::supervision::ExitGuard;
use crate::clock::Clock;
use crate::domain::auction::board::Board;
use crate::domain::auction::board::Happened;
use crate::domain::auction::command::Command;
use crate::domain::auction::event::Event;
use crate::domain::auction::event::ExtensionCause;
use crate::domain::auction::state::Auction;
use crate::domain::auction::state::Decision;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::journal;
use crate::persistence::journal::Entry;
use crate::persistence::journal::Hash;
use crate::persistence::journal::Head;
use crate::persistence::journal::Hold;
use crate::persistence::replay::Folded;
use crate::trace::Span;

// ------------------------------------------------------------------ what it hears

/// Asks the auction to do something. Sent by `Admission`, behind its permits.
///
/// The reply comes after what was decided is durable. A refusal that was decided after events of the same group waits
/// for their commit too, since it may rest on them.
#[derive(Message)]
#[rtype(result = "Result<Receipt, CommandError>")]
pub struct Act(pub Command, pub Option<Span>);

/// Asks for the highest landed total with which a merchant would lead.
#[derive(Message)]
#[rtype(result = "Option<AmountMinor>")]
pub struct PriceToLead {
    /// The merchant, who has a live bid.
    pub merchant: UserId,
}

/// Asks for the board of the last commit. Answered after the commit that is in flight, if there is one; `None` when
/// the auction dies instead.
#[derive(Message)]
#[rtype(result = "Option<Arc<Board>>")]
pub struct ReadBoard;

/// Asks how it stands for whoever writes notices; answered as [`ReadBoard`] is.
#[derive(Message)]
#[rtype(result = "Option<Looked>")]
pub struct Look;

/// What is told of an auction rests on this.
#[derive(Debug)]
pub struct Looked {
    /// The board of the last commit.
    pub board: Arc<Board>,
    /// The rank that each merchant had right after its own last bid, where it bid since the last look.
    pub own_ranks: HashMap<UserId, u32>,
}

/// Something may be due. Posted by the auction's own timer and by the sweeper; harmless when nothing is.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AlarmDue;

/// Its place is another's by now: it ends. Posted by the registry, and by whoever saw that another process writes here.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Retire;

/// Forgets an ended auction that nobody looks at.
#[derive(Message)]
#[rtype(result = "()")]
struct RestDue;

/// An ended auction stays in memory for so long after its last event.
const REST_AFTER: Duration = Duration::from_mins(1);

type Reply = oneshot::Sender<Result<Receipt, CommandError>>;

// ------------------------------------------------------------------ who it is

/// What an auction needs of the world.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) journal: Addr<Journal>,
    pub(super) broadcaster: Recipient<Publish>,
    pub(super) registry: Recipient<AuctionDied>,
    pub(super) cluster: Cluster,
    pub(super) changed: Changed,
}

/// One auction.
pub struct AuctionActor {
    request: RequestId,
    around: Surroundings,
    shared: Arc<Shared>,
    /// By which right it writes.
    hold: Hold,
    state: Auction,
    /// Hash of the last entry, committed or in flight.
    head: Hash,
    waiting: VecDeque<(Command, Option<Reply>, Option<Span>)>,
    in_flight: Option<Group>,
    questions: Vec<Question>,
    alarm: Option<(Option<UnixMicros>, SpawnHandle)>,
    /// Since the last [`Look`]; at most `limits::BIDDERS_MAX`.
    own_ranks: HashMap<UserId, u32>,
    _exit: ExitGuard<AuctionDied>,
}

/// Somebody who asked while a commit was in flight, when memory was ahead of the truth.
enum Question {
    Board(oneshot::Sender<Arc<Board>>),
    PriceToLead(UserId, oneshot::Sender<Option<AmountMinor>>),
    Look(oneshot::Sender<Looked>),
}

/// What one append carries, and who waits for it.
#[derive(Default)]
struct Group {
    replies: Vec<(Option<Reply>, Result<Receipt, CommandError>)>,
    seen: Vec<(Reply, i64)>,
    happened: Vec<Happened>,
    /// The commit in the traces of the commands that it is for.
    commits: Vec<Span>,
}

impl AuctionActor {
    /// An auction in the state to which its journal folds, written by this right.
    pub(super) fn new(
        around: Surroundings,
        shared: Arc<Shared>,
        hold: Hold,
        Folded { state, hash }: Folded,
        generation: u64,
    ) -> Self {
        let request = state.terms().request;
        let exit = ExitGuard::new(around.registry.clone(), AuctionDied { request, generation });
        Self {
            request,
            around,
            shared,
            hold,
            state,
            head: hash,
            waiting: VecDeque::new(),
            in_flight: None,
            questions: Vec::new(),
            alarm: None,
            own_ranks: HashMap::new(),
            _exit: exit,
        }
    }

    /// Decides first of all what the engine owes the bidders after a downtime that began at `last_alive`.
    pub(super) fn recovering(mut self, last_alive: Option<UnixMicros>) -> Self {
        self.waiting.extend(last_alive.map(|last_alive| (Command::Recover { last_alive }, None, None)));
        self
    }
}

// ------------------------------------------------------------------ how it lives

impl Actor for AuctionActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(limits::AUCTION_MAILBOX);
        self.work(ctx);
        self.arm(ctx);
    }
}

// ------------------------------------------------------------------ what it does

impl Handler<Act> for AuctionActor {
    type Result = ResponseFuture<Result<Receipt, CommandError>>;

    fn handle(&mut self, Act(command, span): Act, ctx: &mut Self::Context) -> Self::Result {
        let (reply, answered) = oneshot::channel();
        self.waiting.push_back((command, Some(reply), span));
        self.work(ctx);
        Box::pin(async move { answered.await.unwrap_or(Err(CommandError::OutcomeUnknown)) })
    }
}

impl Handler<AlarmDue> for AuctionActor {
    type Result = ();

    fn handle(&mut self, _: AlarmDue, ctx: &mut Self::Context) {
        // The timer has rung or is not needed any more; by the wall clock it may have rung too early.
        if let Some((_, timer)) = self.alarm.take() {
            ctx.cancel_future(timer);
        }
        let due = self.state.next_alarm().is_some_and(|at| at <= self.around.clock.now());
        let queued = self.waiting.iter().any(|(command, ..)| matches!(command, Command::Tick));
        if due && !queued {
            self.waiting.push_back((Command::Tick, None, None));
            self.work(ctx);
        } else {
            self.arm(ctx);
        }
    }
}

impl Handler<PriceToLead> for AuctionActor {
    type Result = ResponseFuture<Option<AmountMinor>>;

    fn handle(&mut self, PriceToLead { merchant }: PriceToLead, _: &mut Self::Context) -> Self::Result {
        let (answer, answered) = oneshot::channel();
        self.ask(Question::PriceToLead(merchant, answer));
        Box::pin(async move { answered.await.ok().flatten() })
    }
}

impl Handler<ReadBoard> for AuctionActor {
    type Result = ResponseFuture<Option<Arc<Board>>>;

    fn handle(&mut self, _: ReadBoard, _: &mut Self::Context) -> Self::Result {
        let (answer, answered) = oneshot::channel();
        self.ask(Question::Board(answer));
        Box::pin(async move { answered.await.ok() })
    }
}

impl Handler<Look> for AuctionActor {
    type Result = ResponseFuture<Option<Looked>>;

    fn handle(&mut self, _: Look, _: &mut Self::Context) -> Self::Result {
        let (answer, answered) = oneshot::channel();
        self.ask(Question::Look(answer));
        Box::pin(async move { answered.await.ok() })
    }
}

impl Handler<Retire> for AuctionActor {
    type Result = ();

    fn handle(&mut self, _: Retire, ctx: &mut Self::Context) {
        self.step_down(Group::default(), ctx);
    }
}

impl Handler<RestDue> for AuctionActor {
    type Result = ();

    fn handle(&mut self, _: RestDue, ctx: &mut Self::Context) {
        let watched = self.shared.watched.load(Ordering::SeqCst);
        if self.state.next_alarm().is_none() && self.waiting.is_empty() && self.in_flight.is_none() && !watched {
            ctx.stop();
        } else {
            self.arm(ctx);
        }
    }
}

impl AuctionActor {
    /// Decides everything that waits, unless a commit is in flight.
    fn work(&mut self, ctx: &mut Context<Self>) {
        if self.in_flight.is_some() || self.waiting.is_empty() {
            return;
        }
        let mut entries = Vec::new();
        let mut group = Group::default();
        while let Some((command, reply, span)) = self.waiting.pop_front() {
            let now = self.around.clock.now();
            let outcome = match self.state.decide(&command, now) {
                Ok(Decision::Happen(events)) => Ok(self.take(events, now, &mut entries, &mut group.happened)),
                Ok(Decision::Late { event, refusal }) => {
                    self.take(vec![event], now, &mut entries, &mut group.happened);
                    Err(CommandError::Refused(refusal))
                }
                Ok(Decision::Seen { seq }) => {
                    if let Some(reply) = reply {
                        group.seen.push((reply, seq));
                    }
                    continue;
                }
                Err(refusal) => Err(CommandError::Refused(refusal)),
            };
            group.replies.push((reply, outcome));
            group.commits.extend(span);
        }
        if entries.is_empty() {
            self.answer(group, ctx);
            self.arm(ctx);
            return;
        }
        let head = head_of(&self.state.outline(), self.head, self.around.clock.now());
        let append = journal::Append { hold: self.hold, entries, head };
        // Decided; from here on the commands wait for the commit.
        group.commits = group.commits.iter().map(|command| command.child("commit")).collect();
        self.in_flight = Some(group);
        let commit = self.around.journal.send(Append(append));
        ctx.spawn(
            commit
                .into_actor(self)
                .map(|outcome, this, ctx| this.committed(outcome.unwrap_or(Err(Failure::Unclear)), ctx)),
        );
    }

    /// Folds events in and seals them for the journal.
    fn take(
        &mut self,
        events: Vec<Event>,
        now: UnixMicros,
        entries: &mut Vec<Entry>,
        all: &mut Vec<Happened>,
    ) -> Receipt {
        let mut receipt = Receipt::nothing(self.request, self.state.seq(), now, self.head);
        for event in events {
            let happened = fold(&mut self.state, event, now);
            let entry = Entry::seal(&self.head, self.request, happened.seq, now, happened.event.clone());
            self.head = entry.hash;
            receipt.add(happened.clone(), entry.hash, self.state.closes_at());
            entries.push(entry);
            all.push(happened);
        }
        receipt
    }

    fn committed(&mut self, outcome: Result<(), Failure>, ctx: &mut Context<Self>) {
        let Some(mut group) = self.in_flight.take() else { return };
        group.commits.clear();
        if let Err(failure) = outcome {
            match failure {
                Failure::Superseded => self.step_down(group, ctx),
                Failure::Unclear => {
                    // Dropping the group and the queue answers everybody with `outcome_unknown`; the fold goes with the actor.
                    tracing::warn!(auction.id = %self.request, "auction: the outcome of a commit is unclear; rebuilding");
                    ctx.stop();
                }
            }
            return;
        }
        self.shared.moved_on(&self.state, &group.happened);
        let own = |happened: &Happened| Some((happened.event.content()?.merchant, happened.standing?.rank));
        self.own_ranks.extend(group.happened.iter().filter_map(own));
        self.around.changed.note(self.request, &self.shared.noted);
        self.around.cluster.announce(self.request, self.state.seq());
        self.answer_questions();
        self.answer(group, ctx);
        self.work(ctx);
        self.arm(ctx);
    }

    /// Another process writes this auction by now. Nothing of what was decided here was written, and what waits is not
    /// decided; who sends it again finds the other.
    fn step_down(&mut self, group: Group, ctx: &mut Context<Self>) {
        tracing::warn!(auction.id = %self.request, "auction: another process writes it; stepping down");
        let decided = group.replies.into_iter().filter_map(|(reply, _)| reply);
        let seen = group.seen.into_iter().map(|(reply, _)| reply);
        let waiting = std::mem::take(&mut self.waiting).into_iter().filter_map(|(_, reply, _)| reply);
        for reply in decided.chain(seen).chain(waiting) {
            let _ = reply.send(Err(CommandError::Moved));
        }
        ctx.stop();
    }

    /// Publishes and answers what is durable.
    fn answer(&mut self, group: Group, ctx: &mut Context<Self>) {
        self.shared.show(&self.around.broadcaster, &self.state, group.happened);
        for (reply, outcome) in group.replies {
            if let Some(reply) = reply {
                // A caller that went away needs no answer; its key will find the truth.
                let _ = reply.send(outcome);
            }
        }
        for (reply, seq) in group.seen {
            let receipt = replay_receipt(self.around.db.clone(), self.request, seq);
            ctx.spawn(receipt.into_actor(self).map(move |outcome, _, _| {
                let _ = reply.send(outcome);
            }));
        }
    }

    fn ask(&mut self, question: Question) {
        self.questions.push(question);
        if self.in_flight.is_none() {
            self.answer_questions();
        }
    }

    /// Answers from the committed state, which is that in memory whenever no commit is in flight.
    fn answer_questions(&mut self) {
        for question in std::mem::take(&mut self.questions) {
            // Whoever went away needs no answer.
            match question {
                Question::Board(answer) => drop(answer.send(self.shared.fresh_board(&self.state))),
                Question::PriceToLead(merchant, answer) => drop(answer.send(self.state.price_to_lead(merchant))),
                Question::Look(answer) => {
                    let (board, own_ranks) =
                        (self.shared.fresh_board(&self.state), std::mem::take(&mut self.own_ranks));
                    drop(answer.send(Looked { board, own_ranks }));
                }
            }
        }
    }

    /// Arms the timer for what is due next. It only wakes: the clock is read again in the handler.
    fn arm(&mut self, ctx: &mut Context<Self>) {
        let at = self.state.next_alarm();
        if let Some((armed, timer)) = self.alarm.take() {
            // Most commits move no alarm, and a timer for each would cost more than the bid's checks.
            if armed == at && at.is_some() {
                self.alarm = Some((armed, timer));
                return;
            }
            ctx.cancel_future(timer);
        }
        self.shared.alarm_at.store(at.map_or(i64::MAX, |at| at.0), Ordering::Relaxed);
        let timer = match at {
            Some(at) => {
                let wait = at.since(self.around.clock.now()).0.max(0);
                ctx.notify_later(AlarmDue, Duration::from_micros(wait.unsigned_abs()))
            }
            None => ctx.notify_later(RestDue, REST_AFTER),
        };
        self.alarm = Some((at, timer));
    }
}

/// Folds one event in and tells what a room needs to show it.
pub(super) fn fold(state: &mut Auction, event: Event, at: UnixMicros) -> Happened {
    state.apply(&event, at);
    state.happened(event, at)
}

/// Where an auction stands after the entry with this hash.
pub(super) fn head_of(outline: &Board, hash: Hash, at: UnixMicros) -> Head {
    Head {
        request: outline.terms.request,
        owner: outline.terms.owner,
        seq: outline.seq,
        hash,
        state: outline.state,
        paused: outline.paused,
        opens_at: outline.terms.opens_at,
        closes_at: outline.closes_at,
        review_until: outline.review_until,
        total_bids: outline.total_bids,
        live_bids: outline.live_bids,
        best_landed: outline.best_landed,
        updated_at: at,
    }
}

/// The answer that was given to the command whose first event is `seq`, rebuilt from the journal.
///
/// Nothing is stored for it: the log up to that event folds to the same state on any day, so the answer is the same
/// to the byte, also after a restart.
async fn replay_receipt(db: Db, request: RequestId, seq: i64) -> Result<Receipt, CommandError> {
    let entries = journal::load(&db, request, 0).await.map_err(CommandError::Store)?;
    let mut entries = entries.into_iter();
    let Some(Entry { event: Event::Published(terms), at, .. }) = entries.next() else {
        return Err(CommandError::Refused(Refusal::UnknownRequest));
    };
    let mut state = Auction::published(terms, at);
    let mut receipt: Option<Receipt> = None;
    for entry in entries {
        match &mut receipt {
            None if entry.seq < seq => state.apply(&entry.event, entry.at),
            None => {
                if let Event::BidTooLate { stamp, deadline, .. } = entry.event {
                    return Err(CommandError::Refused(Refusal::TooLate { server_time: stamp, deadline }));
                }
                let mut first = Receipt::nothing(request, seq, entry.at, entry.hash);
                let happened = fold(&mut state, entry.event, entry.at);
                first.add(happened, entry.hash, state.closes_at());
                receipt = Some(first);
            }
            // What the same command caused besides: cuts of automatic bids and the soft close.
            Some(receipt) if follows(&entry.event) => {
                let happened = fold(&mut state, entry.event, entry.at);
                receipt.add(happened, entry.hash, state.closes_at());
            }
            Some(_) => break,
        }
    }
    receipt.map(|receipt| Receipt { replayed: true, ..receipt }).ok_or(CommandError::OutcomeUnknown)
}

const fn follows(event: &Event) -> bool {
    matches!(event, Event::BidAutoCut { .. } | Event::Extended { cause: ExtensionCause::SoftClose, .. })
}
