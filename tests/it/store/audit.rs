//! The audit log shows what was changed in it.

use mazad::domain::ids::UserId;
use mazad::persistence::Db;
use mazad::persistence::audit;
use mazad::persistence::audit::Act;
use mazad::persistence::audit::Action;
use mazad::persistence::audit::Verdict;
use mazad::persistence::privacy;
use sqlx::Row as _;

use crate::store::START;
use crate::store::each;
use crate::store::sqlite;
use crate::store::tamper;

const ENTRIES: i64 = 25;

async fn written(db: &Db) {
    let actions = [Action::UserSuspended, Action::MerchantVerified, Action::MerchantRejected];
    for number in 0..ENTRIES {
        let act = Act {
            actor: UserId(7),
            action: actions[usize::try_from(number).unwrap() % 3],
            subject: UserId(100 + number).to_string(),
            reason: format!("السبب {number}"),
            at: START,
        };
        audit::record(db, &act).await.unwrap();
    }
}

/// Every byte of every column of every entry, one bit at a time and one byte after another: a thousand trials and more.
#[tokio::test]
async fn any_flipped_byte_is_found_and_its_entry_named() {
    let store = sqlite().await;
    let db = &store.db;
    written(db).await;
    let Verdict::Whole { entries, head } = audit::verify(db).await.unwrap() else { panic!("just written") };
    assert_eq!(entries, ENTRIES);
    assert_eq!(audit::list_of(db, &UserId(100 + ENTRIES - 1).to_string()).await.unwrap()[0].hash, head);
    let Db::Sqlite { w, .. } = db else { panic!("a file") };
    let mut trials = 0_u32;
    for seq in (1..=ENTRIES).step_by(3) {
        for column in ["at", "actor", "action", "subject", "reason", "salt", "reason_digest", "hash"] {
            let is_number = ["at", "actor"].contains(&column);
            let read = format!("SELECT CAST({column} AS BLOB) AS b FROM audit_log WHERE seq = {seq}");
            let row = sqlx::query(sqlx::AssertSqlSafe(read)).fetch_one(w).await.unwrap();
            let bytes: Vec<u8> = row.get("b");
            for place in 0..bytes.len() {
                let mut flipped = bytes.clone();
                // A digit stays a digit; of text only bytes that stay text.
                flipped[place] ^= 1;
                let cast = match column {
                    "action" | "subject" | "reason" => match String::from_utf8(flipped.clone()) {
                        Ok(_) => "CAST(? AS TEXT)",
                        Err(_) => continue,
                    },
                    _ if is_number => "CAST(CAST(? AS TEXT) AS INTEGER)",
                    _ => "?",
                };
                let write = |bytes: Vec<u8>| {
                    let text = format!("UPDATE audit_log SET {column} = {cast} WHERE seq = {seq}");
                    sqlx::query(sqlx::AssertSqlSafe(text)).bind(bytes).execute(w)
                };
                write(flipped).await.unwrap();
                let verdict = audit::verify(db).await.unwrap();
                assert!(
                    matches!(verdict, Verdict::Damaged { seq: found, .. } if found == seq),
                    "{column}[{place}] of {seq}: {verdict:?}"
                );
                write(bytes.clone()).await.unwrap();
                trials += 1;
            }
        }
    }
    assert!(trials > 1_000, "{trials}");
    assert!(matches!(audit::verify(db).await.unwrap(), Verdict::Whole { head: same, .. } if same == head));
}

#[tokio::test]
async fn entries_taken_out_put_in_or_stripped_are_found() {
    for (sql, entry) in [
        ("DELETE FROM audit_log WHERE seq = 9", 9),
        ("DELETE FROM audit_log WHERE seq = 1", 1),
        ("UPDATE audit_log SET seq = 99 WHERE seq = 12", 12),
        ("UPDATE audit_log SET reason = NULL WHERE seq = 3", 3),
        ("UPDATE audit_log SET reason = NULL, salt = NULL WHERE seq = 3", 3),
        (
            "INSERT INTO audit_log SELECT 26, at, actor, action, subject, reason, salt, reason_digest, hash FROM audit_log WHERE seq = 25",
            26,
        ),
    ] {
        for store in each().await {
            written(&store.db).await;
            assert_eq!(tamper(&store.db, sql).await, 1, "{sql}");
            let verdict = audit::verify(&store.db).await.unwrap();
            assert!(matches!(verdict, Verdict::Damaged { seq, .. } if seq == entry), "{sql}: {verdict:?}");
        }
    }
}

#[tokio::test]
async fn an_erased_subject_takes_its_reasons_along_and_the_chain_holds() {
    for store in each().await {
        written(&store.db).await;
        let subject = UserId(103);
        privacy::erase(&store.db, subject, START).await.unwrap();
        let entries = audit::list_of(&store.db, &subject.to_string()).await.unwrap();
        assert_eq!(entries.iter().map(|entry| entry.reason.as_deref()).collect::<Vec<_>>(), [None, Some("")]);
        assert!(matches!(audit::verify(&store.db).await.unwrap(), Verdict::Whole { entries: 26, .. }));
    }
}
