//! Whether what came back is what was written.

use std::path::Path;

use mazad::cli::api_client::ApiClient;
use mazad::cli::api_client::text;
use mazad::cli::market;
use mazad::cli::market::Wanted;
use mazad::config::Config;
use mazad::domain::auction::event::Event;
use mazad::domain::user::UserKind;
use mazad::persistence::journal;
use serde_json::Value;

use crate::prepare;
use crate::prepare::Market;
use crate::server::Server;

/// Reads every auction's board; answers how many there are.
pub(crate) async fn boards(dir: &Path, server: &Server, market: &Market) -> usize {
    let mut config = Config::load(None).unwrap();
    config.database.url = prepare::url(dir);
    config.auth.key_dir = dir.to_path_buf();
    let people = market::Market::open(&config).await.unwrap();
    let admin = Wanted { kind: UserKind::Admin, name: "Admin", phone: "0570000000", rated: (0, 0) };
    let admin = people.enlist(admin).await.unwrap();
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
    market.auctions.len()
}

/// Reads what the server wrote behind what it had read: the closes, in the order of the deadlines, each chained to the
/// journal by the hash that the fold ended with. Answers how many there are.
pub(crate) async fn closes(dir: &Path, market: &Market) -> usize {
    let db = prepare::open(dir).await;
    let (mut closed, mut last) = (0, None);
    for written in market.auctions.iter().filter(|written| written.overdue) {
        let entries = journal::load(&db, written.request, 0).await.unwrap();
        let behind = entries.get(usize::try_from(written.seq).unwrap()..).unwrap_or_default();
        let [close, result] = behind else { panic!("{} has {} further entries", written.request, behind.len()) };
        assert!(matches!(close.event, Event::Closed { .. }), "{}", written.request);
        assert!(matches!(result.event, Event::Reviewing { .. }), "{}", written.request);
        assert!(last <= Some(close.at), "{} was closed before one that fell due earlier", written.request);
        last = Some(close.at);
        closed += 1;
    }
    db.close().await;
    closed
}
