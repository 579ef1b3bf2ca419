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
    // serde would read a struct from a list of its fields, too.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(Problem::fields(vec![field_fault("", "an object was expected, not a list")]));
    }
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
            if path.is_empty() {
                leaf.to_owned()
            } else {
                format!("{path}.{leaf}")
            }
        }
        _ => path.to_owned(),
    };
    FieldFault { field, code, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[expect(dead_code, reason = "only its reading is tested")]
        quantity: u32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only its reading is tested")]
        items: Vec<Line>,
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (text, field, code) in [
            (r#"{"items":[{"quantity":1},{"quantity":"2"}]}"#, "items[1].quantity", "invalid"),
            (r#"{"items":[{"quantity":-1}]}"#, "items[0].quantity", "invalid"),
            (r#"{"items":[{}]}"#, "items[0].quantity", "missing"),
            ("{}", "items", "missing"),
            (r#"{"items":[],"admin":true}"#, "admin", "unknown"),
            (r#"{"items":[{"quantity":1,"x":2}]}"#, "items[0].x", "unknown"),
            ("[]", "", "invalid"),
            (r#" [[{"quantity":1}]]"#, "", "invalid"),
        ] {
            let problem = json::<Body>(text.as_bytes()).unwrap_err();
            assert_eq!(problem.code, Code::Validation, "{text}");
            let fault = &problem.errors[0];
            assert_eq!((fault.field.as_str(), fault.code), (field, code), "{text}: {}", fault.message);
            assert!(!fault.message.contains("at line"), "{}", fault.message);
        }
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        for text in ["", "{", "{]", "nul", "\u{0}", r#"{"items":[]} 8"#] {
            assert_eq!(json::<Body>(text.as_bytes()).unwrap_err().code, Code::MalformedJson, "{text:?}");
        }
    }
}
