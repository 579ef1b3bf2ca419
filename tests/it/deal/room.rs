//! What a room tells its bidders when it is over (rules §6, last paragraph).

use futures_util::StreamExt as _;
use serde_json::Value;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::deal::Deal;
use crate::support::app::Person;
use crate::support::app::TestApp;

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn enter(deal: &Deal, who: &Person) -> Socket {
    let path = format!("/api/v1/bidding/requests/{}/live", deal.open.id);
    let mut request = deal.app.url(&path).replace("http://", "ws://").into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {}", who.token).parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    wait_for(&mut socket, |frame| frame["type"] == "snapshot").await;
    socket
}

async fn wait_for(socket: &mut Socket, wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            let frame: Value = serde_json::from_str(&text).unwrap();
            if wanted(&frame) {
                return frame;
            }
        }
    }
}

#[actix_web::test]
async fn each_bidder_hears_its_rank_and_gap_and_no_more_than_the_auction_showed() {
    for visibility in ["open", "sealed"] {
        let rules = json!({"rules": {"allow_early_close": true, "visibility": visibility}});
        let deal = Deal::of(TestApp::start().await, &["100.00", "125.50"], rules).await;
        let mut winner = enter(&deal, &deal.merchants[0]).await;
        let mut loser = enter(&deal, &deal.merchants[1]).await;
        deal.accept(&deal.bids[0], "k").await.expect(201);
        let told = wait_for(&mut loser, |frame| frame["type"] == "room.accepted").await;
        assert_eq!(told["bid_id"].is_string(), visibility == "open", "{told}");
        let told = wait_for(&mut loser, |frame| frame["type"] == "you" && frame["outcome"].is_object()).await;
        let gap = json!({"rank": 2, "bids": 2, "won": false, "gap_permille": 255});
        assert_eq!(told["outcome"], gap, "{visibility}");
        let told = wait_for(&mut winner, |frame| frame["type"] == "you" && frame["outcome"].is_object()).await;
        assert_eq!((&told["outcome"]["won"], &told["outcome"]["gap_permille"]), (&json!(true), &json!(0)));
        deal.app.stop().await;
    }
}
