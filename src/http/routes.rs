//! Every URL on one page.
//!
//! Each handler carries its own path (`#[get("/requests/{id}")]`) relative to the scope it stands in here, so this page
//! and the `OpenAPI` document cannot tell different stories. A longer path stands before a shorter one of the same shape.

use actix_service::IntoServiceFactory as _;
use actix_service::ServiceFactory;
use actix_web::App as Routes;
use actix_web::dev::AppConfig;
use actix_web::dev::ServiceResponse;
use actix_web::web;
use actix_web::web::Data;
use actix_web::web::ServiceConfig;

use crate::app::App;
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
use crate::http::api::web as page;
use crate::http::gate::Gate;
use crate::http::openapi;

/// The services of the API: the first segment after `/api/v1`.
pub(crate) const SERVICES: &[&str] = &["auth", "users", "catalog", "orders", "bidding"];

/// The routes of one worker, behind the gate.
pub(crate) fn mount(
    app: Data<App>,
    gate: Gate,
) -> impl ServiceFactory<
    actix_http::Request,
    Config = AppConfig,
    Response = ServiceResponse,
    Error = actix_web::Error,
    InitError = (),
    Service = impl actix_service::Service<
        actix_http::Request,
        Response = ServiceResponse,
        Error = actix_web::Error,
        Future = impl Future<Output = Result<ServiceResponse, actix_web::Error>> + 'static,
    > + 'static,
    Future = impl Future + 'static,
> {
    Routes::new().app_data(app).wrap(gate).configure(urls).default_service(web::to(page::not_found)).into_factory()
}

fn urls(at: &mut ServiceConfig) {
    at.service(health::get_live).service(health::get_ready).service(
        web::scope("/api/v1")
            .service(
                web::scope("/auth")
                    .service(auth::register)
                    .service(auth::verify_otp)
                    .service(auth::resend_otp)
                    .service(auth::login)
                    .service(auth::refresh)
                    .service(auth::logout)
                    .service(auth::get_me)
                    .service(auth::update_own_profile)
                    .service(auth::create_ticket)
                    .service(auth::get_jwks)
                    .service(passwords::forgot_password)
                    .service(passwords::reset_password)
                    .service(passwords::change_password)
                    .service(sessions::list_sessions)
                    .service(sessions::delete_session)
                    .service(oidc::list_providers)
                    .service(oidc::start_oidc)
                    .service(oidc::take_oidc_answer)
                    .service(oidc::link_oidc),
            )
            .service(web::scope("/users").configure(users))
            .service(
                web::scope("/catalog")
                    .service(catalog::list_brands)
                    .service(catalog::list_models)
                    .service(catalog::list_trims)
                    .service(catalog::decode_vin),
            )
            .service(
                web::scope("/orders")
                    .service(requests::list_requests)
                    .service(requests::draft::create_request)
                    .service(requests::host::publish_request)
                    .service(requests::host::pause_request)
                    .service(requests::host::resume_request)
                    .service(requests::host::extend_request)
                    .service(requests::host::close_request)
                    .service(requests::host::cancel_request)
                    .service(requests::get_request)
                    .service(requests::draft::update_request)
                    .service(requests::draft::delete_request),
            )
            .service(web::scope("/bidding").configure(bidding)),
    );
    at.service(openapi::get_document).service(openapi::pages()).service(page::get_asset).service(page::get_page);
}

/// Profiles, vehicles, blocks, one's own data; and the administrators' part.
fn users(at: &mut ServiceConfig) {
    at.service(profiles::get_customer_profile)
        .service(profiles::update_customer_profile)
        .service(profiles::get_merchant_profile)
        .service(profiles::update_merchant_profile)
        .service(vehicles::make_primary)
        .service(vehicles::list_vehicles)
        .service(vehicles::create_vehicle)
        .service(vehicles::get_vehicle)
        .service(vehicles::update_vehicle)
        .service(vehicles::delete_vehicle)
        .service(blocks::list_blocks)
        .service(blocks::create_block)
        .service(blocks::delete_block)
        .service(privacy::export_data)
        .service(privacy::send_erasure_code)
        .service(privacy::erase_me)
        .service(admin::verify_merchant)
        .service(admin::reject_merchant)
        .service(profiles::get_merchant)
        .service(admin::suspend_user)
        .service(admin::reinstate_user)
        .service(admin::list_users)
        .service(admin::get_user);
}

/// Bids and the live room.
fn bidding(at: &mut ServiceConfig) {
    at.service(bids::place_bid)
        .service(bids::list_bids)
        .service(bids::get_price_to_lead)
        .service(bids::list_events)
        .service(live::open_live)
        .service(bids::list_own_bids)
        .service(bids::get_bid)
        .service(bids::revise_bid)
        .service(bids::withdraw_bid);
}
