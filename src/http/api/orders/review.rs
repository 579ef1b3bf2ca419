//! What the two sides of an order say of each other, and what everybody may read of a merchant.

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::http::header::ContentType;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::contact;
use crate::domain::ids::OrderId;
use crate::domain::ids::ReviewId;
use crate::domain::ids::UserId;
use crate::domain::order::Actor;
use crate::domain::review::Stars;
use crate::domain::text;
use crate::domain::user::UserKind;
use crate::http::api::orders::look_up;
use crate::http::extract::Id;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::http::extract::Once;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::limits;
use crate::persistence;
use crate::persistence::error::StoreError;
use crate::persistence::idempotency::Answer;
use crate::persistence::orders;
use crate::persistence::profiles;
use crate::persistence::reviews;
use crate::persistence::reviews::NewReview;
use crate::persistence::reviews::Review;
use crate::persistence::users;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value;
use crate::wire::value::Timestamp;

/// What one side says of the other.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewInput {
    /// 1 to 5.
    #[schema(minimum = 1, maximum = 5)]
    stars: i64,
    /// At most 1000 characters. Contact details are taken out.
    comment: Option<String>,
}

/// A page of reviews.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListReviews {
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 100.
    limit: Option<u32>,
}

/// A review. Who wrote it is not said: customers are private.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewBody {
    /// The review.
    #[schema(value_type = value::ReviewRef)]
    id: value::Id<ReviewId>,
    /// 1 to 5.
    stars: i64,
    /// In the author's words.
    comment: Option<String>,
    /// When.
    created_at: Timestamp,
}

impl From<Review> for ReviewBody {
    fn from(review: Review) -> Self {
        let Review { id, stars, comment, created_at, .. } = review;
        Self { id: value::Id(id), stars, comment, created_at: Timestamp(created_at) }
    }
}

/// A page of reviews.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewList {
    /// Newest first.
    data: Vec<ReviewBody>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

impl ReviewInput {
    fn check(&self) -> Result<(Stars, Option<String>), Problem> {
        let stars = Stars::new(self.stars).ok_or_else(|| Problem::field("stars", "out_of_range", "1 to 5"))?;
        let comment = text::tidy(self.comment.as_deref().unwrap_or_default());
        if comment.chars().count() > limits::NOTES_CHARS_MAX {
            let message = format!("0 to {} characters", limits::NOTES_CHARS_MAX);
            return Err(Problem::field("comment", "length", message));
        }
        // Everybody reads it.
        Ok((stars, Some(contact::mask(&comment)).filter(|comment| !comment.is_empty())))
    }
}

/// Reviews the other side of an order, once, after the delivery. A merchant's rating follows at once.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    request_body = ReviewInput,
    responses((status = 201, body = ReviewBody), (status = 403), (status = 404), (status = 409), (status = 422)))]
#[post("/{id}/review")]
pub(crate) async fn review_order(
    app: web::Data<App>,
    who: Identity,
    id: Id<OrderId>,
    once: Once,
    body: Json<ReviewInput>,
) -> Result<HttpResponse, Problem> {
    let (stars, comment) = body.value.check()?;
    let (order, side) = look_up(&app, who, id.0).await?;
    let (author, subject) = match side {
        Actor::Customer => (order.customer, order.merchant),
        Actor::Merchant => (order.merchant, order.customer),
        Actor::Admin | Actor::Clock => return Err(Code::StepNotYours.into()),
    };
    if order.delivered_at.is_none() {
        return Err(Problem::from(Code::NotDelivered).fact("state", order.state.word()));
    }
    let (id, at) = (ReviewId(app.ids.next()), app.clock.now());
    let comment_text = comment.as_deref();
    let new = NewReview { id, order: order.id, side, author, subject, stars, comment: comment_text, at };
    let reply = render(&new)?;
    let answer = once.claim().map(|claim| Answer { claim, status: 201, reply: &reply });
    match reviews::insert(&app.db, &app.ids, &new, answer).await {
        Err(StoreError::Duplicate { key: "reviews_side" }) => return Err(Code::AlreadyReviewed.into()),
        written => written?,
    }
    app.bidding.bidders().forget(subject);
    Ok(HttpResponse::Created().content_type(ContentType::json()).body(reply))
}

fn render(new: &NewReview<'_>) -> Result<String, Problem> {
    let body = ReviewBody {
        id: value::Id(new.id),
        stars: i64::from(new.stars.count()),
        comment: new.comment.map(str::to_owned),
        created_at: Timestamp(new.at),
    };
    serde_json::to_string(&body).map_err(|_| Code::Internal.into())
}

/// Lists what merchants said of a customer: for that customer, for merchants who had an order of theirs, and for administrators.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(("id" = String, Path), ListReviews),
    responses((status = 200, body = ReviewList), (status = 401), (status = 404), (status = 422)))]
#[get("/customers/{id}/reviews")]
pub(crate) async fn list_customer_reviews(
    app: web::Data<App>,
    who: Identity,
    id: Id<UserId>,
    query: Query<ListReviews>,
) -> Result<HttpResponse, Problem> {
    let may = match who.kind {
        UserKind::Admin => {
            users::find_account(&app.db, id.0).await?.is_some_and(|user| user.kind == UserKind::Customer)
        }
        UserKind::Merchant => orders::have_dealt(&app.db, who.user, id.0).await?,
        UserKind::Customer => who.user == id.0,
    };
    if may { list(&app, id.0, &query.0).await } else { Err(Code::UnknownUser.into()) }
}

/// Lists what customers said of a verified merchant.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(("id" = String, Path), ListReviews),
    responses((status = 200, body = ReviewList), (status = 404), (status = 422)))]
#[get("/merchants/{id}/reviews")]
pub(crate) async fn list_reviews(
    app: web::Data<App>,
    id: Id<UserId>,
    query: Query<ListReviews>,
) -> Result<HttpResponse, Problem> {
    profiles::find_public_merchant(&app.db, id.0).await?.ok_or(Code::UnknownUser)?;
    list(&app, id.0, &query.0).await
}

async fn list(app: &App, subject: UserId, query: &ListReviews) -> Result<HttpResponse, Problem> {
    let page = Page::read::<ReviewId>(query.cursor.as_deref(), query.limit, |id| id.0)?;
    let rows = persistence::Page { before: page.before, limit: page.limit + 1 };
    let (rows, last) = page.cut(reviews::list_about(&app.db, subject, rows).await?, |review| review.id.0);
    let data = rows.into_iter().map(ReviewBody::from).collect();
    Ok(HttpResponse::Ok().json(ReviewList { data, next_cursor: last.map(|id| ReviewId(id).to_string()) }))
}
