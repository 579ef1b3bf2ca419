//! What the whole market comes to, for administrators. Every figure is of the requests that were written on the days asked
//! for, whenever that happened which is counted.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::analytics::calendar::Day;
use crate::domain::analytics::facts::Measures;
use crate::domain::analytics::mean;
use crate::domain::analytics::permille;
use crate::domain::money::AmountMinor;
use crate::http::api::analytics::Format;
use crate::http::api::analytics::brand;
use crate::http::api::analytics::city;
use crate::http::api::analytics::is_csv;
use crate::http::api::analytics::part;
use crate::http::api::analytics::period;
use crate::http::api::analytics::table;
use crate::http::api::analytics::table::Cell;
use crate::http::extract::Admin;
use crate::http::extract::Query;
use crate::limits;
use crate::persistence::analytics::sums;
use crate::persistence::analytics::sums::Filter;
use crate::wire::problem::Problem;
use crate::wire::value::CURRENCY;
use crate::wire::value::Money;
use crate::wire::value::Timestamp;

/// Days that a dashboard shows one by one.
const DASHBOARD_DAYS: i64 = 30;

/// Which requests.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MarketQuery {
    /// Only those written on this day in Riyadh or later, such as `2026-11-22`.
    date_from: Option<String>,
    /// Only those written on this day in Riyadh or before.
    date_to: Option<String>,
    /// Only where the car is in this city, in either language.
    city: Option<String>,
    /// Only for cars of this brand.
    #[param(minimum = 1)]
    brand_id: Option<i64>,
    /// Only with a part of this name, in any spelling.
    part_name: Option<String>,
    /// `json` or `csv`; without it `Accept: text/csv` says the same.
    #[param(inline)]
    format: Option<Format>,
}

impl MarketQuery {
    fn filter(&self) -> Result<Filter, Problem> {
        let (from, to) = period(self.date_from.as_deref(), self.date_to.as_deref())?;
        let (part, city) = (part(self.part_name.as_deref())?, city(self.city.as_deref())?);
        Ok(Filter { from, to, part, city, brand: brand(self.brand_id)? })
    }
}

// ------------------------------------------------------------------ dashboard

/// One day's requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct DashboardDay {
    /// In Riyadh.
    date: String,
    /// Requests that were written.
    requests: i64,
    /// Bids on them.
    bids: i64,
    /// Orders that came of them.
    orders: i64,
    /// Those that were completed.
    completed_orders: i64,
    /// What the completed orders came to.
    revenue: Money,
}

/// What the market comes to. Shares are in thousandths, and null of nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dashboard {
    /// Requests, drafts included.
    total_requests: i64,
    /// Those that take bids.
    active_requests: i64,
    /// Bids, one a merchant and request, those that were taken back among them.
    total_bids: i64,
    /// Orders that were completed.
    completed_orders: i64,
    /// What they came to, VAT included.
    total_revenue: Money,
    /// The mean landed total of a bid.
    average_bid_value: Option<Money>,
    /// The mean of the stars that merchants gave, in thousandths of a star.
    merchant_satisfaction: Option<i64>,
    /// The mean of the stars that customers gave, in thousandths of a star.
    customer_satisfaction: Option<i64>,
    /// Published requests of which an order came.
    conversion_permille: Option<i64>,
    /// Published requests that got a bid.
    answered_permille: Option<i64>,
    /// Published requests that got three bids or more.
    contested_permille: Option<i64>,
    /// Orders that were cancelled.
    cancellation_permille: Option<i64>,
    /// The mean time from the opening to the first bid, in seconds, of the requests that got one.
    average_response_time_s: Option<i64>,
    /// Half of them got it within so many seconds: a minute, five, fifteen, an hour, four hours or a day; null for longer.
    median_response_within_s: Option<i64>,
    /// The last thirty days on which requests were written, in order.
    by_day: Vec<DashboardDay>,
    /// The currency of every amount here.
    currency: &'static str,
    /// Everything that had happened by then is counted, but for bids of the last minute; null before the first count.
    as_of: Option<Timestamp>,
}

/// Shows what the market comes to.
#[utoipa::path(context_path = "/api/v1/analytics", tag = "analytics", params(MarketQuery),
    responses(
        (status = 200, content((Dashboard = "application/json"), (String = "text/csv"))),
        (status = 403), (status = 422)))]
#[get("/dashboard")]
pub(crate) async fn get_dashboard(
    app: web::Data<App>,
    _admin: Admin,
    query: Query<MarketQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let filter = query.0.filter()?;
    if is_csv(query.0.format, &request) {
        return table_of_days(&app, &filter).await;
    }
    let read = async |db: &_| {
        let sum = sums::sum(db, &filter).await?;
        Ok((sum, sums::list_last_days(db, &filter, DASHBOARD_DAYS).await?))
    };
    let ((sum, days), as_of) = app.analytics.read(read).await?;
    Ok(HttpResponse::Ok().json(Dashboard {
        total_requests: sum.requests,
        active_requests: sum.bidding_open,
        total_bids: sum.bids,
        completed_orders: sum.completed,
        total_revenue: money(sum.revenue),
        average_bid_value: mean(sum.landed, sum.bids).map(money),
        merchant_satisfaction: mean(sum.merchant_stars.saturating_mul(1_000), sum.merchant_reviews),
        customer_satisfaction: mean(sum.customer_stars.saturating_mul(1_000), sum.customer_reviews),
        conversion_permille: permille(sum.orders, sum.auctions),
        answered_permille: permille(sum.answered, sum.auctions),
        contested_permille: permille(sum.contested, sum.auctions),
        cancellation_permille: permille(sum.called_off, sum.orders),
        average_response_time_s: mean(sum.response_s, sum.answered),
        median_response_within_s: median_within(&sum),
        by_day: days.iter().map(DashboardDay::from).collect(),
        currency: CURRENCY,
        as_of: as_of.map(Timestamp),
    }))
}

const fn money(halalas: i64) -> Money {
    Money(AmountMinor(halalas))
}

fn median_within(sum: &Measures) -> Option<i64> {
    let half = (sum.answered + 1) / 2;
    let within = sum.answered_within().into_iter().find(|(_, answered)| *answered >= half)?;
    (sum.answered > 0).then_some(within.0)
}

impl From<&(Day, Measures)> for DashboardDay {
    fn from((day, sum): &(Day, Measures)) -> Self {
        Self {
            date: day.to_string(),
            requests: sum.requests,
            bids: sum.bids,
            orders: sum.orders,
            completed_orders: sum.completed,
            revenue: money(sum.revenue),
        }
    }
}

/// Every measure of each day as a table: the names of the columns are those of the sums.
async fn table_of_days(app: &App, filter: &Filter) -> Result<HttpResponse, Problem> {
    let (days, _) = app.analytics.read(async |db| sums::list_days(db, filter).await).await?;
    let names: Vec<&str> = std::iter::once("date").chain(Measures::NAMES.iter().copied()).collect();
    // What is an amount is written as one, here as everywhere.
    let cell = |(name, value): (&&str, i64)| match *name {
        "landed" | "revenue" => Cell::Amount(AmountMinor(value)),
        _ => Cell::Number(value),
    };
    let row = |(day, sum): &(Day, Measures)| {
        let cells = Measures::NAMES.iter().zip(sum.values()).map(cell);
        std::iter::once(Cell::Text(day.to_string())).chain(cells).collect()
    };
    table::answer("requests-by-day", &names, &days.iter().map(row).collect::<Vec<_>>())
}

// ------------------------------------------------------------------ requests

/// Requests in one state.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusCount {
    /// The state.
    status: &'static str,
    /// How many.
    count: i64,
}

/// Requests of one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayCount {
    /// In Riyadh.
    date: String,
    /// How many.
    count: i64,
}

/// Requests for one part.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartCount {
    /// The part, in the form in which its spellings are equal.
    part_name: String,
    /// How many.
    count: i64,
}

/// Requests whose first bid came in time.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnsweredWithin {
    /// Within so many seconds of the opening.
    within_s: i64,
    /// How many.
    count: i64,
}

/// What is asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestAnalytics {
    /// Requests by state.
    requests_by_status: Vec<StatusCount>,
    /// Requests by the day on which they were written, without the days on which there were none.
    requests_by_day: Vec<DayCount>,
    /// The parts that are asked for most, twenty at most.
    popular_parts: Vec<PartCount>,
    /// The mean time from the opening to the first bid, in seconds, of the requests that got one.
    average_response_time_s: Option<i64>,
    /// How many got it how soon.
    answered_within: Vec<AnsweredWithin>,
    /// Everything that had happened by then is counted, but for bids of the last minute; null before the first count.
    as_of: Option<Timestamp>,
}

/// Shows what is asked for, and how soon somebody answers.
#[utoipa::path(context_path = "/api/v1/analytics", tag = "analytics", params(MarketQuery),
    responses(
        (status = 200, content((RequestAnalytics = "application/json"), (String = "text/csv"))),
        (status = 403), (status = 422)))]
#[get("/requests")]
pub(crate) async fn get_request_analytics(
    app: web::Data<App>,
    _admin: Admin,
    query: Query<MarketQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let filter = query.0.filter()?;
    if is_csv(query.0.format, &request) {
        return table_of_days(&app, &filter).await;
    }
    let read = async |db: &_| {
        let days = sums::list_days(db, &filter).await?;
        let popular = match filter.part.as_str() {
            "" => sums::list_popular(db, &filter, limits::POPULAR_PARTS).await?,
            _ => Vec::new(),
        };
        Ok((days, popular))
    };
    let ((days, mut popular), as_of) = app.analytics.read(read).await?;
    let sum = days.iter().fold(Measures::default(), |sum, (_, of)| sum.plus(of, 1));
    if !filter.part.is_empty() && sum.requests > 0 {
        popular.push((filter.part, sum.requests));
    }
    Ok(HttpResponse::Ok().json(RequestAnalytics {
        requests_by_status: by_status(&sum),
        requests_by_day: days
            .iter()
            .map(|(day, sum)| DayCount { date: day.to_string(), count: sum.requests })
            .collect(),
        popular_parts: popular.into_iter().map(|(part_name, count)| PartCount { part_name, count }).collect(),
        average_response_time_s: mean(sum.response_s, sum.answered),
        answered_within: sum.answered_within().map(|(within_s, count)| AnsweredWithin { within_s, count }).into(),
        as_of: as_of.map(Timestamp),
    }))
}

fn by_status(sum: &Measures) -> Vec<StatusCount> {
    let counts = [
        ("draft", sum.drafts),
        ("published", sum.published),
        ("bidding_open", sum.bidding_open),
        ("bidding_closed", sum.bidding_closed),
        ("reviewing", sum.reviewing),
        ("accepted", sum.accepted),
        ("expired", sum.expired),
        ("cancelled", sum.cancelled),
    ];
    counts.map(|(status, count)| StatusCount { status, count }).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_first_bids_come_within_the_median() {
        let sum = |within_1m, within_1h, answered| Measures { answered, within_1m, within_1h, ..Measures::default() };
        assert_eq!(median_within(&sum(2, 1, 3)), Some(60));
        assert_eq!(median_within(&sum(1, 2, 3)), Some(3_600));
        assert_eq!(median_within(&sum(1, 0, 3)), None);
        assert_eq!(median_within(&sum(0, 0, 0)), None);
    }
}
