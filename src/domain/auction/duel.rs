//! What a change of the ranking sets off: automatic bids (rules §3), then the soft close (rules §4).

use crate::domain::auction::event::BidContent;
use crate::domain::auction::event::Event;
use crate::domain::auction::ladder;
use crate::domain::auction::party;
use crate::domain::auction::ranking::Entry;
use crate::domain::auction::ranking::Ranking;
use crate::domain::auction::state::Machine;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;

/// A bid whose owner lets the engine cut it.
struct Fighter {
    /// As the next cut would carry it.
    content: BidContent,
    floor: AmountMinor,
    floor_seq: i64,
}

impl Fighter {
    fn at(&self, landed: AmountMinor, seq: i64) -> Entry {
        Entry { landed: party::halalas(landed), ..party::entry(&self.content, seq) }
    }

    /// The smallest legal cut, made at `seq`, that leads the book: not below the floor, at least a step.
    fn answer<R: Ranking>(&self, book: &R, seq: i64) -> Option<AmountMinor> {
        let most = ladder::largest_after_a_step(self.content.landed);
        let entry = self.at(self.content.landed, seq);
        book.highest_leading(&entry, party::halalas(self.floor), party::halalas(most)).map(party::amount)
    }

    fn cut(self, landed: AmountMinor) -> Event {
        Event::BidAutoCut { content: BidContent { landed, ..self.content } }
    }
}

impl<R: Ranking> Machine<R> {
    /// What follows a bid that is about to be accepted: the automatic cuts that answer it, and the extension that
    /// they all earn.
    pub(super) fn consequences(&self, content: &BidContent) -> Vec<Event> {
        let closing = self.is_closing(content.stamp);
        // Only these two ask who leads: an ordinary bid does not look at the others.
        if !closing && self.floors == 0 {
            return Vec::new();
        }
        let mut events = Vec::new();
        let entry = party::entry(content, self.seq + 1);
        let before = self.book.leader();
        let mut after = self.book.leader_with(&entry);
        if let Some(loser) = before.filter(|leader| *leader != after).and_then(|at| self.fighter(at, content.stamp)) {
            let rival = if after == content.merchant {
                self.fighter_after(content)
            } else {
                self.fighter(after, content.stamp)
            };
            let mut book = self.book.clone();
            book.put(entry);
            let (cuts, leader) = duel(book, loser, rival, after, self.seq + 2);
            events.extend(cuts);
            after = leader;
        }
        if closing && before != Some(after) {
            events.extend(self.soft_close(content.stamp));
        }
        events
    }

    /// What follows a bid that is about to be taken out: the reference price may move, and the lead with it.
    pub(super) fn consequences_of_loss(&self, gone: UserId, at: UnixMicros) -> Vec<Event> {
        if self.floors == 0 || at >= self.closes_at {
            return Vec::new();
        }
        let mut book = self.book.clone();
        book.remove(gone);
        let (Some(before), Some(after)) = (self.book.leader(), book.leader()) else { return Vec::new() };
        let loser = self.fighter(before, at).filter(|_| before != after && before != gone);
        loser.map_or_else(Vec::new, |loser| duel(book, loser, self.fighter(after, at), after, self.seq + 2).0)
    }

    fn fighter(&self, merchant: UserId, stamp: UnixMicros) -> Option<Fighter> {
        let live = self.live(merchant)?;
        let floor = live.floor?;
        Some(Fighter { content: live.next_content(merchant, stamp), floor: floor.amount, floor_seq: floor.seq })
    }

    /// The sender of a bid that is about to happen.
    fn fighter_after(&self, content: &BidContent) -> Option<Fighter> {
        let floor = content.floor?;
        let before = self.live(content.merchant).and_then(|live| live.floor);
        let floor_seq = before.filter(|before| before.amount == floor).map_or(self.seq + 1, |before| before.seq);
        let version = content.version.saturating_add(1);
        Some(Fighter { content: BidContent { version, ..content.clone() }, floor, floor_seq })
    }
}

/// `loser` lost rank 1 to `winner` and answers; if the winner can answer too, both go to the end at once: the
/// weaker to its floor, the stronger just ahead of it. The cuts get the numbers `seq` and `seq + 1`.
///
/// Rejected: playing the exchange step by step. Two floors a million riyals down would be twenty thousand cuts.
fn duel<R: Ranking>(
    mut book: R,
    loser: Fighter,
    winner: Option<Fighter>,
    leader: UserId,
    seq: i64,
) -> (Vec<Event>, UserId) {
    let Some(first) = loser.answer(&book, seq) else { return (Vec::new(), leader) };
    let loser_id = loser.content.merchant;
    book.put(loser.at(first, seq));
    let Some(winner) = winner.filter(|winner| winner.answer(&book, seq + 1).is_some()) else {
        return (vec![loser.cut(first)], loser_id);
    };
    book.put(loser.at(loser.floor, loser.floor_seq));
    book.put(winner.at(winner.floor, winner.floor_seq));
    let (strong, weak) = if book.leader() == Some(loser_id) { (loser, winner) } else { (winner, loser) };
    let champion = strong.content.merchant;
    book.put(weak.at(weak.floor, seq));
    let (strong_floor, weak_floor) = (strong.floor, weak.floor);
    let cuts = match strong.answer(&book, seq + 1) {
        Some(ahead) => vec![weak.cut(weak_floor), strong.cut(ahead)],
        // Equal at their floors: the earlier floor goes first and stays ahead by its place in time.
        None => vec![strong.cut(strong_floor), weak.cut(weak_floor)],
    };
    (cuts, champion)
}
