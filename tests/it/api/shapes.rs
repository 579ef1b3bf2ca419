//! Mass assignment and wrong types, over every JSON body that the document describes: what is not in the schema is
//! refused by name, never applied; what has another type is refused by name too.

use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::document;
use crate::support::document::Operation;

/// An id of the right kind that stands for nothing: bodies are read before things are looked up.
fn url(operation: &Operation) -> String {
    let kind = match operation.path.as_str() {
        path if path.contains("/vehicles/") => "veh",
        path if path.contains("/bids/") => "bid",
        path if path.contains("/payments/{") => "pay",
        path if path.contains("/files/") => "fil",
        path if path.contains("/sessions/") => "ses",
        path if path.contains("/questions/") => "qst",
        path if path.contains("/orders/{") => "ord",
        path if path.contains("/merchants/") || path.contains("/users/{") || path.contains("/blocks/") => "usr",
        _ => "req",
    };
    operation.path.replace("{id}", &format!("{kind}_0000000000001"))
}

/// What is wrong for a type, and for every other type too where it can be.
fn wrong(kind: &str) -> Value {
    match kind {
        "object" | "any" => json!("text"),
        "array" => json!({"not": "a list"}),
        "boolean" => json!("yes"),
        "integer" | "number" => json!("7"),
        _ => json!({"not": "a text"}),
    }
}

#[actix_web::test]
async fn what_no_schema_names_is_refused_by_name() {
    let app = TestApp::start().await;
    let customer = app.person("0501111111", "customer").await;
    let merchant = app.merchant("0502222222").await;
    let admin = app.admin("0503333333").await;
    let mut bodies = 0;
    for operation in document::operations().into_values() {
        // What a gateway sends has more than is read of it, and does not fail for it.
        let Some(schema) = operation.body.clone().filter(|_| operation.id != "take_webhook") else { continue };
        bodies += 1;
        // The first of them who may call it at all.
        let mut refused = None;
        for who in [&customer, &merchant, &admin] {
            let send = async |body: &Value| {
                let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
                let request = app.request(method, Some(&who.token), &url(&operation)).header("idempotency-key", "k");
                app.send(request.json(body)).await
            };
            let first = send(&json!({"intruder": true})).await;
            if first.status == 403 {
                refused = Some(first);
                continue;
            }
            refused = None;
            assert_eq!(first.fields(), ["intruder"], "{}: {first:?}", operation.id);
            let fields = document::plain(&schema)["properties"].as_object().cloned().unwrap_or_default();
            for (name, field) in fields {
                let body = json!({ name.clone(): wrong(document::kind(&field)) });
                let answer = send(&body).await;
                assert_eq!(answer.fields(), [name.as_str()], "{} {body}: {answer:?}", operation.id);
                nested(&operation.id, &name, &field, &send).await;
            }
            break;
        }
        assert!(refused.is_none(), "{}: nobody may call it: {refused:?}", operation.id);
    }
    assert!(bodies >= 12, "{bodies}");
    app.stop().await;
}

/// The same one level down: an unknown field inside an object, or inside the first member of a list.
async fn nested<F>(id: &str, name: &str, schema: &Value, send: &F)
where
    F: AsyncFn(&Value) -> crate::support::app::Answer,
{
    let schema = document::plain(schema);
    let (inner, body, at) = match document::kind(schema) {
        "object" => (schema, json!({ name: {"intruder": 1} }), format!("{name}.intruder")),
        "array" => {
            let inner = document::plain(&schema["items"]);
            (inner, json!({ name: [{"intruder": 1}] }), format!("{name}[0].intruder"))
        }
        _ => return,
    };
    // A map of anything names no field.
    if !inner["properties"].is_object() {
        return;
    }
    let answer = send(&body).await;
    assert_eq!(answer.fields(), [at], "{id} {body}: {answer:?}");
}
