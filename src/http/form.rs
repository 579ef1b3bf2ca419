//! A form with one file in it (RFC 7578), read within bounds of bytes, time and memory.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_multipart::Field;
use actix_multipart::Multipart;
use actix_multipart::MultipartError;
use actix_web::FromRequest;
use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::http::header::HeaderMap;
use bytes::Bytes;
use bytes::BytesMut;
use futures_util::StreamExt as _;
use tokio::sync::OwnedSemaphorePermit;

use crate::app::App;
use crate::http::extract;
use crate::http::problem;
use crate::limits;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;

/// The one field that is read.
const FIELD: &str = "file";

/// The memory that the gate set aside already, when it read the body for its idempotency key.
pub(crate) struct Admitted(
    #[expect(dead_code, reason = "held until the request is dropped")] pub(crate) OwnedSemaphorePermit,
);

/// A file as it was sent. The memory that was set aside for it goes with it.
pub(crate) struct Upload {
    /// What the sender calls it.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) bytes: Bytes,
    _memory: Option<OwnedSemaphorePermit>,
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let memory = memory(request);
        let form = Multipart::new(request.headers(), payload.take());
        Box::pin(async move {
            let memory = memory?;
            let (name, bytes) =
                tokio::time::timeout(patience(), read(form)).await.map_err(|_| Problem::from(Code::BodyTooSlow))??;
            Ok(Self { name, bytes, _memory: memory })
        })
    }
}

/// A body that is the file itself.
pub(crate) struct Raw {
    /// Its bytes.
    pub(crate) bytes: Bytes,
    _memory: Option<OwnedSemaphorePermit>,
}

impl Raw {
    /// Reads it.
    pub(crate) async fn read(request: &HttpRequest, payload: Payload) -> Result<Self, Problem> {
        let memory = memory(request)?;
        let collected = extract::collect(payload, limits::FILE_BYTES_MAX);
        let bytes = tokio::time::timeout(patience(), collected).await.map_err(|_| Code::BodyTooSlow)?;
        Ok(Self { bytes: bytes.map_err(as_file)?, _memory: memory })
    }
}

const fn patience() -> Duration {
    Duration::from_secs(limits::UPLOAD_SECS_MAX)
}

/// A body that is too large is a file that is too large.
fn as_file(problem: Problem) -> Problem {
    if problem.code == Code::BodyTooLarge { too_large() } else { problem }
}

fn too_large() -> Problem {
    Problem::from(Code::FileTooLarge).fact("max_bytes", limits::FILE_BYTES_MAX)
}

/// Memory for the body of this request, unless the gate has it.
fn memory(request: &HttpRequest) -> Result<Option<OwnedSemaphorePermit>, Problem> {
    if request.extensions().contains::<Admitted>() {
        return Ok(None);
    }
    admit(request.headers(), extract::app(request)?).map(Some)
}

/// Sets memory aside for an upload.
///
/// # Errors
/// [`Code::FileTooLarge`] for one that announces too much, [`Code::Overloaded`] where there is no memory left.
pub(crate) fn admit(headers: &HeaderMap, app: &App) -> Result<OwnedSemaphorePermit, Problem> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > limits::UPLOAD_BODY_BYTES_MAX as u64) {
        return Err(too_large());
    }
    Ok(app.files.admit(announced)?)
}

async fn read(mut form: Multipart) -> Result<(String, Bytes), Problem> {
    let Some(field) = form.next().await else {
        return Err(Problem::field(FIELD, "missing", "a form with one file"));
    };
    let field = field.map_err(|error| fault(&error))?;
    if field.name() != Some(FIELD) {
        return Err(Problem::field(field.name().unwrap_or_default(), "unknown", "the only field is `file`"));
    }
    let name = name_of(&field).ok_or(Code::FileNameRefused)?;
    let bytes = collect(field).await?;
    match form.next().await {
        None => Ok((name, bytes)),
        Some(Ok(other)) => {
            Err(Problem::field(other.name().unwrap_or_default(), "unknown", "a form has one file and nothing else"))
        }
        Some(Err(error)) => Err(fault(&error)),
    }
}

fn name_of(field: &Field) -> Option<String> {
    let told = field.content_disposition()?;
    match told.get_filename_ext() {
        Some(name) => String::from_utf8(name.value.clone()).ok(),
        None => told.get_filename().map(str::to_owned),
    }
}

async fn collect(mut field: Field) -> Result<Bytes, Problem> {
    let mut whole = BytesMut::new();
    while let Some(piece) = field.next().await {
        let piece = piece.map_err(|error| fault(&error))?;
        if whole.len() + piece.len() > limits::FILE_BYTES_MAX {
            return Err(too_large());
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

fn fault(error: &MultipartError) -> Problem {
    if let MultipartError::Payload(error) = error {
        return problem::of_payload(error);
    }
    if matches!(
        error,
        MultipartError::ContentTypeMissing
            | MultipartError::ContentTypeParse
            | MultipartError::ContentTypeIncompatible
            | MultipartError::BoundaryMissing
    ) {
        return Code::NotAForm.into();
    }
    Problem::field("", "invalid", error.to_string())
}

/// What a form says, without the words that its sender chose to put between: a client that builds the same form again
/// takes others.
pub(crate) fn without_boundary<'a>(headers: &HeaderMap, body: &'a [u8]) -> Vec<&'a [u8]> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = kind.split_once("boundary=").map(|(_, word)| word.split(';').next().unwrap_or_default().trim());
    let boundary = boundary.map(|word| word.trim_matches('"')).filter(|word| !word.is_empty());
    let Some(boundary) = boundary else { return vec![body] };
    let mut parts = Vec::new();
    let mut from = 0;
    for at in memchr::memmem::find_iter(body, boundary) {
        parts.extend(body.get(from..at));
        from = at + boundary.len();
    }
    parts.extend(body.get(from..));
    parts
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn one_form_in_two_spellings_is_one_form() {
        let spelled = |word: &str, told: &str| {
            let kind = format!("multipart/form-data; boundary={told}");
            let request = TestRequest::default().insert_header(("content-type", kind)).to_http_request();
            let body = format!("--{word}\r\nname\r\n\r\nbytes\r\n--{word}--\r\n");
            without_boundary(request.headers(), body.as_bytes()).concat()
        };
        assert_eq!(spelled("one", "one"), spelled("another", "\"another\"; charset=utf-8"));
        assert_eq!(spelled("one", "one"), b"--\r\nname\r\n\r\nbytes\r\n----\r\n");
    }
}
