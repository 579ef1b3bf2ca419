//! What a session does with time, under a clock that moves only while everybody waits.

use std::io::ErrorKind;
use std::io::Read as _;
use std::io::Write as _;
use std::net::Shutdown;

use actix::Actor as _;
use socket2::SockRef;
use tokio::net::TcpListener;
use tokio::sync::oneshot::error::TryRecvError;

use super::*;
use crate::actors::bidders::Bidders;
use crate::actors::feeds::Feeds;
use crate::actors::tests::House;
use crate::domain::ids::RequestId;
use crate::drivers::bus::Bus;
use crate::mint::IdMint;

/// Longer than it takes to hear something, and than the clock rounds.
const MOMENT: Duration = Duration::from_millis(10);
const ALICE: &str = "alice";
const PING: [u8; 2] = [0x89, 0];

/// A session, and its peer on a plain socket: what a `read` finds there has been sent, whatever any runtime knows.
struct Scene {
    _house: House,
    outlet: Arc<Outlet>,
    peer: std::net::TcpStream,
    began: Instant,
    over: oneshot::Receiver<()>,
}

impl Scene {
    async fn new() -> Self {
        let house = House::new().await;
        let bidders = Bidders::new(house.db.clone(), Bus::alone());
        let broadcaster = Broadcaster::new(house.clock.clone(), Arc::new(bidders.clone())).start();
        let ids = IdMint::new(house.clock.clone(), 0);
        let until = UnixMicros(i64::MAX);
        let around = Surroundings {
            bidding: Bidding::new(house.admission.clone(), bidders, ids, house.clock.clone()),
            inbox: Inbox::new(house.db.clone(), Feeds::new(house.db.clone()).start(), Bus::alone()),
            broadcasters: vec![broadcaster],
            authenticate: Box::new(move |token| {
                let (user, session) = (UserId(7), SessionId(1));
                (token == ALICE).then_some(Caller {
                    user,
                    kind: UserKind::Merchant,
                    session,
                    since: UnixMicros(0),
                    until,
                })
            }),
            may_stay: Box::new(|_| true),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        peer.set_nonblocking(true).unwrap();
        let (server, _) = listener.accept().await.unwrap();
        SockRef::from(&server).set_send_buffer_size(4_096).unwrap();
        let outlet = Outlet::new(Arc::new(server));
        let admitted = Admitted { topic: Topic::Room(RequestId(9)), caller: None, language: Language::English };
        tokio::time::pause();
        let upgraded = Upgraded { admitted, outlet: Arc::clone(&outlet), early: Bytes::new() };
        let over = Session::begin(Arc::new(around), upgraded);
        Self { _house: house, outlet, peer, began: Instant::now(), over }
    }

    /// One whose peer said who it is.
    async fn signed_in() -> Self {
        let mut scene = Self::new().await;
        scene.say(0x81, format!(r#"{{"type":"auth","id":1,"token":"{ALICE}"}}"#).as_bytes()).await;
        let reply = br#"{"type":"reply","id":1,"ok":true}"#;
        assert_eq!(scene.hears(reply.len() + 2).unwrap()[2..], *reply);
        scene
    }

    async fn say(&mut self, first: u8, payload: &[u8]) {
        // A mask of zeros is a mask.
        let mut frame = vec![first, 0x80 | u8::try_from(payload.len()).unwrap(), 0, 0, 0, 0];
        frame.extend_from_slice(payload);
        self.peer.write_all(&frame).unwrap();
        tokio::time::sleep(MOMENT).await;
    }

    /// Lets time pass until so many milliseconds after the beginning, and everybody hear what comes meanwhile.
    async fn at(&self, millis: u64) {
        tokio::time::sleep_until(self.began + Duration::from_millis(millis)).await;
    }

    /// The next bytes; `None` where the stream ended.
    fn hears(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut all = vec![0; count];
        let mut got = 0;
        for _ in 0..1_000_000 {
            match self.peer.read(&mut all[got..]) {
                Ok(0) => return None,
                Ok(read) => got += read,
                // What was sent may be on its way through the kernel still.
                Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
                Err(_) => return None,
            }
            if got == count {
                return Some(all);
            }
        }
        panic!("nothing came");
    }

    fn hears_nothing(&mut self) {
        let read = self.peer.read(&mut [0; 8]);
        assert_eq!(read.map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
    }

    fn is_over(&mut self) -> bool {
        self.over.try_recv() == Err(TryRecvError::Closed)
    }
}

#[actix::test]
async fn who_does_not_say_in_time_who_it_is_is_sent_away() {
    let mut scene = Scene::new().await;
    scene.at(4_950).await;
    scene.hears_nothing();
    scene.at(5_050).await;
    let close = scene.hears(4).unwrap();
    assert_eq!((close[0], u16::from_be_bytes([close[2], close[3]])), (0x88, 4401));
}

#[actix::test]
async fn who_said_in_time_who_it_is_stays() {
    let mut scene = Scene::signed_in().await;
    scene.at(5_050).await;
    scene.hears_nothing();
    assert!(!scene.is_over());
}

#[actix::test]
async fn a_silent_peer_is_pinged_and_then_dead() {
    let mut scene = Scene::signed_in().await;
    scene.at(14_950).await;
    scene.hears_nothing();
    scene.at(15_050).await;
    assert_eq!(scene.hears(2).unwrap(), PING);
    scene.at(30_050).await;
    assert_eq!(scene.hears(2).unwrap(), PING);
    scene.at(39_950).await;
    assert!(!scene.is_over(), "40 seconds are not over");
    scene.at(40_050).await;
    assert!(scene.is_over());
    while let Some(bytes) = scene.hears(2) {
        assert_eq!(bytes, PING);
    }
}

#[actix::test]
async fn any_word_of_the_peer_is_a_sign_of_life() {
    let mut scene = Scene::signed_in().await;
    scene.at(39_900).await;
    scene.say(0x8a, b"").await;
    scene.at(79_850).await;
    assert!(!scene.is_over(), "heard less than 40 seconds ago");
    scene.at(79_950).await;
    assert!(scene.is_over());
}

#[actix::test]
async fn a_reader_that_stopped_cannot_hold_its_heartbeat_up() {
    let mut scene = Scene::signed_in().await;
    // The kernel takes no more, and what waits here is within its bounds.
    let mut frames = 0;
    while scene.outlet.is_idle() {
        assert!(scene.outlet.send_frame(frame::text(&[b'x'; 1_000])));
        frames += 1;
        assert!(frames < 10_000);
    }
    scene.at(40_050).await;
    assert!(scene.is_over());
    assert!(!scene.outlet.send_frame(frame::ping()), "nobody can write to it any more");
}

#[actix::test]
async fn the_end_of_the_stream_ends_the_session() {
    let mut scene = Scene::signed_in().await;
    scene.peer.shutdown(Shutdown::Write).unwrap();
    tokio::time::sleep(MOMENT).await;
    assert!(scene.is_over());
    assert_eq!(scene.hears(1), None);
}
