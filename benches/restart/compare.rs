//! Whether what came back is what was written.

use std::path::Path;

use mazad::cli::api_client::ApiClient;
use mazad::cli::api_client::text;
use mazad::cli::market;
use mazad::cli::market::Wanted;
use mazad::config::Config;
use mazad::domain::auction::board::State;
use mazad::domain::user::UserKind;
use mazad::persistence::journal;
use serde_json::Value;
use serde_json::json;

use crate::prepare;
use crate::prepare::ITEMS;
use crate::prepare::Market;
use crate::server::Server;

/// So many auctions get a further bid, which only a correct head can chain to the journal.
const CONTINUED: usize = 20;

/// What was found to be right.
pub(crate) struct Compared {
    pub(crate) auctions: usize,
    pub(crate) closed: usize,
    pub(crate) continued: usize,
}

/// Reads every open auction's board, and bids on some.
pub(crate) async fn through_the_api(dir: &Path, server: &Server, market: &Market) -> Compared {
    let mut config = Config::load(None).unwrap();
    config.database.url = prepare::url(dir);
    config.auth.key_dir = dir.to_path_buf();
    let people = market::Market::open(&config).await.unwrap();
    let admin = Wanted { kind: UserKind::Admin, name: "Admin", phone: "0570000000", rated: (0, 0) };
    let admin = people.enlist(admin).await.unwrap();
    let merchant = people.merchants(1).await.unwrap().remove(0);
    let mut api = ApiClient::new(&server.authority, "restart");
    for written in &market.auctions {
        let path = format!("/api/v1/bidding/requests/{}/bids?limit=1", written.request);
        let board = api.get(&admin.token, &path).await.unwrap();
        let leader = board.pointer("/data/0/bid").and_then(Value::as_str);
        assert_eq!(text(&board, "best_landed").unwrap(), written.best.to_string(), "{}", written.request);
        assert_eq!(board["live_bids"], written.live, "{}", written.request);
        assert_eq!(leader, Some(written.leader.to_string().as_str()), "{}", written.request);
        let (state, more) = if written.overdue { ("reviewing", 2) } else { ("bidding_open", 0) };
        assert_eq!(text(&board, "state").unwrap(), state, "{}", written.request);
        assert_eq!(board["seq"], written.seq + more, "{}", written.request);
    }
    let mut continued = 0;
    for written in market.auctions.iter().filter(|written| !written.overdue).take(CONTINUED) {
        let line = |item: &_| json!({"request_item_id": format!("{item}"), "quantity": 1, "unit_price": "1100.00"});
        let items: Vec<Value> = ITEMS.iter().map(line).collect();
        let body = json!({"items": items, "delivery_fee": "25.00", "delivery_hours": 24, "warranty_days": 90,
            "payment_terms": "on delivery", "notes": "after the restart"});
        let path = format!("/api/v1/bidding/requests/{}/bids", written.request);
        api.post(&merchant.token, &path, &body).await.unwrap();
        continued += 1;
    }
    Compared { auctions: market.auctions.len(), closed: 0, continued }
}

impl Compared {
    /// Reads the heads and some whole journals that the server left.
    pub(crate) async fn and_in_the_journal(self, dir: &Path, market: &Market) -> Self {
        let db = prepare::open(dir).await;
        let (mut closed, mut last) = (0, None);
        for written in market.auctions.iter().filter(|written| written.overdue) {
            let head = journal::find_head(&db, written.request).await.unwrap().unwrap();
            assert_eq!(head.state, State::Reviewing, "{}", written.request);
            assert!(last <= Some(head.updated_at), "{} was closed before one that fell due earlier", written.request);
            last = Some(head.updated_at);
            closed += 1;
        }
        let open = market.auctions.iter().filter(|written| !written.overdue);
        for written in open.take(self.continued) {
            let entries = journal::load(&db, written.request, 0).await.unwrap();
            assert_eq!(entries.last().map(|entry| entry.seq), Some(written.seq + 1), "{}", written.request);
        }
        db.close().await;
        Self { closed, ..self }
    }
}
