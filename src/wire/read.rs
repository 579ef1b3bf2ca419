//! How JSON is read on any wire, and how its faults are told.

use serde::de::DeserializeOwned;

use crate::wire::problem::Code;
use crate::wire::problem::FieldFault;
use crate::wire::problem::Problem;

/// Reads a JSON text; nothing but white space may follow the value.
///
/// # Errors
/// [`Code::MalformedJson`], or [`Code::Validation`] with the field.
pub fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Keeping the path costs a third; it is wanted only when something is wrong, and then the text is read again.
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Ok(value);
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| of_json(&error))?;
    reader.end().map_err(|error| Problem::from(Code::MalformedJson).detail(error.to_string()))?;
    Ok(value)
}

/// A text that is not JSON, or JSON of another shape.
fn of_json(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let cause = error.inner();
    let whole = cause.to_string();
    match cause.classify() {
        serde_json::error::Category::Data => Problem::fields(vec![field_fault(&error.path().to_string(), &whole)]),
        serde_json::error::Category::Io | serde_json::error::Category::Syntax | serde_json::error::Category::Eof => {
            Problem::from(Code::MalformedJson).detail(whole)
        }
    }
}

/// Serde's words as a field, a code and a message.
#[must_use]
pub fn field_fault(path: &str, cause: &str) -> FieldFault {
    let message = cause.split(" at line ").next().unwrap_or(cause);
    let named = message.split('`').nth(1);
    let (code, leaf) = if message.starts_with("missing field") {
        ("missing", named)
    } else if message.starts_with("unknown field") {
        ("unknown", named)
    } else if message.starts_with("duplicate field") {
        ("duplicate", named)
    } else {
        ("invalid", None)
    };
    let path = if path == "." { "" } else { path };
    let field = match leaf {
        // For an unknown field the path ends in its name already.
        Some(leaf) if path != leaf && !path.ends_with(&format!(".{leaf}")) => {
            if path.is_empty() { leaf.to_owned() } else { format!("{path}.{leaf}") }
        }
        _ => path.to_owned(),
    };
    FieldFault { field, code, message: message.to_owned() }
}
