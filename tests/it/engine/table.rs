//! Reads the tables and plays them.
//!
//! `case NAME` begins an auction; `rules k=v …` (optional) sets its terms. Then a line a command:
//! `TIME VERB ARGUMENTS | OUTCOME`, where `TIME` counts from publishing (`9m`, `600s-1us`) and `.` is the instant of the
//! line above. `board`, `state`, `deadline`, `lead` and `seqs` ask; everything else acts. An outcome is what happened,
//! comma by comma (`#2`: the rank it led to), or the code of the refusal with its number. `# ` begins a remark.

use std::fmt::Write as _;

use mazad::domain::auction::board::State;
use mazad::domain::auction::book::Book;
use mazad::domain::auction::command::Command;
use mazad::domain::auction::command::Host;
use mazad::domain::auction::command::Key;
use mazad::domain::auction::command::Line;
use mazad::domain::auction::command::SendBid;
use mazad::domain::auction::command::WithdrawBid;
use mazad::domain::auction::event::CloseCause;
use mazad::domain::auction::event::Event;
use mazad::domain::auction::event::ExpiryReason;
use mazad::domain::auction::event::ExtensionCause;
use mazad::domain::auction::naive::NaiveBook;
use mazad::domain::auction::ranking::Ranking;
use mazad::domain::auction::state::Decision;
use mazad::domain::auction::state::Machine;
use mazad::domain::auction::terms::Condition;
use mazad::domain::auction::terms::Formula;
use mazad::domain::auction::terms::LotItem;
use mazad::domain::auction::terms::Terms;
use mazad::domain::auction::terms::Visibility;
use mazad::domain::auction::terms::Weights;
use mazad::domain::ids::BidId;
use mazad::domain::ids::ItemId;
use mazad::domain::ids::OrderId;
use mazad::domain::ids::UserId;
use mazad::domain::money::AmountMinor;
use mazad::domain::refusal::Refusal;
use mazad::domain::refusal::ShapeFault;
use mazad::domain::refusal::Worse;
use mazad::domain::time::Span;
use mazad::domain::time::UnixMicros;

use crate::engine::world::ADMIN;
use crate::engine::world::OWNER;
use crate::engine::world::START;
use crate::engine::world::bid_of;
use crate::engine::world::bidder;
use crate::engine::world::letter;
use crate::engine::world::merchant;
use crate::engine::world::offer;
use crate::engine::world::replay;
use crate::engine::world::terms;

macro_rules! tables {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let text = include_str!(concat!(stringify!($name), ".txt"));
            let name = concat!(stringify!($name), ".txt");
            play::<Book>(name, text);
            play::<NaiveBook>(name, text);
        }
    )*};
}

tables! { deadline duel keys ladder lifecycle placing recovery result ring secrecy softclose ties withdrawal }

fn play<R: Ranking>(file: &str, text: &str) {
    let mut wrong = String::new();
    let mut case = Case::<R>::new("");
    for (at, line) in text.lines().enumerate() {
        let line = line.split("# ").next().unwrap_or("").trim();
        if let Some(name) = line.strip_prefix("case") {
            case.check_replay();
            case = Case::new(name.trim());
        } else if let Some(rules) = line.strip_prefix("rules ") {
            case.terms = read_terms(rules);
        } else if let Some((command, expected)) = line.split_once('|') {
            let outcome = case.step(command.trim());
            if outcome != expected.trim() {
                let (at, name) = (at + 1, &case.name);
                let _ =
                    writeln!(wrong, "{file}:{at} ({name})\n  {command}\n  expected {expected}\n  happened  {outcome}");
            }
        } else {
            assert!(line.is_empty(), "{file}:{}: neither case, rules nor a command: {line}", at + 1);
        }
    }
    case.check_replay();
    assert!(wrong.is_empty(), "\n{wrong}");
}

struct Case<R> {
    name: String,
    terms: Terms,
    auction: Option<Machine<R>>,
    now: UnixMicros,
    log: Vec<(Event, UnixMicros)>,
    keys: u8,
}

impl<R: Ranking> Case<R> {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), terms: terms(), auction: None, now: START, log: Vec::new(), keys: 0 }
    }

    fn check_replay(&self) {
        if let Some(auction) = &self.auction {
            let again = replay::<R>(&self.log);
            assert_eq!(again.digest(), auction.digest(), "the log of “{}” replays to another state", self.name);
            assert_eq!(again.board(), auction.board(), "the log of “{}” replays to another board", self.name);
        }
    }

    fn step(&mut self, line: &str) -> String {
        let mut words = line.split_whitespace();
        let time = words.next().unwrap();
        if time != "." {
            self.now = instant(time);
        }
        let verb = words.next().unwrap();
        let words: Vec<&str> = words.collect();
        if verb == "publish" {
            return match Machine::<R>::publish(self.terms.clone(), self.now) {
                Ok(event) => self.happen(vec![event]),
                Err(refusal) => tell_refusal(&refusal),
            };
        }
        if self.auction.is_none() {
            // A case that does not publish itself starts with bidding open.
            let published = Machine::<R>::publish(self.terms.clone(), START).unwrap();
            let now = std::mem::replace(&mut self.now, START);
            self.happen(vec![published]);
            self.act(&Command::Tick);
            self.now = now;
        }
        if let Some(answer) = self.ask(verb, &words) {
            return answer;
        }
        let command = self.command(verb, &words);
        self.act(&command)
    }

    fn act(&mut self, command: &Command) -> String {
        let auction = self.auction.as_ref().unwrap();
        let before = auction.digest();
        let decision = auction.decide(command, self.now);
        assert_eq!(auction.digest(), before, "deciding changed the state");
        match decision {
            Ok(Decision::Happen(events)) => self.happen(events),
            Ok(Decision::Seen { seq }) => format!("seen {seq}"),
            Ok(Decision::Late { event, refusal }) => {
                self.happen(vec![event]);
                format!("{} kept", tell_refusal(&refusal))
            }
            Err(refusal) => tell_refusal(&refusal),
        }
    }

    fn happen(&mut self, events: Vec<Event>) -> String {
        if events.is_empty() {
            return "nothing".to_owned();
        }
        let mut told = Vec::new();
        let mut standings = Vec::new();
        for event in events {
            match (&event, &mut self.auction) {
                (Event::Published(terms), None) => {
                    self.auction = Some(Machine::published(terms.clone(), self.now));
                }
                (_, Some(auction)) => auction.apply(&event, self.now),
                (_, None) => panic!("nothing is published yet"),
            }
            let auction = self.auction.as_ref().unwrap();
            standings.push(auction.happened(event.clone(), self.now).standing.map(|standing| standing.rank));
            told.push(event.clone());
            self.log.push((event, self.now));
        }
        let tell = |(event, rank): (&Event, &Option<u32>)| tell_event(event, *rank);
        told.iter().zip(&standings).map(tell).collect::<Vec<_>>().join(", ")
    }

    fn ask(&self, verb: &str, words: &[&str]) -> Option<String> {
        let auction = self.auction.as_ref().unwrap();
        let board = auction.board();
        Some(match verb {
            "board" => {
                let rows = board.rows.iter().map(|row| format!("{}@{}", letter(row.merchant), row.landed));
                rows.collect::<Vec<_>>().join(" ")
            }
            "score" => {
                let score = auction.standing(named(words[0])).unwrap().score;
                format!("{} {} {} = {}", score.price, score.merchant, score.delivery, score.total)
            }
            "state" => match board.state {
                State::Expired(reason) => format!("expired {}", tell_expiry(reason)),
                State::Published
                | State::BiddingOpen
                | State::BiddingClosed
                | State::Reviewing
                | State::Accepted
                | State::Cancelled => board.state.word().to_owned(),
            },
            "deadline" => tell_instant(board.closes_at),
            "alarm" => auction.next_alarm().map_or("never".to_owned(), tell_instant),
            "lead" => auction.price_to_lead(named(words[0])).map_or("never".to_owned(), |price| price.to_string()),
            "seqs" => {
                format!("{} host={} merchants={}", board.seq, board.class_seqs.host, board.class_seqs.merchants)
            }
            "flags" => {
                let rows = auction.scoreboard().iter().map(|row| {
                    let mean = if row.low_price.below_mean { "+mean" } else { "" };
                    let next = if row.low_price.below_next { "+next" } else { "" };
                    format!("{}{mean}{next}", letter(row.merchant))
                });
                rows.collect::<Vec<_>>().join(" ")
            }
            _ => return None,
        })
    }

    fn command(&mut self, verb: &str, words: &[&str]) -> Command {
        let host = match words.first() {
            Some(&"owner") => Host { user: OWNER, admin: false },
            Some(&"admin") => Host { user: ADMIN, admin: true },
            Some(_) | None => Host { user: UserId(99), admin: false },
        };
        let reason = "reason".to_owned();
        match verb {
            "place" | "revise" | "withdraw" => self.bid_command(verb, words),
            "pause" => Command::Pause { host, reason },
            "resume" => Command::Resume { host },
            "extend" => Command::Extend { host, by: span(words[1]) },
            "close" => Command::CloseEarly { host },
            "cancel" => Command::Cancel { host, reason },
            "accept" => Command::Accept { host, bid: bid_of(named(words[1])), order: OrderId(1) },
            "decline" => Command::Decline { merchant: named(words[0]), reason },
            "disqualify" => Command::Disqualify { merchant: named(words[0]), reason },
            "tick" => Command::Tick,
            "recover" => Command::Recover { last_alive: instant(words[0]) },
            // A log that ends inside finalise: bidding closed, no result yet.
            "torn" => {
                self.happen(vec![Event::Closed { cause: CloseCause::Deadline }]);
                Command::Decline { merchant: UserId(0), reason }
            }
            other => panic!("unknown verb {other}"),
        }
    }

    fn bid_command(&mut self, verb: &str, words: &[&str]) -> Command {
        let user = if words[0] == "owner" { OWNER } else { named(words[0]) };
        let mut bidder = bidder(user);
        let mut bid = bid_of(user);
        self.keys += 1;
        let mut key = Key { key: [self.keys; 16], body: [self.keys; 16] };
        let mut stamp = self.now;
        let (mut floor, mut confirmed) = (None, false);
        let price = words.get(1).filter(|word| !word.contains('=')).and_then(Halalas::parse_halalas);
        let mut offer = offer(price.unwrap_or(0));
        for word in words.iter().skip(1) {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            match name {
                "h" => offer.delivery_hours = value.parse().unwrap(),
                "fee" => offer.delivery_fee = AmountMinor(value.parse_halalas().unwrap()),
                "warranty" => offer.warranty_days = value.parse().unwrap(),
                "notes" => offer.notes = value.to_owned(),
                "payment" => offer.payment_terms = value.to_owned(),
                "expires" => offer.expires_at = Some(instant(value)),
                "lines" => offer.lines = value.split(';').flat_map(read_lines).collect(),
                "floor" => floor = Some(AmountMinor(value.parse_halalas().unwrap())),
                "confirmed" => confirmed = true,
                "rating" => bidder.rating_milli = value.parse().unwrap(),
                "orders" => bidder.rated_orders = value.parse().unwrap(),
                "customer" => bidder.merchant = false,
                "unverified" => bidder.verified = false,
                "suspended" => bidder.suspended = true,
                "blocked" => bidder.eligible = false,
                "key" => {
                    let digest = [value.parse::<u8>().unwrap() + 100; 16];
                    key = Key { key: digest, body: digest };
                }
                "body" => key.body = [value.parse::<u8>().unwrap() + 100; 16],
                "stamp" => stamp = instant(value),
                "bid" => bid = BidId(value.parse().unwrap()),
                _ => assert!(word.parse_halalas().is_some(), "unknown argument {word}"),
            }
        }
        match verb {
            "place" => Command::Place(SendBid { bidder, bid, offer, floor, confirmed, key, stamp }),
            "revise" => Command::Revise(SendBid { bidder, bid, offer, floor, confirmed, key, stamp }),
            _ => Command::Withdraw(WithdrawBid { bidder, bid, reason: "sold".to_owned(), key, stamp }),
        }
    }
}

// ------------------------------------------------------------------ reading

trait Halalas {
    fn parse_halalas(&self) -> Option<i64>;
}

impl Halalas for &str {
    /// Riyals with at most two places, or whole halalas: `5hal`.
    fn parse_halalas(&self) -> Option<i64> {
        if let Some(halalas) = self.strip_suffix("hal") {
            return halalas.parse().ok();
        }
        let (sign, rest) = self.strip_prefix('-').map_or((1, *self), |rest| (-1, rest));
        AmountMinor::parse(rest).ok().map(|amount| sign * amount.0)
    }
}

fn named(word: &str) -> UserId {
    merchant(word.chars().next().unwrap())
}

/// `1:2x50.00` is two pieces of item 1 at fifty riyals, `1:2x50.00/used` the same used; `60*…` repeats a line.
fn read_lines(text: &str) -> Vec<Line> {
    let (count, text) = text.split_once('*').map_or((1, text), |(count, text)| (count.parse().unwrap(), text));
    let (item, rest) = text.split_once(':').unwrap();
    let (quantity, rest) = rest.split_once('x').unwrap();
    let (price, condition) = rest.split_once('/').unwrap_or((rest, ""));
    let line = Line {
        item: ItemId(item.parse().unwrap()),
        quantity: quantity.parse().unwrap(),
        unit_price: AmountMinor(price.parse_halalas().unwrap()),
        condition: match condition {
            "" => None,
            "new" => Some(Condition::NewOriginal),
            _ => Some(Condition::Used),
        },
    };
    vec![line; count]
}

fn read_terms(rules: &str) -> Terms {
    let mut terms = terms();
    for (name, value) in rules.split_whitespace().filter_map(|word| word.split_once('=')) {
        let rules = &mut terms.rules;
        match name {
            "opens" => terms.opens_at = instant(value),
            "closes" => terms.closes_at = instant(value),
            "soft" => rules.soft_close = span(value),
            "formula" => {
                rules.formula = if value == "relative" { Formula::RelativeV1 } else { Formula::GuardedV1 };
            }
            "weights" => {
                let parts: Vec<u8> = value.split('/').map(|part| part.parse().unwrap()).collect();
                rules.weights = Weights { price: parts[0], merchant: parts[1], delivery: parts[2] };
            }
            "see" => {
                rules.visibility = match value {
                    "open" => Visibility::Open,
                    "lead_price" => Visibility::LeadPrice,
                    "rank_only" => Visibility::RankOnly,
                    "sealed" => Visibility::Sealed,
                    other => panic!("unknown visibility {other}"),
                };
            }
            "horizon" => rules.horizon_hours = value.parse().unwrap(),
            "ceiling" => rules.ceiling = Some(AmountMinor(value.parse_halalas().unwrap())),
            "min_bids" => rules.min_bids = value.parse().unwrap(),
            "ring_bids" => rules.ring_bids = value.parse().unwrap(),
            "partial" => rules.allow_partial = value == "yes",
            "early" => rules.allow_early_close = value == "yes",
            "per_second" => rules.bids_per_second = value.parse().unwrap(),
            "per_merchant" => rules.bids_per_merchant = value.parse().unwrap(),
            // `2,1/used` is two pieces of item 1 and one piece of item 2, which must be used.
            "items" => {
                terms.items = value
                    .split(',')
                    .zip(1..)
                    .map(|(item, id)| {
                        let (quantity, condition) = item.split_once('/').unwrap_or((item, ""));
                        LotItem {
                            id: ItemId(id),
                            quantity: quantity.parse().unwrap(),
                            condition: (!condition.is_empty()).then_some(Condition::Used),
                        }
                    })
                    .collect();
            }
            other => panic!("unknown rule {other}"),
        }
    }
    terms
}

/// `90s`, `10m`, `48h`, `1us`, summed with `+` and `-`.
fn span(text: &str) -> Span {
    let text = text.replace('-', "+-");
    let micros = text.split('+').filter(|part| !part.is_empty()).map(|part| {
        let unit = part.trim_start_matches(|c: char| c == '-' || c.is_ascii_digit());
        let number: i64 = part.strip_suffix(unit).unwrap().parse().unwrap();
        number
            * match unit {
                "us" => 1,
                "ms" => 1_000,
                "s" => 1_000_000,
                "m" => 60_000_000,
                "h" => 3_600_000_000,
                other => panic!("unknown unit {other}"),
            }
    });
    Span(micros.sum())
}

fn instant(text: &str) -> UnixMicros {
    START.plus(span(text))
}

// ------------------------------------------------------------------ telling

fn tell_instant(at: UnixMicros) -> String {
    let micros = at.since(START).0;
    let (secs, rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    match rest {
        0 => format!("{secs}s"),
        500_000.. => format!("{}s-{}us", secs + 1, 1_000_000 - rest),
        _ => format!("{secs}s+{rest}us"),
    }
}

fn tell_event(event: &Event, rank: Option<u32>) -> String {
    let rank = rank.map_or("?".to_owned(), |rank| rank.to_string());
    match event {
        Event::Published(_) => "published".to_owned(),
        Event::Opened => "opened".to_owned(),
        Event::BidPlaced { content, .. } if content.version > 1 => format!("replaced #{rank}"),
        Event::BidPlaced { .. } => format!("placed #{rank}"),
        Event::BidRevised { content, .. } if content.keeps_place => format!("noted #{rank}"),
        Event::BidRevised { .. } => format!("revised #{rank}"),
        Event::BidAutoCut { content } => format!("cut {}@{}", letter(content.merchant), content.landed),
        Event::BidWithdrawn { .. } => "withdrawn".to_owned(),
        Event::BidDisqualified { .. } => "disqualified".to_owned(),
        Event::BidTooLate { .. } => "late".to_owned(),
        Event::Extended { closes_at, cause } => {
            let cause = match cause {
                ExtensionCause::SoftClose => "soft",
                ExtensionCause::Host => "host",
                ExtensionCause::Resumed => "resumed",
                ExtensionCause::Interruption => "interruption",
            };
            format!("extended {} {cause}", tell_instant(*closes_at))
        }
        Event::Paused { until, .. } => format!("paused {}", tell_instant(*until)),
        Event::Resumed { closes_at, .. } => format!("resumed {}", tell_instant(*closes_at)),
        Event::Interrupted { closes_at, .. } => format!("interrupted {}", tell_instant(*closes_at)),
        Event::RingWidened { ring } => format!("ring {}", ring.number()),
        Event::Closed { cause: CloseCause::Deadline } => "closed".to_owned(),
        Event::Closed { cause: CloseCause::Early } => "closed early".to_owned(),
        Event::Reviewing { scoreboard, .. } => {
            let rows: String = scoreboard.iter().map(|row| letter(row.merchant)).collect();
            format!("reviewing {rows}")
        }
        Event::Accepted { merchant, .. } => format!("accepted {}", letter(*merchant)),
        Event::Declined { merchant, .. } => format!("declined {}", letter(*merchant)),
        Event::Expired { reason } => format!("expired {}", tell_expiry(*reason)),
        Event::Cancelled { .. } => "cancelled".to_owned(),
    }
}

const fn tell_expiry(reason: ExpiryReason) -> &'static str {
    match reason {
        ExpiryReason::NoBids => "no_bids",
        ExpiryReason::TooFewBids => "too_few_bids",
        ExpiryReason::NotChosen => "not_chosen",
    }
}

/// The code, and the number that would pass.
#[expect(clippy::wildcard_enum_match_arm, reason = "most refusals are their code alone")]
fn tell_refusal(refusal: &Refusal) -> String {
    let code = refusal.code();
    match refusal {
        Refusal::NotOpen { state } | Refusal::WrongState { state } => format!("{code} {state}"),
        Refusal::TooLate { server_time, deadline } => format!("{code} by {}us", server_time.since(*deadline).0),
        Refusal::Shape(fault) => match fault {
            ShapeFault::LineCount { max } => format!("{code} {max}"),
            ShapeFault::Quantity { line, asked } => format!("{code} {line} {asked}"),
            ShapeFault::UnknownItem { line }
            | ShapeFault::ItemTwice { line }
            | ShapeFault::UnitPrice { line }
            | ShapeFault::Condition { line } => format!("{code} {line}"),
            ShapeFault::DeliveryFee | ShapeFault::LandedTotal | ShapeFault::Warranty | ShapeFault::Floor => {
                code.to_owned()
            }
        },
        Refusal::OverBudget { max_landed }
        | Refusal::StepTooSmall { max_landed }
        | Refusal::ReentryTooHigh { max_landed } => format!("{code} {max_landed}"),
        Refusal::ConfirmRequired { min_landed } => format!("{code} {min_landed}"),
        Refusal::DeliveryOutOfRange { max } => format!("{code} {max}"),
        Refusal::Worsened(Worse::LandedTotal) => format!("{code} landed_total"),
        Refusal::Worsened(Worse::Delivery) => format!("{code} delivery"),
        Refusal::Worsened(Worse::Warranty) => format!("{code} warranty"),
        Refusal::AlreadyBidding { bid } | Refusal::AlreadyAccepted { bid } => {
            format!("{code} {}", letter(UserId(bid.0 - 1_000)))
        }
        Refusal::TooManyBids { retry_after } => {
            retry_after.map_or(format!("{code} never"), |after| format!("{code} {}us", after.0))
        }
        Refusal::BadRules { field } => format!("{code} {field}"),
        _ => code.to_owned(),
    }
}
