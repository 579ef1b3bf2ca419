//! What people are told, as it is stored.

use mazad::domain::ids::NoticeId;
use mazad::domain::ids::OrderId;
use mazad::domain::ids::RequestId;
use mazad::domain::ids::UserId;
use mazad::domain::notice::Channel;
use mazad::domain::notice::Notice;
use mazad::domain::order::Actor;
use mazad::domain::order::Step;
use mazad::domain::telling::Told;
use mazad::domain::time::Span;
use mazad::domain::time::UnixMicros;
use mazad::persistence::Db;
use mazad::persistence::notice_json;
use mazad::persistence::outbox;
use mazad::persistence::outbox::Announcement;
use mazad::persistence::planning;
use mazad::persistence::planning::Planned;
use mazad::persistence::sending;
use mazad::persistence::sending::Job;
use mazad::persistence::sending::Outcome;
use mazad::persistence::sending::Settled;
use mazad::persistence::told;

use crate::store::START;
use crate::support::store::behind;

macro_rules! notices_suite {
    ($database:ident) => {
        mod notices {
            crate::store::on! { $database:
                notices::what_is_told_comes_and_goes_with_its_transaction
                notices::nobody_is_told_once_twice
                notices::a_page_of_many_is_told_whole
                notices::of_two_who_tell_one_is_heard
                notices::an_announcement_goes_on_once
                notices::a_delivery_is_one_senders_until_its_claim_runs_out
                notices::what_waits_is_counted
            }
        }
    };
}
pub(super) use notices_suite;

const REQUEST: RequestId = RequestId(7);

async fn stored(db: &Db) -> Vec<(i64, i64, String, Option<i64>, Option<i64>)> {
    let sql = "SELECT id, user_id, facts, request_id, order_id FROM notices WHERE state = 'new' ORDER BY id";
    behind!(db, pool => sqlx::query_as(sql).fetch_all(pool).await.unwrap())
}

pub(super) async fn what_is_told_comes_and_goes_with_its_transaction(db: &Db) {
    let step = Notice::OrderStep { order: OrderId(8), step: Step::Ship, by: Actor::Merchant };
    let told = [
        (NoticeId(1), UserId(21), Notice::RankGained { request: REQUEST, rank: 1 }),
        (NoticeId(2), UserId(22), step.clone()),
    ];
    let mut tx = db.begin().await.unwrap();
    outbox::tell(&mut tx, &told, START).await.unwrap();
    drop(tx);
    assert_eq!(stored(db).await, []);

    let mut tx = db.begin().await.unwrap();
    outbox::tell(&mut tx, &told, START).await.unwrap();
    tx.commit().await.unwrap();
    let rows = stored(db).await;
    let refs: Vec<_> = rows.iter().map(|(id, user, _, request, order)| (*id, *user, *request, *order)).collect();
    assert_eq!(refs, [(1, 21, Some(7), None), (2, 22, None, Some(8))]);
    assert_eq!(notice_json::read(&rows[1].2), Ok(step));
}

pub(super) async fn nobody_is_told_once_twice(db: &Db) {
    let notice = || Notice::NewRequest { request: REQUEST, closes_at: START };
    for (ids, users) in [([1, 2], [21, 22]), ([3, 4], [22, 23])] {
        let told: Vec<_> = ids.iter().zip(users).map(|(id, user)| (NoticeId(*id), UserId(user), notice())).collect();
        let mut tx = db.begin().await.unwrap();
        outbox::tell_once(&mut tx, &told, "new_request:7", START).await.unwrap();
        tx.commit().await.unwrap();
    }
    let users: Vec<_> = stored(db).await.iter().map(|row| (row.0, row.1)).collect();
    assert_eq!(users, [(1, 21), (2, 22), (4, 23)]);
    // An id that was minted twice must not pass for somebody who was told.
    for once in [None, Some("new_request:7"), Some("new_request:8")] {
        let told = [(NoticeId(4), UserId(24), notice())];
        let mut tx = db.begin().await.unwrap();
        let outcome = match once {
            None => outbox::tell(&mut tx, &told, START).await,
            Some(once) => outbox::tell_once(&mut tx, &told, once, START).await,
        };
        assert!(outcome.is_err(), "{once:?}");
    }
}

pub(super) async fn a_page_of_many_is_told_whole(db: &Db) {
    let notice = |rank| Notice::RankGained { request: REQUEST, rank };
    let told: Vec<_> = (1..=700).map(|n| (NoticeId(n), UserId(n), notice(n as u32))).collect();
    let mut tx = db.begin().await.unwrap();
    outbox::tell(&mut tx, &told, START).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(stored(db).await.len(), 700);
}

pub(super) async fn of_two_who_tell_one_is_heard(db: &Db) {
    let (first, second) = (Told { seq: 1, ..Told::default() }, Told { seq: 2, ..Told::default() });
    let found = async || told::find(db, &[REQUEST]).await.unwrap().remove(&REQUEST).unwrap_or_default();
    assert_eq!(found().await.version, None);
    for (is_first, told) in [(true, &first), (false, &second)] {
        let mut tx = db.begin().await.unwrap();
        assert_eq!(told::write(&mut tx, REQUEST, told, false, None, START).await.unwrap(), is_first);
        tx.commit().await.unwrap();
    }
    let stored = found().await;
    assert_eq!((&stored.told, stored.version), (&first, Some(START)));
    // Both read the same; the clock stands, and still the second sees that it is late.
    for (is_first, told) in [(true, &second), (false, &first)] {
        let mut tx = db.begin().await.unwrap();
        assert_eq!(told::write(&mut tx, REQUEST, told, false, stored.version, START).await.unwrap(), is_first);
        tx.commit().await.unwrap();
    }
    assert_eq!(found().await.told, second);
}

pub(super) async fn an_announcement_goes_on_once(db: &Db) {
    let insert = "INSERT INTO announcements (request_id, ring, after_user, created_at) VALUES (7, 0, 0, 1)";
    behind!(db, pool => sqlx::query(insert).execute(pool).await.map(drop).unwrap());
    let listed = outbox::list_announcements(db, 10).await.unwrap();
    let [from] = &listed[..] else { panic!("{listed:?}") };
    for (next, is_first) in [(Some(UserId(50)), true), (Some(UserId(50)), false)] {
        let mut tx = db.begin().await.unwrap();
        assert_eq!(outbox::go_on(&mut tx, from, next).await.unwrap(), is_first);
        tx.commit().await.unwrap();
    }
    let behind = Announcement { after_user: UserId(50), ..from.clone() };
    assert_eq!(outbox::list_announcements(db, 10).await.unwrap(), std::slice::from_ref(&behind));
    let mut tx = db.begin().await.unwrap();
    assert!(!outbox::go_on(&mut tx, from, None).await.unwrap());
    assert!(outbox::go_on(&mut tx, &behind, None).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(outbox::list_announcements(db, 10).await.unwrap(), []);
}

fn at(secs: i64) -> UnixMicros {
    START.plus(Span::secs(secs))
}

/// Three letters to somebody, due from the beginning.
async fn add_letters(db: &Db) {
    let person = "INSERT INTO users (id, kind, name, phone, email, password_hash, locale, created_at, updated_at) VALUES (21, \
                  'customer', 'Somebody', '+966500000021', 'a@example.com', 'x', 'en', 1, 1)";
    let plan = "INSERT INTO notice_deliveries (notice_id, channel, device_id, user_id, state, attempts, due_at, updated_at) \
                SELECT id, 'email', 0, user_id, 'waiting', 0, ?, 0 FROM notices";
    let notice = Notice::RequestCancelled { request: REQUEST };
    let told: Vec<_> = (1..=3).map(|id| (NoticeId(id), UserId(21), notice.clone())).collect();
    let mut tx = db.begin().await.unwrap();
    outbox::tell(&mut tx, &told, START).await.unwrap();
    tx.commit().await.unwrap();
    behind!(db, pool => {
        sqlx::query(person).execute(pool).await.map(drop).unwrap();
        sqlx::query(plan).bind(START.0).execute(pool).await.map(drop).unwrap();
    });
}

/// Notice, state, attempts, the provider's reference, the fault.
type Delivery = (i64, String, i64, Option<String>, Option<String>);

fn ids(jobs: &[Job]) -> Vec<i64> {
    let mut ids: Vec<i64> = jobs.iter().map(|job| job.notice_id.0).collect();
    ids.sort_unstable();
    ids
}

pub(super) async fn a_delivery_is_one_senders_until_its_claim_runs_out(db: &Db) {
    add_letters(db).await;
    let list = async |now| sending::list_due(db, Channel::Email, now, 10).await.unwrap();
    let claim = async |jobs, now, until| sending::claim(db, Channel::Email, jobs, now, until).await.unwrap();
    let next = async || sending::next_due(db, Channel::Email).await.unwrap();
    let settle = async |jobs: &[Job], until, outcome: &dyn Fn(i64) -> Outcome| {
        let settled = |job: &Job| {
            let (job, outcome) = (job.clone(), outcome(job.notice_id.0));
            Settled { job, until, provider: Some("smtp".to_owned()), outcome }
        };
        let settled: Vec<_> = jobs.iter().map(settled).collect();
        sending::settle(db, Channel::Email, &settled, at(100)).await.unwrap();
    };
    let rows = async || -> Vec<Delivery> {
        let sql = "SELECT notice_id, state, attempts, provider_ref, fault FROM notice_deliveries ORDER BY notice_id";
        behind!(db, pool => sqlx::query_as(sql).fetch_all(pool).await.unwrap())
    };
    let (due, nobody) = (list(START).await, Vec::<i64>::new());
    assert_eq!((ids(&due), next().await), (vec![1, 2, 3], Some(START)));
    let first: Vec<Job> = due.iter().filter(|job| job.notice_id.0 < 3).cloned().collect();
    assert_eq!(ids(&claim(first.clone(), START, at(60)).await), [1, 2]);
    // Another, who had read the same, gets what is left.
    let second = claim(due, at(1), at(61)).await;
    assert_eq!((ids(&second), next().await), (vec![3], Some(at(60))));
    assert_eq!(ids(&list(at(59)).await), nobody);
    // The first is dead, or looks so.
    let again = claim(list(at(60)).await, at(60), at(120)).await;
    assert_eq!(ids(&again), [1, 2]);
    // What it says when it wakes counts no more.
    settle(&first, at(60), &|id| match id {
        1 => Outcome::Sent { reference: None },
        _ => Outcome::Dead { fault: "late".to_owned() },
    })
    .await;
    assert!(rows().await.iter().all(|row| (row.1.as_str(), row.2) == ("sending", 0)));
    settle(&again, at(120), &|id| Outcome::Sent { reference: Some(format!("ref {id}")) }).await;
    let later = Outcome::Again { due_at: at(500), fault: Some("status 503".to_owned()), counts: true };
    settle(&second, at(61), &|_| later.clone()).await;
    let row = |id, state: &str, reference: Option<&str>, fault: Option<&str>| {
        (id, state.to_owned(), 1, reference.map(str::to_owned), fault.map(str::to_owned))
    };
    let wanted = [
        row(1, "sent", Some("ref 1"), None),
        row(2, "sent", Some("ref 2"), None),
        row(3, "waiting", None, Some("status 503")),
    ];
    assert_eq!((rows().await.as_slice(), next().await), (wanted.as_slice(), Some(at(500))));
    let jobs = claim(list(at(500)).await, at(500), at(560)).await;
    settle(&jobs, at(560), &|_| Outcome::Dead { fault: "status 400".to_owned() }).await;
    assert_eq!((rows().await[2].1.as_str(), rows().await[2].2, next().await), ("dead", 2, None));
}

pub(super) async fn what_waits_is_counted(db: &Db) {
    let count = async || {
        let of = sending::count(db).await.unwrap();
        let backlog: Vec<_> = of.backlog.into_iter().map(|way| (way.channel, way.waiting, way.oldest)).collect();
        (backlog, of.dead, of.unplanned_since)
    };
    assert_eq!(count().await, (vec![], 0, None));
    add_letters(db).await;
    let waiting = vec![("email".to_owned(), 3, START)];
    assert_eq!(count().await, (waiting.clone(), 0, Some(START)));
    let mut tx = db.begin().await.unwrap();
    let later = Notice::RequestCancelled { request: REQUEST };
    outbox::tell(&mut tx, &[(NoticeId(9), UserId(21), later)], at(30)).await.unwrap();
    tx.commit().await.unwrap();
    let planned = |id| Planned { id: NoticeId(id), user: UserId(21), place: Some(id), deliveries: Vec::new() };
    assert!(planning::write(db, &[1, 2, 3].map(planned), at(31)).await.unwrap());
    assert_eq!(count().await, (waiting.clone(), 0, Some(at(30))));
    assert!(planning::write(db, &[planned(9)], at(32)).await.unwrap());
    assert_eq!(count().await, (waiting, 0, None));
}
