//! The `OpenAPI` document and its pages.

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::get;
use utoipa::OpenApi as _;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::HttpBuilder;
use utoipa::openapi::security::SecurityScheme;
use utoipa_swagger_ui::SwaggerUi;

use crate::http::api::admin;
use crate::http::api::auth;
use crate::http::api::bids;
use crate::http::api::blocks;
use crate::http::api::catalog;
use crate::http::api::health;
use crate::http::api::live;
use crate::http::api::oidc;
use crate::http::api::passwords;
use crate::http::api::privacy;
use crate::http::api::profiles;
use crate::http::api::requests;
use crate::http::api::sessions;
use crate::http::api::vehicles;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "mazad",
        description = "A reverse auction for car parts. Money is a decimal string, time is RFC 3339 UTC, every error \
                       is an RFC 9457 problem document."
    ),
    paths(
        auth::register,
        auth::verify_otp,
        auth::resend_otp,
        auth::login,
        auth::refresh,
        auth::logout,
        auth::get_me,
        auth::update_own_profile,
        auth::create_ticket,
        auth::get_jwks,
        profiles::get_customer_profile,
        profiles::update_customer_profile,
        profiles::get_merchant_profile,
        profiles::update_merchant_profile,
        profiles::get_merchant,
        passwords::forgot_password,
        passwords::reset_password,
        passwords::change_password,
        sessions::list_sessions,
        sessions::delete_session,
        oidc::list_providers,
        oidc::start_oidc,
        oidc::take_oidc_answer,
        oidc::link_oidc,
        vehicles::list_vehicles,
        vehicles::create_vehicle,
        vehicles::get_vehicle,
        vehicles::update_vehicle,
        vehicles::delete_vehicle,
        vehicles::make_primary,
        blocks::list_blocks,
        blocks::create_block,
        blocks::delete_block,
        privacy::export_data,
        privacy::send_erasure_code,
        privacy::erase_me,
        admin::list_users,
        admin::get_user,
        admin::suspend_user,
        admin::reinstate_user,
        admin::verify_merchant,
        admin::reject_merchant,
        catalog::list_brands,
        catalog::list_models,
        catalog::list_trims,
        catalog::decode_vin,
        requests::list_requests,
        requests::draft::create_request,
        requests::get_request,
        requests::draft::update_request,
        requests::draft::delete_request,
        requests::host::publish_request,
        requests::host::pause_request,
        requests::host::resume_request,
        requests::host::extend_request,
        requests::host::close_request,
        requests::host::cancel_request,
        bids::place_bid,
        bids::list_bids,
        bids::list_own_bids,
        bids::get_bid,
        bids::revise_bid,
        bids::withdraw_bid,
        bids::get_price_to_lead,
        bids::list_events,
        live::open_live,
        health::get_live,
        health::get_ready,
    )
)]
struct Document;

/// Calls that need no access token.
const OPEN: &[&str] = &[
    "register",
    "verify_otp",
    "resend_otp",
    "login",
    "refresh",
    "forgot_password",
    "reset_password",
    "list_providers",
    "start_oidc",
    "take_oidc_answer",
    "link_oidc",
    "get_jwks",
    "list_brands",
    "list_models",
    "list_trims",
    "decode_vin",
    "get_merchant",
    "get_live",
    "get_ready",
];

/// The document as it is served.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let is_open = operation.operation_id.as_deref().is_some_and(|id| OPEN.contains(&id));
            if !is_open {
                let needed = utoipa::openapi::SecurityRequirement::new("bearer", Vec::<String>::new());
                operation.security.get_or_insert_default().push(needed);
            }
        }
    }
    document
}

/// The methods that an address takes; none where there is nothing. For the answer to a wrong one.
pub(crate) fn methods_of(path: &str) -> Vec<&'static str> {
    static DOCUMENT: OnceLock<utoipa::openapi::OpenApi> = OnceLock::new();
    let same = |template: &str| {
        let (mut wanted, mut given) = (template.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(wanted), Some(given)) if wanted == given || wanted.starts_with('{') => {}
                (Some(_), _) | (None, Some(_)) => return false,
            }
        }
    };
    let paths = &DOCUMENT.get_or_init(document).paths.paths;
    let items = paths.iter().filter(|(template, _)| same(template)).map(|(_, item)| item);
    let mut methods: Vec<_> = items
        .flat_map(|item| {
            [("DELETE", &item.delete), ("GET", &item.get), ("POST", &item.post), ("PUT", &item.put)]
                .into_iter()
                .filter_map(|(method, operation)| operation.as_ref().map(|_| method))
        })
        .collect();
    methods.dedup();
    methods
}

/// The document.
#[get("/api/openapi.json")]
pub(crate) async fn get_document() -> HttpResponse {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| document().to_json().unwrap_or_default());
    HttpResponse::Ok().content_type("application/json").body(text.as_str())
}

/// Swagger UI, from this binary alone.
pub(crate) fn pages() -> SwaggerUi {
    SwaggerUi::new("/api/docs/{_:.*}").config(utoipa_swagger_ui::Config::from("/api/openapi.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_name_and_words() {
        let document = document();
        let mut operations = 0;
        for (path, item) in &document.paths.paths {
            for operation in [&item.get, &item.post, &item.put, &item.delete].into_iter().flatten() {
                operations += 1;
                assert!(operation.operation_id.is_some() && operation.summary.is_some(), "{path}");
                assert!(!operation.responses.responses.is_empty(), "{path}");
            }
        }
        assert!(operations >= 29, "{operations}");
    }
}
