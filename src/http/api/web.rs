//! The page at `/`, its assets, its service worker, and what is answered where there is nothing.
//!
//! There is one page: where in it somebody is stands behind the `#`, which no browser sends.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::http::header;
use actix_web::web;
use rust_embed::RustEmbed;

use crate::http::routes::SERVICES;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value::Hex;

/// The web interface, as it lay beside the sources when the binary was built.
#[derive(RustEmbed)]
#[folder = "web/dist/"]
#[allow_missing = true]
struct Files;

/// Served by a binary that was built without the web interface.
const PLAIN: &str = "<!doctype html><meta charset=utf-8><title>mazad</title><h1>mazad</h1>\
    <p>This server was built without its web interface: <code>make run</code> builds both. The API is described at \
    <a href=/api/docs/>/api/docs</a>.";

/// The page names its assets by their content, so it alone must be asked for again.
const ASK_AGAIN: &str = "no-cache";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The page.
#[get("/")]
pub(crate) async fn get_page(request: HttpRequest) -> HttpResponse {
    file(&request, "index.html", ASK_AGAIN)
        .unwrap_or_else(|| HttpResponse::Ok().content_type("text/html; charset=utf-8").body(PLAIN))
}

/// The service worker, which shows what is pushed. At the root, because a worker looks after nothing above itself; browsers
/// ask for it again by themselves and must see at once that it changed.
///
/// # Errors
/// [`Code::NotFound`] in a binary that was built without the web interface.
#[get("/sw.js")]
pub(crate) async fn get_worker(request: HttpRequest) -> Result<HttpResponse, Problem> {
    file(&request, "sw.js", ASK_AGAIN).ok_or_else(|| Code::NotFound.into())
}

/// What the page needs.
///
/// # Errors
/// [`Code::NotFound`].
#[get("/assets/{path:.*}")]
pub(crate) async fn get_asset(request: HttpRequest, path: web::Path<String>) -> Result<HttpResponse, Problem> {
    // A development build reads the folder itself.
    let inside = !path.split('/').any(|part| part == "..");
    inside.then(|| file(&request, &format!("assets/{path}"), FOR_EVER)).flatten().ok_or_else(|| Code::NotFound.into())
}

/// A file with an entity tag; 304 where the browser has it. Scripts and styles lie there packed as well, because packing
/// them for each visitor costs the processor that the auctions need.
fn file(request: &HttpRequest, path: &str, cache: &'static str) -> Option<HttpResponse> {
    let packed = takes_gzip(request).then(|| Files::get(&format!("{path}.gz"))).flatten();
    let is_packed = packed.is_some();
    let mime = Files::get(path)?.metadata.mimetype().to_owned();
    let file = packed.or_else(|| Files::get(path))?;
    let tag = format!("\"{}\"", Hex(file.metadata.sha256_hash()));
    let known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == tag.as_bytes());
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, cache))
        .insert_header((header::VARY, "Accept-Encoding"))
        .content_type(content_type(&mime));
    if is_packed {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Some(if known { response.finish() } else { response.body(file.data.into_owned()) })
}

/// Whether the browser unpacks gzip. One that weighs its wishes gets the file as it is.
fn takes_gzip(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|list| list.split(',').any(|one| one.trim() == "gzip"))
}

/// Text says that it is UTF-8.
fn content_type(mime: &str) -> String {
    if mime.starts_with("text/") { format!("{mime}; charset=utf-8") } else { mime.to_owned() }
}

/// What is answered where there is nothing.
///
/// # Errors
/// [`Code::ServiceNotFound`] or [`Code::NotFound`].
pub(crate) async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let service = request.path().strip_prefix("/api/v1/").and_then(|rest| rest.split('/').next());
    match service {
        Some(service) if !SERVICES.contains(&service) => {
            // The original plan's gateway answers in these words.
            Err(Problem::from(Code::ServiceNotFound).fact("error", "Service not found"))
        }
        _ => Err(Code::NotFound.into()),
    }
}
