//! Every frame as its bytes say it, and every way a client's frame can be wrong.

use insta::assert_snapshot;

use crate::domain::auction::board::Alias;
use crate::domain::auction::board::ClassSeqs;
use crate::domain::auction::board::Happened;
use crate::domain::auction::board::Standing;
use crate::domain::auction::command::Key;
use crate::domain::auction::command::Offer;
use crate::domain::auction::event::BidContent;
use crate::domain::auction::event::CloseCause;
use crate::domain::auction::event::Event;
use crate::domain::auction::event::ExpiryReason;
use crate::domain::auction::event::ExtensionCause;
use crate::domain::auction::event::LowPrice;
use crate::domain::auction::event::Score;
use crate::domain::auction::event::ScoreRow;
use crate::domain::auction::terms::Visibility;
use crate::domain::auction::view::Class;
use crate::domain::eligibility::Ring;
use crate::domain::ids::BidId;
use crate::domain::ids::OrderId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;
use crate::wire::board::Names;
use crate::wire::frame;
use crate::wire::frame::Ask;
use crate::wire::frame::CloseCode;
use crate::wire::frame::EventFrame;
use crate::wire::frame::Pong;
use crate::wire::frame::Reply;
use crate::wire::problem::Code;
use crate::wire::value::Name;
use crate::wire::value::Timestamp;

const KEY: Key = Key { key: [1; 16], body: [2; 16] };
const SCORE: Score = Score { price: 90_000_000, merchant: 70_000_000, delivery: 50_000_000, total: 76_000_000 };

/// Every merchant is called the same.
struct Workshop;

impl Names for Workshop {
    fn name_of(&self, _: UserId) -> Option<Name> {
        Some(Name("ورشة".into()))
    }
}

fn content() -> BidContent {
    BidContent {
        bid: BidId(5),
        merchant: UserId(7),
        version: 1,
        offer: Offer {
            lines: Vec::new(),
            delivery_fee: AmountMinor::ZERO,
            delivery_hours: 24,
            warranty_days: 30,
            payment_terms: "cash".to_owned(),
            notes: "call me".to_owned(),
            expires_at: None,
        },
        landed: AmountMinor(12_050),
        floor: Some(AmountMinor(9_999)),
        rating_milli: 4_000,
        rated_orders: 3,
        stamp: UnixMicros(0),
        keeps_place: false,
    }
}

/// Both classes' view of an event in an open auction, one line each; `-` where there is none.
fn seen(visibility: Visibility, event: Event) -> String {
    let happened = Happened {
        seq: 9,
        class_seqs: ClassSeqs { host: 8, merchants: 4 },
        at: UnixMicros(0),
        event,
        standing: Some(Standing { rank: 2, score: SCORE, alias: Alias(0x7f) }),
    };
    [Class::Host, Class::Merchants]
        .map(|class| {
            EventFrame::live(visibility, class, &happened, &Workshop, "e", UnixMicros(0)).map_or_else(
                || "-".to_owned(),
                |event| {
                    let text = serde_json::to_string(&event).unwrap();
                    assert!(!text.contains("99.99"), "a floor: {text}");
                    text.replace(r#""epoch":"e","#, "").replace(r#","server_time":"1970-01-01T00:00:00.000000Z""#, "")
                },
            )
        })
        .join("\n")
}

fn open(event: Event) -> String {
    seen(Visibility::Open, event)
}

#[test]
fn bids() {
    assert_snapshot!(open(Event::BidPlaced { content: content(), key: KEY }), @r#"
    {"type":"bid.placed","seq":8,"bid":{"id":"bid_0000000000005","alias":"7F","merchant":"usr_0000000000007","merchant_name":"ورشة","version":1,"landed":"120.50","delivery_hours":24,"warranty_days":30,"rank":2,"score":{"price":90.0,"merchant":70.0,"delivery":50.0,"total":76.0},"notes":"call me"}}
    {"type":"bid.placed","seq":4,"bid":{"id":"bid_0000000000005","alias":"7F","version":1,"landed":"120.50","delivery_hours":24,"warranty_days":30,"rank":2,"score":{"price":90.0,"merchant":70.0,"delivery":50.0,"total":76.0}}}
    "#);
    assert_snapshot!(open(Event::BidWithdrawn { bid: BidId(5), merchant: UserId(7), reason: "sold".to_owned(), key: KEY }), @r#"
    {"type":"bid.withdrawn","seq":8,"bid_id":"bid_0000000000005","merchant":"usr_0000000000007","merchant_name":"ورشة","reason":"sold"}
    {"type":"bid.withdrawn","seq":4,"bid_id":"bid_0000000000005"}
    "#);
    let cut = open(Event::BidAutoCut { content: content() });
    assert_eq!(cut, open(Event::BidRevised { content: content(), key: KEY }), "nobody is told of an automatic bid");
    assert_snapshot!(cut.lines().nth(1).unwrap(), @r#"{"type":"bid.revised","seq":4,"bid":{"id":"bid_0000000000005","alias":"7F","version":1,"landed":"120.50","delivery_hours":24,"warranty_days":30,"rank":2,"score":{"price":90.0,"merchant":70.0,"delivery":50.0,"total":76.0}}}"#);
    let sealed = |event| seen(Visibility::Sealed, event);
    assert_snapshot!(sealed(Event::BidPlaced { content: content(), key: KEY }), @r#"
    {"type":"bids.counted","seq":8,"change":1}
    -
    "#);
    assert_eq!(sealed(Event::BidRevised { content: content(), key: KEY }), "-\n-");
    let late = Event::BidTooLate {
        merchant: UserId(7),
        landed: None,
        stamp: UnixMicros(0),
        deadline: UnixMicros(0),
        key: KEY,
    };
    assert_eq!(open(late), "-\n-");
}

#[test]
fn a_wider_ring_is_the_hosts_to_know() {
    let widened = Event::RingWidened { ring: Ring::Everybody };
    assert_eq!(seen(Visibility::Sealed, widened), "{\"type\":\"ring.widened\",\"seq\":8,\"ring\":2}\n-");
}

#[test]
fn the_room_itself() {
    let (by, closes_at, until) = (UserId(1), UnixMicros(1), UnixMicros(2));
    let reason = || "because".to_owned();
    let row = ScoreRow {
        rank: 1,
        bid: BidId(5),
        merchant: UserId(7),
        landed: AmountMinor(12_050),
        delivery_hours: 24,
        score: SCORE,
        low_price: LowPrice { below_mean: true, below_next: false },
    };
    let all: Vec<String> = [
        Event::Opened,
        Event::Extended { closes_at, cause: ExtensionCause::SoftClose },
        Event::Paused { by, reason: reason(), until },
        Event::Resumed { by: None, closes_at },
        Event::Interrupted { last_alive: UnixMicros(0), closes_at },
        Event::Closed { cause: CloseCause::Deadline },
        Event::Reviewing { scoreboard: vec![row], until },
        Event::Accepted { bid: BidId(5), merchant: UserId(7), order: OrderId(9) },
        Event::Declined { bid: BidId(5), merchant: UserId(7), reason: reason(), until },
        Event::Expired { reason: ExpiryReason::TooFewBids },
        Event::Cancelled { by, reason: reason() },
    ]
    .into_iter()
    .map(|event| seen(Visibility::RankOnly, event))
    .collect();
    assert_snapshot!(all.join("\n"), @r#"
    {"type":"room.opened","seq":8}
    {"type":"room.opened","seq":4}
    {"type":"deadline.extended","seq":8,"closes_at":"1970-01-01T00:00:00.000001Z","cause":"soft_close"}
    {"type":"deadline.extended","seq":4,"closes_at":"1970-01-01T00:00:00.000001Z","cause":"soft_close"}
    {"type":"room.paused","seq":8,"reason":"because","until":"1970-01-01T00:00:00.000002Z"}
    {"type":"room.paused","seq":4,"reason":"because","until":"1970-01-01T00:00:00.000002Z"}
    {"type":"room.resumed","seq":8,"closes_at":"1970-01-01T00:00:00.000001Z"}
    {"type":"room.resumed","seq":4,"closes_at":"1970-01-01T00:00:00.000001Z"}
    {"type":"interrupted","seq":8,"last_alive":"1970-01-01T00:00:00.000000Z","closes_at":"1970-01-01T00:00:00.000001Z"}
    {"type":"interrupted","seq":4,"last_alive":"1970-01-01T00:00:00.000000Z","closes_at":"1970-01-01T00:00:00.000001Z"}
    {"type":"room.closed","seq":8,"cause":"deadline"}
    {"type":"room.closed","seq":4,"cause":"deadline"}
    {"type":"room.reviewing","seq":8,"until":"1970-01-01T00:00:00.000002Z","result":[{"rank":1,"bid":"bid_0000000000005","merchant":"usr_0000000000007","merchant_name":"ورشة","landed":"120.50","delivery_hours":24,"score":{"price":90.0,"merchant":70.0,"delivery":50.0,"total":76.0},"low_price":true}]}
    {"type":"room.reviewing","seq":4,"until":"1970-01-01T00:00:00.000002Z"}
    {"type":"room.accepted","seq":8,"bid_id":"bid_0000000000005"}
    {"type":"room.accepted","seq":4}
    {"type":"room.reviewing","seq":8,"until":"1970-01-01T00:00:00.000002Z","declined":"bid_0000000000005"}
    {"type":"room.reviewing","seq":4,"until":"1970-01-01T00:00:00.000002Z"}
    {"type":"room.expired","seq":8,"reason":"too_few_bids"}
    {"type":"room.expired","seq":4,"reason":"too_few_bids"}
    {"type":"room.cancelled","seq":8,"reason":"because"}
    {"type":"room.cancelled","seq":4,"reason":"because"}
    "#);
}

#[test]
fn replies() {
    let text = |bytes: bytes::Bytes| String::from_utf8(bytes[2..].to_vec()).unwrap();
    let (id, ask) = frame::read(r#"{"type":"ping","id":"a\"b","t0":1.5}"#);
    let Ok(Ask::Ping { t0 }) = ask else { panic!("{ask:?}") };
    let pong = Pong { r#type: "pong", id, t0, t1: Timestamp(UnixMicros(0)) };
    assert_snapshot!(text(frame::json(&pong)), @r#"{"type":"pong","id":"a\"b","t0":1.5,"t1":"1970-01-01T00:00:00.000000Z"}"#);
    assert_snapshot!(text(frame::json(&Reply { r#type: "reply", id, ok: Some(true), problem: None })), @r#"{"type":"reply","id":"a\"b","ok":true}"#);
}

#[test]
fn what_a_client_may_not_say() {
    for (text, code, field) in [
        ("", Code::MalformedJson, ""),
        ("[]", Code::Validation, ""),
        (r#"{"type":1}"#, Code::Validation, ""),
        (r#"{"id":1}"#, Code::Validation, ""),
        (r#"{"type":"auth"}"#, Code::Validation, "token"),
        (r#"{"type":"bid.place","bid":{}}"#, Code::Validation, "idempotency_key"),
        (r#"{"type":"bid.revise","idempotency_key":"k","bid":{}}"#, Code::Validation, "bid_id"),
        (r#"{"type":"bid.revise","idempotency_key":"k","bid_id":"req_0000000000001","bid":{}}"#, Code::Validation, ""),
        (r#"{"type":"bid.withdraw","idempotency_key":"k","bid_id":"bid_0000000000001"}"#, Code::Validation, "reason"),
        (r#"{"type":"ping","id":[1]}"#, Code::Validation, "id"),
        (r#"{"type":"ping","also":1}"#, Code::Validation, ""),
        (r#"{"type":"snapshot"}"#, Code::Validation, "type"),
    ] {
        let problem = frame::read(text).1.unwrap_err();
        assert_eq!(problem.code, code, "{text}");
        assert_eq!(problem.errors.first().map_or("", |fault| fault.field.as_str()), field, "{text}");
    }
    let long = format!(r#"{{"type":"ping","id":"{}"}}"#, "x".repeat(64));
    assert!(frame::read(&long).1.is_err());
}

#[test]
fn headers_fit_their_payloads() {
    for length in [0, 1, 125, 126, 65_535, 65_536] {
        // Two quotes belong to the payload.
        let text = "x".repeat(usize::saturating_sub(length, 2));
        let mut appended = b"before".to_vec();
        let end = frame::append_json(&mut appended, &text);
        let payload = serde_json::to_vec(&text).unwrap();
        assert_eq!(appended, [b"before", &frame::text(&payload)[..]].concat(), "{length}");
        assert_eq!(end, appended.len());
    }
    assert_eq!(&frame::close(CloseCode::Slow)[..], b"\x88\x0f\x11\x38slow consumer");
    assert_eq!(&frame::close_echo(None)[..], [0x88, 0]);
    assert_eq!(frame::pong(&[b'x'; 200]).len(), 127);
}
