//! web

use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use actix_web::HttpRequest;

/// What is answered where there is nothing.
///
/// # Errors
/// Always.
pub async fn not_found(request: HttpRequest) -> Result<actix_web::HttpResponse, Problem> {
    let path = request.path();
    let service = path.strip_prefix("/api/v1/").and_then(|rest| rest.split('/').next());
    match service {
        Some(service) if !SERVICES.contains(&service) => {
            Err(Problem::from(Code::ServiceNotFound).fact("error", "Service not found"))
        }
        _ => Err(Code::NotFound.into()),
    }
}

const SERVICES: &[&str] = &["auth", "users", "catalog", "orders", "bidding"];
