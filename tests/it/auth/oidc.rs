//! Signing in with a real provider.

use mazad::clock::Clock;
use mazad::config::OidcProvider;
use mazad::domain::ids::UserId;
use serde_json::Value;
use serde_json::json;

use crate::auth::provider::Browser;
use crate::auth::provider::Provider;
use crate::support::app::Answer;
use crate::support::app::PASSWORD;
use crate::support::app::TestApp;

const PHONE: &str = "0501234567";

struct Market {
    app: TestApp,
    provider: Provider,
}

/// What came back from the callback.
struct Came {
    status: u16,
    body: Value,
}

impl Market {
    async fn open() -> Self {
        // The provider must know where we are, and we must know where it is: our port is taken first.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let redirect = format!("http://127.0.0.1:{port}/api/v1/auth/oidc/test/callback");
        let provider = Provider::start(&redirect);
        let issuer = provider.issuer.clone();
        let entry = |name: &str, issuer: &str| OidcProvider {
            name: name.to_owned(),
            label: "Test".to_owned(),
            issuer: issuer.to_owned(),
            client_id: "mazad".to_owned(),
            client_secret: "a secret of this test".into(),
            scopes: vec!["email".to_owned(), "profile".to_owned()],
            hosts: vec![],
        };
        // The provider has a clock of its own, so ours must be the same.
        let app = TestApp::start_with(Clock::System, |config| {
            config.http.address.set_port(port);
            let elsewhere = issuer.replace("127.0.0.1", "localhost");
            config.oidc =
                vec![entry("test", &issuer), entry("elsewhere", &elsewhere), entry("gone", "http://127.0.0.1:9")];
        })
        .await;
        Self { app, provider }
    }

    fn start(&self) -> String {
        self.app.url("/api/v1/auth/oidc/test/start")
    }

    fn redirect(&self) -> String {
        self.app.url("/api/v1/auth/oidc/test/callback")
    }

    /// The provider's answer, as the browser would bring it.
    async fn agree(&self, browser: &Browser, login: &str) -> String {
        let away = browser.get(&self.start(), "*/*").await;
        assert_eq!(away.status, 302);
        browser.agree(&away.location.unwrap(), login, &self.redirect()).await
    }

    async fn come(&self, browser: &Browser, address: &str) -> Came {
        let back = browser.get(address, "application/json").await;
        assert!(back.kind.ends_with("json"), "{} {}", back.kind, back.body);
        Came { status: back.status, body: serde_json::from_str(&back.body).unwrap() }
    }

    async fn sign_in(&self, login: &str) -> Came {
        let browser = Browser::new();
        let address = self.agree(&browser, login).await;
        self.come(&browser, &address).await
    }

    async fn link(&self, body: &Value) -> Answer {
        self.app.post(None, "/api/v1/auth/oidc/test/link", body).await
    }

    /// From a first visit to a session: phone, code, link.
    async fn link_to(&self, came: &Came, phone: &str) -> Answer {
        assert_eq!((came.status, &came.body["status"]), (202, &json!("phone_needed")), "{}", came.body);
        let token = &came.body["link_token"];
        self.link(&json!({"link_token": token, "phone": phone})).await.expect(201);
        let code = self.app.code_for(phone);
        self.link(&json!({"link_token": token, "phone": phone, "otp_code": code})).await
    }
}

#[actix_web::test]
async fn a_newcomer_proves_a_phone_and_comes_back_without_one() {
    let market = Market::open().await;
    let list = market.app.get(None, "/api/v1/auth/oidc").await.expect(200);
    assert_eq!(list["data"][0], json!({"name": "test", "label": "Test"}));

    let came = market.sign_in("sara@mail.example").await;
    assert_eq!(
        (&came.body["name"], &came.body["email"]),
        (&json!("Person sara@mail.example"), &json!("sara@mail.example"))
    );
    let token = came.body["link_token"].clone();
    assert_eq!(market.link(&json!({"link_token": token, "phone": "123"})).await.fields(), ["phone"]);
    let wrong = json!({"link_token": token, "phone": PHONE, "otp_code": "000000"});
    assert_eq!(market.link(&wrong).await.problem(), "otp_wrong", "no code was sent yet");
    let entered = market.link_to(&came, PHONE).await.expect(200);
    assert_eq!(
        (&entered["user"]["phone"], &entered["user"]["phone_verified"]),
        (&json!("+966501234567"), &json!(true))
    );
    assert_eq!(
        (&entered["user"]["email"], &entered["user"]["type"]),
        (&json!("sara@mail.example"), &json!("customer"))
    );
    market.app.get(entered["access_token"].as_str(), "/api/v1/auth/me").await.expect(200);
    // The link token has served.
    assert_eq!(market.link(&json!({"link_token": token})).await.problem(), "provider_refused");

    let again = market.sign_in("sara@mail.example").await;
    assert_eq!((again.status, &again.body["user"]["id"]), (200, &entered["user"]["id"]));
    let stranger = market.sign_in("omar@mail.example").await;
    assert_eq!(stranger.status, 202, "another account there is another person here");

    // A suspended account stays outside, by this door too.
    let app = &market.app.running.app;
    let id: UserId = entered["user"]["id"].as_str().unwrap().parse().unwrap();
    market.app.tamper("UPDATE users SET suspended_at = 1").await;
    app.revoker.revoke_user(id, "suspended").await.unwrap();
    let out = market.sign_in("sara@mail.example").await;
    assert_eq!((out.status, &out.body["code"]), (403, &json!("suspended")));
    market.app.stop().await;
}

#[actix_web::test]
async fn an_equal_address_links_nothing_only_the_phones_code_does() {
    let market = Market::open().await;
    let app = &market.app;
    let body =
        json!({"name": "Sara", "phone": PHONE, "password": PASSWORD, "type": "merchant", "email": "sara@mail.example"});
    let registered = app.post(None, "/api/v1/auth/register", &body).await.expect(201);
    let body = json!({"user_id": registered["user_id"], "otp_code": app.code_for(PHONE)});
    app.post(None, "/api/v1/auth/verify-otp", &body).await.expect(200);

    // The provider vouches for the very address of that account, and it opens nothing.
    let thief = market.sign_in("sara@mail.example").await;
    assert_eq!(thief.status, 202);
    // A thief has a phone, but not that one: the result is an account of the thief's own, without the address.
    let own = market.link_to(&thief, "0509999999").await.expect(200);
    assert_ne!(own["user"]["id"], registered["user_id"]);
    assert_eq!(own["user"]["email"], Value::Null);

    // The owner links another identity by the code to the phone; type and name stay.
    let owner = market.sign_in("sara-at-work").await;
    let token = owner.body["link_token"].clone();
    let too_soon = market.link(&json!({"link_token": token, "phone": PHONE})).await;
    assert_eq!(too_soon.problem(), "otp_too_soon", "the same limits as everywhere");
    app.tamper("UPDATE otp_codes SET sent_at = sent_at - 61000000").await;
    let linked = market.link_to(&owner, PHONE).await.expect(200);
    assert_eq!((&linked["user"]["id"], &linked["user"]["type"]), (&registered["user_id"], &json!("merchant")));
    assert_eq!(linked["user"]["name"], "Sara");
    market.app.stop().await;
}

#[actix_web::test]
async fn who_is_opened_by_a_provider_sees_it_and_ends_it() {
    let market = Market::open().await;
    let (links, link) = ("/api/v1/auth/oidc/links", "/api/v1/auth/oidc/test/link");
    let enter = async |login: &str, phone: &str| {
        let came = market.sign_in(login).await;
        market.link_to(&came, phone).await.expect(200)["access_token"].as_str().unwrap().to_owned()
    };
    let (sara, omar) = (enter("sara", PHONE).await, enter("omar", "0509999999").await);
    let listed = market.app.get(Some(&sara), links).await.expect(200);
    assert_eq!((&listed["data"][0]["name"], &listed["data"][1]), (&json!("test"), &Value::Null));
    let copy = market.app.get(Some(&sara), "/api/v1/users/export").await.expect(200);
    assert_eq!((&copy["provider_links"][0]["subject"], &copy["provider_links"][1]), (&json!("sara"), &Value::Null));

    market.app.delete(Some(&sara), link).await.expect(204);
    assert_eq!(market.app.delete(Some(&sara), link).await.problem(), "not_connected");
    assert_eq!(market.app.get(Some(&sara), links).await.expect(200)["data"], json!([]));
    assert_eq!(market.sign_in("sara").await.body["status"], "phone_needed");
    assert_eq!(market.sign_in("omar").await.status, 200, "another's is another's");
    assert_eq!(market.app.get(Some(&omar), links).await.expect(200)["data"][0]["name"], "test");
    market.app.stop().await;
}

#[actix_web::test]
async fn a_code_for_one_sign_in_does_not_serve_another() {
    let market = Market::open().await;
    let (owner, thief) = (market.sign_in("owner").await, market.sign_in("thief").await);
    let ask = json!({"link_token": owner.body["link_token"], "phone": PHONE});
    market.link(&ask).await.expect(201);
    let code = market.app.code_for(PHONE);
    let stolen = json!({"link_token": thief.body["link_token"], "phone": PHONE, "otp_code": code});
    assert_eq!(market.link(&stolen).await.problem(), "otp_wrong");
    let own = json!({"link_token": owner.body["link_token"], "phone": PHONE, "otp_code": code, "name": "Owner"});
    assert_eq!(market.link(&own).await.expect(200)["user"]["name"], "Owner");
    market.app.stop().await;
}

#[actix_web::test]
async fn an_unproven_address_is_not_taken_over() {
    let market = Market::open().await;
    let came = market.sign_in("unproven-sara@mail.example").await;
    assert_eq!(came.body["email"], Value::Null);
    let entered = market.link_to(&came, PHONE).await.expect(200);
    assert_eq!(entered["user"]["email"], Value::Null);
    market.app.stop().await;
}

#[actix_web::test]
async fn an_answer_counts_once_in_the_browser_that_asked() {
    let market = Market::open().await;
    let refused =
        |came: &Came| assert_eq!((came.status, &came.body["code"]), (401, &json!("provider_refused")), "{}", came.body);
    let browser = Browser::new();
    let address = market.agree(&browser, "sara").await;

    // Another browser brings it: a thief who made somebody click.
    refused(&market.come(&Browser::new(), &address).await);
    let other = Browser::new();
    market.agree(&other, "omar").await;
    refused(&market.come(&other, &address).await);
    // Another state, another provider's name, another issuer, none at all.
    let state = address.split("state=").nth(1).unwrap().split('&').next().unwrap();
    refused(&market.come(&browser, &address.replace(state, "another")).await);
    refused(&market.come(&browser, &address.replace("/oidc/test/", "/oidc/gone/")).await);
    refused(&market.come(&browser, &format!("{}?code=x", market.redirect())).await);
    assert_eq!(market.come(&browser, &address).await.status, 202, "and the right one still counts");
    refused(&market.come(&browser, &address).await);

    let address = market.agree(&browser, "sara").await;
    let cut = address.split("&iss=").next().unwrap().to_owned();
    assert_ne!(cut, address, "this provider says who it is");
    refused(&market.come(&browser, &format!("{cut}&iss=https%3A%2F%2Fevil.example")).await);
    refused(&market.come(&browser, &address).await);

    // The person said no.
    let away = browser.get(&market.start(), "*/*").await.location.unwrap();
    let state = away.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let denied = format!("{}?error=access_denied&state={state}", market.redirect());
    refused(&market.come(&browser, &denied).await);
    // A page is told in its address, without the reason's details.
    let page = browser.get(&denied, "text/html,*/*").await;
    assert_eq!((page.status, page.location.as_deref()), (303, Some("/#/oidc/test/failed/provider_refused")));
    let address = market.agree(&browser, "sara").await;
    let page = browser.get(&address, "text/html,*/*").await;
    let token = page.location.unwrap().strip_prefix("/#/oidc/test/").unwrap().to_owned();
    assert_eq!(market.link(&json!({"link_token": token})).await.expect(202)["status"], "phone_needed");
    market.app.stop().await;
}

#[actix_web::test]
async fn nonce_challenge_and_issuer_must_be_ours() {
    let market = Market::open().await;
    let refused =
        |came: &Came| assert_eq!((came.status, &came.body["code"]), (401, &json!("provider_refused")), "{}", came.body);
    for tampered in ["nonce", "code_challenge"] {
        let browser = Browser::new();
        let away = browser.get(&market.start(), "*/*").await.location.unwrap();
        let value = away.split(&format!("{tampered}=")).nth(1).unwrap().split('&').next().unwrap();
        // The provider signs this faithfully, and we do not take it.
        let other = format!("{}{}", &value[..value.len() - 4], if value.ends_with("AAAA") { "BBBB" } else { "AAAA" });
        let address = browser.agree(&away.replace(value, &other), "sara", &market.redirect()).await;
        refused(&market.come(&browser, &address).await);
    }
    // A provider that calls itself otherwise than the configuration, one that is not there, one that is not known.
    for (name, status, code) in [
        ("elsewhere", 503, "provider_unavailable"),
        ("gone", 503, "provider_unavailable"),
        ("none", 404, "unknown_provider"),
    ] {
        let answer = market.app.get(None, &format!("/api/v1/auth/oidc/{name}/start")).await;
        assert_eq!((answer.status, answer.problem()), (status, code), "{name}");
    }
    drop(market.provider);
    market.app.stop().await;
}
