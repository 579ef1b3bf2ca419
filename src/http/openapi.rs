//! The `OpenAPI` document and its pages.

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::get;
use serde_json::Value;
use utoipa::OpenApi as _;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::HttpBuilder;
use utoipa::openapi::security::SecurityScheme;
use utoipa_swagger_ui::SwaggerUi;

use crate::http::answers;
use crate::http::api::admin;
use crate::http::api::analytics;
use crate::http::api::auth;
use crate::http::api::bids;
use crate::http::api::blocks;
use crate::http::api::catalog;
use crate::http::api::files;
use crate::http::api::health;
use crate::http::api::live;
use crate::http::api::metrics;
use crate::http::api::notifications;
use crate::http::api::oidc;
use crate::http::api::orders;
use crate::http::api::passwords;
use crate::http::api::payments;
use crate::http::api::phones;
use crate::http::api::privacy;
use crate::http::api::profiles;
use crate::http::api::questions;
use crate::http::api::requests;
use crate::http::api::sessions;
use crate::http::api::vehicles;
use crate::http::routes;

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
        phones::change_phone,
        phones::verify_phone,
        sessions::list_sessions,
        sessions::delete_session,
        oidc::list_providers,
        oidc::list_provider_links,
        oidc::delete_provider_link,
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
        requests::list::list_requests,
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
        requests::draft::repost_request,
        orders::accept_bid,
        orders::result::get_scoreboard,
        orders::result::list_audit,
        orders::journal::list_journal,
        orders::result::get_comparison,
        orders::list_orders,
        orders::get_order,
        orders::steps::confirm_order,
        orders::steps::decline_order,
        orders::steps::prepare_order,
        orders::steps::ship_order,
        orders::steps::deliver_order,
        orders::steps::complete_order,
        orders::steps::cancel_order,
        orders::steps::return_order,
        orders::steps::dispute_order,
        orders::steps::resolve_order,
        orders::review::review_order,
        orders::review::list_reviews,
        orders::review::list_customer_reviews,
        orders::invoice::get_invoice,
        orders::invoice::get_credit_note,
        bids::place_bid,
        bids::list_bids,
        bids::list_own_bids,
        bids::get_bid,
        bids::revise_bid,
        bids::withdraw_bid,
        bids::get_price_to_lead,
        bids::list_events,
        live::open_live,
        questions::list_questions,
        questions::ask_question,
        questions::answer_question,
        payments::create_payment,
        payments::list_payments,
        payments::list_methods,
        payments::get_payment,
        payments::confirm_payment,
        payments::refund_payment,
        payments::take_webhook,
        notifications::list_notifications,
        notifications::read_notification,
        notifications::read_all_notifications,
        notifications::open_feed,
        notifications::preferences::get_notification_preferences,
        notifications::preferences::update_notification_preferences,
        notifications::devices::get_push_key,
        notifications::devices::list_devices,
        notifications::devices::create_device,
        notifications::devices::delete_device,
        notifications::dead_letters::list_dead_letters,
        notifications::dead_letters::retry_dead_letter,
        notifications::dead_letters::drop_dead_letter,
        files::upload_file,
        files::list_files,
        files::presign_upload,
        files::put_file_content,
        files::complete_upload,
        files::get_file,
        files::get_thumbnail,
        files::delete_file,
        analytics::market::get_dashboard,
        analytics::market::get_request_analytics,
        analytics::people::get_merchant_analytics,
        analytics::people::get_customer_analytics,
        analytics::prices::get_prices,
        health::get_live,
        health::get_ready,
        metrics::get_metrics,
    )
)]
struct Document;

/// Calls that need no access token. Who opens a socket without one shows it in a frame.
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
    "put_file_content",
    "take_webhook",
    "list_reviews",
    "open_live",
    "open_feed",
    "get_live",
    "get_ready",
    "get_metrics",
];

/// The document as it is served.
#[must_use]
pub fn document() -> Value {
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
    let mut document = serde_json::to_value(document).unwrap_or_default();
    answers::complete(&mut document, routes::table().routes());
    document
}

/// The document.
#[get("/api/openapi.json")]
pub(crate) async fn get_document() -> HttpResponse {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| document().to_string());
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
        for (path, item) in document["paths"].as_object().unwrap() {
            for operation in item.as_object().unwrap().values() {
                operations += 1;
                assert!(operation["operationId"].is_string() && operation["summary"].is_string(), "{path}");
                assert!(!operation["responses"].as_object().unwrap().is_empty(), "{path}");
            }
        }
        assert!(operations >= 29, "{operations}");
    }
}
