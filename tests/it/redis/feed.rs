//! The live feed on two servers: what one writes reaches the socket at the other.

use std::time::Duration;
use std::time::Instant;

use mazad::clock::Clock;
use mazad::persistence::Db;
use mazad::persistence::StoreOptions;
use serde_json::json;

use crate::inbox::NOTIFICATIONS;
use crate::inbox::cancelled;
use crate::inbox::feed::Feed;
use crate::inbox::tell;
use crate::redis::bus::wait_until;
use crate::support::app::TestApp;
use crate::support::mariadb::MariaDb;
use crate::support::redis::RedisServer;

/// A server of a cluster. Its clock is the machine's: with another than the database's it has no part in anything.
async fn member(url: &str, redis: &RedisServer, beside: Option<&TestApp>) -> TestApp {
    let keys = beside.map(|app| app.running.app.config.auth.key_dir.clone());
    let app = TestApp::start_with(Clock::System, |config| {
        url.clone_into(&mut config.database.url);
        config.redis = redis.settings();
        "127.0.0.1:0".clone_into(&mut config.cluster.address);
        if let Some(keys) = keys {
            config.auth.key_dir = keys;
        }
    })
    .await;
    wait_until(|| app.running.app.bus.redis().unwrap().answers()).await;
    app
}

#[actix_web::test]
async fn a_notice_reaches_the_socket_at_another_server_with_and_without_redis() {
    let mut server = RedisServer::start();
    let database = MariaDb::shared().fresh_database().await;
    // The schema first: on a busy machine it takes longer than a server has patience for.
    Db::open(&StoreOptions { url: database.url.clone(), readers: 1 }).await.unwrap().close().await;
    let one = member(&database.url, &server, None).await;
    let two = member(&database.url, &server, Some(&one)).await;
    let who = one.person("0501111111", "customer").await;
    let mut feed = Feed::of(&two, &who).await;
    for number in 1..=5 {
        let told = tell(&one, &who, &[cancelled(number)]).await;
        assert_eq!(feed.news(1).await, (told, number));
    }
    // Nothing is new, so only the hint tells the other server before its look that something was read.
    one.post(Some(&who.token), &format!("{NOTIFICATIONS}/read-all"), &json!({})).await.expect(200);
    assert_eq!(feed.next().await, json!({"type": "unread", "count": 0}));

    server.kill();
    wait_until(|| !two.running.app.bus.state().is_up()).await;
    let told = tell(&one, &who, &[cancelled(9)]).await;
    let written = Instant::now();
    assert_eq!(feed.news(1).await, (told, 1));
    assert!(written.elapsed() < Duration::from_secs(5), "{:?}: it looks every two seconds", written.elapsed());
    one.post(Some(&who.token), &format!("{NOTIFICATIONS}/read-all"), &json!({})).await.expect(200);
    assert_eq!(feed.next().await, json!({"type": "unread", "count": 0}));
    two.stop().await;
    one.stop().await;
}
