//! What every operation of the document may answer besides what its handler says: the gate's answers and the body
//! reader's, each only where it can happen, and all problems in one shape.

use actix_web::http::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::http::problem;
use crate::http::table::Repeat;
use crate::http::table::Route;
use crate::limits;
use crate::wire::problem::Code;
use crate::wire::problem::Language;

/// What to do about a 428.
const WORK: &str = "Too many codes were asked for lately from here, or for this phone. Find a number such that the SHA-256 \
                    of `{challenge}.{number}` begins with `bits` zero bits, and repeat the call with that text in the header \
                    `Work-Answer`. It serves once, for this phone, and for `expires_in` seconds.";

/// Adds them to every operation that is a route of the table.
pub(super) fn complete(document: &mut Value, routes: &[Route]) {
    document["components"]["schemas"]["Problem"] = problem_schema();
    for route in routes {
        let method = route.method.as_str().to_lowercase();
        let operation = document["paths"].get_mut(&route.template).and_then(|item| item.get_mut(method));
        if let Some(operation) = operation {
            describe(operation, route);
        }
    }
}

fn describe(operation: &mut Value, route: &Route) {
    let takes = |place: &str| {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.filter(|parameter| parameter["in"] == place).count() > 0
    };
    let mut statuses = vec![500, 503];
    if operation["security"].is_array() {
        statuses.extend([401, 403]);
    }
    if takes("path") {
        statuses.push(404);
    }
    if takes("query") {
        statuses.push(422);
    }
    if route.class.is_some() {
        statuses.push(429);
    }
    if operation["requestBody"].is_object() {
        statuses.extend([400, 408, 413, 415, 422]);
    }
    if route.repeat != Repeat::Plain {
        statuses.extend([400, 408, 409, 413, 422]);
        add_key(operation);
    }
    if operation["responses"]["428"].is_object() {
        operation["responses"]["428"]["description"] = json!(WORK);
        add_parameter(
            operation,
            json!({
                "name": "Work-Answer",
                "in": "header",
                "required": false,
                // Any text is taken: where no work is asked for nobody reads it, and elsewhere a wrong one is a 428 again.
                "description": "The answer to the challenge of a 428.",
                "schema": {"type": "string"},
            }),
        );
    }
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        if parameter["name"] == "Idempotency-Key" {
            parameter["schema"] = key_schema();
        }
        if parameter["name"] == "limit" {
            parameter["schema"] = json!({"type": "integer", "minimum": 1, "maximum": limits::PAGE_MAX});
        }
    }
    for status in statuses {
        let known = &mut operation["responses"][status.to_string()];
        if known.is_null() {
            *known = json!({"description": ""});
        }
    }
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if let Ok(status @ 400..) = status.parse() {
            fill(status, response);
        }
    }
}

/// Says what a status stands for and in which shape it comes.
fn fill(status: u16, response: &mut Value) {
    if response["description"] == "" {
        let usual = StatusCode::from_u16(status).map(|status| problem::of_status(status).code);
        let code = match (status, usual) {
            (429, _) => Code::RateLimited,
            (503, _) => Code::Unavailable,
            (_, Ok(code)) if code.status() == status => code,
            _ => Code::ALL.iter().copied().find(|code| code.status() == status).unwrap_or(Code::Internal),
        };
        response["description"] = json!(format!("Such as: {}", code.title(Language::English)));
    }
    if response["content"].is_null() {
        response["content"] = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
    }
}

fn key_schema() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": limits::IDEMPOTENCY_KEY_CHARS_MAX, "pattern": "^[!-~]+$"})
}

fn add_key(operation: &mut Value) {
    let named = |parameter: &Value| parameter["name"] == "Idempotency-Key";
    if operation["parameters"].as_array().is_some_and(|parameters| parameters.iter().any(named)) {
        return; // Where a key is demanded, the handler says so itself.
    }
    let key = json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "The same key with the same body gets the first answer again, for a day.",
    });
    add_parameter(operation, key);
}

fn add_parameter(operation: &mut Value, parameter: Value) {
    match operation.get_mut("parameters").and_then(Value::as_array_mut) {
        Some(parameters) => parameters.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
}

/// RFC 9457, with our members.
fn problem_schema() -> Value {
    let text = json!({"type": "string"});
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.word()).collect();
    let fault = json!({
        "type": "object",
        "required": ["field", "code", "message"],
        "properties": {
            "field": {"type": "string", "description": "Where: `items[0].quantity`; empty for the whole."},
            "code": text, "message": text,
        },
    });
    json!({
        "type": "object",
        "description": "RFC 9457. Some codes bring members of their own, such as `max_landed`.",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": text,
            "title": {"type": "string", "description": "In the caller's language."},
            "status": {"type": "integer"},
            "detail": text,
            "code": {"type": "string", "enum": codes},
            "request_id": text,
            "errors": {"type": "array", "items": fault},
        },
    })
}
