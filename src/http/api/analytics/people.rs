//! What one merchant's bids, and one customer's requests, came to: for themselves and for administrators.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::analytics::calendar::Day;
use crate::domain::analytics::mean;
use crate::domain::analytics::permille;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::user::UserKind;
use crate::http::api::analytics::Format;
use crate::http::api::analytics::is_csv;
use crate::http::api::analytics::period;
use crate::http::api::analytics::table;
use crate::http::api::analytics::table::Cell;
use crate::http::extract::Id;
use crate::http::extract::Identity;
use crate::http::extract::Query;
use crate::persistence::analytics::people;
use crate::persistence::analytics::people::CustomerMonth;
use crate::persistence::analytics::people::MerchantMonth;
use crate::persistence::users;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value;
use crate::wire::value::CURRENCY;
use crate::wire::value::Money;
use crate::wire::value::Timestamp;

/// Which requests.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// Only requests written on this day in Riyadh or later, such as `2026-11-22`.
    date_from: Option<String>,
    /// Only requests written on this day in Riyadh or before.
    date_to: Option<String>,
    /// `json` or `csv`; without it `Accept: text/csv` says the same.
    #[param(inline)]
    format: Option<Format>,
}

impl PeriodQuery {
    fn days(&self) -> Result<(Day, Day), Problem> {
        period(self.date_from.as_deref(), self.date_to.as_deref())
    }
}

/// An administrator, about an account of this kind; or the account itself.
async fn check(app: &App, who: Identity, about: UserId, kind: UserKind) -> Result<(), Problem> {
    let may = match who.kind {
        UserKind::Admin => users::find_account(&app.db, about).await?.is_some_and(|account| account.kind == kind),
        UserKind::Merchant | UserKind::Customer => who.user == about && who.kind == kind,
    };
    if may { Ok(()) } else { Err(Code::UnknownUser.into()) }
}

/// A month as `2026-11`.
fn month_word(month: i64) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

// ------------------------------------------------------------------ merchants

/// What bids came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct MerchantFigures {
    /// Bids on requests that ended with a result: a choice, or none in time.
    bids: i64,
    /// Those that were accepted.
    won: i64,
    /// Those in thousandths of all.
    win_rate_permille: Option<i64>,
    /// Bids that came out first …
    ranked_first: i64,
    /// … second …
    ranked_second: i64,
    /// … third …
    ranked_third: i64,
    /// … or behind that.
    ranked_behind: i64,
    /// Those that no longer counted at the end.
    unranked: i64,
    /// How many bids of others were ranked in the mean.
    average_competing_bids: Option<i64>,
    /// The mean time from the opening to the bid, in seconds.
    average_response_time_s: Option<i64>,
    /// How far bids that were not accepted lay above the one that was, in thousandths of that, in the mean.
    price_gap_permille: Option<i64>,
}

/// The same of one month's requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct MerchantMonthBody {
    /// Such as `2026-11`, in Riyadh.
    month: String,
    #[serde(flatten)]
    figures: MerchantFigures,
}

/// What a merchant's bids came to. Of auctions that run, or whose customer still chooses, nothing is in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MerchantAnalytics {
    /// The merchant.
    #[schema(value_type = value::UserRef)]
    merchant_id: value::Id<UserId>,
    #[serde(flatten)]
    figures: MerchantFigures,
    /// By the month in which requests were written, without months in which there was no bid.
    by_month: Vec<MerchantMonthBody>,
    /// Everything that had happened by then is counted; null before the first count.
    as_of: Option<Timestamp>,
}

impl From<&MerchantMonth> for MerchantFigures {
    fn from(of: &MerchantMonth) -> Self {
        Self {
            bids: of.bids,
            won: of.won,
            win_rate_permille: permille(of.won, of.bids),
            ranked_first: of.first,
            ranked_second: of.second,
            ranked_third: of.third,
            ranked_behind: of.behind,
            unranked: of.unranked,
            // `competing` counts all that were ranked: this merchant's own too, where it was.
            average_competing_bids: mean(of.competing.saturating_sub(of.bids.saturating_sub(of.unranked)), of.bids),
            average_response_time_s: mean(of.response_s, of.bids),
            price_gap_permille: mean(of.gaps, of.gapped),
        }
    }
}

fn all_of_merchant(months: &[MerchantMonth]) -> MerchantMonth {
    let sum = |of: fn(&MerchantMonth) -> i64| months.iter().map(of).sum();
    MerchantMonth {
        month: 0,
        bids: sum(|of| of.bids),
        won: sum(|of| of.won),
        first: sum(|of| of.first),
        second: sum(|of| of.second),
        third: sum(|of| of.third),
        behind: sum(|of| of.behind),
        unranked: sum(|of| of.unranked),
        competing: sum(|of| of.competing),
        response_s: sum(|of| of.response_s),
        gaps: sum(|of| of.gaps),
        gapped: sum(|of| of.gapped),
    }
}

/// Shows what a merchant's bids came to: to the merchant, and to administrators.
#[utoipa::path(context_path = "/api/v1/analytics", tag = "analytics", params(("id" = String, Path), PeriodQuery),
    responses(
        (status = 200, content((MerchantAnalytics = "application/json"), (String = "text/csv"))),
        (status = 404), (status = 422)))]
#[get("/merchants/{id}")]
pub(crate) async fn get_merchant_analytics(
    app: web::Data<App>,
    who: Identity,
    id: Id<UserId>,
    query: Query<PeriodQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let days = query.0.days()?;
    check(&app, who, id.0, UserKind::Merchant).await?;
    let read = async |db: &_| people::list_of_merchant(db, id.0, days).await;
    let (months, as_of) = app.analytics.read(read).await?;
    if is_csv(query.0.format, &request) {
        return merchant_table(&months);
    }
    let month = |of: &MerchantMonth| MerchantMonthBody { month: month_word(of.month), figures: of.into() };
    Ok(HttpResponse::Ok().json(MerchantAnalytics {
        merchant_id: value::Id(id.0),
        figures: (&all_of_merchant(&months)).into(),
        by_month: months.iter().map(month).collect(),
        as_of: as_of.map(Timestamp),
    }))
}

fn merchant_table(months: &[MerchantMonth]) -> Result<HttpResponse, Problem> {
    let names = [
        "month",
        "bids",
        "won",
        "win_rate_permille",
        "ranked_first",
        "ranked_second",
        "ranked_third",
        "ranked_behind",
        "unranked",
        "average_competing_bids",
        "average_response_time_s",
        "price_gap_permille",
    ];
    let row = |of: &MerchantMonth| {
        let figures = MerchantFigures::from(of);
        vec![
            Cell::Text(month_word(of.month)),
            Cell::Number(figures.bids),
            Cell::Number(figures.won),
            Cell::Maybe(figures.win_rate_permille),
            Cell::Number(figures.ranked_first),
            Cell::Number(figures.ranked_second),
            Cell::Number(figures.ranked_third),
            Cell::Number(figures.ranked_behind),
            Cell::Number(figures.unranked),
            Cell::Maybe(figures.average_competing_bids),
            Cell::Maybe(figures.average_response_time_s),
            Cell::Maybe(figures.price_gap_permille),
        ]
    };
    table::answer("bids-by-month", &names, &months.iter().map(row).collect::<Vec<_>>())
}

// ------------------------------------------------------------------ customers

/// What requests came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerFigures {
    /// Requests, drafts included.
    requests: i64,
    /// Those that were published.
    published: i64,
    /// Bids on them, one a merchant.
    bids: i64,
    /// Bids in the mean of those that were published.
    average_bids: Option<i64>,
    /// Orders that came of them.
    orders: i64,
    /// Those that were completed.
    completed_orders: i64,
    /// What the completed ones came to.
    spent: Money,
    /// By how much the chosen bids lay below the first bids, when those were placed.
    saved_against_first: Money,
    /// By how much the chosen bids lay below the bids in the middle.
    saved_against_median: Money,
    /// The latter in thousandths of the bids in the middle.
    saved_against_median_permille: Option<i64>,
    /// The mean time from the result to the choice, in seconds.
    average_choice_time_s: Option<i64>,
}

/// The same of one month's requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerMonthBody {
    /// Such as `2026-11`, in Riyadh.
    month: String,
    #[serde(flatten)]
    figures: CustomerFigures,
}

/// What a customer's requests came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerAnalytics {
    /// The customer.
    #[schema(value_type = value::UserRef)]
    customer_id: value::Id<UserId>,
    #[serde(flatten)]
    figures: CustomerFigures,
    /// By the month in which requests were written, without months in which there was none.
    by_month: Vec<CustomerMonthBody>,
    /// The currency of every amount here.
    currency: &'static str,
    /// Everything that had happened by then is counted, but for bids of the last minute; null before the first count.
    as_of: Option<Timestamp>,
}

impl From<&CustomerMonth> for CustomerFigures {
    fn from(of: &CustomerMonth) -> Self {
        let saved = of.median.saturating_sub(of.chosen);
        Self {
            requests: of.requests,
            published: of.auctions,
            bids: of.bids,
            average_bids: mean(of.bids, of.auctions),
            orders: of.orders,
            completed_orders: of.completed,
            spent: Money(AmountMinor(of.spent)),
            saved_against_first: Money(AmountMinor(of.first.saturating_sub(of.chosen))),
            saved_against_median: Money(AmountMinor(saved)),
            saved_against_median_permille: permille(saved, of.median),
            average_choice_time_s: mean(of.choice_s, of.choices),
        }
    }
}

fn all_of_customer(months: &[CustomerMonth]) -> CustomerMonth {
    let sum = |of: fn(&CustomerMonth) -> i64| months.iter().map(of).sum();
    CustomerMonth {
        month: 0,
        requests: sum(|of| of.requests),
        auctions: sum(|of| of.auctions),
        bids: sum(|of| of.bids),
        orders: sum(|of| of.orders),
        completed: sum(|of| of.completed),
        spent: sum(|of| of.spent),
        chosen: sum(|of| of.chosen),
        first: sum(|of| of.first),
        median: sum(|of| of.median),
        choice_s: sum(|of| of.choice_s),
        choices: sum(|of| of.choices),
    }
}

/// Shows what a customer's requests came to: to the customer, and to administrators.
#[utoipa::path(context_path = "/api/v1/analytics", tag = "analytics", params(("id" = String, Path), PeriodQuery),
    responses(
        (status = 200, content((CustomerAnalytics = "application/json"), (String = "text/csv"))),
        (status = 404), (status = 422)))]
#[get("/customers/{id}")]
pub(crate) async fn get_customer_analytics(
    app: web::Data<App>,
    who: Identity,
    id: Id<UserId>,
    query: Query<PeriodQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let days = query.0.days()?;
    check(&app, who, id.0, UserKind::Customer).await?;
    let read = async |db: &_| people::list_of_customer(db, id.0, days).await;
    let (months, as_of) = app.analytics.read(read).await?;
    if is_csv(query.0.format, &request) {
        return customer_table(&months);
    }
    let month = |of: &CustomerMonth| CustomerMonthBody { month: month_word(of.month), figures: of.into() };
    Ok(HttpResponse::Ok().json(CustomerAnalytics {
        customer_id: value::Id(id.0),
        figures: (&all_of_customer(&months)).into(),
        by_month: months.iter().map(month).collect(),
        currency: CURRENCY,
        as_of: as_of.map(Timestamp),
    }))
}

fn customer_table(months: &[CustomerMonth]) -> Result<HttpResponse, Problem> {
    let names = [
        "month",
        "requests",
        "published",
        "bids",
        "orders",
        "completed_orders",
        "spent",
        "saved_against_first",
        "saved_against_median",
        "average_choice_time_s",
    ];
    let row = |of: &CustomerMonth| {
        let figures = CustomerFigures::from(of);
        let amount = |amount: Money| Cell::Amount(amount.0);
        vec![
            Cell::Text(month_word(of.month)),
            Cell::Number(figures.requests),
            Cell::Number(figures.published),
            Cell::Number(figures.bids),
            Cell::Number(figures.orders),
            Cell::Number(figures.completed_orders),
            amount(figures.spent),
            amount(figures.saved_against_first),
            amount(figures.saved_against_median),
            Cell::Maybe(figures.average_choice_time_s),
        ]
    };
    table::answer("requests-by-month", &names, &months.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_a_word() {
        let month = Day::on(2026, 1, 31).map(Day::month);
        assert_eq!(month.map(month_word), Some("2026-01".to_owned()));
        assert_eq!(Day::on(2026, 12, 1).map(|day| month_word(day.month())), Some("2026-12".to_owned()));
    }
}
