//! `/api/v1/analytics`: what the market comes to, for its administrators and, of oneself, for everybody.

pub mod market;
pub mod people;
pub mod prices;
mod table;

use actix_web::HttpRequest;
use actix_web::http::header;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::analytics;
use crate::domain::analytics::calendar::Day;
use crate::domain::city;
use crate::domain::text;
use crate::flows::analytics::ReadError;
use crate::limits;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Busy => Code::Overloaded.into(),
            ReadError::Store(error) => error.into(),
        }
    }
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object.
    Json,
    /// Its rows as RFC 4180 has them, in UTF-8, with a line of names.
    Csv,
}

/// What a caller wants: what is in the query, or else what `Accept` begins with.
fn is_csv(format: Option<Format>, request: &HttpRequest) -> bool {
    let accepted = || {
        let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let first = accept.split([',', ';']).next().unwrap_or_default().trim();
        first.eq_ignore_ascii_case("text/csv")
    };
    format.map_or_else(accepted, |format| format == Format::Csv)
}

/// Reads two days, both included.
fn period(from: Option<&str>, to: Option<&str>) -> Result<(Day, Day), Problem> {
    let day = |field: &'static str, text: Option<&str>, else_day: Day| match text {
        None => Ok(else_day),
        Some(text) => {
            Day::parse(text).ok_or_else(|| Problem::field(field, "invalid", "a date such as 2026-11-22, from 1970 on"))
        }
    };
    let (from, to) = (day("date_from", from, Day::FIRST)?, day("date_to", to, Day::LAST)?);
    if from > to {
        return Err(Problem::field("date_to", "out_of_range", "not before date_from"));
    }
    Ok((from, to))
}

/// Reads a part's name to its key; empty without one.
fn part(name: Option<&str>) -> Result<String, Problem> {
    let Some(name) = name else { return Ok(String::new()) };
    check_length("part_name", name)?;
    let key = analytics::part_key(&text::tidy(name));
    if key.is_empty() { Err(Problem::field("part_name", "invalid", "the name of a part")) } else { Ok(key) }
}

/// Reads a city to its key; empty without one.
fn city(name: Option<&str>) -> Result<String, Problem> {
    let Some(name) = name else { return Ok(String::new()) };
    check_length("city", name)?;
    let key = city::key(name);
    if key.is_empty() { Err(Problem::field("city", "invalid", "the name of a city")) } else { Ok(key) }
}

fn check_length(field: &'static str, text: &str) -> Result<(), Problem> {
    let most = limits::SEARCH_CHARS_MAX;
    if text.chars().count() > most {
        return Err(Problem::field(field, "length", format!("at most {most} characters")));
    }
    Ok(())
}

fn brand(id: Option<i64>) -> Result<i64, Problem> {
    match id {
        Some(..=0) => Err(Problem::field("brand_id", "out_of_range", "1 or more")),
        id => Ok(id.unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn csv_is_asked_for_in_the_query_or_by_accept() {
        let with = |accept: &str| TestRequest::default().insert_header(("Accept", accept)).to_http_request();
        assert!(is_csv(None, &with("text/csv; charset=utf-8, */*")) && is_csv(Some(Format::Csv), &with("*/*")));
        assert!(!is_csv(None, &with("*/*")) && !is_csv(None, &with("application/json, text/csv")));
        assert!(!is_csv(Some(Format::Json), &with("text/csv")));
    }

    #[test]
    fn what_is_asked_for_is_read_or_named() {
        let field = |problem: Problem| problem.errors[0].field.clone();
        assert_eq!(period(None, None).unwrap(), (Day::FIRST, Day::LAST));
        assert_eq!(field(period(Some("2026-02-30"), None).unwrap_err()), "date_from");
        assert_eq!(field(period(Some("2026-02-02"), Some("2026-02-01")).unwrap_err()), "date_to");
        assert_eq!(field(part(Some(" - ")).unwrap_err()), "part_name");
        assert_eq!(field(city(Some("")).unwrap_err()), "city");
        assert_eq!(city(Some("الرياض")).unwrap(), city(Some("Riyadh")).unwrap());
        assert_eq!(field(brand(Some(0)).unwrap_err()), "brand_id");
    }
}
