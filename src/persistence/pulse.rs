//! The engine's sign of life: how long it was away when it comes back (rules §4, interruption).

use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;

statements! {
    MOVE_PULSE = both("UPDATE engine_pulse SET beat_at = ? WHERE id = 1");
    FIRST_PULSE = both("INSERT INTO engine_pulse (id, beat_at) VALUES (1, ?)");
    SELECT_PULSE = both("SELECT beat_at FROM engine_pulse WHERE id = 1");
}

/// Notes that the engine runs at `at`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn beat(db: &Db, at: UnixMicros) -> Result<(), StoreError> {
    let mut tx = db.begin_journal().await?;
    if exec!(&mut tx, MOVE_PULSE, at.0)? == 0 {
        exec!(&mut tx, FIRST_PULSE, at.0)?;
    }
    tx.commit().await
}

/// When it last did; `None` before its first start.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn last(db: &Db) -> Result<Option<UnixMicros>, StoreError> {
    Ok(one!(db, (i64,), SELECT_PULSE)?.map(|(at,)| UnixMicros(at)))
}
