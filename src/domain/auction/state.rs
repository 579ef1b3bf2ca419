//! The state machine of one auction.
//!
//! The state and its fold are here; `decide` is spread over the files of its subjects (`place`, `duel`, `deadline`,
//! `host`, `finalise`), and what the state tells is in `known`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::auction::alias;
use crate::domain::auction::board::ClassSeqs;
use crate::domain::auction::board::State;
use crate::domain::auction::book::Book;
use crate::domain::auction::command::Command;
use crate::domain::auction::command::Key;
use crate::domain::auction::event::BidContent;
use crate::domain::auction::event::CloseCause;
use crate::domain::auction::event::Event;
use crate::domain::auction::event::ExtensionCause;
use crate::domain::auction::event::ScoreRow;
use crate::domain::auction::naive::NaiveBook;
use crate::domain::auction::party;
use crate::domain::auction::party::Answer;
use crate::domain::auction::party::BidStatus;
use crate::domain::auction::party::Floor;
use crate::domain::auction::party::OwnBid;
use crate::domain::auction::party::Party;
use crate::domain::auction::place::Stop;
use crate::domain::auction::publish;
use crate::domain::auction::ranking::Ranking;
use crate::domain::auction::terms::Terms;
use crate::domain::auction::view;
use crate::domain::auction::view::Class;
use crate::domain::auction::view::Sight;
use crate::domain::eligibility::Ring;
use crate::domain::ids::BidId;
use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;

/// What a command leads to when it is not refused outright.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one at a time, taken apart at once; a box would only move the bytes")]
pub enum Decision {
    /// These events, in this order; none when nothing is due.
    Happen(Vec<Event>),
    /// The idempotency key came before with the same body: the answer is that of the event `seq`.
    Seen {
        /// The event.
        seq: i64,
    },
    /// Too late: the sender is refused, and the attempt is kept.
    Late {
        /// What is kept.
        event: Event,
        /// What the sender hears.
        refusal: Refusal,
    },
}

/// One auction.
pub type Auction = Machine<Book>;
/// The same auction over the obvious book: the twin that tests and benches compare with.
pub type NaiveAuction = Machine<NaiveBook>;

/// A pause that is on.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct Pause {
    pub(super) since: UnixMicros,
    pub(super) until: UnixMicros,
}

/// One auction over the book `R`. Outside tests and benches it is called [`Auction`].
#[derive(Clone, Debug)]
pub struct Machine<R> {
    pub(super) terms: Arc<Terms>,
    pub(super) seq: i64,
    pub(super) class_seqs: ClassSeqs,
    pub(super) state: State,
    /// When the last event was decided. Time does not run backwards within a log, whatever the clock does.
    pub(super) last_at: UnixMicros,
    pub(super) closes_at: UnixMicros,
    /// What the soft close may run past by so much at most; moved by the host and by pauses.
    pub(super) first_deadline: UnixMicros,
    pub(super) pause: Option<Pause>,
    pub(super) pauses_used: u8,
    /// How long all pauses that ended were.
    pub(super) paused_for: Span,
    pub(super) extensions_used: u8,
    /// How far the request reaches.
    pub(super) ring: Ring,
    /// Meaningful once bidding closed.
    pub(super) closed_at: UnixMicros,
    pub(super) close_cause: Option<CloseCause>,
    /// Meaningful while reviewing.
    pub(super) review_until: UnixMicros,
    pub(super) scoreboard: Vec<ScoreRow>,
    pub(super) accepted: Option<BidId>,
    pub(super) total_bids: u32,
    /// Live bids with a floor.
    pub(super) floors: usize,
    /// Boxed: a tree of large values is a third empty.
    pub(super) parties: BTreeMap<UserId, Box<Party>>,
    pub(super) aliases: BTreeSet<u32>,
    /// The live bids, ranked. Follows from the parties.
    pub(super) book: R,
}

impl<R: Ranking> Machine<R> {
    /// Checks the terms of a request that is to be published.
    ///
    /// # Errors
    /// [`Refusal::BadRules`] names the field.
    pub fn publish(terms: Terms, now: UnixMicros) -> Result<Event, Refusal> {
        publish::check(&terms, now)?;
        Ok(Event::Published(terms))
    }

    /// An auction right after its first event, [`Event::Published`].
    #[must_use]
    pub fn published(terms: Terms, at: UnixMicros) -> Self {
        Self {
            seq: 1,
            class_seqs: ClassSeqs { host: 1, merchants: 1 },
            state: State::Published,
            last_at: at,
            closes_at: terms.closes_at,
            first_deadline: terms.closes_at,
            pause: None,
            pauses_used: 0,
            paused_for: Span::ZERO,
            extensions_used: 0,
            ring: Ring::Specialists,
            closed_at: terms.closes_at,
            close_cause: None,
            review_until: terms.closes_at,
            scoreboard: Vec::new(),
            accepted: None,
            total_bids: 0,
            floors: 0,
            parties: BTreeMap::new(),
            aliases: BTreeSet::new(),
            book: R::new(&terms.rules),
            terms: Arc::new(terms),
        }
    }

    // ------------------------------------------------------------------ decide

    /// Decides and changes nothing.
    ///
    /// # Errors
    /// The first refusal in the order of rules §2.
    pub fn decide(&self, command: &Command, now: UnixMicros) -> Result<Decision, Refusal> {
        let now = now.max(self.last_at);
        match command {
            Command::Place(place) => answer(self.place(place, now)),
            Command::Revise(revise) => answer(self.revise(revise, now)),
            Command::Withdraw(withdraw) => answer(self.withdraw(withdraw, now)),
            Command::Pause { host, reason } => self.pause(*host, reason, now).map(Decision::Happen),
            Command::Resume { host } => self.resume(*host, now).map(Decision::Happen),
            Command::Extend { host, by } => self.extend(*host, *by, now).map(Decision::Happen),
            Command::CloseEarly { host } => self.close_early(*host, now).map(Decision::Happen),
            Command::Cancel { host, reason } => self.cancel(*host, reason).map(Decision::Happen),
            Command::Accept { host, bid, order } => self.accept(*host, *bid, *order, now).map(Decision::Happen),
            Command::Decline { merchant, reason } => self.decline(*merchant, reason, now).map(Decision::Happen),
            Command::Disqualify { merchant, reason } => self.disqualify(*merchant, reason, now).map(Decision::Happen),
            Command::Tick => Ok(Decision::Happen(self.due(now))),
            Command::Recover { last_alive } => Ok(Decision::Happen(self.recover(*last_alive, now))),
        }
    }

    // ------------------------------------------------------------------ apply

    /// Folds the next event in; never refuses. Its `seq` is `self.seq() + 1`.
    pub fn apply(&mut self, event: &Event, at: UnixMicros) {
        self.seq += 1;
        self.last_at = self.last_at.max(at);
        self.count(event);
        match event {
            // The first event made this state; a second one says nothing new.
            Event::Published(_) => {}
            Event::Opened => self.state = State::BiddingOpen,
            Event::BidPlaced { content, key } | Event::BidRevised { content, key } => {
                self.take(content);
                self.total_bids = self.total_bids.saturating_add(1);
                self.remember(content.merchant, *key);
                let (at, rules) = (self.last_at, &self.terms.rules);
                self.parties.entry(content.merchant).or_default().count(at, rules);
            }
            Event::BidAutoCut { content } => self.take(content),
            Event::BidWithdrawn { merchant, key, .. } => {
                self.take_out(*merchant, BidStatus::Withdrawn);
                self.remember(*merchant, *key);
            }
            Event::BidDisqualified { merchant, .. } => self.take_out(*merchant, BidStatus::Disqualified),
            Event::BidTooLate { merchant, stamp, deadline, key, .. } => {
                let party = self.parties.entry(*merchant).or_default();
                party.late = party.late.saturating_add(1);
                party.remember(*key, Answer::Late { stamp: *stamp, deadline: *deadline });
            }
            Event::Extended { closes_at, cause } => {
                if *cause == ExtensionCause::Host {
                    self.extensions_used = self.extensions_used.saturating_add(1);
                    self.first_deadline = self.first_deadline.plus(closes_at.since(self.closes_at));
                }
                self.closes_at = *closes_at;
            }
            Event::Paused { until, .. } => {
                self.pauses_used = self.pauses_used.saturating_add(1);
                self.pause = Some(Pause { since: self.last_at, until: *until });
            }
            Event::Resumed { closes_at, .. } => {
                if let Some(pause) = self.pause.take() {
                    self.paused_for = Span(self.paused_for.0.saturating_add(self.last_at.since(pause.since).0));
                }
                self.first_deadline = self.first_deadline.plus(closes_at.since(self.closes_at));
                self.closes_at = *closes_at;
            }
            Event::Interrupted { closes_at, .. } => self.closes_at = *closes_at,
            Event::RingWidened { ring } => self.ring = *ring,
            Event::Closed { cause } => self.close(*cause),
            Event::Reviewing { scoreboard, until } => {
                self.state = State::Reviewing;
                self.scoreboard.clone_from(scoreboard);
                self.review_until = *until;
            }
            Event::Accepted { bid, .. } => {
                self.state = State::Accepted;
                self.accepted = Some(*bid);
            }
            Event::Declined { merchant, until, .. } => {
                self.state = State::Reviewing;
                self.accepted = None;
                self.review_until = *until;
                self.take_out(*merchant, BidStatus::Declined);
            }
            Event::Expired { reason } => self.state = State::Expired(*reason),
            Event::Cancelled { .. } => self.state = State::Cancelled,
        }
    }

    /// A class's number moves with the events that it may know of.
    fn count(&mut self, event: &Event) {
        let visibility = self.terms.rules.visibility;
        let shown = |class| i64::from(view::sight(visibility, class, event) != Sight::Hidden);
        self.class_seqs.host += shown(Class::Host);
        self.class_seqs.merchants += shown(Class::Merchants);
    }

    fn take(&mut self, content: &BidContent) {
        let seq = self.seq;
        let merchant = content.merchant;
        let party = self.parties.entry(merchant).or_default();
        let before = party.live();
        let old_floor = before.and_then(|live| live.floor);
        let effective_seq = before.filter(|_| content.keeps_place).map_or(seq, |live| live.effective_seq);
        let floor =
            content.floor.map(|amount| old_floor.filter(|old| old.amount == amount).unwrap_or(Floor { amount, seq }));
        self.floors = self.floors - usize::from(old_floor.is_some()) + usize::from(floor.is_some());
        if let Some(bid) = &mut party.bid {
            bid.reentered |= bid.status == BidStatus::Withdrawn;
            bid.status = BidStatus::Live;
            bid.version = content.version;
            bid.offer.clone_from(&content.offer);
            bid.landed = content.landed;
            bid.floor = floor;
            bid.effective_seq = effective_seq;
        } else {
            let alias = alias::draw(self.terms.alias_seed, merchant, &self.aliases);
            self.aliases.insert(alias.0);
            party.bid = Some(OwnBid {
                id: content.bid,
                alias,
                status: BidStatus::Live,
                version: content.version,
                offer: content.offer.clone(),
                landed: content.landed,
                floor,
                rating_milli: content.rating_milli,
                rated_orders: content.rated_orders,
                effective_seq,
                reentered: false,
            });
        }
        self.book.put(party::entry(content, effective_seq));
    }

    /// A merchant's live bid.
    pub(super) fn live(&self, merchant: UserId) -> Option<&OwnBid> {
        self.parties.get(&merchant)?.live()
    }

    fn take_out(&mut self, merchant: UserId, status: BidStatus) {
        let floor = self.live(merchant).and_then(|live| live.floor);
        self.floors -= usize::from(floor.is_some());
        self.mark(merchant, status);
        self.book.remove(merchant);
    }

    fn remember(&mut self, merchant: UserId, key: Key) {
        let answer = Answer::Happened { seq: self.seq };
        self.parties.entry(merchant).or_default().remember(key, answer);
    }

    fn close(&mut self, cause: CloseCause) {
        self.state = State::BiddingClosed;
        self.pause = None;
        self.close_cause = Some(cause);
        self.closed_at = match cause {
            CloseCause::Deadline => self.closes_at,
            CloseCause::Early => self.last_at,
        };
    }
}

fn answer(events: Result<Vec<Event>, Stop>) -> Result<Decision, Refusal> {
    match events {
        Ok(events) => Ok(Decision::Happen(events)),
        Err(Stop::Seen { seq }) => Ok(Decision::Seen { seq }),
        Err(Stop::Late { event, refusal }) => Ok(Decision::Late { event: *event, refusal }),
        Err(Stop::Refused(refusal)) => Err(refusal),
    }
}
