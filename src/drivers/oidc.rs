//! An `OpenID` provider: where to send people, and what its answer is worth.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use openidconnect::AccessTokenHash;
use openidconnect::AuthType;
use openidconnect::AuthorizationCode;
use openidconnect::ClientId;
use openidconnect::ClientSecret;
use openidconnect::CsrfToken;
use openidconnect::HttpRequest;
use openidconnect::HttpResponse;
use openidconnect::IssuerUrl;
use openidconnect::Nonce;
use openidconnect::OAuth2TokenResponse as _;
use openidconnect::PkceCodeChallenge;
use openidconnect::PkceCodeVerifier;
use openidconnect::RedirectUrl;
use openidconnect::Scope;
use openidconnect::TokenResponse as _;
use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::core::CoreClient;
use openidconnect::core::CoreClientAuthMethod;
use openidconnect::core::CoreProviderMetadata;
use openidconnect::core::CoreUserInfoClaims;
use secrecy::ExposeSecret as _;

use crate::clock::Clock;
use crate::config::OidcProvider;
use crate::drivers::outbound::Outbound;
use crate::drivers::outbound::OutboundError;

/// How long a discovery document and its keys are believed. Providers announce new keys for longer than this.
const BELIEVED: Duration = Duration::from_mins(10);

/// Why a provider does not help.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It is not to be reached, or does not speak as it should.
    #[error("{0}")]
    Unavailable(String),
    /// Its answer proves nothing.
    #[error("{0}")]
    Refused(String),
}

/// Whom a provider says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The provider's issuer.
    pub issuer: String,
    /// The account there; never given to another person.
    pub subject: String,
    /// The name there.
    pub name: Option<String>,
    /// The address there, if the provider proved it.
    pub email: Option<String>,
}

/// What ties an answer to the question; each is known to one sign-in alone.
#[derive(Clone, Debug)]
pub struct Ties {
    /// Comes back with the answer.
    pub state: String,
    /// Comes back inside the identity token.
    pub nonce: String,
    /// Proves, when the code is exchanged, who asked for it (RFC 7636).
    pub verifier: String,
}

/// A provider. Cheap to clone.
#[derive(Clone)]
pub struct Provider {
    parts: Arc<Parts>,
}

struct Parts {
    settings: OidcProvider,
    redirect: RedirectUrl,
    outbound: Outbound,
    clock: Clock,
    metadata: Cache<(), Arc<CoreProviderMetadata>>,
}

impl Provider {
    /// A provider that sends people back to `redirect`. Nothing is asked of it yet.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn new(settings: &OidcProvider, redirect: &str, clock: Clock) -> Result<Self, ProviderError> {
        let hosts: Vec<String> = settings.hosts.iter().map(|host| format!("https://{host}")).collect();
        let outbound = Outbound::new(std::iter::once(settings.issuer.as_str()).chain(hosts.iter().map(String::as_str)));
        let parts = Parts {
            settings: settings.clone(),
            redirect: RedirectUrl::new(redirect.to_owned()).map_err(unavailable)?,
            outbound: outbound.map_err(unavailable)?,
            clock,
            metadata: Cache::builder().max_capacity(1).time_to_live(BELIEVED).build(),
        };
        Ok(Self { parts: Arc::new(parts) })
    }

    /// Its name in addresses.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.parts.settings.name
    }

    /// Its name on a button.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.parts.settings.label
    }

    /// Its issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.parts.settings.issuer
    }

    /// Where to send somebody who wants to sign in.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`].
    pub async fn address(&self, ties: &Ties) -> Result<String, ProviderError> {
        let parts = &*self.parts;
        let metadata = self.metadata().await?;
        let client = CoreClient::from_provider_metadata(
            (*metadata).clone(),
            ClientId::new(parts.settings.client_id.clone()),
            None,
        )
        .set_redirect_uri(parts.redirect.clone());
        let verifier = PkceCodeVerifier::new(ties.verifier.clone());
        let (state, nonce) = (CsrfToken::new(ties.state.clone()), Nonce::new(ties.nonce.clone()));
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        for scope in &parts.settings.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        Ok(request.url().0.to_string())
    }

    /// Exchanges a code for who it is. The identity token's signature, issuer, audience, times and nonce are checked.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn exchange(&self, code: &str, ties: &Ties) -> Result<Person, ProviderError> {
        let parts = &*self.parts;
        let metadata = self.metadata().await?;
        let methods = metadata.token_endpoint_auth_methods_supported();
        // Without a word from the provider it is Basic (OpenID Connect Discovery, §3).
        let basic = methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let client = CoreClient::from_provider_metadata(
            (*metadata).clone(),
            ClientId::new(parts.settings.client_id.clone()),
            Some(parts.settings.client_secret.expose_secret())
                .filter(|secret| !secret.is_empty())
                .map(|secret| ClientSecret::new(secret.to_owned())),
        )
        .set_auth_type(if basic { AuthType::BasicAuth } else { AuthType::RequestBody })
        .set_redirect_uri(parts.redirect.clone());
        let call = |request| self.call(request);
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(unavailable)?
            .set_pkce_verifier(PkceCodeVerifier::new(ties.verifier.clone()))
            .request_async(&call)
            .await
            .map_err(|error| {
                let unreached = matches!(error, openidconnect::RequestTokenError::Request(_));
                if unreached { unavailable(error) } else { refused(error) }
            })?;
        let token = answer.id_token().ok_or_else(|| ProviderError::Refused("no identity token came".to_owned()))?;
        let clock = parts.clock.clone();
        let verifier = client.id_token_verifier().set_time_fn(move || {
            chrono::DateTime::from_timestamp_micros(clock.now().0).unwrap_or(chrono::DateTime::<chrono::Utc>::MAX_UTC)
        });
        let claims = token.claims(&verifier, &Nonce::new(ties.nonce.clone())).map_err(refused)?;
        if let Some(wanted) = claims.access_token_hash() {
            let alg = token.signing_alg().map_err(refused)?;
            let key = token.signing_key(&verifier).map_err(refused)?;
            let hash = AccessTokenHash::from_token(answer.access_token(), alg, key).map_err(refused)?;
            if hash != *wanted {
                return Err(ProviderError::Refused("the access token is not the identity token's".to_owned()));
            }
        }
        let mut person = Person {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
            email: claims.email().filter(|_| claims.email_verified() == Some(true)).map(|email| email.to_string()),
        };
        // Many tell the rest only here, some nowhere: without it people type it themselves.
        if person.email.is_none()
            && let Ok(request) = client.user_info(answer.access_token().clone(), Some(claims.subject().clone()))
        {
            let told: Result<CoreUserInfoClaims, _> = request.request_async(&call).await;
            if let Ok(told) = told {
                let name = told.name().and_then(|name| name.get(None)).map(|name| name.to_string());
                person.name = person.name.or(name);
                person.email =
                    told.email().filter(|_| told.email_verified() == Some(true)).map(|email| email.to_string());
            }
        }
        Ok(person)
    }

    async fn metadata(&self) -> Result<Arc<CoreProviderMetadata>, ProviderError> {
        let parts = &*self.parts;
        let load = async {
            let issuer = IssuerUrl::new(parts.settings.issuer.clone()).map_err(unavailable)?;
            let call = |request| self.call(request);
            // Refuses a document whose issuer is another.
            CoreProviderMetadata::discover_async(issuer, &call).await.map(Arc::new).map_err(unavailable)
        };
        let kept = parts.metadata.try_get_with((), load).await;
        kept.map_err(|error: Arc<ProviderError>| ProviderError::Unavailable(error.to_string()))
    }

    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, OutboundError> {
        let failed = |error: &dyn std::error::Error| OutboundError::Failed(error.to_string());
        let request = reqwest::Request::try_from(request).map_err(|error| failed(&error))?;
        let answer = self.parts.outbound.send(request).await?;
        let mut response = HttpResponse::new(answer.body.to_vec());
        *response.status_mut() =
            openidconnect::http::StatusCode::from_u16(answer.status).map_err(|error| failed(&error))?;
        if let Some(kind) = answer.kind.and_then(|kind| kind.parse().ok()) {
            response.headers_mut().insert(openidconnect::http::header::CONTENT_TYPE, kind);
        }
        Ok(response)
    }
}

/// An error with its causes: the library's outermost says only what was tried.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

fn unavailable<E: std::error::Error>(error: E) -> ProviderError {
    ProviderError::Unavailable(told(&error))
}

fn refused<E: std::error::Error>(error: E) -> ProviderError {
    ProviderError::Refused(told(&error))
}
