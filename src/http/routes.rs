//! Every URL on one page, with its rate-limit class.
//!
//! Each handler carries its own path (`#[get("/requests/{id}")]`) relative to the scope it stands in here, so this page
//! and the `OpenAPI` document cannot tell different stories. A longer path stands before a shorter one of the same shape.
//!
//! A route enters this page through one of the words of `Branch`, and the word is its class: `auth`, `read`, `write`,
//! `once`, `upload`, `kept`, `bid` and `socket` are limited; `free` and `file` are the exemptions. There is no way in without one.
//! A POST stands under `once`, `upload` or `kept`, which say what becomes of an `Idempotency-Key`, under `bid`, whose key is in the
//! journal, or under `auth`: an answer there holds secrets, which are not kept, or the call is harmless when repeated.

use std::sync::OnceLock;

use actix_service::IntoServiceFactory as _;
use actix_service::ServiceFactory;
use actix_web::App as Routes;
use actix_web::Scope;
use actix_web::dev::AppConfig;
use actix_web::dev::HttpServiceFactory;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::web;
use actix_web::web::Data;
use utoipa::openapi::HttpMethod;

use crate::app::App;
use crate::config::Class;
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
use crate::http::api::web as page;
use crate::http::gate::Gate;
use crate::http::openapi;
use crate::http::table::Repeat;
use crate::http::table::Route;
use crate::http::table::Table;

/// The services of the API: the first segment after `/api/v1`.
pub(crate) const SERVICES: &[&str] =
    &["auth", "users", "catalog", "orders", "bidding", "files", "payments", "notifications", "analytics"];

/// Every URL. What bids and watches comes first, because actix looks in this order.
fn tree() -> [Branch; 10] {
    [
        Branch::at("/api/v1/bidding")
            .bid(bids::place_bid)
            .read(bids::list_bids)
            .read(bids::get_price_to_lead)
            .read(bids::list_events)
            .socket(live::open_live)
            .read(questions::list_questions)
            .kept(questions::ask_question)
            .kept(questions::answer_question)
            .read(bids::list_own_bids)
            .read(bids::get_bid)
            .write(bids::revise_bid)
            .write(bids::withdraw_bid),
        Branch::at("/api/v1/orders")
            .read(requests::list::list_requests)
            .once(requests::draft::create_request)
            .once(requests::host::publish_request)
            .kept(requests::host::pause_request)
            .kept(requests::host::resume_request)
            .kept(requests::host::extend_request)
            .kept(requests::host::close_request)
            .kept(requests::host::cancel_request)
            .once(requests::draft::repost_request)
            .once(orders::accept_bid)
            .read(orders::result::get_scoreboard)
            .read(orders::result::list_audit)
            .read(orders::journal::list_journal)
            .read(orders::result::get_comparison)
            .read(requests::get_request)
            .write(requests::draft::update_request)
            .write(requests::draft::delete_request)
            .once(orders::steps::confirm_order)
            .once(orders::steps::decline_order)
            .once(orders::steps::prepare_order)
            .once(orders::steps::ship_order)
            .once(orders::steps::deliver_order)
            .once(orders::steps::complete_order)
            .once(orders::steps::cancel_order)
            .once(orders::steps::return_order)
            .once(orders::steps::dispute_order)
            .once(orders::steps::resolve_order)
            .once(orders::review::review_order)
            .read(orders::invoice::get_invoice)
            .read(orders::invoice::get_credit_note)
            .read(payments::list_methods)
            .read(orders::list_orders)
            .read(orders::get_order),
        Branch::at("/api/v1/auth")
            .auth(auth::register)
            .auth(auth::verify_otp)
            .auth(auth::resend_otp)
            .auth(auth::login)
            .auth(auth::refresh)
            .auth(auth::logout)
            .read(auth::get_me)
            .write(auth::update_own_profile)
            .auth(auth::create_ticket)
            .read(auth::get_jwks)
            .auth(passwords::forgot_password)
            .auth(passwords::reset_password)
            .auth(passwords::change_password)
            .auth(phones::verify_phone)
            .auth(phones::change_phone)
            .read(sessions::list_sessions)
            .write(sessions::delete_session)
            .read(oidc::list_providers)
            .read(oidc::list_provider_links)
            .write(oidc::delete_provider_link)
            .auth(oidc::start_oidc)
            .auth(oidc::take_oidc_answer)
            .auth(oidc::link_oidc),
        Branch::at("/api/v1/users")
            .read(profiles::get_customer_profile)
            .write(profiles::update_customer_profile)
            .read(profiles::get_merchant_profile)
            .write(profiles::update_merchant_profile)
            .kept(vehicles::make_primary)
            .read(vehicles::list_vehicles)
            .once(vehicles::create_vehicle)
            .read(vehicles::get_vehicle)
            .write(vehicles::update_vehicle)
            .write(vehicles::delete_vehicle)
            .read(blocks::list_blocks)
            .kept(blocks::create_block)
            .write(blocks::delete_block)
            .read(privacy::export_data)
            .auth(privacy::send_erasure_code)
            .auth(privacy::erase_me)
            .kept(admin::verify_merchant)
            .kept(admin::reject_merchant)
            .read(orders::review::list_reviews)
            .read(orders::review::list_customer_reviews)
            .read(profiles::get_merchant)
            .kept(admin::suspend_user)
            .kept(admin::reinstate_user)
            .read(admin::list_users)
            .read(admin::get_user),
        Branch::at("/api/v1/catalog")
            .read(catalog::list_brands)
            .read(catalog::list_models)
            .read(catalog::list_trims)
            .read(catalog::decode_vin),
        Branch::at("/api/v1/payments")
            .once(payments::create_payment)
            .once(payments::confirm_payment)
            .once(payments::refund_payment)
            .kept(payments::take_webhook)
            .read(payments::list_payments)
            .read(payments::get_payment),
        Branch::at("/api/v1/notifications")
            .socket(notifications::open_feed)
            .read(notifications::preferences::get_notification_preferences)
            .write(notifications::preferences::update_notification_preferences)
            .read(notifications::devices::get_push_key)
            .read(notifications::devices::list_devices)
            .once(notifications::devices::create_device)
            .write(notifications::devices::delete_device)
            .read(notifications::dead_letters::list_dead_letters)
            .kept(notifications::dead_letters::retry_dead_letter)
            .kept(notifications::dead_letters::drop_dead_letter)
            .once(notifications::read_all_notifications)
            .once(notifications::read_notification)
            .read(notifications::list_notifications),
        Branch::at("/api/v1/files")
            .upload(files::upload_file)
            .read(files::list_files)
            .once(files::presign_upload)
            .write(files::put_file_content)
            .once(files::complete_upload)
            .read(files::get_thumbnail)
            .read(files::get_file)
            .write(files::delete_file),
        Branch::at("/api/v1/analytics")
            .read(analytics::market::get_dashboard)
            .read(analytics::market::get_request_analytics)
            .read(analytics::people::get_merchant_analytics)
            .read(analytics::people::get_customer_analytics)
            .read(analytics::prices::get_prices),
        Branch::at("")
            .free(health::get_live)
            .free(health::get_ready)
            .free(metrics::get_metrics)
            .file("/api/openapi.json", openapi::get_document)
            .rest("/api/docs/{path}", openapi::pages())
            .rest("/assets/{path}", page::get_asset)
            .file("/sw.js", page::get_worker)
            .file("/", page::get_page),
    ]
}

// ------------------------------------------------------------------ the words of the page

/// The routes under one prefix.
struct Branch {
    prefix: &'static str,
    scope: Scope,
    routes: Vec<Route>,
}

impl Branch {
    fn at(prefix: &'static str) -> Self {
        Self { prefix, scope: web::scope(prefix), routes: Vec::new() }
    }

    fn add<H: HttpServiceFactory + utoipa::Path + 'static>(
        mut self,
        handler: H,
        class: Option<Class>,
        repeat: Repeat,
    ) -> Self {
        let template = H::path();
        debug_assert!(template.starts_with(self.prefix), "{template} stands under {}", self.prefix);
        for method in H::methods() {
            self.routes.push(Route {
                method: method_of(&method),
                template: template.clone(),
                class,
                repeat,
                is_file: false,
                takes_rest: false,
            });
        }
        Self { scope: self.scope.service(handler), ..self }
    }

    /// A way in: a password, a code, a token.
    fn auth<H: HttpServiceFactory + utoipa::Path + 'static>(self, handler: H) -> Self {
        self.add(handler, Some(Class::Auth), Repeat::Plain)
    }

    /// Reads.
    fn read<H: HttpServiceFactory + utoipa::Path + 'static>(self, handler: H) -> Self {
        self.add(handler, Some(Class::Read), Repeat::Plain)
    }

    /// Changes something, and changes it no further when repeated: PUT and DELETE.
    fn write<H: HttpServiceFactory + utoipa::Path + 'static>(self, handler: H) -> Self {
        self.add(handler, Some(Class::Write), Repeat::Plain)
    }

    /// A POST that takes effect once, also across a crash: its answer is stored in the transaction of the effect, or its
    /// handler knows an effect of its own again.
    fn once<H: HttpServiceFactory + utoipa::Path + 'static>(self, handler: H) -> Self {
        self.add(handler, Some(Class::Write), Repeat::WithEffect)
    }

    /// The same with a file in the body.
    fn upload<H: HttpServiceFactory + utoipa::Path + 'static>(self, handler: H) -> Self {
        self.add(handler, Some(Class::Write), Repeat::Upload)
    }

    /// A POST whose answer is stored behind its effect: after a crash between the two the key is refused.
    fn kept<H: HttpServiceFactory + utoipa::Path + 'static>(self, handler: H) -> Self {
        self.add(handler, Some(Class::Write), Repeat::Behind)
    }

    /// A POST whose idempotency key is in the journal.
    fn bid<H: HttpServiceFactory + utoipa::Path + 'static>(self, handler: H) -> Self {
        self.add(handler, Some(Class::Write), Repeat::Plain)
    }

    /// Opens a live room.
    fn socket<H: HttpServiceFactory + utoipa::Path + 'static>(self, handler: H) -> Self {
        self.add(handler, Some(Class::Socket), Repeat::Plain)
    }

    /// Not limited: monitors must get their answer when everybody else does not.
    fn free<H: HttpServiceFactory + utoipa::Path + 'static>(self, handler: H) -> Self {
        self.add(handler, None, Repeat::Plain)
    }

    /// A file of this binary, not limited.
    fn file(self, template: &'static str, handler: impl HttpServiceFactory + 'static) -> Self {
        self.plain(template, handler, false)
    }

    /// Files of this binary, not limited; the template's last name takes the rest of the path.
    fn rest(self, template: &'static str, handler: impl HttpServiceFactory + 'static) -> Self {
        self.plain(template, handler, true)
    }

    fn plain(mut self, template: &str, handler: impl HttpServiceFactory + 'static, takes_rest: bool) -> Self {
        let template = template.to_owned();
        self.routes.push(Route {
            method: Method::GET,
            template,
            class: None,
            repeat: Repeat::Plain,
            is_file: true,
            takes_rest,
        });
        Self { scope: self.scope.service(handler), ..self }
    }
}

fn method_of(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}

/// What the gate knows of this page.
pub(crate) fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::new(tree().into_iter().flat_map(|branch| branch.routes).collect()))
}

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
    Routes::new()
        .app_data(app)
        .app_data(gate.metrics())
        .wrap(gate)
        .configure(|at| {
            for branch in tree() {
                at.service(branch.scope);
            }
        })
        .default_service(web::to(page::not_found))
        .into_factory()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn this_page_and_the_document_name_the_same_routes() {
        let named: BTreeSet<_> = table()
            .routes()
            .iter()
            .filter(|route| {
                route.class.is_some() || route.template.starts_with("/health") || route.template == "/metrics"
            })
            .map(|route| (route.template.clone(), route.method.as_str().to_lowercase()))
            .collect();
        let document = openapi::document();
        let paths = document["paths"].as_object().unwrap();
        let documented: BTreeSet<_> = paths
            .iter()
            .flat_map(|(path, item)| item.as_object().unwrap().keys().map(|method| (path.clone(), method.clone())))
            .collect();
        assert_eq!(named, documented);
    }

    #[test]
    fn a_route_is_exempt_from_limits_only_where_this_list_says_so() {
        let exempt: Vec<_> = table()
            .routes()
            .iter()
            .filter(|route| route.class.is_none())
            .map(|route| route.template.as_str())
            .collect();
        let wanted = [
            "/health/live",
            "/health/ready",
            "/metrics",
            "/api/openapi.json",
            "/api/docs/{path}",
            "/assets/{path}",
            "/sw.js",
            "/",
        ];
        assert_eq!(exempt, wanted);
    }

    #[test]
    fn every_post_says_what_becomes_of_a_key() {
        let journal = ["/api/v1/bidding/requests/{id}/bids"];
        for route in table().routes().iter().filter(|route| route.method == Method::POST) {
            let told = route.repeat != Repeat::Plain
                || route.class == Some(Class::Auth)
                || journal.contains(&route.template.as_str());
            assert!(told, "{} stands under no word for a POST", route.template);
        }
    }

    #[test]
    fn services_are_the_branches() {
        let branches = tree();
        let of_api = branches.iter().filter_map(|branch| branch.prefix.strip_prefix("/api/v1/"));
        assert_eq!(of_api.collect::<BTreeSet<_>>(), SERVICES.iter().copied().collect());
    }
}
