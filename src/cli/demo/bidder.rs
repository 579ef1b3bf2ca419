//! One simulated merchant in one room: watches over the WebSocket like a browser, bids over it or over REST.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::sleep_until;

use crate::cli::api_client::ApiClient;
use crate::cli::demo::cast::Role;
use crate::cli::demo::cast::Scene;
use crate::cli::demo::character::Means;
use crate::cli::demo::character::Offer;
use crate::cli::demo::character::Sight;
use crate::cli::load::http_client::Broken;
use crate::cli::load::plan::read_amount;
use crate::cli::load::plan::write_amount;
use crate::cli::load::ws_client::Heard;
use crate::cli::load::ws_client::Socket;
use crate::cli::market::Person;
use crate::cli::market::Published;
use crate::clock::Clock;

/// How long a merchant waits before it comes back to a room that it lost.
const COME_BACK: Duration = Duration::from_secs(2);
/// Warranty that everybody gives, in days.
const WARRANTY_DAYS: i64 = 90;

/// Throws dice: xorshift, seeded by who throws. A demonstration needs variety, not secrecy.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice of their own for each seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// 0 … 99.
    pub fn throw(&mut self) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from((self.0 >> 33) % 100).unwrap_or(0)
    }
}

/// A merchant at work.
pub struct Bidder {
    /// `host:port`.
    pub authority: String,
    /// The account.
    pub person: Person,
    /// Its part in the play.
    pub role: Role,
    /// The request.
    pub scene: Scene,
    /// The same, as published.
    pub published: Published,
    /// Its luck.
    pub dice: Dice,
}

/// What it has seen of the room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct View {
    sight: Sight,
    bid: Option<String>,
    closes_at: Option<i64>,
    over: bool,
}

impl Bidder {
    /// Bids until the room closes.
    pub async fn play(mut self) {
        let means = self.means();
        let mut api = ApiClient::new(&self.authority, &format!("demo-{}-{}", self.person.user, self.published.request));
        let mut number = 0;
        loop {
            match self.visit(&means, &mut api, &mut number).await {
                Ok(()) => return,
                Err(broken) => {
                    tracing::debug!(merchant = %self.person.name, %broken, "a simulated merchant lost its room");
                    sleep(COME_BACK).await;
                }
            }
        }
    }

    fn means(&mut self) -> Means {
        let usual: i64 = self.scene.parts.iter().map(|(_, quantity, price)| quantity * price).sum();
        let percent = |share: i64| usual * share / 100;
        let luck = self.dice.throw() / 20;
        Means {
            opening: percent(98 + 4 * luck - self.role.cost_percent / 8),
            floor: percent(self.role.cost_percent + luck),
        }
    }

    async fn visit(&mut self, means: &Means, api: &mut ApiClient, number: &mut u64) -> Result<(), Broken> {
        let path = format!("/api/v1/bidding/requests/{}/live", self.published.request);
        let mut socket = Socket::connect(&self.authority, &path).await?;
        socket.say(&json!({ "type": "auth", "id": 1, "token": self.person.token }).to_string()).await?;
        socket.say(&json!({ "type": "join", "id": 2 }).to_string()).await?;
        let mut view = View::default();
        let mut look_at = Instant::now() + Duration::from_millis(500 + 80 * self.dice.throw().unsigned_abs());
        loop {
            tokio::select! {
                heard = hear(&mut socket) => match heard? {
                    Some(frame) => look(&mut view, &frame),
                    None => return Ok(()),
                },
                () = sleep_until(look_at) => {
                    let left = view.closes_at.map_or(0, |closes_at| closes_at - Clock::System.now().0 / 1_000_000);
                    view.sight.left_secs = left;
                    if left > 0 {
                        self.act(&view, means, &mut socket, api, number).await?;
                    }
                    let pause = self.role.character.pause_secs(&view.sight, self.dice.throw()).max(1);
                    look_at = Instant::now() + Duration::from_secs(pause.unsigned_abs());
                }
            }
            if view.over {
                return Ok(());
            }
        }
    }

    async fn act(
        &mut self,
        view: &View,
        means: &Means,
        socket: &mut Socket,
        api: &mut ApiClient,
        number: &mut u64,
    ) -> Result<(), Broken> {
        let Some(offer) = self.role.character.offer(&view.sight, means, self.dice.throw()) else {
            return Ok(());
        };
        let body = self.body(offer);
        *number += 1;
        if self.role.by_socket {
            let key = format!("demo-{}-{number}-{}", self.person.user, Clock::System.now().0);
            let frame = match &view.bid {
                Some(bid) => {
                    json!({ "type": "bid.revise", "id": *number + 2, "idempotency_key": key, "bid_id": bid, "bid": body })
                }
                None => json!({ "type": "bid.place", "id": *number + 2, "idempotency_key": key, "bid": body }),
            };
            return socket.say(&frame.to_string()).await;
        }
        let token = &self.person.token;
        let answer = if let Some(bid) = &view.bid {
            api.put(token, &format!("/api/v1/bidding/bids/{bid}"), &body).await
        } else {
            let path = format!("/api/v1/bidding/requests/{}/bids", self.published.request);
            api.post(token, &path, &body).await
        };
        // Being refused is part of the game: somebody else was quicker, or the room has closed.
        if let Err(error) = answer {
            tracing::debug!(merchant = %self.person.name, error = format!("{error:#}"), "a simulated bid was not taken");
        }
        Ok(())
    }

    /// The offer as a body: unit prices in the proportions of the usual ones, what rounding leaves as delivery fee.
    fn body(&self, offer: Offer) -> Value {
        let usual: i64 = self.scene.parts.iter().map(|(_, quantity, price)| quantity * price).sum();
        let mut rest = offer.landed;
        let mut items = Vec::new();
        for ((_, quantity, price), item) in self.scene.parts.iter().zip(&self.published.items) {
            let unit_price = (price * offer.landed / usual.max(1)).max(1);
            rest -= quantity * unit_price;
            items.push(json!({ "request_item_id": item, "quantity": quantity, "unit_price": amount(unit_price) }));
        }
        let mut body = json!({
            "items": items,
            "delivery_fee": amount(rest),
            "delivery_hours": self.role.delivery_hours,
            "warranty_days": WARRANTY_DAYS,
            "payment_terms": "عند الاستلام",
        });
        if let (Some(floor), Some(fields)) = (offer.floor, body.as_object_mut()) {
            fields.insert("floor".into(), amount(floor).into());
        }
        body
    }
}

fn amount(halalas: i64) -> String {
    let mut out = String::new();
    write_amount(&mut out, halalas);
    out
}

/// The next frame; `None` when the server closed the room for good.
async fn hear(socket: &mut Socket) -> Result<Option<Value>, Broken> {
    match socket.hear().await? {
        Heard::Text(text) => Ok(Some(serde_json::from_slice(text).unwrap_or(Value::Null))),
        Heard::Closed(1_001 | 1_006 | 1_012 | 4_408) => Err(Broken::Closed),
        Heard::Closed(_) => Ok(None),
    }
}

/// Takes from a frame what a bidder looks at.
fn look(view: &mut View, frame: &Value) {
    let kind = frame.get("type").and_then(Value::as_str).unwrap_or_default();
    let landed = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).and_then(read_amount);
    match kind {
        "snapshot" => {
            view.sight.best = landed(frame, "best_landed");
            if let Some(you) = frame.get("you") {
                look_at_self(view, you);
            }
        }
        "board" => view.sight.best = landed(frame, "best_landed"),
        "you" => look_at_self(view, frame),
        "reply" => {
            if let Some(bid) = frame.pointer("/ok/bid/id").and_then(Value::as_str) {
                view.bid = Some(bid.to_owned());
            }
            if let Some(code) = frame.pointer("/problem/code").and_then(Value::as_str) {
                tracing::debug!(code, "a simulated bid was not taken");
            }
        }
        "room.closed" | "room.cancelled" | "room.expired" | "room.reviewing" => view.over = true,
        _ => {}
    }
    if let Some(closes_at) = frame.get("closes_at").and_then(Value::as_str) {
        view.closes_at = chrono::DateTime::parse_from_rfc3339(closes_at).ok().map(|at| at.timestamp());
    }
}

fn look_at_self(view: &mut View, you: &Value) {
    view.sight.rank = you.get("rank").and_then(Value::as_u64).and_then(|rank| u32::try_from(rank).ok());
    let bid = you.get("bid");
    view.sight.own = bid.and_then(|bid| bid.get("landed")?.as_str()).and_then(read_amount);
    if let Some(id) = bid.and_then(|bid| bid.get("id")?.as_str()) {
        view.bid = Some(id.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::cast::MERCHANTS;
    use crate::cli::demo::cast::SCENES;
    use crate::domain::ids::UserId;

    fn bidder(scene: Scene) -> Bidder {
        Bidder {
            authority: "127.0.0.1:1".into(),
            person: Person { user: UserId(1), name: "n".into(), phone: "p".into(), token: "t".into() },
            role: MERCHANTS[0],
            scene,
            published: Published {
                request: "req_1".into(),
                items: (0..scene.parts.len()).map(|at| format!("itm_{at}")).collect(),
            },
            dice: Dice::new(7),
        }
    }

    #[test]
    fn a_body_adds_up_to_its_offer() {
        for scene in SCENES {
            let mut bidder = bidder(*scene);
            let means = bidder.means();
            assert!(means.floor < means.opening, "{means:?}");
            for landed in [means.opening, means.floor, means.floor + 1_234] {
                let body = bidder.body(Offer { landed, floor: Some(means.floor) });
                let sum: i64 = body["items"].as_array().unwrap().iter().fold(0, |sum, line| {
                    sum + line["quantity"].as_i64().unwrap()
                        * read_amount(line["unit_price"].as_str().unwrap()).unwrap()
                });
                let fee = read_amount(body["delivery_fee"].as_str().unwrap()).unwrap();
                assert!(fee >= 0);
                assert_eq!(sum + fee, landed);
                assert_eq!(read_amount(body["floor"].as_str().unwrap()), Some(means.floor));
            }
        }
    }

    #[test]
    fn a_bidder_sees_what_its_frames_say() {
        let mut view = View::default();
        look(
            &mut view,
            &json!({ "type": "snapshot", "closes_at": "1970-01-01T00:01:00.000000Z", "best_landed": "9.00",
            "you": { "role": "merchant" } }),
        );
        assert_eq!((view.closes_at, view.sight.best, view.sight.own), (Some(60), Some(900), None));
        look(&mut view, &json!({ "type": "reply", "id": 3, "ok": { "bid": { "id": "bid_7" }, "seq": 4 } }));
        look(
            &mut view,
            &json!({ "type": "you", "role": "merchant", "rank": 2, "bid": { "id": "bid_7", "landed": "9.50" } }),
        );
        assert_eq!((view.bid.as_deref(), view.sight.own, view.sight.rank), (Some("bid_7"), Some(950), Some(2)));
        look(&mut view, &json!({ "type": "board", "top": [] }));
        assert_eq!(view.sight.best, None, "what a board does not say is not known any more");
        look(&mut view, &json!({ "type": "room.closed", "cause": "deadline" }));
        assert!(view.over);
    }

    #[test]
    fn dice_are_spread() {
        let mut dice = Dice::new(3);
        let throws: Vec<i64> = (0..1_000).map(|_| dice.throw()).collect();
        assert!(throws.iter().all(|throw| (0..100).contains(throw)));
        assert!((40..60).contains(&(throws.iter().sum::<i64>() / 1_000)));
    }
}
