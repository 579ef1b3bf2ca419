//! Access tokens that nobody issued: each differs from a good one in one thing, and none counts.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use mazad::domain::time::Span;
use serde_json::Value;
use serde_json::json;

use crate::support::app::TestApp;

/// A maker of tokens that has stolen everything but what it is to be tried without.
struct Forger {
    key: Ed25519KeyPair,
    header: Value,
    payload: Value,
    public: String,
}

impl Forger {
    fn new(key: &[u8], token: &str) -> Self {
        let part = |at: usize| -> Value {
            serde_json::from_slice(&BASE64.decode(token.split('.').nth(at).unwrap()).unwrap()).unwrap()
        };
        let key = Ed25519KeyPair::from_pkcs8(key).unwrap();
        let public = BASE64.encode(aws_lc_rs::signature::KeyPair::public_key(&key).as_ref());
        Self { key, header: part(0), payload: part(1), public }
    }

    fn sign(&self, header: &Value, payload: &Value) -> String {
        self.sign_text(&header.to_string(), &payload.to_string())
    }

    fn sign_text(&self, header: &str, payload: &str) -> String {
        let input = format!("{}.{}", BASE64.encode(header), BASE64.encode(payload));
        let signature = BASE64.encode(self.key.sign(input.as_bytes()));
        format!("{input}.{signature}")
    }

    fn good(&self) -> String {
        self.sign(&self.header, &self.payload)
    }

    /// With one member of the header set, or taken away by null.
    fn head(&self, name: &str, value: Value) -> String {
        self.sign(&with(&self.header, name, value), &self.payload)
    }

    /// The same with the payload.
    fn claim(&self, name: &str, value: Value) -> String {
        self.sign(&self.header, &with(&self.payload, name, value))
    }

    /// Signed with a shared secret, as if our algorithm were HMAC.
    fn shared(&self, alg: &str, secret: &[u8]) -> String {
        let header = with(&self.header, "alg", json!(alg));
        let input = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(self.payload.to_string()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        format!("{input}.{}", BASE64.encode(hmac::sign(&key, input.as_bytes())))
    }
}

fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    match value {
        Value::Null => object.as_object_mut().unwrap().remove(name),
        value => object.as_object_mut().unwrap().insert(name.to_owned(), value),
    };
    object
}

fn headers(f: &Forger) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = with(&f.header, "alg", json!(alg));
        let input = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(f.payload.to_string()));
        all.push((format!("alg {alg:?} without a signature"), format!("{input}.")));
        all.push((format!("alg {alg:?} with a good one"), f.sign(&header, &f.payload)));
    }
    let raw = BASE64.decode(&f.public).unwrap();
    // SubjectPublicKeyInfo of an Ed25519 key: a fixed head, then the key.
    let spki = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &raw].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&spki));
    let kid = f.header["kid"].as_str().unwrap().to_owned();
    for (name, secret) in [
        ("the public key", raw.clone()),
        ("its base64", f.public.clone().into_bytes()),
        ("its DER", spki.clone()),
        ("its PEM", pem.into_bytes()),
        ("nothing", Vec::new()),
        ("the kid", kid.into_bytes()),
    ] {
        all.push((format!("HS256 with {name}"), f.shared("HS256", &secret)));
    }
    for alg in ["HS512", "RS256", "ES256", "PS256", "eddsa", "Ed25519", "EdDSA "] {
        all.push((format!("alg {alg}"), f.head("alg", json!(alg))));
    }
    for typ in [json!("JWT"), json!("at+JWT"), json!("application/at+jwt"), json!("at+jwt "), json!(1), Value::Null] {
        all.push((format!("typ {typ}"), f.head("typ", typ)));
    }
    for kid in [
        json!("another"),
        json!(""),
        json!("../../../../dev/null"),
        json!("signing.key"),
        json!("/etc/hostname"),
        json!("' OR '1'='1"),
        json!("http://127.0.0.1:9/key"),
        json!("a\u{0}b"),
        json!(1),
        json!([f.header["kid"]]),
        Value::Null,
    ] {
        all.push((format!("kid {kid}"), f.head("kid", kid)));
    }
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": f.public});
    for (name, value) in [
        ("jku", json!("http://127.0.0.1:9/jwks.json")),
        ("x5u", json!("http://127.0.0.1:9/chain.pem")),
        ("jwk", jwk),
        ("x5c", json!([STANDARD.encode(&spki)])),
        ("x5t", json!("AAAA")),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("cty", json!("JWT")),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("admin", json!(true)),
    ] {
        all.push((format!("a header with {name}"), f.head(name, value)));
    }
    all
}

fn payloads(f: &Forger) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let names: Vec<String> = f.payload.as_object().unwrap().keys().cloned().collect();
    assert!(names.len() >= 10, "{names:?}");
    for name in &names {
        all.push((format!("without {name}"), f.claim(name, Value::Null)));
        all.push((format!("{name} as a list"), f.claim(name, json!([f.payload[name]]))));
        all.push((format!("{name} as an object"), f.claim(name, json!({"is": f.payload[name]}))));
    }
    let at = |name: &str| f.payload[name].as_i64().unwrap();
    for name in ["exp", "nbf", "iat"] {
        all.push((format!("{name} as text"), f.claim(name, json!(at(name).to_string()))));
        all.push((
            format!("{name} as a fraction"),
            f.sign_text(&f.header.to_string(), &{
                f.payload
                    .to_string()
                    .replace(&format!("\"{name}\":{}", at(name)), &format!("\"{name}\":{}.5", at(name)))
            }),
        ));
        all.push((format!("{name} beyond all time"), f.claim(name, json!(i64::MAX))));
        all.push((format!("{name} beyond all numbers"), f.claim(name, json!(u64::MAX))));
    }
    all.extend([
        ("exp negative".to_owned(), f.claim("exp", json!(-1))),
        ("exp before iat".to_owned(), f.claim("exp", json!(at("iat") - 1))),
        ("a life of two days".to_owned(), f.claim("exp", json!(at("iat") + 2 * 86_400))),
        ("nbf in a minute".to_owned(), f.claim("nbf", json!(at("nbf") + 60))),
        ("iat in a minute".to_owned(), f.claim("iat", json!(at("iat") + 60))),
        ("another issuer".to_owned(), f.claim("iss", json!("https://accounts.example"))),
        ("another audience".to_owned(), f.claim("aud", json!("billing"))),
        ("ours among audiences".to_owned(), f.claim("aud", json!(["mazad", "billing"]))),
        ("a subject of another kind".to_owned(), f.claim("sub", json!("req_0000000000001"))),
        ("a bare subject".to_owned(), f.claim("sub", json!(1))),
        ("an empty subject".to_owned(), f.claim("sub", json!(""))),
        ("a kind that is none".to_owned(), f.claim("kind", json!("root"))),
        ("a session that is none".to_owned(), f.claim("sid", json!("usr_0000000000001"))),
        ("an empty jti".to_owned(), f.claim("jti", json!(""))),
        ("a claim too many".to_owned(), f.claim("role", json!("admin"))),
        (
            "the kind twice".to_owned(),
            f.sign_text(&f.header.to_string(), &{ f.payload.to_string().replacen('{', "{\"kind\":\"admin\",", 1) }),
        ),
        ("a payload that is a list".to_owned(), f.sign(&f.header, &json!([f.payload]))),
        ("an empty payload".to_owned(), f.sign_text(&f.header.to_string(), "")),
        ("no JSON".to_owned(), f.sign_text(&f.header.to_string(), "mazad")),
    ]);
    all
}

fn signatures(f: &Forger) -> Vec<(String, String)> {
    let good = f.good();
    let parts: Vec<&str> = good.split('.').collect();
    let [head, body, signature] = parts[..] else { panic!("{good}") };
    let join = |signature: &str| format!("{head}.{body}.{signature}");
    let raw = BASE64.decode(signature).unwrap();
    let admin = with(&f.payload, "kind", json!("admin")).to_string();
    let mut flipped = raw.clone();
    flipped[10] ^= 1;
    // S + L verifies where the check is not strict (RFC 8032, §5.1.7).
    let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0_u16;
    let mut malleable = raw.clone();
    for (byte, add) in malleable[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    let stranger = Ed25519KeyPair::generate().unwrap();
    let input = format!("{head}.{body}");
    // The last character carries four bits that must be zero.
    let loose: String = match signature.as_bytes()[85] {
        b'A' => format!("{}B", &signature[..85]),
        b'Q' => format!("{}R", &signature[..85]),
        b'g' => format!("{}h", &signature[..85]),
        _ => format!("{}x", &signature[..85]),
    };
    vec![
        ("somebody else's key".to_owned(), join(&BASE64.encode(stranger.sign(input.as_bytes())))),
        ("a payload that was not signed".to_owned(), format!("{head}.{}.{signature}", BASE64.encode(admin))),
        ("a flipped bit".to_owned(), join(&BASE64.encode(&flipped))),
        ("S + L".to_owned(), join(&BASE64.encode(&malleable))),
        ("zeros".to_owned(), join(&BASE64.encode([0; 64]))),
        ("nothing".to_owned(), join("")),
        ("half a signature".to_owned(), join(&BASE64.encode(&raw[..32]))),
        ("a signature and more".to_owned(), join(&BASE64.encode([&raw[..], b"x"].concat()))),
        ("a character less".to_owned(), good[..good.len() - 1].to_owned()),
        ("a character more".to_owned(), format!("{good}A")),
        ("loose bits at its end".to_owned(), join(&loose)),
        ("padding".to_owned(), format!("{good}==")),
        ("two parts".to_owned(), format!("{head}.{body}")),
        ("one part".to_owned(), head.to_owned()),
        ("four parts".to_owned(), format!("{good}.{signature}")),
        ("five parts".to_owned(), format!("{head}.{body}.{signature}.{body}.{signature}")),
        ("dots".to_owned(), "..".to_owned()),
        ("a dot in front".to_owned(), format!(".{good}")),
        ("no header".to_owned(), format!(".{body}.{signature}")),
        ("no payload".to_owned(), format!("{head}..{signature}")),
        ("in capitals".to_owned(), good.to_uppercase()),
        ("twice".to_owned(), format!("{good} {good}")),
        ("its JSON".to_owned(), format!("{}.{}.{signature}", f.header, f.payload)),
        ("a long header".to_owned(), f.head("kid", json!("k".repeat(4_000)))),
    ]
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[actix_web::test]
async fn no_forged_token_counts() {
    let app = TestApp::start().await;
    let person = app.person("0501234567", "customer").await;
    let key = std::fs::read(app.running.app.config.auth.key_dir.join("signing.key")).unwrap();
    let forger = Forger::new(&key, &person.token);
    let me = |token: String| {
        let app = &app;
        async move { app.get(Some(&token), "/api/v1/auth/me").await }
    };
    // What is changed below is the only thing that is wrong.
    me(forger.good()).await.expect(200);

    let forged: Vec<_> = [headers(&forger), payloads(&forger), signatures(&forger)].concat();
    assert!(forged.len() >= 60, "{}", forged.len());
    for (name, token) in forged {
        let answer = me(token).await;
        assert_eq!((answer.status, answer.problem()), (401, "unauthenticated"), "{name}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer", "{name}");
    }
    // Other words of ours are no access tokens.
    let ticket = app.post(Some(&person.token), "/api/v1/auth/tickets", &json!({})).await.expect(201);
    for word in [person.refresh.clone(), ticket["ticket"].as_str().unwrap().to_owned()] {
        assert_eq!(me(word).await.problem(), "unauthenticated");
    }
    // Five seconds for clocks that differ, not six.
    let at = |secs: i64| forger.payload["iat"].as_i64().unwrap() + secs;
    me(forger.sign(&forger.header, &with(&forger.payload, "nbf", json!(at(5))))).await.expect(200);
    assert_eq!(me(forger.claim("nbf", json!(at(6)))).await.problem(), "unauthenticated");
    app.clock.advance(Span::secs(100));
    me(forger.claim("exp", json!(at(96)))).await.expect(200);
    assert_eq!(me(forger.claim("exp", json!(at(95)))).await.problem(), "token_expired");
    app.stop().await;
}

#[actix_web::test]
async fn a_retired_key_checks_until_it_is_taken_out() {
    let app = TestApp::start().await;
    let person = app.person("0501234567", "customer").await;
    let jwks = app.get(None, "/api/v1/auth/jwks.json").await.expect(200);
    let old = jwks["keys"][0]["x"].as_str().unwrap().to_owned();
    assert!(jwks["keys"][0].get("d").is_none(), "{jwks}");
    let key = app.running.app.config.auth.key_dir.join("signing.key");
    std::fs::remove_file(&key).unwrap();
    let mut config = mazad::config::Config::clone(&app.running.app.config);
    config.auth.verifying_keys = vec![old];
    let (before, clock) = (app.running.app.tokens.clone(), app.clock.clone());
    // A database has one server that is alone.
    app.running.stop().await;
    let other = mazad::boot::start_with(config, clock.clone()).await.unwrap();
    let url = format!("http://{}/api/v1/auth", other.address);
    let client = reqwest::Client::new();
    let me = client.get(format!("{url}/me")).bearer_auth(&person.token).send().await.unwrap();
    assert_eq!(me.status(), 200);
    let jwks: Value = client.get(format!("{url}/jwks.json")).send().await.unwrap().json().await.unwrap();
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
    // Two servers mint ids by one clock here, which stands.
    clock.advance(Span::secs(1));
    // What the new key signs the old server does not take.
    let body = json!({"phone": "0501234567", "password": crate::support::app::PASSWORD});
    let entered = client.post(format!("{url}/login")).json(&body).send().await.unwrap();
    let entered: Value = entered.json().await.unwrap();
    let token = entered["access_token"].as_str().unwrap();
    assert!(before.verify(token).is_err() && other.app.tokens.verify(token).is_ok());
    other.stop().await;
}
