//! Who writes an auction, when the one who did is gone, stopped or leaves.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use super::Ground;
use super::Load;
use super::PATIENCE;
use super::insist;
use super::room::Watcher;
use crate::support::market::Bazaar;

#[actix::test]
async fn a_killed_owner_is_succeeded_and_nothing_is_lost() {
    let ground = Ground::new().await;
    let (mut one, two) = (ground.start("one").await, ground.start("two").await);
    let bazaar = Bazaar::open_on(&ground.database.url, ground.dir.path(), one.url(), 9).await;
    ground.watch_writers().await;
    let bazaar = Arc::new(bazaar);
    let mut watcher = Watcher::enter(two.url(), &bazaar, &bazaar.owner).await;
    let load = Load::begin(&bazaar, &[one.url(), two.url()]);
    load.until_acks(0, 50).await;
    load.until_acks(1, 50).await;
    let since = Instant::now();
    one.server.kill();
    load.until_acks(1, 5).await;
    let away = since.elapsed();
    ground.until_owned_by(two.number).await;
    load.until_acks(1, 50).await;
    let (acknowledged, unclear) = load.settle(&ground, two.url()).await;
    let (stale, written) = ground.stale(&[("one", one.number), ("two", two.number)]).await;
    assert!(stale.is_empty(), "{stale:?}");
    assert!(away < Duration::from_secs(10), "{away:?}");
    watcher.until(i64::try_from(written).unwrap()).await;
    println!("killed: {away:?} until the next bid; {acknowledged} acknowledged, 0 lost, {unclear} asked for again");
}

#[actix::test]
async fn a_stopped_owner_writes_nothing_when_it_wakes_and_its_room_goes_on() {
    let cycles = std::env::var("MAZAD_FLEET_CYCLES").map_or(2, |cycles| cycles.parse().unwrap());
    let ground = Ground::new().await;
    let nodes = [ground.start("one").await, ground.start("two").await];
    let urls = [nodes[0].url(), nodes[1].url()];
    let bazaar = Bazaar::open_on(&ground.database.url, ground.dir.path(), urls[0], 8).await;
    ground.watch_writers().await;
    let bazaar = Arc::new(bazaar);
    let mut watchers =
        [Watcher::enter(urls[0], &bazaar, &bazaar.owner).await, Watcher::enter(urls[1], &bazaar, &bazaar.owner).await];
    let load = Load::begin(&bazaar, &urls);
    let mut away = Vec::new();
    for cycle in 0..cycles {
        let (old, new) = (&nodes[cycle % 2], &nodes[(cycle + 1) % 2]);
        load.until_acks(0, 20 + cycle).await;
        load.until_acks(1, 20).await;
        old.server.signal("STOP");
        let since = Instant::now();
        ground.until_owned_by(new.number).await;
        load.until_acks((cycle + 1) % 2, 10).await;
        away.push(since.elapsed());
        // It believes that it is its own, has bids half way, and clients who wait.
        old.server.signal("CONT");
        load.until_acks(cycle % 2, 20).await;
        let last = ground.last_entry().await;
        for watcher in &mut watchers {
            watcher.until(last).await;
        }
    }
    let (acknowledged, unclear) = load.settle(&ground, urls[1]).await;
    let (stale, written) = ground.stale(&[("one", nodes[0].number), ("two", nodes[1].number)]).await;
    assert!(stale.is_empty(), "{stale:?}");
    for watcher in &mut watchers {
        watcher.until(i64::try_from(written).unwrap()).await;
    }
    away.sort_unstable();
    println!(
        "{cycles} times stopped and woken: {:?} at most until the next bids; {acknowledged} acknowledged, 0 lost, {unclear} \
         asked for again; {written} entries, 0 stale",
        away.last()
    );
}

#[actix::test]
async fn an_owner_that_wakes_is_refused_by_the_fence_alone() {
    let ground = Ground::new().await;
    let (one, two) = (ground.start("one").await, ground.start("two").await);
    let bazaar = Bazaar::open_on(&ground.database.url, ground.dir.path(), one.url(), 1).await;
    ground.watch_writers().await;
    let client = reqwest::Client::new();
    for _ in 0..3 {
        // Nothing is written meanwhile: what the old owner decides next would fit the journal.
        one.server.signal("STOP");
        ground.until_owned_by(two.number).await;
        let mut who = bazaar.bidders[0].clone();
        let sent = who.next(0, &bazaar.items);
        let asked = actix::spawn({
            let (client, url, who, sent) = (client.clone(), one.url().to_owned(), who.clone(), sent.clone());
            let bazaar = bazaar.clone();
            async move { insist(&bazaar, &client, &url, &who, &sent).await }
        });
        // The bid lies in its socket when it wakes, before it can have looked around.
        tokio::time::sleep(Duration::from_millis(20)).await;
        one.server.signal("CONT");
        let (hash, _) = asked.await.unwrap();
        assert_eq!(insist(&bazaar, &client, two.url(), &who, &sent).await.0, hash);
        two.server.signal("STOP");
        ground.until_owned_by(one.number).await;
        two.server.signal("CONT");
        let since = Instant::now();
        // Its lease first: otherwise the next round begins with none.
        while ground.live().await < 2 {
            assert!(since.elapsed() < PATIENCE);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let (stale, written) = ground.stale(&[("one", one.number), ("two", two.number)]).await;
    assert!(stale.is_empty() && written > 0, "{stale:?} of {written}");
}

#[actix::test]
async fn an_owner_that_leaves_hands_over_at_once() {
    let ground = Ground::new().await;
    let (one, two) = (ground.start("one").await, ground.start("two").await);
    let bazaar = Bazaar::open_on(&ground.database.url, ground.dir.path(), one.url(), 8).await;
    ground.watch_writers().await;
    let bazaar = Arc::new(bazaar);
    let mut watcher = Watcher::enter(two.url(), &bazaar, &bazaar.owner).await;
    let load = Load::begin(&bazaar, &[two.url()]);
    load.until_acks(0, 50).await;
    one.server.signal("TERM");
    let over = ground.until_owned_by(two.number).await;
    let away = over + load.until_acks(0, 1).await;
    load.until_acks(0, 50).await;
    let numbers = (one.number, two.number);
    one.server.end();
    let (acknowledged, unclear) = load.settle(&ground, two.url()).await;
    let (stale, written) = ground.stale(&[("one", numbers.0), ("two", numbers.1)]).await;
    assert!(stale.is_empty(), "{stale:?}");
    watcher.until(i64::try_from(written).unwrap()).await;
    assert!(away < Duration::from_secs(2), "{away:?}");
    println!("left: {away:?} until the next bid; {acknowledged} acknowledged, 0 lost, {unclear} asked for again");
}
