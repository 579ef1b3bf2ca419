//! What is due goes out: in a flood, past an hour without the provider, past a server that is killed between asking the provider
//! and writing down what it said.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use mazad::config::SmsDriver;
use mazad::domain::ids::NoticeId;
use mazad::domain::ids::RequestId;
use mazad::domain::ids::UserId;
use mazad::domain::notice::Channel;
use mazad::domain::notice::Notice;
use mazad::domain::time::Span;
use mazad::domain::time::UnixMicros;
use mazad::limits;
use mazad::persistence::Db;
use mazad::persistence::StoreOptions;
use mazad::persistence::outbox;

use crate::support::app::START;
use crate::support::app::TestApp;
use crate::support::server::Server;
use crate::support::store::behind;
use crate::support::store::database_url;
use crate::support::unifonic::Unifonic;

/// How long it is waited for what is to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// An account with a proven phone, which gets short messages of requests that end.
async fn add_person(db: &Db, id: i64) {
    let insert = "INSERT INTO users (id, kind, name, phone, password_hash, locale, phone_verified_at, created_at, updated_at) \
                  VALUES (?, 'customer', 'Somebody', ?, 'x', 'en', 1, 1, 1)";
    let wish = "INSERT INTO notice_preferences (user_id, kind, channel, wanted) VALUES (?, 'request_ended', 'sms', 1)";
    let phone = format!("+9665{:08}", id);
    behind!(db, pool => {
        sqlx::query(insert).bind(id).bind(&phone).execute(pool).await.map(drop).unwrap();
        sqlx::query(wish).bind(id).execute(pool).await.map(drop).unwrap();
    });
}

/// Notices to somebody, of each of which a short message becomes.
async fn add_messages(db: &Db, user: UserId, ids: impl Iterator<Item = i64>, at: UnixMicros) {
    let notice = Notice::RequestCancelled { request: RequestId(7) };
    let told: Vec<_> = ids.map(|id| (NoticeId(id), user, notice.clone())).collect();
    for page in told.chunks(500) {
        let mut tx = db.begin().await.unwrap();
        outbox::tell(&mut tx, page, at).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// Waits until so many deliveries are in this state. However slow the machine is: only where nothing moves it is given up.
async fn wait_for(db: &Db, state: &str, wanted: i64) {
    let (mut last, mut since) = (-1, Instant::now());
    loop {
        let now = count(db, state).await;
        if now >= wanted {
            return;
        }
        if now != last {
            (last, since) = (now, Instant::now());
        }
        assert!(since.elapsed() < PATIENCE, "{now} {state} of {wanted}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn count(db: &Db, state: &str) -> i64 {
    let sql = "SELECT COUNT(*) FROM notice_deliveries WHERE state = ?";
    behind!(db, pool => sqlx::query_scalar(sql).bind(state).fetch_one(pool).await.unwrap())
}

async fn with_provider(provider: &Unifonic) -> TestApp {
    let endpoint = provider.endpoint.clone();
    TestApp::configured(|config| {
        config.sms.driver = SmsDriver::Unifonic;
        config.sms.endpoint = endpoint;
        config.sms.api_key = "a key".into();
    })
    .await
}

#[actix_web::test]
async fn a_flood_goes_out_a_few_at_a_time_each_once() {
    const FLOOD: i64 = 10_000;
    let provider = Unifonic::start();
    let app = with_provider(&provider).await;
    let db = &app.running.app.db;
    add_person(db, 1).await;
    let since = Instant::now();
    add_messages(db, UserId(1), 1..=FLOOD, START).await;
    wait_for(db, "sent", FLOOD).await;
    println!("{FLOOD} short messages in {:?}", since.elapsed());
    provider.books(|books| {
        assert_eq!(books.taken.len(), FLOOD as usize);
        assert!(books.taken.values().all(|times| *times == 1), "something came twice");
        assert!(books.most_at_once <= limits::SENT_AT_ONCE_MAX as usize, "{} at once", books.most_at_once);
        assert!(books.taken.contains_key(&NoticeId(1).to_string()));
    });
    app.stop().await;
}

#[actix_web::test]
async fn an_hour_without_the_provider_costs_delay_and_no_message() {
    const MESSAGES: i64 = 40;
    let provider = Unifonic::start();
    provider.books(|books| books.ill = true);
    let app = with_provider(&provider).await;
    let (db, notifier) = (&app.running.app.db, &app.running.app.notifier);
    add_person(db, 1).await;
    add_messages(db, UserId(1), 1..=MESSAGES, START).await;
    wait_for(db, "waiting", MESSAGES).await;
    for _ in 0..720 {
        notifier.round(Channel::Sms).await.unwrap();
        app.clock.advance(Span::secs(5));
    }
    let refused = provider.books(|books| books.refused);
    assert!(refused < 100, "{refused} calls to a provider that is ill");
    assert_eq!((count(db, "dead").await, count(db, "sent").await), (0, 0));
    let sql = "SELECT MAX(attempts) FROM notice_deliveries";
    let attempts: i64 = behind!(db, pool => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap());
    assert!(attempts < limits::SENDING_ATTEMPTS_MAX, "{attempts} attempts");
    provider.books(|books| books.ill = false);
    for _ in 0..720 {
        notifier.round(Channel::Sms).await.unwrap();
        app.clock.advance(Span::secs(5));
        if count(db, "sent").await == MESSAGES {
            break;
        }
    }
    assert_eq!((count(db, "sent").await, count(db, "dead").await), (MESSAGES, 0));
    assert!(provider.books(|books| books.taken.values().all(|times| *times == 1)));
    app.stop().await;
}

/// Whoever plans and whoever sends look at their tables every five seconds. One message after the other, each would wait for a
/// look if nobody woke them.
#[actix_web::test]
async fn a_notice_goes_out_before_anybody_would_have_looked() {
    const MESSAGES: i64 = 10;
    let app = TestApp::start().await;
    let db = &app.running.app.db;
    add_person(db, 1).await;
    let since = Instant::now();
    for number in 1..=MESSAGES {
        add_messages(db, UserId(1), std::iter::once(number), START).await;
        wait_for(db, "sent", number).await;
    }
    assert!(since.elapsed() < Duration::from_secs(5 * 5), "{:?} for {MESSAGES} messages", since.elapsed());
    println!("{:?} from the commit to the provider's yes", since.elapsed() / MESSAGES as u32);
    app.stop().await;
}

/// The real server, with this provider.
fn serve(dir: &Path, provider: &Unifonic) -> Server {
    let env = [
        ("MAZAD__SMS__DRIVER", "unifonic"),
        ("MAZAD__SMS__ENDPOINT", provider.endpoint.as_str()),
        ("MAZAD__SMS__API_KEY", "a key"),
    ];
    Server::start(dir, &env)
}

#[actix_web::test]
async fn a_killed_server_loses_no_message_and_a_provider_can_know_what_came_twice() {
    const MESSAGES: i64 = 300;
    let dir = tempfile::tempdir().unwrap();
    let provider = Unifonic::start();
    // Slow enough that a kill finds messages between the provider's yes and our writing it down.
    provider.books(|books| books.slow = Duration::from_millis(20));
    let db = Db::open(&StoreOptions { url: database_url(dir.path()), readers: 1 }).await.unwrap();
    add_person(&db, 1).await;
    add_messages(&db, UserId(1), 1..=MESSAGES, mazad::clock::Clock::System.now()).await;
    let mut server = serve(dir.path(), &provider);
    for wanted in [1, 40, 90, 150, 220] {
        let since = Instant::now();
        while provider.books(|books| books.taken.len()) < wanted {
            assert!(since.elapsed() < PATIENCE, "{wanted} messages");
            tokio::task::yield_now().await;
        }
        server.kill();
        // Nobody waits for the claims of the dead to run out here.
        let lapse = "UPDATE notice_deliveries SET claimed_until = 0 WHERE state = 'sending'";
        behind!(&db, pool => sqlx::query(lapse).execute(pool).await.map(drop).unwrap());
        server = serve(dir.path(), &provider);
    }
    wait_for(&db, "sent", MESSAGES).await;
    let (references, twice) = provider.books(|books| {
        let references: BTreeSet<String> = books.taken.keys().cloned().collect();
        (references, books.taken.values().filter(|times| **times > 1).count())
    });
    let expected: BTreeSet<String> = (1..=MESSAGES).map(|id| NoticeId(id).to_string()).collect();
    assert_eq!(references, expected, "none lost, none under another name");
    println!("5 kills, {MESSAGES} messages, 0 lost; {twice} came again under the same reference");
    assert!(twice <= 5 * limits::SENT_AT_ONCE_MAX as usize, "{twice}");
    drop(server);
}
