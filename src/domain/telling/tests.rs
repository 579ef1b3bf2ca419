//! Who is told what, as a table: how it stands, what time it is, what is told.

use std::sync::Arc;

use super::*;
use crate::domain::auction::board::Alias;
use crate::domain::auction::board::ClassSeqs;
use crate::domain::auction::event::ExpiryReason;
use crate::domain::auction::event::Score;
use crate::domain::auction::terms::Rules;
use crate::domain::auction::terms::Terms;
use crate::domain::ids::RequestId;

const REQUEST: RequestId = RequestId(7);
const OWNER: UserId = UserId(1);
const OPENS: UnixMicros = UnixMicros(1_800_000_000_000_000);
/// An hour after it opened.
const CLOSES: UnixMicros = OPENS.plus(Span::hours(1));
const A: UserId = UserId(21);
const B: UserId = UserId(22);
const C: UserId = UserId(23);

/// A market that somebody tells of.
struct Market {
    board: Board,
    told: Told,
    answered: HashMap<UserId, u32>,
    order: Option<OrderId>,
    called_off_by: Option<UserId>,
}

fn row(rank: u32, merchant: UserId, version: u32, landed: i64) -> Row {
    Row {
        rank,
        bid: BidId(merchant.0 + 100),
        merchant,
        alias: Alias(1),
        version,
        landed: AmountMinor(landed),
        delivery_hours: 24,
        warranty_days: 0,
        rating_milli: 4_000,
        score: Score::default(),
        effective_seq: 1,
    }
}

impl Market {
    fn new(visibility: Visibility) -> Self {
        let terms = Terms {
            request: REQUEST,
            owner: OWNER,
            items: Vec::new(),
            rules: Rules { visibility, ..Rules::USUAL },
            opens_at: OPENS,
            closes_at: CLOSES,
            alias_seed: 1,
        };
        let board = Board {
            terms: Arc::new(terms),
            seq: 2,
            class_seqs: ClassSeqs::default(),
            state: State::BiddingOpen,
            paused: false,
            closes_at: CLOSES,
            review_until: None,
            live_bids: 0,
            total_bids: 0,
            best_landed: None,
            accepted: None,
            rows: Vec::new(),
        };
        Self { board, told: Told::default(), answered: HashMap::new(), order: None, called_off_by: None }
    }

    /// The bids in the order of their ranks, each with its version and landed total.
    fn bids(&mut self, bids: &[(UserId, u32, i64)]) {
        let rows =
            bids.iter().zip(1..).map(|((merchant, version, landed), rank)| row(rank, *merchant, *version, *landed));
        self.board.rows = rows.collect();
        self.board.live_bids = u32::try_from(bids.len()).unwrap();
        self.board.total_bids = bids.iter().map(|(_, version, _)| version).sum();
        self.board.best_landed = bids.iter().map(|(.., landed)| AmountMinor(*landed)).min();
        self.board.seq += 1;
    }

    /// Bids of which nothing says with which rank they were answered.
    fn unanswered(&self) -> BTreeMap<UserId, u32> {
        let (board, answered, order, called_off_by) = (&self.board, &self.answered, self.order, self.called_off_by);
        Look { board, answered, order, called_off_by, now: OPENS, most: usize::MAX }.unanswered(&self.told)
    }

    fn look(&mut self, secs: i64) -> Vec<(UserId, Notice)> {
        self.look_with(secs, usize::MAX).notices
    }

    fn look_with(&mut self, secs: i64, most: usize) -> Telling {
        let (board, answered) = (&self.board, &std::mem::take(&mut self.answered));
        let now = OPENS.plus(Span::secs(secs));
        let (order, called_off_by) = (self.order, self.called_off_by);
        let telling = difference(&self.told, Look { board, answered, order, called_off_by, now, most });
        self.told = telling.told.clone();
        telling
    }
}

fn new_bid(bids: u32, best: Option<i64>) -> (UserId, Notice) {
    (OWNER, Notice::NewBid { request: REQUEST, bids, best: best.map(AmountMinor) })
}

fn outbid(merchant: UserId, rank: u32, best: Option<i64>) -> (UserId, Notice) {
    (merchant, Notice::Outbid { request: REQUEST, rank, best: best.map(AmountMinor) })
}

#[test]
fn who_is_overtaken_hears_what_it_may_know() {
    for (visibility, best, customer_best, sealed) in [
        (Visibility::Open, Some(90), Some(90), false),
        (Visibility::LeadPrice, Some(90), Some(90), false),
        (Visibility::RankOnly, None, Some(90), false),
        (Visibility::Sealed, None, None, true),
    ] {
        let mut market = Market::new(visibility);
        market.bids(&[(A, 1, 100)]);
        let first = customer_best.map(|_| 100);
        assert_eq!(market.look(1), [new_bid(1, first)], "{visibility:?}");
        market.bids(&[(B, 1, 90), (A, 1, 100)]);
        let mut expected = vec![new_bid(1, customer_best)];
        if !sealed {
            expected.push(outbid(A, 2, best));
        }
        assert_eq!(market.look(100), expected, "{visibility:?}");
        // B takes its bid back: A stands better without having done anything.
        market.bids(&[(A, 1, 100)]);
        let gained = (A, Notice::RankGained { request: REQUEST, rank: 1 });
        assert_eq!(market.look(200), if sealed { vec![] } else { vec![gained] }, "{visibility:?}");
    }
}

#[test]
fn a_customer_hears_of_new_bids_and_of_no_revision() {
    for visibility in [Visibility::Open, Visibility::LeadPrice, Visibility::RankOnly, Visibility::Sealed] {
        let best = |landed| (visibility != Visibility::Sealed).then_some(landed);
        let mut market = Market::new(visibility);
        market.bids(&[(A, 1, 100)]);
        assert_eq!(market.look(1), [new_bid(1, best(100))], "{visibility:?}");
        market.bids(&[(A, 7, 50)]);
        assert_eq!(market.look(100), [], "{visibility:?}");
        market.bids(&[(A, 9, 40), (B, 1, 60)]);
        assert_eq!(market.look(200), [new_bid(1, best(40))], "{visibility:?}");
    }
}

#[test]
fn own_bids_are_no_news_and_what_came_behind_them_is() {
    let mut market = Market::new(Visibility::RankOnly);
    market.bids(&[(B, 1, 90), (A, 1, 100)]);
    market.look(1);
    // A goes first by its own bid, and its answer said so.
    market.bids(&[(A, 2, 80), (B, 1, 90)]);
    market.answered = [(A, 1)].into();
    let told = market.look(100);
    assert_eq!(told, [outbid(B, 2, None)]);
    // It does so again, and B answers before anybody looks: A's answer said 1.
    market.bids(&[(B, 3, 60), (A, 3, 70)]);
    market.answered = [(A, 1), (B, 1)].into();
    assert_eq!(market.look(200), [outbid(A, 2, None)]);
    // Who stands where its own answer said hears nothing, though another improved behind its back.
    market.bids(&[(B, 4, 50), (A, 4, 69)]);
    market.answered = [(A, 2), (B, 1)].into();
    assert_eq!(market.look(300), []);
}

#[test]
fn a_burst_is_told_once_and_its_outcome_later() {
    let mut market = Market::new(Visibility::Open);
    market.bids(&[(A, 1, 100), (B, 1, 110)]);
    market.look(1);
    market.bids(&[(B, 2, 90), (A, 1, 100), (C, 1, 120)]);
    assert_eq!(market.look(20), [outbid(A, 2, Some(90))], "the customer heard a moment ago");
    market.bids(&[(A, 1, 100), (B, 2, 105), (C, 1, 120)]);
    let telling = market.look_with(21, usize::MAX);
    assert_eq!(telling.notices, [outbid(B, 2, Some(100))], "A heard a moment ago");
    assert_eq!(telling.again_at, Some(OPENS.plus(Span::secs(20 + limits::RANK_PAUSE_SECS))));
    assert!(telling.told.seq < market.board.seq, "the sweep would find it");
    // Back and forth within the pause is nothing to tell to A.
    market.bids(&[(B, 2, 90), (A, 1, 100), (C, 1, 120)]);
    assert_eq!(market.look(40), [(B, Notice::RankGained { request: REQUEST, rank: 1 })]);
    assert_eq!(market.look(62), [new_bid(1, Some(90))]);
    assert_eq!(market.told.seq, market.board.seq);
}

#[test]
fn the_deadline_is_told_when_it_moves_and_when_it_is_near() {
    let mut market = Market::new(Visibility::RankOnly);
    market.bids(&[(A, 1, 100)]);
    market.look(1);
    let soon = |closes_at| Notice::ClosingSoon { request: REQUEST, closes_at };
    assert_eq!(market.look(2_999), []);
    assert_eq!(market.look(3_000), [(OWNER, soon(CLOSES)), (A, soon(CLOSES))]);
    assert_eq!(market.look(3_001), []);
    // A soft close gives two minutes, which is no reason to say "soon" again; one that goes on is told now and then.
    let moved = |closes_at| Notice::DeadlineExtended { request: REQUEST, closes_at };
    market.board.closes_at = CLOSES.plus(Span::secs(120));
    let later = market.board.closes_at;
    assert_eq!(market.look(3_550), [(A, moved(later))], "the customer gave it, or a bid did");
    market.board.closes_at = CLOSES.plus(Span::secs(240));
    assert_eq!(market.look(3_560), []);
    assert_eq!(market.look(3_581).len(), 1);
    // A pause of a second gives back a second, which is no news; sixty of them are.
    for (secs, notices) in [(1, 0), (59, 0), (60, 1)] {
        market.board.closes_at = CLOSES.plus(Span::secs(240 + secs));
        assert_eq!(market.look(3_620 + secs).len(), notices, "{secs} s more");
    }
    // A host gives a day.
    market.board.closes_at = CLOSES.plus(Span::hours(24));
    assert_eq!(market.look(3_720).len(), 1);
    assert_eq!(market.look(3_600 * 25 - 600).len(), 2, "soon once more");
    // Who is paused is in no hurry.
    let mut paused = Market::new(Visibility::Open);
    paused.bids(&[(A, 1, 100)]);
    paused.look(1);
    paused.board.paused = true;
    assert_eq!(paused.look(3_100), []);
}

#[test]
fn where_all_the_time_is_little_nobody_hears_that_little_is_left() {
    let mut market = Market::new(Visibility::Open);
    let mut terms = Terms::clone(&market.board.terms);
    terms.opens_at = CLOSES.minus(Span::secs(900));
    market.board.terms = Arc::new(terms);
    market.bids(&[(A, 1, 100)]);
    market.look(2_800);
    assert_eq!(market.look(3_100), []);
}

#[test]
fn the_end_is_told_to_each_as_it_concerns_them() {
    let until = CLOSES.plus(Span::hours(48));
    for (visibility, rank, bids) in [
        (Visibility::Open, Some(2), Some(3)),
        (Visibility::LeadPrice, Some(2), None),
        (Visibility::RankOnly, Some(2), None),
        (Visibility::Sealed, None, None),
    ] {
        let mut market = Market::new(visibility);
        market.bids(&[(A, 1, 100), (B, 1, 125), (C, 1, 130)]);
        market.look(1);
        market.board.state = State::Reviewing;
        market.board.review_until = Some(until);
        market.board.seq += 2;
        let closed = |bids, rank| Notice::BiddingClosed { request: REQUEST, bids, rank, review_until: Some(until) };
        let told = market.look(3_600);
        assert_eq!((told[0].0, &told[0].1), (OWNER, &closed(Some(3), None)), "{visibility:?}");
        assert_eq!((told[2].0, &told[2].1), (B, &closed(bids, rank)), "{visibility:?}");
        assert_eq!(told.len(), 4);

        market.board.state = State::Accepted;
        market.board.accepted = Some(BidId(A.0 + 100));
        market.board.seq += 1;
        let lost =
            |rank, gap| Notice::NotChosen { request: REQUEST, rank: Some(rank), bids: 3, gap_hundredths: Some(gap) };
        // The order is not to be seen yet: who is chosen hears when it is.
        let early = market.look_with(4_000, usize::MAX);
        assert_eq!(early.notices, [(B, lost(2, 2_500)), (C, lost(3, 3_000))]);
        assert!(!early.done);
        market.order = Some(OrderId(5));
        let accepted = Notice::Accepted { request: REQUEST, order: OrderId(5), total: AmountMinor(100) };
        let told = market.look_with(4_001, usize::MAX);
        assert_eq!(told.notices, [(A, accepted)]);
        assert!(told.done);

        // A declines; B is chosen in its place. A has left, C hears the new gap.
        market.board.state = State::Reviewing;
        (market.board.accepted, market.order) = (None, None);
        market.bids(&[(B, 1, 125), (C, 1, 130)]);
        assert_eq!(market.look(5_000), []);
        market.board.state = State::Accepted;
        (market.board.accepted, market.order) = (Some(BidId(B.0 + 100)), Some(OrderId(6)));
        let told = market.look(6_000);
        assert_eq!(told.len(), 2);
        assert!(matches!(told[0], (B, Notice::Accepted { order: OrderId(6), .. })), "{told:?}");
        assert!(matches!(told[1], (C, Notice::NotChosen { gap_hundredths: Some(400), .. })), "{told:?}");
    }
}

#[test]
fn an_end_without_an_order_is_told() {
    for (state, customer, bidder) in [
        (
            State::Expired(ExpiryReason::TooFewBids),
            Some(Notice::RequestExpired { request: REQUEST, reason: ExpiryReason::TooFewBids }),
            Notice::NotChosen { request: REQUEST, rank: Some(1), bids: 1, gap_hundredths: None },
        ),
        (State::Cancelled, None, Notice::RequestCancelled { request: REQUEST }),
    ] {
        let mut market = Market::new(Visibility::Sealed);
        market.bids(&[(A, 1, 100)]);
        market.look(1);
        market.board.state = state;
        market.board.seq += 1;
        let telling = market.look_with(3_600, usize::MAX);
        let expected: Vec<_> = customer.map(|notice| (OWNER, notice)).into_iter().chain([(A, bidder)]).collect();
        assert_eq!(telling.notices, expected);
        assert!(telling.done);
        assert_eq!(market.look(3_700), []);
    }
}

#[test]
fn what_one_look_has_no_room_for_the_next_one_tells() {
    let mut market = Market::new(Visibility::Open);
    let bids: Vec<_> = (0..100).map(|n| (UserId(100 + n), 1, 1_000 + n)).collect();
    market.bids(&bids);
    market.look(1);
    market.board.state = State::Reviewing;
    let (mut all, mut looks) = (Vec::new(), 0);
    while looks < 20 {
        let telling = market.look_with(3_600, 30);
        looks += 1;
        assert!(telling.notices.len() <= 30);
        all.extend(telling.notices);
        if telling.again_at.is_none() {
            break;
        }
        assert_eq!(telling.again_at, Some(OPENS.plus(Span::secs(3_600))));
    }
    assert_eq!((all.len(), looks), (101, 4));
    let once: HashSet<UserId> = all.iter().map(|(user, _)| *user).collect();
    assert_eq!(once.len(), 101);
}

#[test]
fn hidden_amounts_change_nothing_that_a_competitor_is_told() {
    // Two worlds, alike but for what the others ask: what C is told is the same in both.
    for (visibility, bids) in [
        (Visibility::RankOnly, [[(A, 1, 100), (B, 1, 110), (C, 1, 200)], [(A, 1, 7), (B, 1, 190), (C, 1, 200)]]),
        // In a sealed auction C may not even know its rank.
        (Visibility::Sealed, [[(C, 1, 90), (A, 1, 100), (B, 1, 110)], [(A, 1, 7), (B, 1, 9), (C, 1, 90)]]),
    ] {
        let told = bids.map(|bids| {
            let mut market = Market::new(visibility);
            market.bids(&[*bids.iter().find(|bid| bid.0 == C).unwrap()]);
            let mut all = market.look(1);
            market.bids(&bids);
            all.extend(market.look(100));
            market.board.state = State::Reviewing;
            all.extend(market.look(3_600));
            all.retain(|(user, _)| *user == C);
            all
        });
        assert_eq!(told[0], told[1], "{visibility:?}");
        assert!(!told[0].is_empty());
    }
}

#[test]
fn a_bid_whose_answer_nobody_remembers_is_asked_for_once() {
    let mut market = Market::new(Visibility::RankOnly);
    market.bids(&[(A, 1, 100), (B, 1, 110)]);
    market.answered = HashMap::from([(A, 1)]);
    assert_eq!(market.unanswered(), BTreeMap::from([(B, 1)]));
    market.look(1);
    assert_eq!(market.unanswered(), BTreeMap::new());
    market.bids(&[(B, 2, 90), (A, 1, 100)]);
    assert_eq!(market.unanswered(), BTreeMap::from([(B, 2)]));
    market.board.state = State::Reviewing;
    assert_eq!(market.unanswered(), BTreeMap::new(), "from here on ranks are told to all");
    let mut sealed = Market::new(Visibility::Sealed);
    sealed.bids(&[(A, 1, 100)]);
    assert_eq!(sealed.unanswered(), BTreeMap::new());
}

#[test]
fn a_customer_hears_of_what_an_admin_called_off() {
    for (by, expected) in [(OWNER, vec![]), (UserId(99), vec![(OWNER, Notice::RequestCalledOff { request: REQUEST })])]
    {
        let mut market = Market::new(Visibility::Open);
        market.bids(&[(A, 1, 100)]);
        market.look(1);
        market.board.state = State::Cancelled;
        market.called_off_by = Some(by);
        let mut told = market.look(2);
        assert_eq!(told.pop(), Some((A, Notice::RequestCancelled { request: REQUEST })));
        assert_eq!(told, expected);
        assert!(market.told.is_over() && market.look(3).is_empty());
    }
}
