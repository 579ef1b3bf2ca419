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

/// A value of this shape that a server may well take: examples, first choices, a word where words are free.
fn likely(schema: &Value) -> Value {
    let schema = plain(schema);
    let example = schema.get("example").or_else(|| schema.get("default")).or_else(|| schema["enum"].get(0));
    if let Some(example) = example.filter(|example| !example.is_null()) {
        return example.clone();
    }
    match (kind(schema), schema["format"].as_str()) {
        ("object", _) => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            Value::Object(fields.map(|(name, schema)| (name.clone(), likely(schema))).collect())
        }
        ("array", _) => json!([likely(&schema["items"])]),
        ("string", Some("date")) => json!("2030-01-01"),
        ("string", Some("date-time")) => json!("2030-01-01T00:00:00Z"),
        ("string", _) => json!("a word"),
        _ => sample(schema, &|| "a word".to_owned()),
    }
}

/// Every place in a body that holds no others, as a JSON pointer.
pub(crate) fn leaves(schema: &Value) -> Vec<String> {
    let schema = plain(schema);
    let below = |name: &str, schema: &Value| -> Vec<String> {
        leaves(schema).into_iter().map(|rest| format!("/{name}{rest}")).collect()
    };
    match schema["properties"].as_object() {
        Some(fields) if !fields.is_empty() => fields.iter().flat_map(|(name, schema)| below(name, schema)).collect(),
        _ if kind(schema) == "array" => below("0", &schema["items"]),
        _ => vec![String::new()],
    }
}

/// A body that a server may well take but for the text at this place, whatever type is wanted there.
pub(crate) fn likely_but(schema: &Value, place: &str, text: &str) -> Value {
    let mut body = likely(schema);
    // Where the example of an object leaves a part out, the whole shape stands in for it.
    if body.pointer(place).is_none() {
        body = sample(schema, &|| "a word".to_owned());
    }
    *body.pointer_mut(place).unwrap_or_else(|| panic!("{place} in {schema}")) = json!(text);
    body
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
