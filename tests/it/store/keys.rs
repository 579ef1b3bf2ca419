//! Idempotency keys: the first writer wins, and an attempt that was given up writes nothing.

use mazad::domain::ids::UserId;
use mazad::domain::time::{Span, UnixMicros};
use mazad::persistence::Db;
use mazad::persistence::error::StoreError;
use mazad::persistence::idempotency::{self, Answer, Call, Claim, Claimed};

use crate::store::START;

macro_rules! keys_suite {
    ($database:ident) => {
        crate::store::on! { $database:
            keys::an_answer_is_given_again_and_only_to_its_call
            keys::one_of_many_wins
            keys::an_attempt_that_was_given_up_takes_no_effect
            keys::a_refused_call_leaves_nothing_and_an_old_one_is_forgotten
        }
    };
}
pub(super) use keys_suite;

const LEASE: Span = Span::secs(10);

fn call(user: i64, key: u8) -> Call {
    Call { user: UserId(user), route: "/things", key: [key; 16], body: [9; 16] }
}

async fn claim(db: &Db, call: Call, number: i64, now: UnixMicros) -> Claimed {
    idempotency::claim(db, call, number, LEASE, now).await.unwrap()
}

fn run(claimed: Claimed) -> Claim {
    let Claimed::Run(claim) = claimed else { panic!("{claimed:?}") };
    claim
}

async fn keep(db: &Db, claim: &Claim, reply: &str) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    idempotency::keep(&mut tx, Some(Answer { claim, status: 201, reply })).await?;
    tx.commit().await
}

pub(super) async fn an_answer_is_given_again_and_only_to_its_call(db: &Db) {
    let first = run(claim(db, call(1, 1), 1, START).await);
    assert!(!first.is_again() && !first.is_kept());
    assert!(matches!(claim(db, call(1, 1), 2, START).await, Claimed::Running));
    keep(db, &first, "{\"عربي\":1}").await.unwrap();
    assert!(first.is_kept());
    let Claimed::Answered { status, reply } = claim(db, call(1, 1), 3, START).await else { panic!() };
    assert_eq!((status, reply.as_str()), (201, "{\"عربي\":1}"));
    let other = Call { body: [8; 16], ..call(1, 1) };
    assert!(matches!(claim(db, other, 4, START).await, Claimed::OtherBody));
    for (number, apart) in [(5, call(2, 1)), (6, call(1, 2)), (7, Call { route: "/others", ..call(1, 1) })] {
        run(claim(db, apart, number, START).await);
    }
}

pub(super) async fn one_of_many_wins(db: &Db) {
    let claims = futures_util::future::join_all((1..=50).map(|number| claim(db, call(1, 1), number, START))).await;
    assert_eq!(claims.iter().filter(|claimed| matches!(claimed, Claimed::Run(_))).count(), 1);
    // The same when the winner was lost.
    let later = UnixMicros(START.0 + 10_000_000);
    let claims = futures_util::future::join_all((51..=99).map(|number| claim(db, call(1, 1), number, later))).await;
    let taken: Vec<_> = claims.into_iter().filter(|claimed| matches!(claimed, Claimed::Run(_))).collect();
    assert_eq!(taken.len(), 1);
    assert!(taken.into_iter().all(|claimed| run(claimed).is_again()));
}

pub(super) async fn an_attempt_that_was_given_up_takes_no_effect(db: &Db) {
    let lost = run(claim(db, call(1, 1), 1, START).await);
    let later = UnixMicros(START.0 + 10_000_000);
    assert!(matches!(claim(db, call(1, 1), 2, UnixMicros(later.0 - 1)).await, Claimed::Running));
    let second = run(claim(db, call(1, 1), 3, later).await);
    assert!(second.is_again());
    assert_eq!(keep(db, &lost, "late").await, Err(StoreError::Busy), "its transaction is rolled back");
    idempotency::release(db, &lost).await.unwrap();
    idempotency::keep_now(db, &lost, 200, "late").await.unwrap();
    keep(db, &second, "in time").await.unwrap();
    assert!(matches!(claim(db, call(1, 1), 4, later).await, Claimed::Answered { reply, .. } if reply == "in time"));
    // What is answered stays so.
    idempotency::give_up(db, &second, LEASE, later).await.unwrap();
    idempotency::keep_now(db, &second, 200, "again").await.unwrap();
    assert!(matches!(claim(db, call(1, 1), 5, later).await, Claimed::Answered { reply, .. } if reply == "in time"));
}

pub(super) async fn a_refused_call_leaves_nothing_and_an_old_one_is_forgotten(db: &Db) {
    let refused = run(claim(db, call(1, 1), 1, START).await);
    idempotency::release(db, &refused).await.unwrap();
    let unclear = run(claim(db, call(1, 1), 2, START).await);
    assert!(!unclear.is_again());
    idempotency::give_up(db, &unclear, LEASE, START).await.unwrap();
    let again = run(claim(db, call(1, 1), 3, START).await);
    assert!(again.is_again(), "without waiting for the lease");
    keep(db, &again, "").await.unwrap();
    assert_eq!(idempotency::sweep(db, START).await, Ok(0));
    assert_eq!(idempotency::sweep(db, UnixMicros(START.0 + 1)).await, Ok(1));
    assert!(!run(claim(db, call(1, 1), 4, START).await).is_again());
}
