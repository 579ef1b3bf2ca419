//! `mazad verify-merchant` beside a running server: the way into bidding where there is no administrator.

use std::path::Path;
use std::process::Output;
use std::time::Duration;
use std::time::Instant;

use reqwest::Client;
use serde_json::Value;
use serde_json::json;

use crate::support::app::PASSWORD;
use crate::support::market::Bazaar;
use crate::support::market::Bidder;
use crate::support::server::Server;
use crate::support::server::command;

/// What the command promises.
const WITHIN: Duration = Duration::from_secs(2);

fn verify(dir: &Path, phone: &str) -> Output {
    command(dir).args(["verify-merchant", phone]).output().unwrap()
}

async fn post(client: &Client, url: String, body: Value) -> Value {
    let answer = client.post(url).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

/// Registers and proves the phone with the code from the server's log; the access token.
async fn sign_up(client: &Client, url: &str, dir: &Path, phone: &str, kind: &str) -> String {
    let body = json!({"name": "Somebody", "phone": phone, "password": PASSWORD, "type": kind});
    let user = post(client, format!("{url}/api/v1/auth/register"), body).await["user_id"].clone();
    let log = std::fs::read_to_string(dir.join("server.log")).unwrap();
    let lines = log.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let text = lines.filter_map(|line| Some(line["fields"]["sms.text"].as_str()?.to_owned())).next().unwrap();
    let code = text.split_whitespace().find(|word| word.len() == 6 && word.parse::<u32>().is_ok()).unwrap();
    let body = json!({"user_id": user, "otp_code": code});
    let entered = post(client, format!("{url}/api/v1/auth/verify-otp"), body).await;
    entered["access_token"].as_str().unwrap().to_owned()
}

#[actix::test]
async fn a_merchant_bids_as_soon_as_the_operator_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[("MAZAD__LOG__FORMAT", "json")]);
    let (client, url) = (Client::new(), server.url.clone());
    let bazaar = Bazaar::open(dir.path(), &url, 0).await;
    let token = sign_up(&client, &url, dir.path(), "0501234567", "merchant").await;
    sign_up(&client, &url, dir.path(), "0507654321", "customer").await;
    let mut merchant = Bidder::new(token);
    let sent = merchant.next(0, &bazaar.items);
    let refused = bazaar.answer(&client, &url, &merchant, &sent).await.unwrap();
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "not_verified");

    for (phone, why) in [("0507654321", "no merchant"), ("0509999999", "no merchant"), ("12", "no Saudi mobile number")]
    {
        let said = verify(dir.path(), phone);
        let error = String::from_utf8(said.stderr).unwrap();
        assert!(!said.status.success() && said.stdout.is_empty(), "{phone}");
        assert!(error.starts_with("mazad: ") && error.lines().count() == 1 && error.contains(why), "{phone}: {error}");
    }
    let said = verify(dir.path(), "+966 50 123 4567");
    assert!(said.status.success() && said.stdout.starts_with(b"verified"), "{said:?}");
    let verified = Instant::now();
    while bazaar.answer(&client, &url, &merchant, &sent).await.unwrap().status() != 201 {
        assert!(verified.elapsed() < WITHIN, "the server has not noticed");
    }
}
