//! A room with real sockets on one side and the real engine on the other.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

use crate::actors::outlet::Outlet;
use crate::actors::room::BoardSource;
use crate::actors::room::Newcomer;
use crate::actors::room::Room;
use crate::domain::auction::board::Board;
use crate::domain::auction::board::Happened;
use crate::domain::auction::command::Bidder;
use crate::domain::auction::command::Command;
use crate::domain::auction::command::Host;
use crate::domain::auction::command::Key;
use crate::domain::auction::command::Line;
use crate::domain::auction::command::Offer;
use crate::domain::auction::command::SendBid;
use crate::domain::auction::command::WithdrawBid;
use crate::domain::auction::state::Auction;
use crate::domain::auction::state::Decision;
use crate::domain::auction::terms::LotItem;
use crate::domain::auction::terms::Rules;
use crate::domain::auction::terms::Terms;
use crate::domain::auction::terms::Visibility;
use crate::domain::auction::view::Class;
use crate::domain::ids::BidId;
use crate::domain::ids::ItemId;
use crate::domain::ids::RequestId;
use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::wire::board::Names;
use crate::wire::frame::CloseCode;
use crate::wire::frame::Since;
use crate::wire::value::Name;

const NOW: UnixMicros = UnixMicros(1_800_000_000_000_000);
const HOST: UserId = UserId(1);

/// An auction whose commits are instant.
struct Market {
    state: Auction,
    now: UnixMicros,
    board: Mutex<Arc<Board>>,
    watched: AtomicBool,
}

impl BoardSource for Market {
    fn board(&self) -> Arc<Board> {
        Arc::clone(&self.board.lock().unwrap())
    }

    fn set_watched(&self, watched: bool) {
        self.watched.store(watched, Ordering::SeqCst);
    }
}

type Committed = (Vec<Happened>, Arc<Board>);

impl Market {
    fn new(visibility: Visibility) -> Self {
        let terms = Terms {
            request: RequestId(9),
            owner: HOST,
            items: vec![LotItem { id: ItemId(1), quantity: 1, condition: None }],
            rules: Rules {
                visibility,
                allow_early_close: true,
                bids_per_second: 1_000,
                bids_per_merchant: 10_000,
                ..Rules::USUAL
            },
            opens_at: NOW,
            closes_at: NOW.plus(Span::secs(600)),
            alias_seed: 42,
        };
        let state = Auction::published(terms, NOW);
        let board = Mutex::new(Arc::new(state.board()));
        let mut market = Self { state, now: NOW, board, watched: AtomicBool::new(false) };
        market.run(&Command::Tick);
        market
    }

    fn run(&mut self, command: &Command) -> Committed {
        self.now = self.now.plus(Span(1_000));
        let Decision::Happen(events) = self.state.decide(command, self.now).unwrap() else { panic!("not decided") };
        let mut happened = Vec::new();
        for event in events {
            self.state.apply(&event, self.now);
            happened.push(self.state.happened(event, self.now));
        }
        let board = Arc::new(self.state.board());
        *self.board.lock().unwrap() = Arc::clone(&board);
        (happened, board)
    }

    fn parts(&self, merchant: i64, riyals: i64) -> (Bidder, BidId, Offer, Key) {
        let line = Line { item: ItemId(1), quantity: 1, unit_price: AmountMinor::sar(riyals), condition: None };
        let bidder = Bidder {
            user: UserId(merchant),
            merchant: true,
            verified: true,
            suspended: false,
            eligible: true,
            rating_milli: 4_000,
            rated_orders: 3,
        };
        let offer = Offer {
            lines: vec![line],
            delivery_fee: AmountMinor::ZERO,
            delivery_hours: 24,
            warranty_days: 30,
            payment_terms: String::new(),
            notes: "for the host alone".to_owned(),
            expires_at: None,
        };
        let mut key = [0; 16];
        key[..8].copy_from_slice(&self.state.seq().to_be_bytes());
        (bidder, BidId(1_000 + merchant), offer, Key { key, body: key })
    }

    fn place(&mut self, merchant: i64, riyals: i64) -> Committed {
        let (bidder, bid, offer, key) = self.parts(merchant, riyals);
        let stamp = self.now;
        self.run(&Command::Place(SendBid { bidder, bid, offer, floor: None, confirmed: true, key, stamp }))
    }

    fn revise(&mut self, merchant: i64, riyals: i64) -> Committed {
        let (bidder, bid, offer, key) = self.parts(merchant, riyals);
        let stamp = self.now;
        self.run(&Command::Revise(SendBid { bidder, bid, offer, floor: None, confirmed: true, key, stamp }))
    }

    fn withdraw(&mut self, merchant: i64) -> Committed {
        let (bidder, bid, _, key) = self.parts(merchant, 1);
        let stamp = self.now;
        self.run(&Command::Withdraw(WithdrawBid { bidder, bid, reason: "no stock".to_owned(), key, stamp }))
    }
}

/// A room, its market, and a number for each epoch that it begins.
struct Scene {
    market: Market,
    room: Room,
}

impl Scene {
    fn new(visibility: Visibility) -> Self {
        let market = Market::new(visibility);
        let source = Arc::new(Still(market.board()));
        Self { market, room: Room::new(source, Arc::new(Workshops), "e1".to_owned()) }
    }

    fn take(&mut self, (happened, board): Committed) -> bool {
        self.room.take(&happened, board, || "e2".to_owned(), NOW)
    }

    /// Commits and ends the pass.
    fn show(&mut self, committed: Committed) {
        self.take(committed);
        self.room.flush(NOW);
    }

    async fn join(&mut self, class: Class, viewer: UserId, since: Option<(&str, i64)>) -> Watcher {
        let watcher = Watcher::new().await;
        let since = since.map(|(epoch, seq)| Since { epoch: epoch.to_owned(), seq });
        let outlet = Arc::clone(&watcher.outlet);
        self.room.join(Newcomer { class, viewer, session: SessionId(viewer.0), outlet, since, again: false }, NOW);
        watcher
    }
}

/// Merchant 10 is called `Workshop 10`.
struct Workshops;

impl Names for Workshops {
    fn name_of(&self, merchant: UserId) -> Option<Name> {
        Some(Name(format!("Workshop {}", merchant.0).into()))
    }
}

struct Still(Arc<Board>);

impl BoardSource for Still {
    fn board(&self) -> Arc<Board> {
        Arc::clone(&self.0)
    }

    fn set_watched(&self, _: bool) {}
}

struct Watcher {
    outlet: Arc<Outlet>,
    socket: TcpStream,
}

impl Watcher {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let outlet = Outlet::new(Arc::new(server));
        Self { outlet, socket }
    }

    /// Everything that was sent, as bytes, up to the end of the stream.
    async fn bytes(mut self) -> Vec<u8> {
        self.outlet.close(CloseCode::Normal);
        let mut all = Vec::new();
        self.socket.read_to_end(&mut all).await.unwrap();
        let close = crate::wire::frame::close(CloseCode::Normal);
        assert!(all.ends_with(&close));
        all.truncate(all.len() - close.len());
        all
    }

    /// The same as frames.
    async fn frames(self) -> Vec<Value> {
        let bytes = self.bytes().await;
        let mut rest = &bytes[..];
        let mut frames = Vec::new();
        while let [0x81, length, tail @ ..] = rest {
            let (length, tail) = match length {
                126 => (usize::from(u16::from_be_bytes([tail[0], tail[1]])), &tail[2..]),
                short => (usize::from(*short), tail),
            };
            frames.push(serde_json::from_slice(&tail[..length]).unwrap());
            rest = &tail[length..];
        }
        assert!(rest.is_empty());
        frames
    }
}

/// `type seq` of each frame, `type` alone where there is no seq.
fn gist(frames: &[Value]) -> Vec<String> {
    frames
        .iter()
        .map(|frame| {
            let kind = frame["type"].as_str().unwrap();
            frame["seq"].as_i64().map_or_else(|| kind.to_owned(), |seq| format!("{kind} {seq}"))
        })
        .collect()
}

#[tokio::test]
async fn a_pass_brings_all_events_and_one_board_to_everybody_in_the_same_bytes() {
    let mut scene = Scene::new(Visibility::Open);
    let a = scene.join(Class::Merchants, UserId(50), None).await;
    let b = scene.join(Class::Merchants, UserId(51), None).await;
    for (merchant, riyals) in [(10, 900), (11, 800), (12, 700)] {
        let committed = scene.market.place(merchant, riyals);
        scene.take(committed);
    }
    scene.room.flush(NOW);
    let (a, b) = (a.frames().await, b.frames().await);
    assert_eq!(gist(&a), ["snapshot 2", "bid.placed 3", "bid.placed 4", "bid.placed 5", "board 5"]);
    assert_eq!(a[1..], b[1..]);
    assert_eq!(a[4]["top"][0]["landed"], "700.00");
    assert_eq!(a[4]["live_bids"], 3);
    assert!(a.iter().all(|frame| frame["epoch"] == "e1"));
}

#[tokio::test]
async fn who_comes_back_gets_exactly_what_it_missed() {
    let mut scene = Scene::new(Visibility::Open);
    let first = scene.join(Class::Merchants, UserId(50), None).await;
    for merchant in 10..14 {
        let committed = scene.market.place(merchant, 900 - merchant);
        scene.show(committed);
    }
    for (since, wanted) in [
        (Some(("e1", 4)), vec!["bid.placed 5", "bid.placed 6", "board 6", "you"]),
        (Some(("e1", 6)), vec!["board 6", "you"]),
        (Some(("e1", 7)), vec!["snapshot 6"]),
        (Some(("e0", 4)), vec!["snapshot 6"]),
        (Some(("e1", 1)), vec!["snapshot 6"]),
        (None, vec!["snapshot 6"]),
    ] {
        let back = scene.join(Class::Merchants, UserId(51), since).await;
        assert_eq!(gist(&back.frames().await), wanted, "{since:?}");
    }
    drop(first);
}

#[tokio::test]
async fn what_is_no_event_goes_out_in_its_place_and_is_not_repeated() {
    let mut scene = Scene::new(Visibility::Sealed);
    let (host, merchant) =
        (scene.join(Class::Host, UserId(1), None).await, scene.join(Class::Merchants, UserId(50), None).await);
    let aside = crate::wire::frame::json(&serde_json::json!({"type": "question.asked"}));
    let placed = scene.market.place(10, 900);
    scene.take(placed);
    scene.room.tell(&aside);
    let placed = scene.market.place(11, 800);
    scene.take(placed);
    scene.room.flush(NOW);
    scene.room.tell(&aside);
    scene.room.flush(NOW);
    let back = scene.join(Class::Host, UserId(1), Some(("e1", 2))).await;
    assert_eq!(gist(&back.frames().await), ["bids.counted 3", "bids.counted 4", "board 4", "you"]);
    let wanted = ["snapshot 2", "bids.counted 3", "question.asked", "bids.counted 4", "board 4", "question.asked"];
    assert_eq!(gist(&host.frames().await), wanted);
    assert_eq!(gist(&merchant.frames().await), ["snapshot 2", "question.asked", "question.asked"]);
}

/// A room of three hundred merchants, of whom a pass serves 256.
async fn crowd() -> (Scene, Vec<Watcher>) {
    let mut scene = Scene::new(Visibility::Open);
    let mut crowd = Vec::new();
    for n in 0..300 {
        crowd.push(scene.join(Class::Merchants, UserId(1_000 + n), None).await);
    }
    let placed = scene.market.place(10, 900);
    scene.take(placed);
    assert!(!scene.room.pass(NOW), "not everybody had a turn");
    (scene, crowd)
}

const SERVED_AT_ONCE: [&str; 5] = ["snapshot 2", "bid.placed 3", "board 3", "bid.placed 4", "board 4"];
const SERVED_TOGETHER: [&str; 4] = ["snapshot 2", "bid.placed 3", "bid.placed 4", "board 4"];

#[tokio::test]
async fn what_happens_in_the_middle_of_a_round_reaches_the_rest_of_it_at_once() {
    let (mut scene, crowd) = crowd().await;
    let placed = scene.market.place(11, 800);
    scene.take(placed);
    // The other 44, and 212 of the first.
    assert!(!scene.room.pass(NOW));
    assert!(scene.room.pass(NOW));
    assert!(scene.room.pass(NOW), "nothing is left to send");
    for (n, watcher) in crowd.into_iter().enumerate() {
        let seen = gist(&watcher.frames().await);
        let wanted: &[&str] = if n < 256 { &SERVED_AT_ONCE } else { &SERVED_TOGETHER };
        assert_eq!(seen, wanted, "{n}");
    }
}

#[tokio::test]
async fn who_takes_a_seat_that_had_its_turn_has_one_too() {
    let (mut scene, mut crowd) = crowd().await;
    for (n, seat) in [(5, 5), (100, 99), (40, 40)] {
        // Always the last of those who wait sits down there.
        scene.room.leave(UserId(1_000 + n), &crowd.remove(seat).outlet, NOW);
    }
    scene.room.flush(NOW);
    for (n, watcher) in crowd.into_iter().enumerate() {
        assert_eq!(gist(&watcher.frames().await), ["snapshot 2", "bid.placed 3", "board 3"], "{n}");
    }
}

#[tokio::test]
async fn who_comes_or_goes_in_the_middle_of_a_round_costs_nobody_a_frame() {
    let (mut scene, mut crowd) = crowd().await;
    // The last takes the first one's seat, which has had its turn already.
    scene.room.leave(UserId(1_000), &crowd.remove(0).outlet, NOW);
    let gone = crowd.remove(100);
    gone.outlet.kill();
    let late = scene.join(Class::Merchants, UserId(5_000), None).await;
    let placed = scene.market.place(11, 800);
    scene.take(placed);
    let back = crowd.remove(280);
    let (outlet, since) = (Arc::clone(&back.outlet), Some(Since { epoch: "e1".to_owned(), seq: 2 }));
    let (viewer, session) = (UserId(1_282), SessionId(1_282));
    let again = Newcomer { class: Class::Merchants, viewer, session, outlet, since, again: true };
    scene.room.join(again, NOW);
    scene.room.flush(NOW);
    assert_eq!(gist(&late.frames().await), ["snapshot 3", "bid.placed 4", "board 4"]);
    assert_eq!(gist(&back.frames().await), ["snapshot 2", "bid.placed 3", "bid.placed 4", "board 4", "you"]);
    for watcher in crowd {
        let seen = gist(&watcher.frames().await);
        assert!(seen == SERVED_AT_ONCE || seen == SERVED_TOGETHER, "{seen:?}");
    }
}

#[tokio::test]
async fn a_room_that_starts_anew_in_the_middle_of_a_round_sends_snapshots_alone() {
    let (mut scene, crowd) = crowd().await;
    scene.market.place(11, 800);
    let after_a_gap = scene.market.place(12, 700);
    scene.show(after_a_gap);
    for (n, watcher) in crowd.into_iter().enumerate() {
        let seen = gist(&watcher.frames().await);
        let first: &[&str] = &SERVED_AT_ONCE[..if n < 256 { 3 } else { 1 }];
        assert_eq!(seen, [first, &["snapshot 5"]].concat(), "{n}");
    }
}

#[tokio::test]
async fn the_host_reads_names_and_merchants_do_not() {
    let mut scene = Scene::new(Visibility::Open);
    let host = scene.join(Class::Host, HOST, None).await;
    let merchant = scene.join(Class::Merchants, UserId(50), None).await;
    let placed = scene.market.place(10, 900);
    scene.show(placed);
    let withdrawn = scene.market.withdraw(10);
    scene.show(withdrawn);
    let told = merchant.frames().await;
    assert!(told.iter().all(|frame| !frame.to_string().contains("Workshop")), "{told:?}");
    let [_, placed, board, withdrawn, _] = <[Value; 5]>::try_from(host.frames().await).unwrap();
    assert_eq!(placed["bid"]["merchant_name"], "Workshop 10");
    assert_eq!(board["top"][0]["merchant_name"], "Workshop 10");
    assert_eq!(withdrawn["merchant_name"], "Workshop 10");
    let placed = scene.market.place(11, 900);
    scene.show(placed);
    let late = scene.join(Class::Host, HOST, None).await.frames().await;
    assert_eq!(late[0]["board"][0]["merchant_name"], "Workshop 11");
}

#[tokio::test]
async fn every_bidder_learns_its_true_rank() {
    let mut scene = Scene::new(Visibility::Open);
    // Each a little dearer than the one before, so the last to bid is the last in rank.
    let bidders = 1_200;
    for n in 0..bidders {
        scene.market.place(10 + n, 10_000 + n);
    }
    let board = scene.market.board();
    scene.room = Room::new(Arc::new(Still(board)), Arc::new(Workshops), "e1".to_owned());
    let watcher = scene.join(Class::Merchants, UserId(10 + bidders - 1), None).await;
    let placed = scene.market.place(10 + bidders, 9_000);
    scene.show(placed);
    let frames = watcher.frames().await;
    let rank = |frame: &Value| (frame["rank"].as_u64(), frame["bid"]["landed"].as_str().map(ToOwned::to_owned));
    let own = Some("11199.00".to_owned());
    assert_eq!(rank(&frames[0]["you"]), (Some(1_200), own.clone()));
    let you = frames.iter().rfind(|frame| frame["type"] == "you").unwrap();
    assert_eq!(rank(you), (Some(1_201), own));
}

#[tokio::test]
async fn beyond_the_buffer_there_is_a_snapshot_and_never_a_silent_gap() {
    let mut scene = Scene::new(Visibility::Open);
    let _first = scene.join(Class::Merchants, UserId(50), None).await;
    let committed = scene.market.place(10, 900_000);
    scene.show(committed);
    let frames = i64::try_from(limits::ROOM_BUFFER_FRAMES).unwrap();
    for n in 0..frames {
        let committed = scene.market.revise(10, 890_000 - 50 * n);
        scene.show(committed);
    }
    let last = 3 + frames;
    let back = scene.join(Class::Merchants, UserId(51), Some(("e1", last - frames))).await.frames().await;
    assert_eq!(back.len(), limits::ROOM_BUFFER_FRAMES + 2);
    let back = scene.join(Class::Merchants, UserId(51), Some(("e1", last - frames - 1))).await.frames().await;
    assert_eq!(gist(&back), [format!("snapshot {last}")]);
}

#[tokio::test]
async fn what_was_shown_is_dropped_and_what_was_lost_starts_a_new_epoch() {
    let mut scene = Scene::new(Visibility::Open);
    let watcher = scene.join(Class::Merchants, UserId(50), None).await;
    let one = scene.market.place(10, 900);
    scene.show(one.clone());
    scene.show(one);
    let _lost = scene.market.place(11, 800);
    let three = scene.market.place(12, 700);
    scene.show(three);
    let four = scene.market.place(13, 600);
    scene.show(four);
    let frames = watcher.frames().await;
    assert_eq!(gist(&frames), ["snapshot 2", "bid.placed 3", "board 3", "snapshot 5", "bid.placed 6", "board 6"]);
    assert_eq!(frames[3]["epoch"], "e2");
    assert_eq!(frames[3]["board"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_board_says_how_many_look_on_to_those_who_may_know() {
    for (visibility, class, wanted) in [
        (Visibility::Open, Class::Merchants, Some(2)),
        (Visibility::RankOnly, Class::Host, Some(2)),
        (Visibility::RankOnly, Class::Merchants, None),
    ] {
        let mut scene = Scene::new(visibility);
        let first = scene.join(class, HOST, None).await;
        let _second = scene.join(Class::Merchants, UserId(51), None).await;
        let committed = scene.market.place(10, 900);
        scene.show(committed);
        let frames = first.frames().await;
        let boards = frames.iter().filter(|frame| frame["type"] == "board");
        let told: Vec<Option<u64>> = boards.map(|board| board["watchers"].as_u64()).collect();
        assert!(told.iter().all(|told| *told == wanted), "{visibility:?} {class:?}: {told:?}");
        assert_eq!(told.is_empty(), wanted.is_none(), "{visibility:?} {class:?}");
    }
}

#[tokio::test]
async fn a_bidder_hears_of_its_own_side_once_per_change() {
    let mut scene = Scene::new(Visibility::RankOnly);
    let own = scene.join(Class::Merchants, UserId(10), None).await;
    let committed = scene.market.place(10, 900);
    scene.show(committed);
    let committed = scene.market.place(11, 800);
    scene.show(committed);
    let committed = scene.market.withdraw(10);
    scene.show(committed);
    let frames = own.frames().await;
    assert_eq!(gist(&frames), ["snapshot 2", "you", "you", "you"]);
    let ranks: Vec<&Value> = frames[1..].iter().map(|frame| &frame["rank"]).collect();
    assert_eq!(ranks, [&Value::from(1), &Value::from(2), &Value::Null]);
    assert!(frames[3]["bid"].is_null());
}

#[tokio::test]
async fn a_full_pass_does_not_wait_for_the_end_of_the_mailbox() {
    let mut scene = Scene::new(Visibility::Open);
    let _watcher = scene.join(Class::Merchants, UserId(50), None).await;
    let due = (0..100).position(|n| {
        let committed = scene.market.place(100 + n, 900);
        scene.take(committed)
    });
    assert_eq!(due, Some(limits::SOCKET_BACKLOG_FRAMES_MAX / 2 - 1));
}

/// The same script in a world where a rival's amounts differ, seen by one viewer. Names and prices of `rival` are the
/// only difference.
async fn transcript(visibility: Visibility, class: Class, viewer: UserId, rival: Option<[i64; 2]>) -> Vec<u8> {
    let mut scene = Scene::new(visibility);
    let watcher = scene.join(class, viewer, None).await;
    let committed = scene.market.place(10, 500);
    scene.show(committed);
    if let Some([first, then]) = rival {
        let committed = scene.market.place(11, first);
        scene.show(committed);
        let committed = scene.market.revise(11, then);
        scene.show(committed);
        let committed = scene.market.place(12, 2_000);
        scene.show(committed);
    }
    // The pause tells when it ends, and that must not follow from how much was done before.
    scene.market.now = NOW.plus(Span::secs(60));
    let host = Host { user: HOST, admin: false };
    let committed = scene.market.run(&Command::Pause { host, reason: "lunch".to_owned() });
    scene.show(committed);
    watcher.bytes().await
}

#[tokio::test]
async fn two_worlds_look_the_same_to_who_may_not_know_the_difference() {
    let own = UserId(10);
    for (name, visibility, class, viewer, worlds, same) in [
        // Sealed: not even whether a rival is cheaper.
        ("sealed, merchant", Visibility::Sealed, Class::Merchants, own, [Some([900, 700]), Some([450, 400])], true),
        ("sealed, host", Visibility::Sealed, Class::Host, HOST, [Some([900, 700]), Some([450, 400])], true),
        // Rank only: rivals that stay behind are all alike.
        ("rank only", Visibility::RankOnly, Class::Merchants, own, [Some([900, 700]), Some([950, 800])], true),
        // Best price only: the same, as long as the best is the viewer's.
        ("lead price", Visibility::LeadPrice, Class::Merchants, own, [Some([900, 700]), Some([950, 800])], true),
        // Nor whether there is any rival: nothing comes that would not have come without.
        ("sealed, alone", Visibility::Sealed, Class::Merchants, own, [Some([900, 700]), None], true),
        ("rank only, alone", Visibility::RankOnly, Class::Merchants, own, [Some([900, 700]), None], true),
        ("lead price, alone", Visibility::LeadPrice, Class::Merchants, own, [Some([900, 700]), None], true),
        // And where something may be known, it is: the test can fail.
        (
            "rank only, overtaken",
            Visibility::RankOnly,
            Class::Merchants,
            own,
            [Some([900, 700]), Some([450, 400])],
            false,
        ),
        (
            "lead price, overtaken",
            Visibility::LeadPrice,
            Class::Merchants,
            own,
            [Some([900, 700]), Some([450, 400])],
            false,
        ),
        ("open", Visibility::Open, Class::Merchants, own, [Some([900, 700]), Some([950, 800])], false),
        ("open, host", Visibility::Open, Class::Host, HOST, [Some([900, 700]), Some([950, 800])], false),
    ] {
        let [one, other] = worlds;
        let one = transcript(visibility, class, viewer, one).await;
        let other = transcript(visibility, class, viewer, other).await;
        assert_eq!(one == other, same, "{name}");
        assert!(!one.is_empty());
    }
}

#[tokio::test]
async fn names_and_notes_are_for_the_host() {
    for visibility in [Visibility::Open, Visibility::LeadPrice, Visibility::RankOnly, Visibility::Sealed] {
        let bytes = transcript(visibility, Class::Merchants, UserId(50), Some([900, 700])).await;
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("usr_") && !text.contains("for the host alone"), "{text}");
    }
    let bytes = transcript(Visibility::Open, Class::Host, HOST, Some([900, 700])).await;
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("usr_") && text.contains("for the host alone"), "{text}");
}

#[tokio::test]
async fn an_empty_room_tells_its_auction() {
    let market = Arc::new(Market::new(Visibility::Open));
    let mut room = Room::new(Arc::clone(&market) as Arc<dyn BoardSource>, Arc::new(Workshops), "e1".to_owned());
    assert!(market.watched.load(Ordering::SeqCst));
    let watcher = Watcher::new().await;
    let outlet = Arc::clone(&watcher.outlet);
    let session = SessionId(1);
    room.join(Newcomer { class: Class::Host, viewer: HOST, session, outlet, since: None, again: false }, NOW);
    assert!(!room.rest(NOW.plus(Span::hours(1))), "somebody looks on");
    room.leave(HOST, &watcher.outlet, NOW);
    assert!(!room.rest(NOW.minus(Span(1))), "not for long enough");
    assert!(market.watched.load(Ordering::SeqCst));
    assert!(room.rest(NOW));
    assert!(!market.watched.load(Ordering::SeqCst));
}
