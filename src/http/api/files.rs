//! `/api/v1/files`: uploads. Nothing that was uploaded is ever shown by this server as a page of its own: it is an
//! attachment, in a sandbox, of exactly the kind that its bytes are.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::delete;
use actix_web::get;
use actix_web::http::header;
use actix_web::http::header::ContentType;
use actix_web::post;
use actix_web::put;
use actix_web::web;
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::file::FileKind;
use crate::domain::ids::FileId;
use crate::domain::user::UserKind;
use crate::flows::files::Place;
use crate::flows::files::Upload;
use crate::http::api::requests::view;
use crate::http::extract::Id;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::http::extract::Once;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::http::form;
use crate::limits;
use crate::persistence;
use crate::persistence::files;
use crate::persistence::files::File;
use crate::wire::file;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value;
use crate::wire::value::Timestamp;

/// Nothing in it runs, also where a browser was talked into opening it.
const SANDBOX: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";
/// The bytes of an id never change; who may see them can.
const CACHE: &str = "private, max-age=3600, must-revalidate";

// ------------------------------------------------------------------ what comes in

/// A form with one file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it tells clients what the form is; `http::form` reads it")]
pub struct UploadForm {
    /// An image (JPEG, PNG, WebP) or a PDF, at most 10 MiB, under a plain name.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// An upload that is to come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PresignInput {
    /// What it is called: 1 to 120 characters, no path.
    #[schema(min_length = 1, example = "bumper.jpg")]
    name: String,
    /// Its size: 1 to 10485760.
    #[schema(minimum = 1, maximum = 10_485_760)]
    bytes: u64,
}

/// What an upload address carries.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct UploadAddress {
    /// Until when it is good, in seconds since the Unix epoch.
    expires: i64,
    /// That it is ours.
    signature: String,
}

/// Which files.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListFiles {
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 100.
    limit: Option<u32>,
}

// ------------------------------------------------------------------ what goes out

/// A file, as its owner sees it.
#[derive(Serialize, ToSchema)]
pub struct FileBody {
    /// Its id.
    #[schema(value_type = value::FileRef)]
    id: value::Id<FileId>,
    /// What its owner calls it.
    name: String,
    /// `pending` until it was looked at, then `ready`.
    status: &'static str,
    /// What it is: `image/jpeg`, `image/png` or `application/pdf`.
    content_type: Option<String>,
    /// What counts against the quota.
    bytes: i64,
    /// Points of an image.
    width: Option<i64>,
    /// Points of an image.
    height: Option<i64>,
    /// Where it is fetched.
    url: Option<String>,
    /// The same in small, of an image.
    thumbnail_url: Option<String>,
    /// When it was begun.
    created_at: Timestamp,
}

/// A page of files.
#[derive(Serialize, ToSchema)]
pub struct FileList {
    /// Newest first.
    data: Vec<FileBody>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
    /// Files of this account.
    used_files: i64,
    /// Bytes of this account.
    used_bytes: i64,
}

/// Where to send an upload.
#[derive(Serialize, ToSchema)]
pub struct PresignBody {
    /// The file that it will be.
    #[schema(value_type = value::FileRef)]
    id: value::Id<FileId>,
    /// `PUT`.
    method: &'static str,
    /// The address; it takes the bytes themselves, without a form and without a token.
    url: String,
    /// Until when.
    expires_at: Timestamp,
}

fn file_body(file: File) -> FileBody {
    let kind = file.kind();
    let url = kind.map(|_| file::url(file.id));
    FileBody {
        id: value::Id(file.id),
        status: if kind.is_some() { "ready" } else { "pending" },
        thumbnail_url: url
            .as_ref()
            .filter(|_| kind.is_some_and(FileKind::is_image))
            .map(|url| format!("{url}/thumbnail")),
        url,
        name: file.name,
        content_type: file.content_type,
        bytes: file.bytes,
        width: file.width,
        height: file.height,
        created_at: Timestamp(file.created_at),
    }
}

fn render(file: File) -> String {
    serde_json::to_string(&file_body(file)).unwrap_or_default()
}

// ------------------------------------------------------------------ handlers

/// Takes a file. Images come back without whatever was hidden in them, as JPEG, or as PNG where a part is transparent.
#[utoipa::path(context_path = "/api/v1/files", tag = "files",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = FileBody), (status = 401), (status = 409), (status = 413), (status = 415),
        (status = 422), (status = 503)))]
#[post("")]
pub(crate) async fn upload_file(
    app: web::Data<App>,
    who: Identity,
    once: Once,
    form: form::Upload,
) -> Result<HttpResponse, Problem> {
    let reply = app.files.upload(who.user, &form.name, form.bytes.clone(), once.claim(), render).await?;
    Ok(HttpResponse::Created().content_type(ContentType::json()).body(reply))
}

/// Gives out an address for an upload: the store's own where it has one, so that the bytes do not pass through here.
#[utoipa::path(context_path = "/api/v1/files", tag = "files", request_body = PresignInput,
    responses((status = 201, body = PresignBody), (status = 401), (status = 409), (status = 422)))]
#[post("/presign")]
pub(crate) async fn presign_upload(
    app: web::Data<App>,
    who: Identity,
    once: Once,
    body: Json<PresignInput>,
) -> Result<HttpResponse, Problem> {
    let PresignInput { name, bytes } = body.value;
    if !(1..=limits::FILE_BYTES_MAX as u64).contains(&bytes) {
        return Err(Problem::field("bytes", "out_of_range", format!("1 to {}", limits::FILE_BYTES_MAX)));
    }
    let render = |upload: Upload| {
        let Upload { id, url, until } = upload;
        let body = PresignBody { id: value::Id(id), method: "PUT", url, expires_at: Timestamp(until) };
        serde_json::to_string(&body).unwrap_or_default()
    };
    let reply = app.files.presign(who.user, &name, bytes, once.claim(), render).await?;
    Ok(HttpResponse::Created().content_type(ContentType::json()).body(reply))
}

/// Takes what was announced, at the address that was given out for it, once. The address is the right to do so.
#[utoipa::path(context_path = "/api/v1/files", tag = "files", params(("id" = String, Path), UploadAddress),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 204), (status = 403), (status = 413), (status = 422)))]
#[put("/{id}/content")]
pub(crate) async fn put_file_content(
    app: web::Data<App>,
    id: Id<FileId>,
    address: Query<UploadAddress>,
    payload: web::Payload,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    // Before a byte of the body is read.
    app.files.check_address(id.0, address.0.expires, &address.0.signature)?;
    let raw = form::Raw::read(&request, payload.into_inner()).await?;
    app.files.receive(id.0, raw.bytes.clone()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Looks at what was uploaded and makes a file of it.
#[utoipa::path(context_path = "/api/v1/files", tag = "files", params(("id" = String, Path)),
    responses((status = 200, body = FileBody), (status = 401), (status = 404), (status = 409), (status = 413),
        (status = 415), (status = 422)))]
#[post("/{id}/complete")]
pub(crate) async fn complete_upload(
    app: web::Data<App>,
    who: Identity,
    id: Id<FileId>,
    once: Once,
) -> Result<HttpResponse, Problem> {
    let reply = app.files.complete(who.user, id.0, once.claim(), render).await?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(reply))
}

/// Lists the caller's files.
#[utoipa::path(context_path = "/api/v1/files", tag = "files", params(ListFiles),
    responses((status = 200, body = FileList), (status = 401), (status = 422)))]
#[get("")]
pub(crate) async fn list_files(
    app: web::Data<App>,
    who: Identity,
    query: Query<ListFiles>,
) -> Result<HttpResponse, Problem> {
    let page = Page::read::<FileId>(query.0.cursor.as_deref(), query.0.limit, |id| id.0)?;
    let rows = persistence::Page { before: page.before, limit: page.limit + 1 };
    let (rows, last) = page.cut(files::list(&app.db, who.user, rows).await?, |row| row.id.0);
    let used = files::usage(&app.db, who.user).await?;
    Ok(HttpResponse::Ok().json(FileList {
        data: rows.into_iter().map(file_body).collect(),
        next_cursor: last.map(|id| FileId(id).to_string()),
        used_files: used.files,
        used_bytes: used.bytes,
    }))
}

/// Hands out a file: to its owner, and to whoever may see what shows it.
#[utoipa::path(context_path = "/api/v1/files", tag = "files", params(("id" = String, Path)),
    responses((status = 200, content((String = "image/jpeg"), (String = "image/png"), (String = "application/pdf"))),
        (status = 304), (status = 401), (status = 404)))]
#[get("/{id}")]
pub(crate) async fn get_file(
    app: web::Data<App>,
    who: Identity,
    id: Id<FileId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    hand_out(&app, who, id.0, Place::Files, &request).await
}

/// Hands out an image in small: its longer side has 320 points.
#[utoipa::path(context_path = "/api/v1/files", tag = "files", params(("id" = String, Path)),
    responses((status = 200, content((String = "image/jpeg"), (String = "image/png"))), (status = 304), (status = 401),
        (status = 404)))]
#[get("/{id}/thumbnail")]
pub(crate) async fn get_thumbnail(
    app: web::Data<App>,
    who: Identity,
    id: Id<FileId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    hand_out(&app, who, id.0, Place::Thumbnails, &request).await
}

/// Deletes a file of the caller's that nothing shows.
#[utoipa::path(context_path = "/api/v1/files", tag = "files", params(("id" = String, Path)),
    responses((status = 204), (status = 401), (status = 404), (status = 409)))]
#[delete("/{id}")]
pub(crate) async fn delete_file(app: web::Data<App>, who: Identity, id: Id<FileId>) -> Result<HttpResponse, Problem> {
    app.files.delete(who.user, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

// ------------------------------------------------------------------ who may see it

/// A file that this caller may see; any other looks like one that is not there.
async fn look_up(app: &App, who: Identity, id: FileId) -> Result<File, Problem> {
    let file = files::find(&app.db, id).await?.ok_or(Code::UnknownFile)?;
    if file.owner_id == who.user {
        return Ok(file);
    }
    if who.kind == UserKind::Admin && files::is_document(&app.db, id).await? {
        return Ok(file);
    }
    for request in files::list_requests_of(&app.db, id).await? {
        match view::look_up(app, who, request).await {
            Ok(_) => return Ok(file),
            Err(problem) if problem.code.status() == 404 => {}
            Err(problem) => return Err(problem),
        }
    }
    Err(Code::UnknownFile.into())
}

async fn hand_out(
    app: &App,
    who: Identity,
    id: FileId,
    place: Place,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let file = look_up(app, who, id).await?;
    let kind = file.kind().ok_or(Code::UnknownFile)?;
    let part = match place {
        Place::Thumbnails if !kind.is_image() => return Err(Code::UnknownFile.into()),
        Place::Thumbnails => "-320",
        Place::Files | Place::Quarantine => "",
    };
    let tag = format!("\"{id}{part}\"");
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX))
        .insert_header((header::CACHE_CONTROL, CACHE))
        .insert_header((header::ETAG, tag.clone()));
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    if known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag) {
        return Ok(answer.status(actix_web::http::StatusCode::NOT_MODIFIED).finish());
    }
    let (size, bytes) = app.files.open_bytes(&file, place).await?;
    // A name of ours: the owner's says nothing of what it is.
    let disposition = format!("attachment; filename=\"{id}{part}.{}\"", kind.ending());
    Ok(answer
        .content_type(kind.content_type())
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .no_chunking(size)
        .streaming(bytes.inspect_err(|error| {
            tracing::warn!(%error, "a file broke off while it was handed out");
        })))
}
