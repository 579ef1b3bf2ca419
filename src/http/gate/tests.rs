//! The gate without a server behind it.

use std::sync::OnceLock;

use actix_web::App as Routes;
use actix_web::test;
use actix_web::web;

use super::*;
use crate::config::Config;
use crate::http::table::Repeat;
use crate::trace::Traces;

async fn broken() -> HttpResponse {
    panic!("a bug")
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let route = |method, template: &str| {
        let template = template.to_owned();
        Route { method, template, class: None, repeat: Repeat::Plain, is_file: false, takes_rest: false }
    };
    TABLE.get_or_init(|| {
        Table::new(vec![route(Method::GET, "/broken"), route(Method::GET, "/whole"), route(Method::POST, "/whole")])
    })
}

fn gate(change: impl FnOnce(&mut Http)) -> Gate {
    let mut http = Config::load(None).unwrap().http;
    change(&mut http);
    Gate::new(&http, table(), Traces::default())
}

/// Sends a request without a body, and gives status, headers and body.
async fn send(gate: &Gate, request: test::TestRequest) -> (u16, HeaderMap, String) {
    let routes = Routes::new()
        .wrap(gate.clone())
        .route("/broken", web::get().to(broken))
        .route("/whole", web::get().to(|| async { HttpResponse::Ok().body("all of it") }))
        .route("/whole", web::post().to(HttpResponse::NoContent))
        .default_service(web::to(|| async { Err::<HttpResponse, Problem>(Code::NotFound.into()) }));
    let service = test::init_service(routes).await;
    let response = match test::try_call_service(&service, request.to_request()).await {
        Ok(response) => response.map_into_boxed_body().into_parts().1,
        Err(error) => error.error_response(),
    };
    let (response, body) = response.into_parts();
    let body = actix_web::body::to_bytes(body).await.unwrap();
    (response.status().as_u16(), response.headers().clone(), String::from_utf8(body.to_vec()).unwrap())
}

fn request(method: Method, path: &str) -> test::TestRequest {
    test::TestRequest::default().method(method).uri(path)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[actix_web::test]
async fn a_panic_costs_one_answer_and_is_counted() {
    let gate = gate(|_| {});
    let (status, headers, body) =
        send(&gate, request(Method::GET, "/broken").insert_header(("accept-language", "ar"))).await;
    assert_eq!((status, text(&headers, "content-type")), (500, "application/problem+json"));
    assert_eq!(text(&headers, "content-language"), "ar");
    assert!(!text(&headers, "x-request-id").is_empty() && body.contains("\"code\":\"internal\""), "{body}");
    assert_eq!(send(&gate, request(Method::GET, "/whole")).await.0, 200);
    let told = gate.metrics().render(|_| {}).unwrap();
    for line in [
        r#"mazad_http_requests_total{route="/broken",method="GET",status="5xx"} 1"#,
        r#"mazad_http_requests_total{route="/whole",method="GET",status="2xx"} 1"#,
        r#"mazad_http_request_seconds_count{route="/whole",method="GET"} 1"#,
        "mazad_http_panics_total 1",
        "mazad_http_requests_under_way 0",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
}

#[actix_web::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    for path in ["/whole", "/broken", "/nowhere"] {
        let (_, headers, _) = send(&gate(|_| {}), request(Method::GET, path)).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("strict-transport-security", ""),
            ("access-control-allow-origin", ""),
        ] {
            assert_eq!(text(&headers, name), value, "{path} {name}");
        }
        assert!(text(&headers, "permissions-policy").contains("geolocation=()"));
    }
    let (_, headers, _) = send(&gate(|http| http.hsts_seconds = 60), request(Method::GET, "/whole")).await;
    assert_eq!(text(&headers, "strict-transport-security"), "max-age=60; includeSubDomains");
}

#[actix_web::test]
async fn pages_from_the_list_may_read_and_others_may_not() {
    let gate = gate(|http| http.allowed_origins = vec!["https://mazad.example".to_owned()]);
    let ask = |method, origin: &'static str| request(method, "/whole").insert_header(("origin", origin));
    let (status, headers, _) = send(&gate, ask(Method::GET, "https://mazad.example")).await;
    assert_eq!((status, text(&headers, "access-control-allow-origin")), (200, "https://mazad.example"));
    assert!(text(&headers, "access-control-expose-headers").contains("retry-after"));
    assert_eq!(text(&headers, "access-control-allow-credentials"), "");
    for origin in ["https://evil.example", "null", "https://mazad.example.evil.example", "http://mazad.example"] {
        let (status, headers, _) = send(&gate, ask(Method::GET, origin)).await;
        assert_eq!((status, text(&headers, "access-control-allow-origin")), (200, ""), "{origin}");
        assert_eq!(text(&headers, "vary"), "Origin");
        let asks = ask(Method::OPTIONS, origin).insert_header(("access-control-request-method", "POST"));
        assert_eq!(send(&gate, asks).await.0, 403, "{origin}");
    }
    let asks = ask(Method::OPTIONS, "https://mazad.example").insert_header(("access-control-request-method", "POST"));
    let (status, headers, body) = send(&gate, asks).await;
    assert_eq!((status, body.as_str()), (204, ""));
    assert_eq!(text(&headers, "access-control-allow-methods"), "GET, HEAD, OPTIONS, POST");
    assert!(text(&headers, "access-control-allow-headers").contains("idempotency-key"));
    assert_eq!(text(&headers, "access-control-max-age"), "600");
}

#[actix_web::test]
async fn methods_and_slashes() {
    let gate = gate(|_| {});
    let (status, headers, body) = send(&gate, request(Method::DELETE, "/whole")).await;
    assert_eq!((status, text(&headers, "allow")), (405, "GET, HEAD, OPTIONS, POST"));
    assert!(body.contains("method_not_allowed"));
    let (status, headers, body) = send(&gate, request(Method::OPTIONS, "/whole")).await;
    assert_eq!((status, text(&headers, "allow"), body.as_str()), (204, "GET, HEAD, OPTIONS, POST", ""));
    assert_eq!(send(&gate, request(Method::HEAD, "/whole")).await.0, 200);
    assert_eq!(send(&gate, request(Method::OPTIONS, "/nowhere")).await.0, 404);
    let (status, headers, _) = send(&gate, request(Method::POST, "/whole/?a=b")).await;
    assert_eq!((status, text(&headers, "location")), (308, "/whole?a=b"));
    for path in ["/nowhere/", "//whole/", "/whole//"] {
        assert_eq!(send(&gate, request(Method::GET, path)).await.0, 404, "{path}");
    }
}

#[actix_web::test]
async fn a_head_has_its_bounds() {
    let gate = gate(|_| {});
    let fits = request(Method::GET, "/whole").insert_header(("x-much", "x".repeat(limits::HEAD_BYTES_MAX - 200)));
    assert_eq!(send(&gate, fits).await.0, 200);
    let much = request(Method::GET, "/whole").insert_header(("x-much", "x".repeat(limits::HEAD_BYTES_MAX)));
    let (status, _, body) = send(&gate, much).await;
    assert_eq!(status, 431, "{body}");
    let long = format!("/whole?{}", "x".repeat(limits::URL_BYTES_MAX));
    assert_eq!(send(&gate, request(Method::GET, &long)).await.0, 414);
}

#[actix_web::test]
async fn a_trace_goes_on() {
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    let (_, headers, _) =
        send(&gate(|_| {}), request(Method::GET, "/whole").insert_header(("traceparent", parent))).await;
    let told = text(&headers, "traceresponse");
    assert!(told.starts_with(&format!("00-{trace}-")) && !told.contains("b7ad6b7169203331"), "{told}");
    let (_, headers, _) = send(&gate(|_| {}), request(Method::GET, "/whole").insert_header(("traceparent", "x"))).await;
    assert_eq!(text(&headers, "traceresponse"), "");
}
