//! `/api/v1/catalog`: brands, models and trims, and what a VIN tells.

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::text;
use crate::domain::vin::Doubt;
use crate::domain::vin::Vin;
use crate::http::api::vehicles::doubt_word;
use crate::http::api::vehicles::fault_word;
use crate::http::api::vehicles::pick;
use crate::http::api::vehicles::year_of;
use crate::http::extract::Query;
use crate::limits;
use crate::persistence::catalog;
use crate::persistence::catalog::Brand;
use crate::persistence::catalog::Model;
use crate::persistence::catalog::Trim;
use crate::wire::problem::Code;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;

// ------------------------------------------------------------------ what comes in

/// The order of a list of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum NameSort {
    /// The alphabet of the caller's language.
    Name,
    /// What is met most on the road first.
    Common,
}

/// Which names.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListNames {
    /// Part of a name in either language, however it is spelled.
    q: Option<String>,
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 100; 100 if left out, for forms want whole lists.
    limit: Option<u32>,
    /// The order; by name if left out.
    #[param(inline, value_type = Option<NameSort>)]
    sort: Option<String>,
}

/// A page of the trims of a model.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

// ------------------------------------------------------------------ what goes out

/// A brand.
#[derive(Serialize, ToSchema)]
pub struct BrandBody {
    /// Its number.
    id: i64,
    /// In the caller's language.
    name: String,
    /// In English.
    name_en: String,
    /// In Arabic.
    name_ar: String,
}

/// A model.
#[derive(Serialize, ToSchema)]
pub struct ModelBody {
    /// Its number.
    id: i64,
    /// Its brand's.
    brand_id: i64,
    /// In the caller's language.
    name: String,
    /// In English.
    name_en: String,
    /// In Arabic.
    name_ar: String,
    /// The first year.
    year_from: i64,
    /// The last; null while it is built.
    year_to: Option<i64>,
}

/// A trim.
#[derive(Serialize, ToSchema)]
pub struct TrimBody {
    /// Its number.
    id: i64,
    /// Its model's.
    model_id: i64,
    /// In the caller's language.
    name: String,
    /// In English.
    name_en: String,
    /// In Arabic.
    name_ar: String,
}

/// Brands.
#[derive(Serialize, ToSchema)]
pub struct BrandList {
    /// By their names in the caller's language, unless another order was asked for.
    data: Vec<BrandBody>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// Models.
#[derive(Serialize, ToSchema)]
pub struct ModelList {
    /// By their names in the caller's language, unless another order was asked for.
    data: Vec<ModelBody>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// Trims.
#[derive(Serialize, ToSchema)]
pub struct TrimList {
    /// In the catalogue's order.
    data: Vec<TrimBody>,
    /// Always null: a model's list is short.
    next_cursor: Option<String>,
}

/// Who made a vehicle.
#[derive(Serialize, ToSchema)]
pub struct MakerBody {
    /// The identifier: the first three characters.
    wmi: String,
    /// Brands that it stamps so, in English, the usual one first.
    brands: Vec<String>,
    /// The usual one's number in the catalogue.
    brand_id: Option<i64>,
    /// Where, ISO 3166-1 alpha-2.
    #[schema(example = "JP")]
    country: &'static str,
}

/// The digit in place 9.
#[derive(Serialize, ToSchema)]
pub struct CheckDigitBody {
    /// As it is.
    found: String,
    /// As the other 16 characters ask for.
    expected: String,
    /// Whether both are the same.
    right: bool,
    /// Whether the maker must set it: in North America and China.
    compulsory: bool,
}

/// What a VIN tells, offline.
#[derive(Serialize, ToSchema)]
pub struct VinBody {
    /// In capitals, without blanks and dashes.
    vin: String,
    /// Its maker; null where it is not known here.
    maker: Option<MakerBody>,
    /// The model year, the likeliest; null where it tells none.
    year: Option<i64>,
    /// All the years that it may stand for.
    years: Vec<i64>,
    /// The digit in place 9.
    check_digit: CheckDigitBody,
    /// `vin_check_digit`: it may be mistyped, or its maker sets no check digit.
    warnings: Vec<&'static str>,
}

// ------------------------------------------------------------------ lists

/// A name of the catalogue, whatever it names.
trait Name {
    fn id(&self) -> i64;
    fn in_english(&self) -> &str;
    fn in_arabic(&self) -> &str;
}

macro_rules! names {
    ($($name:ident)*) => {$(
        impl Name for $name {
            fn id(&self) -> i64 {
                self.id
            }
            fn in_english(&self) -> &str {
                &self.name_en
            }
            fn in_arabic(&self) -> &str {
                &self.name_ar
            }
        }
    )*};
}
names! { Brand Model }

/// One page of names, sorted as they are asked for; and the cursor of the next.
fn page<T: Name>(mut all: Vec<T>, language: Language, query: &ListNames) -> Result<(Vec<T>, Option<String>), Problem> {
    let limit = query.limit.unwrap_or(limits::PAGE_MAX);
    if !(1..=limits::PAGE_MAX).contains(&limit) {
        return Err(Problem::field("limit", "out_of_range", format!("1 to {}", limits::PAGE_MAX)));
    }
    let key = |item: &T| match language {
        Language::English => text::search_key(item.in_english()),
        Language::Arabic => text::search_key(item.in_arabic()),
    };
    match query.sort.as_deref() {
        None | Some("name") => all.sort_by_cached_key(|item| (key(item), item.id())),
        // So the program's own catalogue is numbered; what was imported stands behind it.
        Some("common") => all.sort_by_key(Name::id),
        Some(_) => return Err(Problem::field("sort", "unknown", "name or common")),
    }
    let skip = match query.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => {
            let after = cursor.parse().ok().and_then(|id: i64| all.iter().position(|item| item.id() == id));
            after.ok_or_else(|| Problem::field("cursor", "invalid", "not a cursor of this list"))? + 1
        }
    };
    let (limit, more) = (limit as usize, all.len().saturating_sub(skip) > limit as usize);
    let page: Vec<T> = all.into_iter().skip(skip).take(limit).collect();
    let next = page.last().filter(|_| more).map(|item| item.id().to_string());
    Ok((page, next))
}

/// What is searched for.
fn wanted(query: &ListNames) -> Result<&str, Problem> {
    let wanted = query.q.as_deref().unwrap_or_default();
    if wanted.chars().count() > limits::SEARCH_CHARS_MAX {
        return Err(Problem::field("q", "too_long", format!("at most {} characters", limits::SEARCH_CHARS_MAX)));
    }
    Ok(wanted)
}

// ------------------------------------------------------------------ handlers

/// Lists brands.
#[utoipa::path(context_path = "/api/v1/catalog", tag = "catalog", params(ListNames),
    responses((status = 200, body = BrandList), (status = 422)))]
#[get("/brands")]
pub(crate) async fn list_brands(
    app: web::Data<App>,
    language: Language,
    query: Query<ListNames>,
) -> Result<HttpResponse, Problem> {
    let found = app.catalogue.search(wanted(&query.0)?).await?;
    let (found, next_cursor) = page(found, language, &query.0)?;
    let body = |brand: Brand| {
        let name = pick(language, &brand.name_en, &brand.name_ar);
        BrandBody { id: brand.id, name, name_en: brand.name_en, name_ar: brand.name_ar }
    };
    Ok(HttpResponse::Ok().json(BrandList { data: found.into_iter().map(body).collect(), next_cursor }))
}

/// Lists a brand's models.
#[utoipa::path(context_path = "/api/v1/catalog", tag = "catalog", params(("id" = i64, Path), ListNames),
    responses((status = 200, body = ModelList), (status = 404), (status = 422)))]
#[get("/brands/{id}/models")]
pub(crate) async fn list_models(
    app: web::Data<App>,
    language: Language,
    path: web::Path<String>,
    query: Query<ListNames>,
) -> Result<HttpResponse, Problem> {
    let brand: i64 = path.parse().map_err(|_| Code::UnknownBrand)?;
    catalog::find_brand(&app.db, brand).await?.ok_or(Code::UnknownBrand)?;
    let key = text::search_key(wanted(&query.0)?);
    let mut found = catalog::list_models_of(&app.db, brand).await?;
    found.retain(|model| [&model.name_en, &model.name_ar].iter().any(|name| text::search_key(name).contains(&key)));
    let (found, next_cursor) = page(found, language, &query.0)?;
    let body = |model: Model| {
        let name = pick(language, &model.name_en, &model.name_ar);
        let Model { id, brand_id, name_en, name_ar, year_from, year_to } = model;
        ModelBody { id, brand_id, name, name_en, name_ar, year_from, year_to }
    };
    Ok(HttpResponse::Ok().json(ModelList { data: found.into_iter().map(body).collect(), next_cursor }))
}

/// Lists a model's trims.
#[utoipa::path(context_path = "/api/v1/catalog", tag = "catalog", params(("id" = i64, Path)),
    responses((status = 200, body = TrimList), (status = 404), (status = 422)))]
#[get("/models/{id}/trims")]
pub(crate) async fn list_trims(
    app: web::Data<App>,
    language: Language,
    path: web::Path<String>,
    _none: Query<NoFilter>,
) -> Result<HttpResponse, Problem> {
    let model: i64 = path.parse().map_err(|_| Code::UnknownModel)?;
    catalog::find_model(&app.db, model).await?.ok_or(Code::UnknownModel)?;
    let body = |trim: Trim| {
        let name = pick(language, &trim.name_en, &trim.name_ar);
        TrimBody { id: trim.id, model_id: trim.model_id, name, name_en: trim.name_en, name_ar: trim.name_ar }
    };
    let data = catalog::list_trims_of(&app.db, model).await?.into_iter().map(body).collect();
    Ok(HttpResponse::Ok().json(TrimList { data, next_cursor: None }))
}

/// Tells what a VIN says of its vehicle: maker, model year, and whether it may be mistyped.
#[utoipa::path(context_path = "/api/v1/catalog", tag = "catalog", params(("vin" = String, Path)),
    responses((status = 200, body = VinBody), (status = 422)))]
#[get("/vin/{vin}")]
pub(crate) async fn decode_vin(app: web::Data<App>, path: web::Path<String>) -> Result<HttpResponse, Problem> {
    let vin = Vin::parse(&path).map_err(|error| Problem::field("vin", fault_word(error), error.to_string()))?;
    // Next year's models are sold from autumn on.
    let years = vin.model_years(year_of(app.clock.now()) + 1);
    let maker = match vin.maker() {
        None => None,
        Some(maker) => {
            let brands: Vec<String> = maker.brands().map(str::to_owned).collect();
            let usual = brands.first().map(String::as_str).unwrap_or_default();
            let found = app.catalogue.search(usual).await?;
            let brand_id = found.iter().find(|brand| brand.name_en == usual).map(|brand| brand.id);
            let wmi = vin.as_str().chars().take(3).collect();
            Some(MakerBody { wmi, brands, brand_id, country: maker.country })
        }
    };
    let right = vin.has_right_check_digit();
    let warnings = if right { Vec::new() } else { vec![doubt_word(Doubt::CheckDigit)] };
    Ok(HttpResponse::Ok().json(VinBody {
        maker,
        year: years.first().copied(),
        years,
        check_digit: CheckDigitBody {
            found: vin.as_str().chars().skip(8).take(1).collect(),
            expected: vin.right_check_digit().to_string(),
            right,
            compulsory: vin.must_have_check_digit(),
        },
        warnings,
        vin: vin.as_str().to_owned(),
    }))
}
