//! What a part was sold for, for whoever is signed in.

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::money::AmountMinor;
use crate::http::api::analytics::brand;
use crate::http::api::analytics::part;
use crate::http::extract::Identity;
use crate::http::extract::Query;
use crate::persistence::analytics::prices;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value::CURRENCY;
use crate::wire::value::Money;

/// Which part.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PricesQuery {
    /// What the part is called, in any spelling.
    part_name: String,
    /// The brand of the car.
    #[param(minimum = 1)]
    brand_id: i64,
}

/// Between which prices a part was sold: one piece, VAT included, without delivery.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceBand {
    /// The part, in the form in which its spellings are equal.
    part_name: String,
    /// The brand of the car.
    brand_id: i64,
    /// A quarter of the deals were at this price or below.
    p25: Money,
    /// Half of them.
    p50: Money,
    /// Three quarters of them.
    p75: Money,
    /// The currency of every amount here.
    currency: &'static str,
}

/// Tells what a part was sold for. How many deals that were is not told, and nothing at all of fewer than five deals or three
/// merchants.
#[utoipa::path(context_path = "/api/v1/analytics", tag = "analytics", params(PricesQuery),
    responses((status = 200, body = PriceBand), (status = 404), (status = 422)))]
#[get("/prices")]
pub(crate) async fn get_prices(
    app: web::Data<App>,
    _who: Identity,
    query: Query<PricesQuery>,
) -> Result<HttpResponse, Problem> {
    let (part, brand) = (part(Some(&query.0.part_name))?, brand(Some(query.0.brand_id))?);
    let (band, _) = app.analytics.read(async |db| prices::find_band(db, &part, brand).await).await?;
    let band = band.ok_or(Code::NoPriceBand)?;
    let money = |halalas| Money(AmountMinor(halalas));
    Ok(HttpResponse::Ok().json(PriceBand {
        part_name: part,
        brand_id: brand,
        p25: money(band.p25),
        p50: money(band.p50),
        p75: money(band.p75),
        currency: CURRENCY,
    }))
}
