//! The catalogue of vehicles: brands, their models, the models' trims.

use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Sql;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::per;

statements! {
    SELECT_BRANDS = both("SELECT id, name_en, name_ar FROM vehicle_brands ORDER BY id LIMIT 100000");
    SELECT_BRAND = both("SELECT id, name_en, name_ar FROM vehicle_brands WHERE id = ?");
    SELECT_MODELS = both(
        "SELECT id, brand_id, name_en, name_ar, year_from, year_to FROM vehicle_models WHERE id > ? ORDER BY id LIMIT \
         10000"
    );
    SELECT_MODELS_OF_BRAND = both(
        "SELECT id, brand_id, name_en, name_ar, year_from, year_to FROM vehicle_models WHERE brand_id = ? LIMIT 10000"
    );
    SELECT_MODEL = both("SELECT id, brand_id, name_en, name_ar, year_from, year_to FROM vehicle_models WHERE id = ?");
    SELECT_TRIMS = both("SELECT id, model_id, name_en, name_ar FROM vehicle_trims ORDER BY id LIMIT 100000");
    SELECT_TRIMS_OF_MODEL = both(
        "SELECT id, model_id, name_en, name_ar FROM vehicle_trims WHERE model_id = ? ORDER BY id LIMIT 1000"
    );
    SELECT_TRIM = both("SELECT id, model_id, name_en, name_ar FROM vehicle_trims WHERE id = ? AND model_id = ?");
    SELECT_VERSION = both("SELECT digest FROM catalogue_versions WHERE id = 1");
    DELETE_VERSION = both("DELETE FROM catalogue_versions WHERE id = 1");
    INSERT_VERSION = both("INSERT INTO catalogue_versions (id, digest, loaded_at) VALUES (1, ?, ?)");
}

const BRANDS: (&str, Sql) = (
    "INSERT INTO vehicle_brands (id, name_en, name_ar) ",
    per(
        " ON CONFLICT (id) DO UPDATE SET name_en = excluded.name_en, name_ar = excluded.name_ar",
        " ON DUPLICATE KEY UPDATE name_en = VALUES(name_en), name_ar = VALUES(name_ar)",
    ),
);
const MODELS: (&str, Sql) = (
    "INSERT INTO vehicle_models (id, brand_id, name_en, name_ar, year_from, year_to) ",
    per(
        " ON CONFLICT (id) DO UPDATE SET brand_id = excluded.brand_id, name_en = excluded.name_en, name_ar = \
         excluded.name_ar, year_from = excluded.year_from, year_to = excluded.year_to",
        " ON DUPLICATE KEY UPDATE brand_id = VALUES(brand_id), name_en = VALUES(name_en), name_ar = VALUES(name_ar), \
         year_from = VALUES(year_from), year_to = VALUES(year_to)",
    ),
);
const TRIMS: (&str, Sql) = (
    "INSERT INTO vehicle_trims (id, model_id, name_en, name_ar) ",
    per(
        " ON CONFLICT (id) DO UPDATE SET model_id = excluded.model_id, name_en = excluded.name_en, name_ar = \
         excluded.name_ar",
        " ON DUPLICATE KEY UPDATE model_id = VALUES(model_id), name_en = VALUES(name_en), name_ar = VALUES(name_ar)",
    ),
);

/// Rows in one statement: six values each stay far below what a statement may bind.
const ROWS: usize = 200;

row! {
    /// A brand.
    pub struct Brand {
        /// Its number.
        pub id: i64,
        /// In English.
        pub name_en: String,
        /// In Arabic.
        pub name_ar: String,
    }
}

row! {
    /// A model.
    pub struct Model {
        /// Its number.
        pub id: i64,
        /// Its brand's.
        pub brand_id: i64,
        /// In English.
        pub name_en: String,
        /// In Arabic.
        pub name_ar: String,
        /// The first year.
        pub year_from: i64,
        /// The last; `None` while it is built.
        pub year_to: Option<i64>,
    }
}

row! {
    /// A trim.
    pub struct Trim {
        /// Its number.
        pub id: i64,
        /// Its model's.
        pub model_id: i64,
        /// In English.
        pub name_en: String,
        /// In Arabic.
        pub name_ar: String,
    }
}

// ------------------------------------------------------------------ reading

/// Every brand.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_brands(db: &Db) -> Result<Vec<Brand>, StoreError> {
    all!(db, Brand, SELECT_BRANDS)
}

/// A brand.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_brand(db: &Db, brand: i64) -> Result<Option<Brand>, StoreError> {
    one!(db, Brand, SELECT_BRAND, brand)
}

/// Every model.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_models(db: &Db) -> Result<Vec<Model>, StoreError> {
    let mut models: Vec<Model> = Vec::new();
    loop {
        let after = models.last().map_or(i64::MIN, |model| model.id);
        let page = all!(db, Model, SELECT_MODELS, after)?;
        if page.is_empty() {
            return Ok(models);
        }
        models.extend(page);
    }
}

/// A brand's models, in no order.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_models_of(db: &Db, brand: i64) -> Result<Vec<Model>, StoreError> {
    all!(db, Model, SELECT_MODELS_OF_BRAND, brand)
}

/// A model.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_model(db: &Db, model: i64) -> Result<Option<Model>, StoreError> {
    one!(db, Model, SELECT_MODEL, model)
}

/// Every trim.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_trims(db: &Db) -> Result<Vec<Trim>, StoreError> {
    all!(db, Trim, SELECT_TRIMS)
}

/// A model's trims.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_trims_of(db: &Db, model: i64) -> Result<Vec<Trim>, StoreError> {
    all!(db, Trim, SELECT_TRIMS_OF_MODEL, model)
}

/// A trim, if it is of this model.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_trim(db: &Db, model: i64, trim: i64) -> Result<Option<Trim>, StoreError> {
    one!(db, Trim, SELECT_TRIM, trim, model)
}

/// The digest of the catalogue that was last taken over.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_version(db: &Db) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(one!(db, (Vec<u8>,), SELECT_VERSION)?.map(|(digest,)| digest))
}

// ------------------------------------------------------------------ writing

/// Writes rows of many in one statement each; `$fields` of a row are its values.
macro_rules! put {
    ($tx:expr, $insert:expr, $rows:expr, $($field:ident)*) => {{
        let (head, tail): (&'static str, Sql) = $insert;
        for chunk in $rows.chunks(ROWS) {
            macro_rules! on {
                ($t:expr, $tail:expr) => {{
                    let mut query = sqlx::QueryBuilder::new(head);
                    query.push_values(chunk, |mut values, row| {
                        $(values.push_bind(row.$field.clone());)*
                    });
                    query.push($tail);
                    query.build().execute(&mut **$t).await.map(drop)
                }};
            }
            match &mut *$tx {
                Tx::Sqlite(t) => on!(t, tail.sqlite),
                Tx::MySql(t) => on!(t, tail.mysql),
            }?;
        }
    }};
}

/// Adds brands, or replaces those with their numbers.
///
/// # Errors
/// [`StoreError::Duplicate`] when another number has a name.
pub async fn put_brands(tx: &mut Tx, brands: &[Brand]) -> Result<(), StoreError> {
    put!(tx, BRANDS, brands, id name_en name_ar);
    Ok(())
}

/// The same for models.
///
/// # Errors
/// [`StoreError::Duplicate`] when another number has a name; [`StoreError::Missing`] without the brand.
pub async fn put_models(tx: &mut Tx, models: &[Model]) -> Result<(), StoreError> {
    put!(tx, MODELS, models, id brand_id name_en name_ar year_from year_to);
    Ok(())
}

/// The same for trims.
///
/// # Errors
/// [`StoreError::Duplicate`] when another number has a name; [`StoreError::Missing`] without the model.
pub async fn put_trims(tx: &mut Tx, trims: &[Trim]) -> Result<(), StoreError> {
    put!(tx, TRIMS, trims, id model_id name_en name_ar);
    Ok(())
}

/// Forgets which catalogue was taken over.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget_version(tx: &mut Tx) -> Result<(), StoreError> {
    exec!(tx, DELETE_VERSION).map(drop)
}

/// Remembers which catalogue was taken over.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_version(tx: &mut Tx, digest: &[u8], at: UnixMicros) -> Result<(), StoreError> {
    exec!(&mut *tx, DELETE_VERSION)?;
    exec!(tx, INSERT_VERSION, digest, at.0).map(drop)
}
