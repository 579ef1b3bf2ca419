//! Every URL on one page.

use actix_service::IntoServiceFactory;
use actix_service::ServiceFactory;
use actix_web::App as Routes;
use actix_web::dev::AppConfig;
use actix_web::web;
use actix_web::web::Data;

use crate::app::App;
use crate::http::api;
use crate::http::gate::Gate;

/// The routes of one worker.
pub(crate) fn mount(
    app: Data<App>,
    gate: Gate,
) -> impl ServiceFactory<
    actix_http::Request,
    Config = AppConfig,
    Response = actix_web::dev::ServiceResponse,
    Error = actix_web::Error,
    InitError = (),
    Service = impl actix_service::Service<
        actix_http::Request,
        Response = actix_web::dev::ServiceResponse,
        Error = actix_web::Error,
        Future = impl std::future::Future + 'static,
    > + 'static,
    Future = impl std::future::Future + 'static,
> {
    Routes::new().app_data(app).wrap(gate).configure(urls).default_service(web::to(api::web::not_found)).into_factory()
}

fn urls(at: &mut web::ServiceConfig) {
    at.route("/health/live", web::get().to(api::health::get_live));
}
