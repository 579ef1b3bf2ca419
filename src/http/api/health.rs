//! health

use actix_web::HttpResponse;

/// Says that the process runs.
pub async fn get_live() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body("{\"status\":\"live\"}")
}
