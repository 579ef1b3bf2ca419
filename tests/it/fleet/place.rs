//! Who may serve: one process on a file, several on a server if they say so.

use std::net::TcpListener;
use std::process::Output;
use std::time::Duration;
use std::time::Instant;

use super::Ground;
use super::insist;
use crate::support::market::Bazaar;
use crate::support::server;
use crate::support::server::Server;
use crate::support::store::file_url;

/// What a server says that does not start.
fn refused(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_second_server_on_one_file_is_refused_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let url = file_url(dir.path());
    let env = [("MAZAD__DATABASE__URL", url.as_str())];
    let first = Server::start(dir.path(), &env);
    let second = server::command(dir.path()).arg("serve").envs(env).output().unwrap();
    let said = refused(&second);
    assert!(said.contains("another server runs on") && said.contains("mazad.sqlite"), "{said}");
    drop(first);
    // Killed or not, nothing is left behind that would keep the next one out.
    drop(Server::start(dir.path(), &env));
}

#[actix::test]
async fn a_server_that_thinks_it_is_alone_is_refused_where_others_serve() {
    let ground = Ground::new().await;
    let one = ground.start("one").await;
    let (mut command, _) = ground.command("two", "").await;
    let said = refused(&command.output().unwrap());
    assert!(said.contains("other servers use this database") && said.contains("cluster.address"), "{said}");
    one.server.end();
    // It left, and nobody must wait for its lease to run out.
    let (command, log) = ground.command("two", "").await;
    drop(Server::run(command, &log));
}

#[actix::test]
async fn beside_a_server_that_thinks_it_is_alone_nobody_starts() {
    let ground = Ground::new().await;
    let (command, log) = ground.command("one", "").await;
    let one = Server::run(command, &log);
    // Neither another of its kind nor one that would share.
    for cluster in ["", "127.0.0.1:0"] {
        let (mut command, _) = ground.command("two", cluster).await;
        let said = refused(&command.output().unwrap());
        assert!(said.contains("another server without cluster.address uses this database"), "{cluster}: {said}");
    }
    // Killed: nobody must wait for anything to run out.
    drop(one);
    let (command, log) = ground.command("three", "").await;
    drop(Server::run(command, &log));
    drop(ground.start("four").await);
}

#[actix::test]
async fn a_server_that_comes_back_at_its_address_takes_its_place_at_once() {
    let ground = Ground::new().await;
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut one = ground.start_at("one", &address, &[]).await;
    let two = ground.start("two").await;
    let bazaar = Bazaar::open_on(&ground.database.url, ground.dir.path(), one.url(), 1).await;
    one.server.kill();
    let since = Instant::now();
    let again = ground.start_at("one", &address, &[]).await;
    assert_eq!(again.number, one.number);
    let mut who = bazaar.bidders[0].clone();
    let sent = who.next(0, &bazaar.items);
    insist(&bazaar, &reqwest::Client::new(), two.url(), &who, &sent).await;
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
    assert_eq!(ground.owners().await, [one.number]);
    let metrics = reqwest::get(format!("{}/metrics", two.url())).await.unwrap().text().await.unwrap();
    for line in ["mazad_cluster_servers 2", "mazad_auctions_followed 1", "mazad_commands_handed_on_total 1"] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}
