//! `/api/v1/payments`: paying for an order, giving money back, and what gateways tell.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::http::header::ContentType;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::OrderId;
use crate::domain::ids::PaymentId;
use crate::domain::ids::RefundId;
use crate::domain::money::AmountMinor;
use crate::domain::payment::PaymentFault;
use crate::domain::user::UserKind;
use crate::flows::payments::PaymentError;
use crate::http::extract;
use crate::http::extract::Customer;
use crate::http::extract::Id;
use crate::http::extract::IdempotencyKey;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::http::extract::Once;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::limits;
use crate::persistence;
use crate::persistence::payments::Filter;
use crate::persistence::payments::Payment;
use crate::persistence::refunds::Refund;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value;
use crate::wire::value::CURRENCY;
use crate::wire::value::MethodWord;
use crate::wire::value::Money;
use crate::wire::value::Timestamp;

// ------------------------------------------------------------------ what comes in

/// What is paid, and how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentInput {
    /// One of the customer's orders.
    #[schema(value_type = value::OrderRef)]
    order_id: value::Id<OrderId>,
    /// How.
    method: MethodWord,
}

/// What goes back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundInput {
    /// How much; left out: all that is left.
    amount: Option<Money>,
}

/// Which payments.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPayments {
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 100.
    limit: Option<u32>,
    /// Only those for this order.
    #[param(value_type = Option<value::OrderRef>)]
    order_id: Option<value::Id<OrderId>>,
    /// Only those of which somebody has to take care.
    #[param(inline, value_type = Option<Needs>)]
    needs: Option<String>,
}

/// What a payment waits for somebody to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Needs {
    /// Money is to go back.
    Refund,
    /// What the gateway says of it cannot be, or it refused to give money back.
    Look,
}

/// What a gateway tells, in its own words. No more of it is read than stands here; other fields are passed over.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it tells what a webhook is; the gateway's driver reads it")]
pub struct WebhookBody {
    /// The gateway's id of the event: told again, it changes nothing more.
    #[schema(min_length = 1, max_length = 64)]
    id: String,
    /// What happened, such as `payment_paid`.
    #[serde(rename = "type")]
    #[schema(min_length = 1, max_length = 64)]
    kind: String,
    /// The secret that the gateway shares with this server.
    secret_token: String,
    /// The payment as the gateway had it.
    data: WebhookData,
}

/// A payment in a webhook: which one it is. What it says of money is asked of the gateway, not read here.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it tells what a webhook is; the gateway's driver reads it")]
pub struct WebhookData {
    /// The page that was paid on, in the gateway's words.
    invoice_id: Option<String>,
    /// What we gave along: `payment_id`.
    #[schema(value_type = Option<Object>)]
    metadata: Option<String>,
}

// ------------------------------------------------------------------ what goes out

/// A payment.
#[derive(Serialize, ToSchema)]
pub struct PaymentBody {
    /// Its id.
    #[schema(value_type = value::PaymentRef)]
    id: value::Id<PaymentId>,
    /// What it pays.
    #[schema(value_type = value::OrderRef)]
    order_id: value::Id<OrderId>,
    /// How.
    method: MethodWord,
    /// `pending`, `authorized`, `paid`, `failed`, `voided`, `refunded`; `unknown` while nobody knows whether the gateway has
    /// it: that clears up by itself.
    status: &'static str,
    /// What was asked for.
    amount: Money,
    /// What came in.
    captured: Money,
    /// What went back.
    refunded: Money,
    /// What is still to go back: the order was called off, or paid twice. A card's goes back by itself; cash and transfers are
    /// given back by the merchant, and the call for a refund says so.
    refund_due: Money,
    /// Of every amount here.
    currency: &'static str,
    /// Where the customer pays.
    redirect_url: Option<String>,
    /// Refunds at the gateway.
    refunds: Vec<RefundBody>,
    /// For administrators: why somebody has to look. `amount_differs`, `sum_impossible` and `paid_short`: the gateway speaks of
    /// other money than was asked for; `refund_refused`: it does not give back what is to go back.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    /// When it was asked for.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

/// A page of payments.
#[derive(Serialize, ToSchema)]
pub struct PaymentList {
    /// Newest first; without their refunds at the gateway, which each by itself shows.
    data: Vec<PaymentBody>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// How an order can be paid.
#[derive(Serialize, ToSchema)]
pub struct MethodList {
    /// Any of these. A card only where a gateway takes it, and not less than the gateway takes.
    data: Vec<MethodWord>,
}

/// A refund at the gateway.
#[derive(Serialize, ToSchema)]
pub struct RefundBody {
    /// Its id.
    #[schema(value_type = value::RefundRef)]
    id: value::Id<RefundId>,
    /// `asked` while nobody knows what the gateway made of it, then `done` or `refused`.
    status: String,
    /// How much.
    amount: Money,
    /// When.
    created_at: Timestamp,
}

fn payment_body(payment: &Payment, refunds: Vec<Refund>, kind: Option<UserKind>) -> PaymentBody {
    let refund = |refund: Refund| RefundBody {
        id: value::Id(refund.id),
        status: refund.state,
        amount: Money(refund.amount),
        created_at: Timestamp(refund.created_at),
    };
    PaymentBody {
        id: value::Id(payment.id),
        order_id: value::Id(payment.order),
        method: MethodWord(payment.method),
        status: if payment.is_unknown() { "unknown" } else { payment.money.state.word() },
        amount: Money(payment.money.amount),
        captured: Money(payment.money.captured),
        refunded: Money(payment.money.refunded),
        refund_due: Money(payment.owed()),
        currency: CURRENCY,
        redirect_url: payment.redirect_url.clone().filter(|url| !url.is_empty()),
        refunds: refunds.into_iter().map(refund).collect(),
        fault: payment.fault.clone().filter(|_| kind == Some(UserKind::Admin)),
        created_at: Timestamp(payment.created_at),
        updated_at: Timestamp(payment.updated_at),
    }
}

fn render(payment: &Payment) -> String {
    serde_json::to_string(&payment_body(payment, Vec::new(), None)).unwrap_or_default()
}

// ------------------------------------------------------------------ handlers

/// Begins to pay for an order. By card the customer is to be sent to `redirect_url`, where the bank asks for its proof (3-D
/// Secure).
#[utoipa::path(context_path = "/api/v1/payments", tag = "payments", request_body = PaymentInput,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = PaymentBody), (status = 400), (status = 401), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
#[post("")]
pub(crate) async fn create_payment(
    app: web::Data<App>,
    who: Customer,
    _key: IdempotencyKey,
    once: Once,
    body: Json<PaymentInput>,
) -> Result<HttpResponse, Problem> {
    let PaymentInput { order_id, method } = body.value;
    let reply = app.payments.begin(who.0.user, order_id.0, method.0, once.claim(), render).await?;
    Ok(HttpResponse::Created().content_type(ContentType::json()).body(reply))
}

/// Lists payments, newest first: those that the caller makes or gets, and for administrators everybody's.
#[utoipa::path(context_path = "/api/v1/payments", tag = "payments", params(ListPayments),
    responses((status = 200, body = PaymentList), (status = 401), (status = 422)))]
#[get("")]
pub(crate) async fn list_payments(
    app: web::Data<App>,
    who: Identity,
    query: Query<ListPayments>,
) -> Result<HttpResponse, Problem> {
    let page = Page::read::<PaymentId>(query.0.cursor.as_deref(), query.0.limit, |id| id.0)?;
    let (owed, faulty) = match query.0.needs.as_deref() {
        None => (false, false),
        Some("refund") => (true, false),
        Some("look") => (false, true),
        Some(_) => return Err(Problem::field("needs", "unknown", "refund or look")),
    };
    let which = Filter { whose: None, order: query.0.order_id.map(|id| id.0), owed, faulty };
    let rows = persistence::Page { before: page.before, limit: page.limit + 1 };
    let (rows, last) = page.cut(app.payments.list(who.into(), which, rows).await?, |row| row.id.0);
    let data = rows.iter().map(|row| payment_body(row, Vec::new(), Some(who.kind))).collect();
    Ok(HttpResponse::Ok().json(PaymentList { data, next_cursor: last.map(|id| PaymentId(id).to_string()) }))
}

/// Lists how one of the customer's orders can be paid here.
#[utoipa::path(context_path = "/api/v1/orders", tag = "payments", params(("id" = String, Path)),
    responses((status = 200, body = MethodList), (status = 401), (status = 403), (status = 404)))]
#[get("/{id}/payment-methods")]
pub(crate) async fn list_methods(app: web::Data<App>, who: Customer, id: Id<OrderId>) -> Result<HttpResponse, Problem> {
    let methods = app.payments.methods(who.0.user, id.0).await?;
    Ok(HttpResponse::Ok().json(MethodList { data: methods.map(MethodWord).collect() }))
}

/// Reads a payment: who pays, who is paid, and administrators.
#[utoipa::path(context_path = "/api/v1/payments", tag = "payments", params(("id" = String, Path)),
    responses((status = 200, body = PaymentBody), (status = 401), (status = 404)))]
#[get("/{id}")]
pub(crate) async fn get_payment(
    app: web::Data<App>,
    who: Identity,
    id: Id<PaymentId>,
) -> Result<HttpResponse, Problem> {
    let (payment, refunds) = app.payments.find(who.into(), id.0).await?;
    Ok(HttpResponse::Ok().json(payment_body(&payment, refunds, Some(who.kind))))
}

/// Writes down that a payment came in: a bank transfer by an administrator, whatever became of the order since; cash by the merchant once the order was shipped.
#[utoipa::path(context_path = "/api/v1/payments", tag = "payments", params(("id" = String, Path)),
    responses((status = 200, body = PaymentBody), (status = 401), (status = 403), (status = 404), (status = 409)))]
#[post("/{id}/confirm")]
pub(crate) async fn confirm_payment(
    app: web::Data<App>,
    who: Identity,
    id: Id<PaymentId>,
    once: Once,
) -> Result<HttpResponse, Problem> {
    let reply = app.payments.confirm(who.into(), id.0, once.claim(), render).await?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(reply))
}

/// Gives back a part of a payment, or all that is left of it: by the merchant or an administrator. Never more than came in.
#[utoipa::path(context_path = "/api/v1/payments", tag = "payments", params(("id" = String, Path),
    ("Idempotency-Key" = String, Header)), request_body = RefundInput,
    responses((status = 200, body = PaymentBody), (status = 400), (status = 401), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
#[post("/{id}/refund")]
pub(crate) async fn refund_payment(
    app: web::Data<App>,
    who: Identity,
    id: Id<PaymentId>,
    _key: IdempotencyKey,
    once: Once,
    body: Json<RefundInput>,
) -> Result<HttpResponse, Problem> {
    let by: Option<AmountMinor> = body.value.amount.map(|amount| amount.0);
    let reply = app.payments.refund(who.into(), id.0, by, once.claim(), render).await?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(reply))
}

/// Takes what a gateway tells: a hint, after which the gateway itself is asked. The body is the gateway's own and carries
/// the shared secret. Told again, or in another order, it changes nothing more.
#[utoipa::path(context_path = "/api/v1/payments", tag = "payments", params(("gateway" = String, Path)),
    request_body = WebhookBody, responses((status = 204), (status = 401), (status = 404), (status = 413), (status = 503)))]
#[post("/webhooks/{gateway}")]
pub(crate) async fn take_webhook(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let gateway = request.match_info().get("gateway").unwrap_or_default().to_owned();
    let patience = std::time::Duration::from_secs(app.config.http.body_seconds);
    let collected = extract::collect(payload.into_inner(), limits::JSON_BODY_BYTES_MAX);
    let body = tokio::time::timeout(patience, collected).await.map_err(|_| Code::BodyTooSlow)??;
    app.payments.knock(&gateway, &body).await?;
    Ok(HttpResponse::NoContent().finish())
}

impl From<PaymentError> for Problem {
    fn from(error: PaymentError) -> Self {
        match error {
            PaymentError::UnknownOrder => Code::UnknownOrder.into(),
            PaymentError::Unknown => Code::UnknownPayment.into(),
            PaymentError::UnknownGateway => Code::UnknownGateway.into(),
            PaymentError::WrongState(state) => Self::from(Code::OrderNotPayable).fact("state", state.word()),
            PaymentError::Exists(id) => Self::from(Code::PaymentExists).fact("payment_id", id.to_string()),
            PaymentError::MethodUnavailable => Code::MethodUnavailable.into(),
            PaymentError::NotYours => Code::PaymentNotYours.into(),
            PaymentError::Refused(PaymentFault::RefundTooLarge { left }) => {
                Self::from(Code::RefundTooLarge).fact("max_amount", left.to_string())
            }
            PaymentError::Refused(PaymentFault::NotPaid) => Code::NotPaid.into(),
            PaymentError::Refused(PaymentFault::AmountDiffers | PaymentFault::SumImpossible) => {
                Code::PaymentSums.into()
            }
            PaymentError::RefundUnderWay => Self::from(Code::RefundUnderWay).retry_after(limits::PAYMENT_CHECK_SECS),
            PaymentError::GatewayRefused => Code::PaymentRefused.into(),
            PaymentError::GatewayUnavailable => Self::from(Code::GatewayUnavailable).retry_after(30),
            PaymentError::KnockRefused => Code::WebhookRefused.into(),
            PaymentError::Store(error) => error.into(),
        }
    }
}
