//! Customers' vehicles. Whoever has any has exactly one that is primary.

use crate::domain::ids::UserId;
use crate::domain::ids::VehicleId;
use crate::domain::time::UnixMicros;
use crate::domain::vin::Vin;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::per;

statements! {
    // Two writers of one owner follow each other; a file has one writer anyhow.
    LOCK_OWNER = per("SELECT id FROM users WHERE id = ?", "SELECT id FROM users WHERE id = ? FOR UPDATE");
    SELECT_VEHICLES_OF_USER = both(
        "SELECT v.id, v.brand_id, v.model_id, v.trim_id, v.model_year, v.vin, v.custom_name, v.mileage_km, \
         v.engine_type, v.transmission_type, v.is_primary, v.created_at, b.name_en AS brand_en, b.name_ar AS brand_ar, \
         m.name_en AS model_en, m.name_ar AS model_ar, t.name_en AS trim_en, t.name_ar AS trim_ar FROM vehicles v JOIN \
         vehicle_brands b ON b.id = v.brand_id JOIN vehicle_models m ON m.id = v.model_id LEFT JOIN vehicle_trims t ON \
         t.id = v.trim_id WHERE v.user_id = ? AND v.deleted_at IS NULL AND v.id < ? ORDER BY v.id DESC LIMIT ?"
    );
    SELECT_VEHICLE = both(
        "SELECT v.id, v.brand_id, v.model_id, v.trim_id, v.model_year, v.vin, v.custom_name, v.mileage_km, \
         v.engine_type, v.transmission_type, v.is_primary, v.created_at, b.name_en AS brand_en, b.name_ar AS brand_ar, \
         m.name_en AS model_en, m.name_ar AS model_ar, t.name_en AS trim_en, t.name_ar AS trim_ar FROM vehicles v JOIN \
         vehicle_brands b ON b.id = v.brand_id JOIN vehicle_models m ON m.id = v.model_id LEFT JOIN vehicle_trims t ON \
         t.id = v.trim_id WHERE v.id = ? AND v.user_id = ? AND v.deleted_at IS NULL"
    );
    COUNT_VEHICLES_OF_USER = both("SELECT COUNT(*) FROM vehicles WHERE user_id = ? AND deleted_at IS NULL");
    INSERT_VEHICLE = both(
        "INSERT INTO vehicles (id, user_id, brand_id, model_id, trim_id, model_year, vin, custom_name, mileage_km, \
         engine_type, transmission_type, is_primary, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
         ?, ?, ?)"
    );
    UPDATE_VEHICLE = both(
        "UPDATE vehicles SET brand_id = ?, model_id = ?, trim_id = ?, model_year = ?, vin = ?, custom_name = ?, \
         mileage_km = ?, engine_type = ?, transmission_type = ?, updated_at = ? WHERE id = ? AND user_id = ? AND \
         deleted_at IS NULL"
    );
    MAKE_PRIMARY = both(
        "UPDATE vehicles SET is_primary = 1, updated_at = ? WHERE id = ? AND user_id = ? AND deleted_at IS NULL"
    );
    YIELD_PRIMARY = both(
        "UPDATE vehicles SET is_primary = 0, updated_at = ? WHERE user_id = ? AND is_primary = 1 AND id <> ?"
    );
    DELETE_VEHICLE = both(
        "UPDATE vehicles SET deleted_at = ?, is_primary = 0 WHERE id = ? AND user_id = ? AND deleted_at IS NULL"
    );
    SELECT_HEIR = both(
        "SELECT id, is_primary FROM vehicles WHERE user_id = ? AND deleted_at IS NULL ORDER BY is_primary DESC, id DESC \
         LIMIT 1"
    );
}

row! {
    /// A vehicle with its names.
    pub struct Vehicle {
        /// Its id.
        pub id: i64,
        /// The brand's number.
        pub brand_id: i64,
        /// The model's number.
        pub model_id: i64,
        /// The trim's number.
        pub trim_id: Option<i64>,
        /// The model year.
        pub model_year: i64,
        /// The VIN.
        pub vin: Option<String>,
        /// What its owner calls it.
        pub custom_name: Option<String>,
        /// Kilometres.
        pub mileage_km: Option<i64>,
        /// The engine, in words.
        pub engine_type: Option<String>,
        /// The transmission, in words.
        pub transmission_type: Option<String>,
        /// 1 for the one that a form offers first.
        pub is_primary: i64,
        /// When it was added, in Unix microseconds.
        pub created_at: i64,
        /// The brand in English.
        pub brand_en: String,
        /// The brand in Arabic.
        pub brand_ar: String,
        /// The model in English.
        pub model_en: String,
        /// The model in Arabic.
        pub model_ar: String,
        /// The trim in English.
        pub trim_en: Option<String>,
        /// The trim in Arabic.
        pub trim_ar: Option<String>,
    }
}

row! {
    /// What a vehicle is called, for anybody who may read of it.
    pub struct VehicleNames {
        /// Its id.
        pub id: i64,
        /// The model year.
        pub model_year: i64,
        /// The brand in English.
        pub brand_en: String,
        /// The brand in Arabic.
        pub brand_ar: String,
        /// The model in English.
        pub model_en: String,
        /// The model in Arabic.
        pub model_ar: String,
        /// The trim in English.
        pub trim_en: Option<String>,
        /// The trim in Arabic.
        pub trim_ar: Option<String>,
    }
}

/// A vehicle as its owner describes it.
#[derive(Clone, Debug)]
pub struct VehicleDraft {
    /// Its id.
    pub id: VehicleId,
    /// Its owner.
    pub owner: UserId,
    /// The brand's number.
    pub brand_id: i64,
    /// The model's number.
    pub model_id: i64,
    /// The trim's number.
    pub trim_id: Option<i64>,
    /// The model year.
    pub model_year: i64,
    /// The VIN.
    pub vin: Option<Vin>,
    /// What its owner calls it.
    pub custom_name: Option<String>,
    /// Kilometres.
    pub mileage_km: Option<i64>,
    /// The engine, in words.
    pub engine_type: Option<String>,
    /// The transmission, in words.
    pub transmission_type: Option<String>,
    /// Whether a form offers it first.
    pub is_primary: bool,
    /// When it was written.
    pub at: UnixMicros,
}

/// An owner's vehicles with ids below `before`, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_vehicles(db: &Db, owner: UserId, before: i64, limit: u32) -> Result<Vec<Vehicle>, StoreError> {
    all!(db, Vehicle, SELECT_VEHICLES_OF_USER, owner.0, before, i64::from(limit))
}

/// A vehicle, if it is this owner's.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_vehicle(db: &Db, owner: UserId, id: VehicleId) -> Result<Option<Vehicle>, StoreError> {
    one!(db, Vehicle, SELECT_VEHICLE, id.0, owner.0)
}

/// What these vehicles are called, also those that were taken away since.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_names(db: &Db, ids: &[VehicleId]) -> Result<Vec<VehicleNames>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    all_of!(
        db,
        VehicleNames,
        "SELECT v.id, v.model_year, b.name_en AS brand_en, b.name_ar AS brand_ar, m.name_en AS model_en, m.name_ar AS \
         model_ar, t.name_en AS trim_en, t.name_ar AS trim_ar FROM vehicles v JOIN vehicle_brands b ON b.id = \
         v.brand_id JOIN vehicle_models m ON m.id = v.model_id LEFT JOIN vehicle_trims t ON t.id = v.trim_id WHERE \
         v.id IN ",
        ids.iter().map(|id| id.0)
    )
}

/// Adds a vehicle; an owner's first is primary. `false` when the owner has `most` already.
///
/// # Errors
/// [`StoreError::Missing`] when the owner, brand, model or trim does not exist.
pub async fn insert_vehicle(db: &Db, new: &VehicleDraft, most: i64) -> Result<bool, StoreError> {
    let mut tx = begin(db, new.owner).await?;
    let count = one_in!(&mut tx, (i64,), COUNT_VEHICLES_OF_USER, new.owner.0)?.map_or(0, |(count,)| count);
    if count >= most {
        return Ok(false);
    }
    exec!(
        &mut tx,
        INSERT_VEHICLE,
        new.id.0,
        new.owner.0,
        new.brand_id,
        new.model_id,
        new.trim_id,
        new.model_year,
        new.vin.as_ref().map(Vin::as_str),
        new.custom_name.as_deref(),
        new.mileage_km,
        new.engine_type.as_deref(),
        new.transmission_type.as_deref(),
        0_i64,
        new.at.0,
        new.at.0
    )?;
    if new.is_primary || count == 0 {
        put_first(&mut tx, new.owner, new.id, new.at).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Replaces what an owner says of a vehicle. It becomes primary if it says so; it stays primary until another does.
///
/// # Errors
/// [`StoreError::Missing`] when it is not this owner's, or brand, model or trim does not exist.
pub async fn update_vehicle(db: &Db, new: &VehicleDraft) -> Result<(), StoreError> {
    let mut tx = begin(db, new.owner).await?;
    let rows = exec!(
        &mut tx,
        UPDATE_VEHICLE,
        new.brand_id,
        new.model_id,
        new.trim_id,
        new.model_year,
        new.vin.as_ref().map(Vin::as_str),
        new.custom_name.as_deref(),
        new.mileage_km,
        new.engine_type.as_deref(),
        new.transmission_type.as_deref(),
        new.at.0,
        new.id.0,
        new.owner.0
    )?;
    if rows == 0 {
        return Err(StoreError::Missing);
    }
    if new.is_primary {
        put_first(&mut tx, new.owner, new.id, new.at).await?;
    }
    tx.commit().await
}

/// Makes a vehicle its owner's primary one.
///
/// # Errors
/// [`StoreError::Missing`] when it is not this owner's.
pub async fn make_primary(db: &Db, owner: UserId, id: VehicleId, at: UnixMicros) -> Result<(), StoreError> {
    let mut tx = begin(db, owner).await?;
    put_first(&mut tx, owner, id, at).await?;
    tx.commit().await
}

/// Takes a vehicle away; requests that name it can still be read. Was it primary, then the newest of the others is now.
///
/// # Errors
/// [`StoreError::Missing`] when it is not this owner's.
pub async fn delete_vehicle(db: &Db, owner: UserId, id: VehicleId, at: UnixMicros) -> Result<(), StoreError> {
    let mut tx = begin(db, owner).await?;
    if exec!(&mut tx, DELETE_VEHICLE, at.0, id.0, owner.0)? == 0 {
        return Err(StoreError::Missing);
    }
    if let Some((heir, 0)) = one_in!(&mut tx, (i64, i64), SELECT_HEIR, owner.0)? {
        put_first(&mut tx, owner, VehicleId(heir), at).await?;
    }
    tx.commit().await
}

/// Begins a change of an owner's vehicles that no other of the same owner runs beside.
async fn begin(db: &Db, owner: UserId) -> Result<Tx, StoreError> {
    let mut tx = db.begin().await?;
    one_in!(&mut tx, (i64,), LOCK_OWNER, owner.0)?;
    Ok(tx)
}

async fn put_first(tx: &mut Tx, owner: UserId, id: VehicleId, at: UnixMicros) -> Result<(), StoreError> {
    if exec!(&mut *tx, MAKE_PRIMARY, at.0, id.0, owner.0)? == 0 {
        return Err(StoreError::Missing);
    }
    exec!(tx, YIELD_PRIMARY, at.0, owner.0, id.0).map(drop)
}
