//! What a handler may be given. Its signature says who may call it and what it reads.

use std::future::Future;
use std::future::Ready;
use std::future::ready;
use std::pin::Pin;
use std::rc::Rc;
use std::str::FromStr;
use std::time::Duration;

use actix_web::FromRequest;
use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web;
use bytes::Bytes;
use bytes::BytesMut;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::domain::ids::BidId;
use crate::domain::ids::DeviceId;
use crate::domain::ids::FileId;
use crate::domain::ids::NoticeId;
use crate::domain::ids::OrderId;
use crate::domain::ids::PaymentId;
use crate::domain::ids::QuestionId;
use crate::domain::ids::RequestId;
use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::ids::VehicleId;
use crate::domain::user::UserKind;
use crate::flows::deals::Caller;
use crate::flows::sign_in::Visitor;
use crate::flows::tokens::Claims;
use crate::flows::tokens::TokenError;
use crate::http::gate::client::Client;
use crate::http::problem;
use crate::http::problem::AccountLanguage;
use crate::limits;
use crate::persistence::dead_letters::LetterId;
use crate::persistence::idempotency::Claim;
use crate::wire::problem::Code;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;
use crate::wire::read;

// ------------------------------------------------------------------ who

/// Anybody who is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub user: UserId,
    /// What it is for.
    pub kind: UserKind,
    /// The sign-in.
    pub session: SessionId,
}

impl From<Identity> for Caller {
    fn from(who: Identity) -> Self {
        Self { user: who.user, kind: who.kind }
    }
}

impl From<Claims> for Identity {
    fn from(claims: Claims) -> Self {
        Self { user: claims.user, kind: claims.kind, session: claims.session }
    }
}

/// The parts of the running server.
///
/// # Errors
/// [`Code::Internal`] where the routes were mounted without them.
pub fn app(request: &HttpRequest) -> Result<&App, Problem> {
    request.app_data::<web::Data<App>>().map(web::Data::get_ref).ok_or_else(|| Code::Internal.into())
}

/// Who the bearer of the access token is, and until when. Asked by the gate first and remembered for the handler.
///
/// # Errors
/// [`Code::Unauthenticated`] or [`Code::TokenExpired`].
pub fn claims(request: &HttpRequest) -> Result<Claims, Problem> {
    if let Some(Asked(known)) = request.extensions().get() {
        return known.map_err(Problem::from);
    }
    let asked = read_claims(request.headers(), app(request)?);
    if let Ok(claims) = asked {
        let language = if claims.arabic { Language::Arabic } else { Language::English };
        request.extensions_mut().insert(AccountLanguage(language));
    }
    request.extensions_mut().insert(Asked(asked));
    asked.map_err(Problem::from)
}

/// What the token of a request proved.
#[derive(Clone, Copy)]
struct Asked(Result<Claims, TokenError>);

fn read_claims(headers: &header::HeaderMap, app: &App) -> Result<Claims, TokenError> {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = sent.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
    });
    app.tokens.verify(token.ok_or(TokenError::Invalid)?)
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid => Code::Unauthenticated.into(),
            TokenError::Expired => Code::TokenExpired.into(),
        }
    }
}

impl FromRequest for Identity {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(claims(request).map(Self::from))
    }
}

/// An access token with its end, for what outlives the http request.
#[derive(Clone, Copy, Debug)]
pub struct Bearer(pub Claims);

impl FromRequest for Bearer {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(claims(request).map(Self))
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $kind:ident $code:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name(pub Identity);

        impl FromRequest for $name {
            type Error = Problem;
            type Future = Ready<Result<Self, Problem>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(claims(request).and_then(|claims| {
                    if claims.kind == UserKind::$kind { Ok(Self(claims.into())) } else { Err(Code::$code.into()) }
                }))
            }
        }
    )*};
}

kinds! {
    /// A customer who is signed in.
    Customer Customer NotACustomer;
    /// A merchant who is signed in, verified or not.
    Merchant Merchant NotAMerchant;
    /// An administrator who is signed in.
    Admin Admin NotAnAdmin;
}

// ------------------------------------------------------------------ what

/// A JSON body of at most `MAX` bytes, and those bytes as they came.
pub struct Json<T, const MAX: usize = { limits::JSON_BODY_BYTES_MAX }> {
    /// The value.
    pub value: T,
    /// What was sent.
    pub bytes: Bytes,
}

/// A bid's body.
pub type BidJson<T> = Json<T, { limits::BID_BODY_BYTES_MAX }>;

impl<T: DeserializeOwned + 'static, const MAX: usize> FromRequest for Json<T, MAX> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = request.headers().get(header::CONTENT_TYPE).is_some_and(is_json);
        let is_encoded =
            request.headers().get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding.as_bytes() != b"identity");
        let patience = app(request).map(|app| Duration::from_secs(app.config.http.body_seconds));
        let announced =
            request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let payload = payload.take();
        Box::pin(async move {
            let patience = patience?;
            if !is_json {
                return Err(Code::NotJson.into());
            }
            if announced.is_some_and(|length: u64| length > MAX as u64) {
                return Err(Problem::from(Code::BodyTooLarge).fact("max_bytes", MAX));
            }
            if is_encoded {
                return Err(Problem::from(Code::NotJson).detail("the body must not be compressed"));
            }
            // actix bounds the time of a head, never that of a body.
            let bytes =
                tokio::time::timeout(patience, collect(payload, MAX)).await.map_err(|_| Code::BodyTooSlow)??;
            Ok(Self { value: read::json(&bytes)?, bytes })
        })
    }
}

fn is_json(value: &header::HeaderValue) -> bool {
    let kind = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

/// Reads a body of at most `max` bytes.
///
/// # Errors
/// [`Code::BodyTooLarge`], or [`Code::BadRequest`] for one that breaks off.
pub(crate) async fn collect(mut payload: Payload, max: usize) -> Result<Bytes, Problem> {
    let too_large = || Problem::from(Code::BodyTooLarge).fact("max_bytes", max);
    let Some(first) = payload.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(|error| problem::of_payload(&error))?;
    let mut whole: Option<BytesMut> = None;
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|error| problem::of_payload(&error))?;
        let whole = whole.get_or_insert_with(|| BytesMut::from(&*first));
        if whole.len() + piece.len() > max {
            return Err(too_large());
        }
        whole.extend_from_slice(&piece);
    }
    let bytes = whole.map_or(first, BytesMut::freeze);
    if bytes.len() > max { Err(too_large()) } else { Ok(bytes) }
}

/// A query string; its type says which parameters there are, and denies unknown ones.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = web::Query::<T>::from_query(request.query_string());
        ready(read.map(|query| Self(query.into_inner())).map_err(|error| problem::of_query(&error.to_string())))
    }
}

/// One page of a list that is sorted by id, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Only ids below this one; `i64::MAX` for the first page.
    pub before: i64,
    /// Rows, 1 … 100.
    pub limit: u32,
}

impl Page {
    /// Reads `cursor` and `limit`. The cursor is the last id of the page before.
    ///
    /// # Errors
    /// [`Code::Validation`] names the parameter.
    pub fn read<Id: FromStr>(cursor: Option<&str>, limit: Option<u32>, raw: fn(Id) -> i64) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(limits::PAGE_DEFAULT);
        if !(1..=limits::PAGE_MAX).contains(&limit) {
            return Err(Problem::field("limit", "out_of_range", format!("1 to {}", limits::PAGE_MAX)));
        }
        let before = match cursor {
            None | Some("") => i64::MAX,
            Some(word) => {
                word.parse().map(raw).map_err(|_| Problem::field("cursor", "invalid", "not a cursor of this list"))?
            }
        };
        Ok(Self { before, limit })
    }

    /// Cuts `limit + 1` rows to the page, and gives the cursor's id where there are more.
    #[must_use]
    pub fn cut<T>(self, mut rows: Vec<T>, id: impl Fn(&T) -> i64) -> (Vec<T>, Option<i64>) {
        let limit = self.limit as usize;
        if rows.len() <= limit {
            return (rows, None);
        }
        rows.truncate(limit);
        let last = rows.last().map(id);
        (rows, last)
    }
}

/// The header that makes a call repeatable.
pub const IDEMPOTENCY_KEY: header::HeaderName = header::HeaderName::from_static("idempotency-key");

/// The header with the answer to a challenge of work (`flows::work`).
pub const WORK_ANSWER: header::HeaderName = header::HeaderName::from_static("work-answer");

/// An `Idempotency-Key`: 1 to 128 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sent = request.headers().get(IDEMPOTENCY_KEY);
        ready(sent.ok_or_else(|| Code::KeyRequired.into()).and_then(Self::read))
    }
}

impl IdempotencyKey {
    /// Reads the header.
    ///
    /// # Errors
    /// [`Code::BadKey`].
    pub fn read(sent: &header::HeaderValue) -> Result<Self, Problem> {
        let fits = (1..=limits::IDEMPOTENCY_KEY_CHARS_MAX).contains(&sent.len());
        if !fits || !sent.as_bytes().iter().all(u8::is_ascii_graphic) {
            return Err(Problem::from(Code::BadKey));
        }
        sent.to_str().map(|key| Self(key.to_owned())).map_err(|_| Code::BadKey.into())
    }
}

/// The claim under which a POST runs, where its caller sent an idempotency key. Whoever takes it stores the answer in the
/// transaction of the effect (`persistence::idempotency::keep`).
pub struct Once(Option<Rc<Claim>>);

impl Once {
    /// The claim.
    #[must_use]
    pub fn claim(&self) -> Option<&Claim> {
        self.0.as_deref()
    }

    /// Whether an earlier attempt under this key broke off, with or without an effect.
    #[must_use]
    pub fn is_again(&self) -> bool {
        self.claim().is_some_and(Claim::is_again)
    }
}

impl FromRequest for Once {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.extensions().get::<Rc<Claim>>().cloned())))
    }
}

/// What an id in a path stands for.
pub trait PathId: FromStr + 'static {
    /// What is answered for a word that is no such id: the same as for an id of nothing.
    const UNKNOWN: Code;
}

macro_rules! path_ids {
    ($($id:ty => $code:ident;)*) => {$(
        impl PathId for $id {
            const UNKNOWN: Code = Code::$code;
        }
    )*};
}
path_ids! {
    UserId => UnknownUser;
    VehicleId => UnknownVehicle;
    RequestId => UnknownRequest;
    BidId => UnknownBid;
    OrderId => UnknownOrder;
    QuestionId => UnknownQuestion;
    FileId => UnknownFile;
    PaymentId => UnknownPayment;
    SessionId => UnknownSession;
    NoticeId => UnknownNotification;
    DeviceId => UnknownDevice;
    LetterId => UnknownDeadLetter;
}

/// The `{id}` of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id<T>(pub T);

impl<T: PathId> FromRequest for Id<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let word = request.match_info().get("id").unwrap_or_default();
        ready(word.parse().map(Self).map_err(|_| T::UNKNOWN.into()))
    }
}

// ------------------------------------------------------------------ where

impl FromRequest for Language {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if !request.headers().contains_key(header::ACCEPT_LANGUAGE) {
            // Leaves the account's language with the request, in whatever order a handler asks.
            let _ = claims(request);
        }
        ready(Ok(problem::language_of(request)))
    }
}

impl FromRequest for Client {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().copied().ok_or_else(|| Code::Internal.into()))
    }
}

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let device = agent.map(|agent| agent.chars().take(limits::NAME_CHARS_MAX).collect());
        let client = request.extensions().get::<Client>().copied();
        let work = request.headers().get(WORK_ANSWER).and_then(|work| work.to_str().ok()).map(str::to_owned);
        ready(client.map(|client| Self { address: client.address, device, work }).ok_or_else(|| Code::Internal.into()))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    async fn key(value: &str) -> Result<IdempotencyKey, Problem> {
        let request = TestRequest::default().insert_header(("Idempotency-Key", value)).to_http_request();
        IdempotencyKey::extract(&request).await
    }

    #[actix_web::test]
    async fn an_idempotency_key_is_visible_ascii() {
        assert_eq!(key("a-1").await.unwrap().0, "a-1");
        assert_eq!(key(&"k".repeat(128)).await.unwrap().0.len(), 128);
        for bad in [String::new(), "k".repeat(129), "a b".to_owned(), "ключ".to_owned()] {
            assert_eq!(key(&bad).await.unwrap_err().code, Code::BadKey, "{bad}");
        }
        let none = TestRequest::default().to_http_request();
        assert_eq!(IdempotencyKey::extract(&none).await.unwrap_err().code, Code::KeyRequired);
    }

    #[actix_web::test]
    async fn a_wrong_id_is_an_unknown_thing() {
        for (word, wanted) in [("req_0000000000001", true), ("bid_0000000000001", false), ("1", false)] {
            let request = TestRequest::default().param("id", word.to_owned()).to_http_request();
            let read = Id::<RequestId>::extract(&request).await;
            assert_eq!(read.is_ok(), wanted, "{word}");
            if let Err(problem) = read {
                assert_eq!(problem.code, Code::UnknownRequest);
            }
        }
    }

    #[test]
    fn a_page_has_bounds() {
        let read = |cursor, limit| Page::read::<RequestId>(cursor, limit, |id| id.0);
        assert_eq!(read(None, None).unwrap(), Page { before: i64::MAX, limit: 20 });
        assert_eq!(read(Some("req_0000000000001"), Some(100)).unwrap(), Page { before: 1, limit: 100 });
        for (cursor, limit, field) in
            [(None, Some(0), "limit"), (None, Some(101), "limit"), (Some("x"), None, "cursor")]
        {
            assert_eq!(read(cursor, limit).unwrap_err().errors[0].field, field);
        }
    }
}
