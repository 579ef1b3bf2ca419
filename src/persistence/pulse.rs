//! The engine's sign of life: how long it was away when it comes back (rules §4, interruption).

use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;

statements! {
    MOVE_PULSE = both("UPDATE engine_pulse SET beat_at = ? WHERE id = ?");
    FIRST_PULSE = both("INSERT INTO engine_pulse (beat_at, id) VALUES (?, ?)");
    SELECT_PULSE = both("SELECT MAX(beat_at) FROM engine_pulse");
}

/// Notes that the engine runs at `at`, in the process with this number, each in a row of its own: one that is stopped in
/// the middle would keep the others from theirs.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn beat(db: &Db, node: i64, at: UnixMicros) -> Result<(), StoreError> {
    let mut tx = db.begin_journal().await?;
    if exec!(&mut tx, MOVE_PULSE, at.0, node)? == 0 {
        exec!(&mut tx, FIRST_PULSE, at.0, node)?;
    }
    tx.commit().await
}

/// When any last did; `None` before its first start.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn last(db: &Db) -> Result<Option<UnixMicros>, StoreError> {
    let last = one!(db, (Option<i64>,), SELECT_PULSE)?;
    Ok(last.and_then(|(at,)| at).map(UnixMicros))
}
