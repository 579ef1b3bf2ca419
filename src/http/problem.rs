//! How a problem becomes an HTTP answer. The table itself is [`crate::wire::problem`].
//!
//! A handler returns `Result<_, Problem>`. The gate renders what it returned, because only there are the caller's
//! language and the request id known; it also turns whatever actix answers by itself into a problem, so nothing
//! ever answers `text/plain`.

use std::fmt;

use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::ResponseError;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header;

use crate::actors::admission::CommandError;
use crate::domain::file::FileFault;
use crate::domain::time::Span;
use crate::flows::files::FilesError;
use crate::flows::oidc::OidcError;
use crate::flows::publish::PublishError;
use crate::flows::sign_in::SignInError;
use crate::flows::tokens::RefreshError;
use crate::limits;
use crate::persistence::error::StoreError;
use crate::wire::problem::Code;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;
use crate::wire::read;

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code.word())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        answer(self, Language::English, None)
    }
}

/// The whole answer.
pub(crate) fn answer(problem: &Problem, language: Language, request_id: Option<&str>) -> HttpResponse {
    let mut response = HttpResponse::build(problem.status_code());
    response.content_type("application/problem+json");
    response.insert_header((
        header::CONTENT_LANGUAGE,
        match language {
            Language::English => "en",
            Language::Arabic => "ar",
        },
    ));
    if let Some(secs) = problem.retry_after_secs {
        response.insert_header((header::RETRY_AFTER, secs.to_string()));
    }
    if problem.code.status() == 401 {
        response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
    }
    response.body(problem.render(language, request_id).to_string())
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(refusal) => refusal.into(),
            CommandError::Busy => Code::Busy.into(),
            CommandError::Overloaded => Code::Overloaded.into(),
            CommandError::Unwritable | CommandError::Moved => Code::Unavailable.into(),
            CommandError::Stopping => Code::Stopping.into(),
            CommandError::OutcomeUnknown => Code::OutcomeUnknown.into(),
            CommandError::Store(error) => StoreError::clone(&error).into(),
        }
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::BadCredentials => Code::BadCredentials.into(),
            SignInError::OtpWrong => Code::OtpWrong.into(),
            SignInError::OtpExhausted => Self::from(Code::OtpExhausted).retry_after(86_400),
            SignInError::TooManyCodes(wait) => Self::from(Code::TooManyCodes).retry_after(whole_secs_up(wait)),
            SignInError::NotServed => Self::field("phone", "country_not_served", "phones of this country get no codes"),
            SignInError::CodesPaused => Self::from(Code::CodesPaused).retry_after(3_600),
            SignInError::PrefixPaused => Self::from(Code::PrefixPaused).retry_after(3_600),
            SignInError::WorkNeeded(challenge) => Self::from(Code::WorkNeeded)
                .fact("challenge", challenge.text)
                .fact("bits", challenge.bits)
                .fact("expires_in", challenge.within.whole_secs()),
            SignInError::TooManyTries(wait) => Self::from(Code::TooManyTries).retry_after(whole_secs_up(wait)),
            SignInError::OtpTooSoon(wait) => Self::from(Code::OtpTooSoon).retry_after(whole_secs_up(wait)),
            SignInError::PhoneNotVerified(user) => Self::from(Code::PhoneNotVerified).fact("user_id", user.to_string()),
            SignInError::Suspended => Code::Suspended.into(),
            SignInError::Busy => Code::Overloaded.into(),
            SignInError::Store(error) => error.into(),
        }
    }
}

impl From<OidcError> for Problem {
    fn from(error: OidcError) -> Self {
        match error {
            OidcError::UnknownProvider => Code::UnknownProvider.into(),
            OidcError::Unavailable => Self::from(Code::ProviderUnavailable).retry_after(30),
            OidcError::Refused => Code::ProviderRefused.into(),
            OidcError::SignIn(error) => error.into(),
        }
    }
}

impl From<FilesError> for Problem {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::Refused(fault) => fault.into(),
            FilesError::Quota(quota) => {
                Self::from(Code::FileQuota).fact("max_files", quota.files).fact("max_bytes", quota.bytes)
            }
            FilesError::Busy => Code::Overloaded.into(),
            FilesError::Unknown => Code::UnknownFile.into(),
            FilesError::NotUploaded => Code::FileNotUploaded.into(),
            FilesError::AddressRefused => Code::UploadRefused.into(),
            FilesError::InUse => Code::FileInUse.into(),
            FilesError::Store(error) => error.into(),
            FilesError::Objects(detail) => {
                tracing::error!(%detail, "the file store failed");
                Code::Unavailable.into()
            }
        }
    }
}

impl From<FileFault> for Problem {
    fn from(fault: FileFault) -> Self {
        match fault {
            FileFault::Kind { looks } => Self::from(Code::FileKindRefused).fact("looks_like", looks.word()),
            FileFault::Damaged => Code::FileDamaged.into(),
            FileFault::TooManyPixels => Self::from(Code::ImageTooLarge).fact("max_pixels", limits::IMAGE_PIXELS_MAX),
            FileFault::TooLarge => Self::from(Code::FileTooLarge).fact("max_bytes", limits::FILE_BYTES_MAX),
            FileFault::Name => Code::FileNameRefused.into(),
        }
    }
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Unknown => Code::UnknownRequest.into(),
            PublishError::PhoneNotVerified => Code::PhoneNotVerified.into(),
            PublishError::TooManyOpen => {
                Self::from(Code::TooManyOpen).fact("max", limits::OPEN_REQUESTS_PER_CUSTOMER_MAX)
            }
            PublishError::Command(error) => error.into(),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Refused => Code::RefreshRefused.into(),
            RefreshError::Store(error) => error.into(),
        }
    }
}

/// Rounded up: a client that waits as told must not come too early.
fn whole_secs_up(span: Span) -> i64 {
    span.0.saturating_add(999_999).div_euclid(1_000_000)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Duplicate { .. } => Code::Duplicate.into(),
            StoreError::Missing => Code::NotFound.into(),
            StoreError::Busy => Code::Overloaded.into(),
            StoreError::Unavailable { detail } => {
                tracing::error!(%detail, "the store failed");
                Code::Unavailable.into()
            }
            StoreError::Corrupt { detail } => {
                tracing::error!(%detail, "the store is damaged");
                Code::Internal.into()
            }
        }
    }
}

/// What stands for an answer that actix made by itself.
pub(crate) fn of_status(status: StatusCode) -> Problem {
    Problem::from(match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => Code::BodyTooSlow,
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::NotJson,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        other if other.is_client_error() => Code::BadRequest,
        _ => Code::Internal,
    })
}

/// A body that did not arrive whole.
pub(crate) fn of_payload(error: &PayloadError) -> Problem {
    if matches!(error, PayloadError::Overflow) {
        return Code::BodyTooLarge.into();
    }
    Problem::from(Code::BadRequest).detail(error.to_string())
}

/// A query string of another shape.
pub(crate) fn of_query(cause: &str) -> Problem {
    Problem::fields(vec![read::field_fault("", cause.strip_prefix("Query deserialize error: ").unwrap_or(cause))])
}

/// The language that an account chose, left with its request by whoever read the token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccountLanguage(pub(crate) Language);

/// The language to answer in: what the request asks for, else what the account chose, else English.
pub(crate) fn language_of(request: &HttpRequest) -> Language {
    match request.headers().get(header::ACCEPT_LANGUAGE) {
        Some(accept) => language(accept.to_str().ok()),
        None => request.extensions().get::<AccountLanguage>().map_or_else(Language::default, |known| known.0),
    }
}

/// The caller's language: the better of `ar` and `en` in `Accept-Language`, English when neither is named.
pub(crate) fn language(accept: Option<&str>) -> Language {
    let mut best = (0, Language::English);
    for choice in accept.unwrap_or_default().split(',') {
        let mut parts = choice.trim().split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let language = match tag.get(..2) {
            Some(ar) if ar.eq_ignore_ascii_case("ar") => Language::Arabic,
            Some(en) if en.eq_ignore_ascii_case("en") => Language::English,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(1_000, quality);
        if weight > best.0 {
            best = (weight, language);
        }
    }
    best.1
}

/// `0.85` as 850: thousandths, without a float.
fn quality(text: &str) -> u32 {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |part: &str| part.parse::<u32>().ok();
    if digits(whole).unwrap_or(0) > 0 {
        return 1_000;
    }
    digits(&format!("{fraction:0<3}").chars().take(3).collect::<String>()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_of_two_languages() {
        for (accept, wanted) in [
            (None, Language::English),
            (Some("ar"), Language::Arabic),
            (Some("ar-SA,en;q=0.8"), Language::Arabic),
            (Some("fr, en;q=0.3, ar;q=0.85"), Language::Arabic),
            (Some("ar;q=0, en;q=0.1"), Language::English),
            (Some("de,*"), Language::English),
            (Some("é"), Language::English),
        ] {
            assert_eq!(language(accept), wanted, "{accept:?}");
        }
    }
}
