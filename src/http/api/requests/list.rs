//! Lists of requests, for both sides: filters, full text, two orders.

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::city;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::ids::VehicleId;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::domain::user::UserKind;
use crate::flows::audience;
use crate::flows::audience::Stretch;
use crate::http::api::requests::view;
use crate::http::api::requests::view::Customers;
use crate::http::api::requests::view::Eyes;
use crate::http::extract::Identity;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::limits;
use crate::persistence::listings;
use crate::persistence::listings::Filter;
use crate::persistence::listings::Place;
use crate::persistence::search::Wanted;
use crate::persistence::vehicles;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;
use crate::wire::request::body::ListedBody;
use crate::wire::request::body::RequestList;

/// The states of a request, as words.
const STATES: [&str; 8] =
    ["draft", "published", "bidding_open", "bidding_closed", "reviewing", "accepted", "expired", "cancelled"];

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Sort {
    /// The newest first.
    Newest,
    /// What takes bids, the next to close first.
    ClosingSoon,
}

/// Which requests.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListRequests {
    /// From the page before, with the same order.
    cursor: Option<String>,
    /// 1 to 100.
    limit: Option<u32>,
    /// `draft`, `published`, `bidding_open`, … Merchants see `bidding_open` unless they ask otherwise.
    status: Option<String>,
    /// Only for cars of this brand.
    brand_id: Option<i64>,
    /// Only for cars of this model.
    model_id: Option<i64>,
    /// Only where the car is in this city, in either language.
    city: Option<String>,
    /// Only with a part of such a name.
    part_name: Option<String>,
    /// Only with these words, or words that begin so, in title, description, parts, part numbers, brand or model; at most
    /// 120 characters.
    q: Option<String>,
    /// Only what takes bids and closes within so many seconds.
    #[param(minimum = 1)]
    closing_within_s: Option<i64>,
    /// The order.
    #[param(inline, value_type = Option<Sort>)]
    sort: Option<String>,
}

/// What was asked for, read.
struct Asked {
    state: String,
    city_key: String,
    closes_by: Option<UnixMicros>,
    /// `None` where no words were given.
    wanted: Option<Wanted>,
    at: Place,
    limit: u32,
}

/// Lists the caller's requests; for merchants those on which they may bid, for administrators everybody's.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(ListRequests),
    responses((status = 200, body = RequestList), (status = 401), (status = 422)))]
#[get("/requests")]
pub(crate) async fn list_requests(
    app: web::Data<App>,
    who: Identity,
    language: Language,
    query: Query<ListRequests>,
) -> Result<HttpResponse, Problem> {
    let asked = read(&query.0, who.kind, app.clock.now())?;
    let filter = Filter {
        state: &asked.state,
        brand: query.0.brand_id,
        model: query.0.model_id,
        city_key: &asked.city_key,
        closes_by: asked.closes_by,
        wanted: asked.wanted.as_ref(),
    };
    let (Stretch { found, next, stopped_early }, eyes) = match who.kind {
        UserKind::Customer | UserKind::Admin => {
            let rows = match who.kind {
                UserKind::Admin => listings::list_of_everybody(&app.db, filter, asked.at, asked.limit + 1).await?,
                UserKind::Customer | UserKind::Merchant => {
                    listings::list_of_customer(&app.db, who.user, filter, asked.at, asked.limit + 1).await?
                }
            };
            let more = rows.len() > asked.limit as usize;
            let found: Vec<_> = rows.into_iter().take(asked.limit as usize).collect();
            let next = found.last().filter(|_| more).map(|last| asked.at.behind(last));
            (Stretch { found, next, stopped_early: false }, Eyes::Host)
        }
        UserKind::Merchant => {
            let dealer = app.bidding.bidders().dealer(who.user).await?;
            let limit = asked.limit as usize;
            (audience::browse(&app.db, who.user, &dealer, filter, asked.at, limit).await?, Eyes::Merchant)
        }
    };
    let ids: Vec<VehicleId> = found.iter().map(|row| row.vehicle_id).collect();
    let names = vehicles::list_names(&app.db, &ids).await?;
    let owners: Vec<UserId> = found.iter().map(|row| row.customer_id).collect();
    let customers = Customers::of(&app, who, &owners).await?;
    let data = found.into_iter().map(|row| ListedBody {
        customer: customers.name(row.customer_id),
        ..view::listed(row, &names, eyes, language)
    });
    let data = data.collect();
    Ok(HttpResponse::Ok().json(RequestList { data, next_cursor: next.map(cursor_of), stopped_early }))
}

fn read(query: &ListRequests, kind: UserKind, now: UnixMicros) -> Result<Asked, Problem> {
    let sort = match query.sort.as_deref() {
        None | Some("newest") => Sort::Newest,
        Some("closing_soon") => Sort::ClosingSoon,
        Some(_) => return Err(Problem::field("sort", "unknown", "newest or closing_soon")),
    };
    let limit = Page::read::<RequestId>(None, query.limit, |id| id.0)?.limit;
    let state = match query.status.as_deref() {
        Some(word) if !STATES.contains(&word) => {
            return Err(Problem::field("status", "unknown", "not a state of requests"));
        }
        Some(word) => word,
        None if kind == UserKind::Merchant && sort == Sort::Newest => "bidding_open",
        None => "",
    };
    let text = |field: &'static str, text: Option<&str>| match text {
        Some(text) if text.chars().count() > limits::SEARCH_CHARS_MAX => {
            Err(Problem::field(field, "length", format!("at most {} characters", limits::SEARCH_CHARS_MAX)))
        }
        text => Ok(text.unwrap_or_default().to_owned()),
    };
    let (q, part_name, city) = (
        text("q", query.q.as_deref())?,
        text("part_name", query.part_name.as_deref())?,
        text("city", query.city.as_deref())?,
    );
    let searched = query.q.is_some() || query.part_name.is_some();
    let closes_by = match query.closing_within_s {
        Some(secs) if secs < 1 => return Err(Problem::field("closing_within_s", "out_of_range", "1 or more")),
        secs => secs.map(|secs| now.plus(Span::secs(secs))),
    };
    let city_key = city::key(&city);
    if query.city.is_some() && city_key.is_empty() {
        return Err(Problem::field("city", "invalid", "the name of a city"));
    }
    let at = place(query.cursor.as_deref(), sort)?;
    let wanted = searched.then(|| Wanted::new(&q, &part_name));
    Ok(Asked { state: state.to_owned(), city_key, closes_by, wanted, at, limit })
}

/// Where a cursor goes on: an id, behind a deadline in microseconds where the list is ordered by it.
fn place(cursor: Option<&str>, sort: Sort) -> Result<Place, Problem> {
    let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else {
        return Ok(match sort {
            Sort::Newest => Place::NEWEST,
            Sort::ClosingSoon => Place::CLOSING,
        });
    };
    let place = match (sort, cursor.split_once('.')) {
        (Sort::Newest, None) => cursor.parse().ok().map(|RequestId(before)| Place::Newest { before }),
        (Sort::ClosingSoon, Some((closes_at, id))) => {
            let (closes_at, id) = (closes_at.parse().ok(), id.parse::<RequestId>().ok());
            closes_at.zip(id).map(|(at, id)| Place::Closing { closes_at: UnixMicros(at), after: id.0 })
        }
        (Sort::Newest, Some(_)) | (Sort::ClosingSoon, None) => None,
    };
    place.ok_or_else(|| Problem::field("cursor", "invalid", "not a cursor of this list in this order"))
}

fn cursor_of(place: Place) -> String {
    match place {
        Place::Newest { before } => RequestId(before).to_string(),
        Place::Closing { closes_at, after } => format!("{}.{}", closes_at.0, RequestId(after)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_in_its_own_order_alone() {
        let newest = Place::Newest { before: 7 };
        let closing = Place::Closing { closes_at: UnixMicros(-3), after: 9 };
        assert_eq!(place(Some(&cursor_of(newest)), Sort::Newest).unwrap(), newest);
        assert_eq!(place(Some(&cursor_of(closing)), Sort::ClosingSoon).unwrap(), closing);
        for (word, sort) in [
            (cursor_of(newest), Sort::ClosingSoon),
            (cursor_of(closing), Sort::Newest),
            ("x".to_owned(), Sort::Newest),
            (".".to_owned(), Sort::ClosingSoon),
            ("99999999999999999999.req_0000000000001".to_owned(), Sort::ClosingSoon),
        ] {
            assert_eq!(place(Some(&word), sort).unwrap_err().errors[0].field, "cursor", "{word}");
        }
        assert_eq!(place(Some(""), Sort::ClosingSoon).unwrap(), Place::CLOSING);
    }
}
