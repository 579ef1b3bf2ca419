//! What a dead server did not tell, its successor tells.

use std::sync::Arc;

use super::Ground;
use super::Load;
use crate::support::market::Bazaar;
use crate::telling;

#[actix::test]
async fn a_killed_owner_and_its_successor_tell_everything_once() {
    const BIDDERS: usize = 6;
    let ground = Ground::new().await;
    let (mut one, two) = (ground.start("one").await, ground.start("two").await);
    let bazaar = Bazaar::open_on(&ground.database.url, ground.dir.path(), one.url(), BIDDERS).await;
    let bazaar = Arc::new(bazaar);
    let load = Load::begin(&bazaar, &[one.url(), two.url()]);
    load.until_acks(0, 40).await;
    load.until_acks(1, 40).await;
    // In the middle of bids of which nobody was told yet.
    one.server.kill();
    ground.until_owned_by(two.number).await;
    load.until_acks(1, 40).await;
    load.settle(&ground, two.url()).await;
    telling::call_off(&bazaar, two.url()).await;
    let notices = telling::assert_heard_once(&ground.database.url, &bazaar.request, BIDDERS).await;
    println!("the owner killed, {notices} notices, each once");
}
