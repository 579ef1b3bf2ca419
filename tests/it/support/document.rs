//! The `OpenAPI` document, read as a list of things to call.

use std::collections::BTreeMap;

use mazad::http::openapi;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// One call that the document describes.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// `create_vehicle` …
    pub(crate) id: String,
    /// `POST` …
    pub(crate) method: String,
    /// `/api/v1/users/vehicles/{id}` …
    pub(crate) path: String,
    /// Names of its query parameters.
    pub(crate) query: Vec<String>,
    /// The schema of its JSON body, with every reference followed.
    pub(crate) body: Option<Value>,
}

/// Every call, by its id.
pub(crate) fn operations() -> BTreeMap<String, Operation> {
    let document = openapi::document();
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, told) in item.as_object().unwrap() {
            let id = told["operationId"].as_str().unwrap().to_owned();
            let parameters = told["parameters"].as_array().into_iter().flatten();
            let query =
                parameters.filter(|one| one["in"] == "query").map(|one| one["name"].as_str().unwrap().to_owned());
            let body = told.pointer("/requestBody/content/application~1json/schema");
            let known = operations.insert(
                id.clone(),
                Operation {
                    id,
                    method: method.to_uppercase(),
                    path: path.clone(),
                    query: query.collect(),
                    body: body.map(|schema| whole(&document, schema, 0)),
                },
            );
            assert!(known.is_none(), "two operations have one id: {known:?}");
        }
    }
    operations
}

/// A schema with its references followed.
fn whole(document: &Value, schema: &Value, depth: usize) -> Value {
    assert!(depth < 20, "a schema that contains itself");
    match schema {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                return whole(document, document.pointer(reference.trim_start_matches('#')).unwrap(), depth + 1);
            }
            let followed = fields.iter().map(|(name, value)| (name.clone(), whole(document, value, depth + 1)));
            Value::Object(followed.collect::<Map<_, _>>())
        }
        Value::Array(values) => values.iter().map(|value| whole(document, value, depth + 1)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

/// Of alternatives (`oneOf`, `anyOf`, `allOf` with one member) the one that is not null.
pub(crate) fn plain(schema: &Value) -> &Value {
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(choices) = schema[several].as_array() {
            return plain(choices.iter().find(|choice| choice["type"] != "null").unwrap());
        }
    }
    schema
}

/// What JSON type a schema wants, leaving null aside.
pub(crate) fn kind(schema: &Value) -> &str {
    let schema = plain(schema);
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => kinds.iter().find_map(|kind| kind.as_str().filter(|kind| *kind != "null")).unwrap(),
        _ if schema["properties"].is_object() => "object",
        _ => "any",
    }
}

/// A value of this shape, with `text` for every string whose content is free.
pub(crate) fn sample(schema: &Value, text: &dyn Fn() -> String) -> Value {
    let schema = plain(schema);
    if let Some(words) = schema["enum"].as_array() {
        return words[0].clone();
    }
    match kind(schema) {
        "object" => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            Value::Object(fields.map(|(name, schema)| (name.clone(), sample(schema, text))).collect())
        }
        "array" => json!([sample(&schema["items"], text)]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "boolean" => json!(true),
        "string" => json!(text()),
        _ => json!({}),
    }
}
