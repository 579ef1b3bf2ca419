//! What people are told, once it is written: their list, by which ways it goes out, and the live feed.

mod digests;
pub(crate) mod feed;
mod letters;
mod list;
mod secrecy;
mod wishes;

use mazad::domain::ids::NoticeId;
use mazad::domain::ids::RequestId;
use mazad::domain::ids::UserId;
use mazad::domain::notice::Notice;
use mazad::domain::time::UnixMicros;
use mazad::flows::planner::Planner;
use mazad::persistence::outbox;
use mazad::persistence::planning;

use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::store::behind;

pub(crate) const NOTIFICATIONS: &str = "/api/v1/notifications";

/// Writes notices of these kinds to somebody, as whoever makes them true does, and waits until they are in the list.
pub(crate) async fn tell(app: &TestApp, who: &Person, notices: &[Notice]) -> Vec<String> {
    let user: UserId = who.id.parse().unwrap();
    let parts = &app.running.app;
    let rows: Vec<_> = notices.iter().map(|notice| (NoticeId(parts.ids.next()), user, notice.clone())).collect();
    let mut tx = parts.db.begin().await.unwrap();
    outbox::tell(&mut tx, &rows, app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    plan(app).await;
    rows.iter().map(|(id, ..)| id.to_string()).collect()
}

/// Plans until nothing is new: this planner or the server's own, whichever is faster.
pub(crate) async fn plan(app: &TestApp) {
    let planner = planner(app);
    while !planning::list_new(&app.running.app.db, 1).await.unwrap().is_empty() {
        planner.plan_all().await.unwrap();
    }
}

pub(crate) fn planner(app: &TestApp) -> Planner {
    let parts = &app.running.app;
    Planner::new(parts.db.clone(), app.clock.clone(), parts.ids.clone(), parts.inbox.clone())
}

/// A notice about a request of which nothing is known.
pub(crate) fn cancelled(number: i64) -> Notice {
    Notice::RequestCancelled { request: RequestId(number) }
}

/// Auctions that take bids until then, as far as whoever sends looks.
pub(crate) async fn open_auctions(app: &TestApp, numbers: std::ops::RangeInclusive<i64>, closes_at: UnixMicros) {
    let insert = "INSERT INTO auction_heads (auction_id, owner_id, seq, hash, state, paused, opens_at, closes_at, total_bids, \
                  live_bids, updated_at) VALUES (?, 1, 0, ?, 'bidding_open', 0, 0, ?, 0, 0, 0)";
    for number in numbers {
        behind!(&app.running.app.db, pool => {
            let insert = sqlx::query(insert).bind(number).bind(vec![0; 32]).bind(closes_at.0);
            insert.execute(pool).await.map(drop).unwrap();
        });
    }
}

/// Channel, state and minutes until it is due, of what goes or went out to somebody, in order.
async fn deliveries(app: &TestApp, who: &Person) -> Vec<(String, String, i64)> {
    let user: UserId = who.id.parse().unwrap();
    let sql =
        "SELECT channel, state, due_at FROM notice_deliveries WHERE user_id = ? ORDER BY notice_id, channel, device_id";
    let rows: Vec<(String, String, i64)> =
        behind!(&app.running.app.db, pool => sqlx::query_as(sql).bind(user.0).fetch_all(pool).await.unwrap());
    let now = app.clock.now().0;
    // Whoever sends is as fast as it can.
    let word = |state: String| if ["waiting", "sending", "sent"].contains(&&*state) { "out".to_owned() } else { state };
    rows.into_iter().map(|(channel, state, due)| (channel, word(state), (due - now) / 60_000_000)).collect()
}
