//! What the things are called that notices are about: read when a notice is shown, so an erased name is gone from old ones.

use crate::domain::ids::OrderId;
use crate::domain::ids::RequestId;
use crate::persistence::Db;
use crate::persistence::error::StoreError;

const SELECT_REQUESTS: &str = "SELECT r.id, r.title, v.model_year, b.name_ar AS brand_ar, b.name_en AS brand_en, m.name_ar AS \
                               model_ar, m.name_en AS model_en FROM part_requests r LEFT JOIN vehicles v ON v.id = \
                               r.vehicle_id LEFT JOIN vehicle_brands b ON b.id = r.brand_id LEFT JOIN vehicle_models m ON \
                               m.id = r.model_id WHERE r.id IN ";
const SELECT_REQUESTS_OF_ORDERS: &str = "SELECT id, request_id FROM orders WHERE id IN ";

row! {
    /// A request by its names.
    pub struct Named {
        /// Which.
        pub id: RequestId,
        /// The title; a dash once its owner was erased.
        pub title: String,
        /// The vehicle's year.
        pub model_year: Option<i64>,
        /// Its brand in Arabic.
        pub brand_ar: Option<String>,
        /// Its brand in English.
        pub brand_en: Option<String>,
        /// Its model in Arabic.
        pub model_ar: Option<String>,
        /// Its model in English.
        pub model_en: Option<String>,
    }
}

/// What these requests are called.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_requests(db: &Db, requests: &[RequestId]) -> Result<Vec<Named>, StoreError> {
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    all_of!(db, Named, SELECT_REQUESTS, requests.iter().map(|request| request.0))
}

/// From which requests these orders came.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_requests_of(db: &Db, orders: &[OrderId]) -> Result<Vec<(OrderId, RequestId)>, StoreError> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let rows = all_of!(db, (i64, i64), SELECT_REQUESTS_OF_ORDERS, orders.iter().map(|order| order.0))?;
    Ok(rows.into_iter().map(|(order, request)| (OrderId(order), RequestId(request))).collect())
}
