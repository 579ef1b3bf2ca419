//! Questions before the close.

use futures_util::StreamExt as _;
use mazad::domain::time::Span;
use mazad::limits;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::support::app::PASSWORD;
use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::open_request::Open;
use crate::support::open_request::REQUESTS;

fn asking(request: &str) -> String {
    format!("/api/v1/bidding/requests/{request}/questions")
}

fn answering(question: &Value) -> String {
    format!("/api/v1/bidding/questions/{}/answer", question["id"].as_str().unwrap())
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Comes into a room and takes the snapshot.
async fn enter(app: &TestApp, request: &str, who: &Person) -> Socket {
    let url = app.url(&format!("/api/v1/bidding/requests/{request}/live")).replace("http://", "ws://");
    let mut call = url.into_client_request().unwrap();
    call.headers_mut().insert("authorization", format!("Bearer {}", who.token).parse().unwrap());
    let mut socket = tokio_tungstenite::connect_async(call).await.unwrap().0;
    assert_eq!(next(&mut socket, "snapshot").await["type"], "snapshot");
    socket
}

/// The next frame of this type.
async fn next(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let Some(Ok(message)) = socket.next().await else { panic!("the socket ended before {kind}") };
        let Message::Text(text) = message else { continue };
        let frame: Value = serde_json::from_str(&text).unwrap();
        if frame["type"] == kind {
            return frame;
        }
    }
}

#[actix_web::test]
async fn a_question_is_asked_under_an_alias_and_answered_for_all() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let (asker, other) = (app.merchant("0503333333").await, app.merchant("0504444444").await);
    let open = Open::publish(&app, &owner, json!({"rules": {"visibility": "sealed"}})).await;
    let path = asking(&open.id);
    let mut rooms = [enter(&app, &open.id, &owner).await, enter(&app, &open.id, &other).await];

    let body = json!({"question": "هل هو أصلي؟ 0501234567"});
    let asked = app.post(Some(&asker.token), &path, &body).await.expect(201);
    assert_eq!((&asked["question"], &asked["yours"]), (&json!("هل هو أصلي؟ •••"), &json!(true)));
    let alias = asked["alias"].as_str().unwrap().to_owned();
    assert!(alias.starts_with('Q'), "{alias}");
    let reply = json!({"answer": "Yes, see www.example.com"});
    let answered = app.post(Some(&owner.token), &answering(&asked), &reply).await.expect(200);
    assert_eq!((&answered["answer"], &answered["alias"]), (&json!("Yes, see •••"), &json!(alias)));
    for room in &mut rooms {
        let told = next(room, "question.asked").await;
        assert!(told.get("seq").is_none() && told["question"]["answer"].is_null(), "{told}");
        assert_eq!(told["question"]["alias"], alias);
        let told = next(room, "question.answered").await;
        assert_eq!(told["question"]["answer"], "Yes, see •••");
        assert!(!told.to_string().contains(&asker.id), "{told}");
    }
    // What a room said is in the list for who comes later, and nobody's name.
    for who in [&owner, &asker, &other] {
        let list = app.get(Some(&who.token), &path).await.expect(200);
        assert_eq!(list["data"].as_array().unwrap().len(), 1);
        assert_eq!(list["data"][0]["yours"], json!(who.id == asker.id));
        assert!(!list.to_string().contains("Somebody") && !list.to_string().contains(&asker.id), "{list}");
    }
    // Two merchants are told apart, and the same one is the same.
    let more = app.post(Some(&asker.token), &path, &json!({"question": "And the clips?"})).await.expect(201);
    let others = app.post(Some(&other.token), &path, &json!({"question": "Which colour?"})).await.expect(201);
    assert_eq!(more["alias"], alias);
    assert_ne!(others["alias"], alias);
    let page = app.get(Some(&owner.token), &format!("{path}?limit=2")).await.expect(200);
    assert_eq!(page["data"][0]["id"], others["id"], "newest first");
    let next = page["next_cursor"].as_str().unwrap();
    let rest = app.get(Some(&owner.token), &format!("{path}?limit=2&cursor={next}")).await.expect(200);
    assert_eq!((&rest["data"][0]["id"], &rest["next_cursor"]), (&asked["id"], &Value::Null));
    app.stop().await;
}

#[actix_web::test]
async fn an_alias_of_a_question_is_not_that_of_a_bid() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let merchant = app.merchant("0503333333").await;
    let open = Open::publish(&app, &owner, json!({})).await;
    let asked = app.post(Some(&merchant.token), &asking(&open.id), &json!({"question": "Why?"})).await.expect(201);
    open.bid(&app, &merchant, "a", "900.00", json!({})).await.expect(201);
    let bids = app.get(Some(&merchant.token), &format!("/api/v1/bidding/requests/{}/bids", open.id)).await.expect(200);
    let bidding = bids["data"][0]["alias"].as_str().unwrap();
    assert_ne!(asked["alias"], format!("Q{bidding}"));
    app.stop().await;
}

#[actix_web::test]
async fn questions_have_bounds_and_an_end() {
    let app = TestApp::configured(|config| config.auth.access_minutes = 1_440).await;
    let owner = app.person("0501111111", "customer").await;
    let stranger = app.person("0502222222", "customer").await;
    let merchant = app.merchant("0503333333").await;
    let open = Open::publish(&app, &owner, json!({"rules": {"allow_early_close": true}})).await;
    let path = asking(&open.id);
    let ask = async |text: &str| app.post(Some(&merchant.token), &path, &json!({"question": text})).await;
    for wrong in ["", " \u{200b} ", &"x".repeat(1_001)] {
        assert_eq!(ask(wrong).await.fields(), ["question"]);
    }
    let first = ask("first").await.expect(201);
    for number in 1..limits::QUESTIONS_PER_MERCHANT_MAX {
        ask(&number.to_string()).await.expect(201);
    }
    assert_eq!(ask("one more").await.problem(), "too_many_questions");
    let answer = json!({"answer": "yes"});
    let foreign = app.post(Some(&stranger.token), &answering(&first), &answer).await;
    assert_eq!((foreign.status, foreign.problem()), (404, "unknown_question"));
    app.post(Some(&owner.token), &answering(&first), &answer).await.expect(200);
    let again = app.post(Some(&owner.token), &answering(&first), &json!({"answer": "no"})).await;
    assert_eq!((again.status, again.problem()), (409, "already_answered"), "bids rest on it");

    let list = app.get(Some(&owner.token), &path).await.expect(200);
    let open_question = list["data"][0].clone();
    let other = app.merchant("0504444444").await;
    app.post(Some(&owner.token), &format!("{REQUESTS}/{}/pause", open.id), &json!({"reason": "photos"}))
        .await
        .expect(200);
    app.post(Some(&other.token), &path, &json!({"question": "in the pause"})).await.expect(201);
    app.post(Some(&owner.token), &format!("{REQUESTS}/{}/resume", open.id), &json!({})).await.expect(200);
    // By the clock, whether or not anybody has closed it yet.
    app.clock.advance(Span::secs(3_601));
    let late = app.post(Some(&other.token), &path, &json!({"question": "late"})).await;
    assert_eq!((late.status, late.problem()), (409, "questions_closed"));
    let late = app.post(Some(&owner.token), &answering(&open_question), &answer).await;
    assert_eq!(late.problem(), "questions_closed");
    app.get(Some(&merchant.token), &path).await.expect(200);
    app.stop().await;
}

#[actix_web::test]
async fn what_was_written_is_handed_out_and_erased() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let merchant = app.merchant("0503333333").await;
    let open = Open::publish(&app, &owner, json!({})).await;
    let asked =
        app.post(Some(&merchant.token), &asking(&open.id), &json!({"question": "Is it mine?"})).await.expect(201);
    app.post(Some(&owner.token), &answering(&asked), &json!({"answer": "It is yours."})).await.expect(200);
    for who in [&owner, &merchant] {
        let all = app.get(Some(&who.token), "/api/v1/users/export").await.expect(200);
        assert_eq!(all["questions"][0]["question"], "Is it mine?");
        assert_eq!(all["questions"][0]["answer"], "It is yours.");
    }
    app.post(Some(&owner.token), &format!("{REQUESTS}/{}/cancel", open.id), &json!({"reason": "sold"}))
        .await
        .expect(200);
    for (who, left) in [(&merchant, ["-", "It is yours."]), (&owner, ["-", "-"])] {
        let body = json!({"password": PASSWORD});
        let gone = app.send(app.request(Method::DELETE, Some(&who.token), "/api/v1/users/me").json(&body)).await;
        assert_eq!(gone.status, 204, "{gone:?}");
        let id = asked["id"].as_str().unwrap().parse().unwrap();
        let kept = mazad::persistence::questions::find(&app.running.app.db, id).await.unwrap().unwrap();
        assert_eq!([kept.question.as_str(), kept.answer.as_deref().unwrap()], left);
    }
    app.stop().await;
}
