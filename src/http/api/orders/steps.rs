//! The steps of an order: one call each. Who may take which, and where it leads, is the table of `domain::order`.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::OrderId;
use crate::domain::order::Step;
use crate::domain::text;
use crate::flows::deals::Asked;
use crate::http::api::orders::body::OrderBrief;
use crate::http::extract::Id;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::http::extract::Once;
use crate::limits;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;

/// Why; the other side reads it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepReason {
    /// 1 to 1000 characters.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

impl StepReason {
    fn tidy(&self) -> Result<String, Problem> {
        let reason = text::tidy(&self.reason);
        if (1..=limits::NOTES_CHARS_MAX).contains(&reason.chars().count()) {
            return Ok(reason);
        }
        Err(Problem::field("reason", "length", format!("1 to {} characters", limits::NOTES_CHARS_MAX)))
    }
}

async fn take(
    app: &App,
    who: Identity,
    order: OrderId,
    step: Step,
    reason: Option<&str>,
    once: &Once,
) -> Result<HttpResponse, Problem> {
    let asked = Asked { order, step, reason, claim: once.claim() };
    let render =
        |order: &_, actor| serde_json::to_string(&OrderBrief::new(order, actor)).map_err(|_| Code::Internal.into());
    let reply = app.deals.step(who.into(), asked, render).await?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(reply))
}

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident $path:tt $step:ident;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
            responses((status = 200, body = OrderBrief), (status = 403), (status = 404), (status = 409)))]
        #[post($path)]
        pub(crate) async fn $name(
            app: web::Data<App>,
            who: Identity,
            id: Id<OrderId>,
            once: Once,
        ) -> Result<HttpResponse, Problem> {
            take(&app, who, id.0, Step::$step, None, &once).await
        }
    )*};
}

macro_rules! steps_with_reason {
    ($($(#[$doc:meta])* $name:ident $path:tt $step:ident;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
            request_body = StepReason,
            responses((status = 200, body = OrderBrief), (status = 403), (status = 404), (status = 409)))]
        #[post($path)]
        pub(crate) async fn $name(
            app: web::Data<App>,
            who: Identity,
            id: Id<OrderId>,
            once: Once,
            body: Json<StepReason>,
        ) -> Result<HttpResponse, Problem> {
            let reason = body.value.tidy()?;
            take(&app, who, id.0, Step::$step, Some(&reason), &once).await
        }
    )*};
}

steps! {
    /// The merchant takes the order; its invoice is issued.
    confirm_order "/{id}/confirm" Confirm;
    /// The merchant starts to get the parts ready.
    prepare_order "/{id}/prepare" Prepare;
    /// The merchant hands the parts to the carrier, or lays them ready.
    ship_order "/{id}/ship" Ship;
    /// One side says that the parts were handed over.
    deliver_order "/{id}/deliver" Deliver;
    /// The customer is content.
    complete_order "/{id}/complete" Complete;
}

steps_with_reason! {
    /// The merchant does not take the order: its bid is declined and the request is reviewed again.
    decline_order "/{id}/decline" Decline;
    /// Calls the order off.
    cancel_order "/{id}/cancel" Cancel;
    /// The customer wants to give the parts back.
    return_order "/{id}/return" Return;
    /// Asks for an administrator's decision.
    dispute_order "/{id}/dispute" Dispute;
    /// Settles a return or a dispute.
    resolve_order "/{id}/resolve" Resolve;
}
