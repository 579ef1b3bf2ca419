//! The live feed on two servers: what one writes reaches the socket at the other.

use std::time::Duration;
use std::time::Instant;

use serde_json::json;

use crate::inbox::NOTIFICATIONS;
use crate::inbox::cancelled;
use crate::inbox::feed::Feed;
use crate::inbox::tell;
use crate::redis::bus::wait_until;
use crate::redis::processes::Pair;
use crate::support::redis::RedisServer;

#[actix_web::test]
async fn a_notice_reaches_the_socket_at_another_server_with_and_without_redis() {
    let mut server = RedisServer::start();
    let pair = Pair::start(Some(server.settings()), |_| {}).await;
    let (one, two) = (&pair.one, &pair.two);
    let who = one.person("0501111111", "customer").await;
    let mut feed = Feed::of(two, &who).await;
    for number in 1..=5 {
        let told = tell(one, &who, &[cancelled(number)]).await;
        let (ids, unread) = feed.news(1).await;
        assert_eq!((&ids, unread), (&told, number));
    }
    // Whoever planned it said so. Without a new notice only the hint tells the other server that something was read.
    one.post(Some(&who.token), &format!("{NOTIFICATIONS}/read-all"), &json!({})).await.expect(200);
    let read = Instant::now();
    assert_eq!(feed.next().await, json!({"type": "unread", "count": 0}));
    assert!(read.elapsed() < Duration::from_millis(1_500), "{:?}: a look would take two seconds", read.elapsed());

    server.kill();
    wait_until(|| !two.running.app.bus.state().is_up()).await;
    let told = tell(one, &who, &[cancelled(9)]).await;
    let written = Instant::now();
    assert_eq!(feed.news(1).await, (told, 1));
    assert!(written.elapsed() < Duration::from_secs(5), "{:?}: it looks every two seconds", written.elapsed());
    one.post(Some(&who.token), &format!("{NOTIFICATIONS}/read-all"), &json!({})).await.expect(200);
    assert_eq!(feed.next().await, json!({"type": "unread", "count": 0}));
    pair.stop().await;
}
