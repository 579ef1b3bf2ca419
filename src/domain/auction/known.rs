//! What an auction tells of itself.

use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Arc;

use crate::domain::auction::board::Alias;
use crate::domain::auction::board::Board;
use crate::domain::auction::board::ClassSeqs;
use crate::domain::auction::board::Happened;
use crate::domain::auction::board::Row;
use crate::domain::auction::board::Standing;
use crate::domain::auction::board::State;
use crate::domain::auction::digest::Digest;
use crate::domain::auction::event::Event;
use crate::domain::auction::event::ScoreRow;
use crate::domain::auction::party;
use crate::domain::auction::ranking::Ranking;
use crate::domain::auction::state::Machine;
use crate::domain::auction::terms::Terms;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;
use crate::limits::LANDED_MAX_HALALAS;

impl<R: Ranking> Machine<R> {
    /// The last event folded in.
    #[must_use]
    pub const fn seq(&self) -> i64 {
        self.seq
    }

    /// The same as each class of viewers counts it.
    #[must_use]
    pub const fn class_seqs(&self) -> ClassSeqs {
        self.class_seqs
    }

    /// What was published.
    #[must_use]
    pub const fn terms(&self) -> &Arc<Terms> {
        &self.terms
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// The deadline in force, exclusive.
    #[must_use]
    pub const fn closes_at(&self) -> UnixMicros {
        self.closes_at
    }

    /// Whether bidding is paused.
    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.pause.is_some()
    }

    /// The frozen result; empty before there is one.
    #[must_use]
    pub fn scoreboard(&self) -> &[ScoreRow] {
        &self.scoreboard
    }

    /// The ranked state.
    #[must_use]
    pub fn board(&self) -> Board {
        Board { rows: self.rows(), ..self.outline() }
    }

    fn rows(&self) -> Vec<Row> {
        let ranked = self.book.best(self.book.len()).into_iter().zip(1..);
        let rows = ranked.filter_map(|((entry, score), rank)| {
            let own = self.live(entry.merchant)?;
            Some(Row {
                rank,
                bid: own.id,
                merchant: entry.merchant,
                alias: own.alias,
                version: own.version,
                landed: own.landed,
                delivery_hours: own.offer.delivery_hours,
                warranty_days: own.offer.warranty_days,
                rating_milli: own.rating_milli,
                score,
                effective_seq: own.effective_seq,
            })
        });
        rows.collect()
    }

    /// The board without its rows: all that costs nothing to know.
    #[must_use]
    pub fn outline(&self) -> Board {
        Board {
            terms: Arc::clone(&self.terms),
            seq: self.seq,
            class_seqs: self.class_seqs,
            state: self.state,
            paused: self.pause.is_some(),
            closes_at: self.closes_at,
            review_until: (self.state == State::Reviewing).then_some(self.review_until),
            live_bids: u32::try_from(self.book.len()).unwrap_or(u32::MAX),
            total_bids: self.total_bids,
            best_landed: self.book.lowest().map(party::amount),
            accepted: self.accepted,
            rows: Vec::new(),
        }
    }

    /// Place and points of a merchant's live bid.
    #[must_use]
    pub fn standing(&self, merchant: UserId) -> Option<Standing> {
        let (rank, score) = self.book.standing(merchant)?;
        Some(Standing { rank, score, alias: self.alias(merchant)? })
    }

    /// What a merchant who bid is called here.
    #[must_use]
    pub fn alias(&self, merchant: UserId) -> Option<Alias> {
        Some(self.parties.get(&merchant)?.bid.as_ref()?.alias)
    }

    /// The highest landed total with which this merchant's live bid would be rank 1, all else equal; `None` without
    /// a live bid or where no price suffices.
    ///
    /// Whoever does not lead yet would come after all present bids in time, so an equal result would not do.
    #[must_use]
    pub fn price_to_lead(&self, merchant: UserId) -> Option<AmountMinor> {
        let live = self.live(merchant)?;
        let leads = self.book.leader() == Some(merchant);
        let effective_seq = if leads { live.effective_seq } else { self.seq + 1 };
        let entry = party::entry(&live.next_content(merchant, self.last_at), effective_seq);
        let most = party::halalas(AmountMinor(LANDED_MAX_HALALAS));
        self.book.highest_leading(&entry, 1, most).map(party::amount)
    }

    /// The event that was just applied, with what a room needs to show it.
    #[must_use]
    pub fn happened(&self, event: Event, at: UnixMicros) -> Happened {
        let standing = event.content().and_then(|content| self.standing(content.merchant));
        Happened { seq: self.seq, class_seqs: self.class_seqs, at, event, standing }
    }

    /// A hash of the whole state, equal on any machine for equal logs.
    #[must_use]
    pub fn digest(&self) -> u64 {
        // Taken apart, so that a new field has to be thought of here.
        let Self {
            terms,
            seq,
            class_seqs,
            state,
            last_at,
            closes_at,
            first_deadline,
            pause,
            pauses_used,
            paused_for,
            extensions_used,
            ring,
            closed_at,
            close_cause,
            review_until,
            scoreboard,
            accepted,
            total_bids,
            floors,
            parties,
            aliases,
            book: _,
        } = self;
        let mut digest = Digest::default();
        (terms, seq, class_seqs, state, last_at, closes_at, first_deadline).hash(&mut digest);
        (paused_for, ring).hash(&mut digest);
        (pause, pauses_used, extensions_used, closed_at, close_cause, review_until).hash(&mut digest);
        (scoreboard, accepted, total_bids, floors, parties, aliases).hash(&mut digest);
        digest.finish()
    }
}
