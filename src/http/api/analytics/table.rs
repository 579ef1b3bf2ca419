//! Rows as RFC 4180 has them, safe to open in a spreadsheet.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::header;

use crate::domain::money::AmountMinor;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;

/// A cell.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    /// A number.
    Number(i64),
    /// A number that may be missing.
    Maybe(Option<i64>),
    /// Riyals.
    Amount(AmountMinor),
    /// Words.
    Text(String),
}

/// Rows under their names, to be saved under a name.
pub(super) fn answer(name: &str, names: &[&str], rows: &[Vec<Cell>]) -> Result<HttpResponse, Problem> {
    let text = write(names, rows).map_err(|error| {
        tracing::error!(%error, "a table cannot be written");
        Problem::from(Code::Internal)
    })?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8; header=present")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")))
        .insert_header((header::VARY, "accept"))
        .body(text))
}

fn write(names: &[&str], rows: &[Vec<Cell>]) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    out.write_record(names)?;
    for row in rows {
        let cells = row.iter().map(|cell| match cell {
            Cell::Number(number) | Cell::Maybe(Some(number)) => number.to_string(),
            Cell::Maybe(None) => String::new(),
            Cell::Amount(amount) => amount.to_string(),
            Cell::Text(text) => harmless(text).into_owned(),
        });
        out.write_record(cells)?;
    }
    out.into_inner().map_err(|error| error.into_error().into())
}

/// A spreadsheet takes what begins with these for a formula, and runs it; an apostrophe says that it is text.
fn harmless(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            Cow::Owned(format!("'{text}"))
        }
        Some(_) | None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_run_nothing() {
        let text = |text: &str| Cell::Text(text.to_owned());
        let rows = [
            vec![text("=HYPERLINK(\"http://a\",\"b\")"), Cell::Number(-5)],
            vec![text("صدام, \"أمامي\"\nيمين"), Cell::Maybe(None)],
            vec![text("@a"), Cell::Maybe(Some(7))],
        ];
        let told = String::from_utf8(write(&["part", "n"], &rows).unwrap()).unwrap();
        let wanted =
            "part,n\r\n\"'=HYPERLINK(\"\"http://a\"\",\"\"b\"\")\",-5\r\n\"صدام, \"\"أمامي\"\"\nيمين\",\r\n'@a,7\r\n";
        assert_eq!(told, wanted);
    }
}
