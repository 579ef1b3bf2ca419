//! The frozen result, the chain and the comparison.

use aws_lc_rs::digest;
use chrono::DateTime;
use mazad::domain::ids::RequestId;
use mazad::persistence::journal;
use mazad::wire::value::Hex;
use serde_json::Value;
use serde_json::json;

use crate::deal::Deal;
use crate::deal::close;
use crate::support::app::TestApp;
use crate::support::open_request::Open;
use crate::support::open_request::REQUESTS;
use crate::support::store::behind;

async fn read(deal: &Deal, who: &str, what: &str) -> Value {
    deal.app.get(Some(who), &format!("{REQUESTS}/{}/{what}", deal.open.id)).await.expect(200)
}

#[actix_web::test]
async fn the_scoreboard_is_what_the_journal_gives_to_each_as_much_as_the_auction_showed() {
    for (visibility, seen) in [("open", 3), ("lead_price", 1), ("rank_only", 1), ("sealed", 1)] {
        let rules = json!({"rules": {"allow_early_close": true, "visibility": visibility}});
        let deal = Deal::of(TestApp::start().await, &["130.00", "100.00", "110.00"], rules).await;
        let host = read(&deal, &deal.customer.token, "scoreboard").await;
        assert_eq!((&host["equal"], &host["bids"]), (&json!(true), &json!(3)), "{visibility}");
        assert_eq!(host["hash"], host["recomputed"]);
        let ranks: Vec<_> = host["rows"].as_array().unwrap().iter().map(|row| row["bid"].as_str().unwrap()).collect();
        assert_eq!(ranks, [&deal.bids[1], &deal.bids[2], &deal.bids[0]]);
        assert_eq!(host["rows"][0]["merchant"], json!(deal.merchants[1].id));
        let own = read(&deal, &deal.merchants[0].token, "scoreboard").await;
        let rows = own["rows"].as_array().unwrap();
        assert_eq!((rows.len(), &own["hash"]), (seen, &host["hash"]), "{visibility}");
        assert!(rows.iter().all(|row| row.get("merchant").is_none() && row.get("merchant_name").is_none()));
        let mine = rows.iter().find(|row| row["yours"] == true).unwrap();
        assert_eq!((&mine["rank"], &mine["bid"]), (&json!(3), &json!(deal.bids[0])));
        deal.app.stop().await;
    }
}

#[actix_web::test]
async fn a_result_that_was_changed_afterwards_is_not_equal() {
    let deal = Deal::closed(&["100.00", "110.00"]).await;
    // Sealed anew behind the result, so that only the recount can tell: the chain itself is whole.
    let db = &deal.app.running.app.db;
    let entries = journal::load(db, deal.request(), 0).await.unwrap();
    let forged = forge(&entries);
    for entry in &forged {
        let set = "UPDATE auction_events SET payload = ?, hash = ? WHERE auction_id = ? AND seq = ?";
        let rows = behind!(db, pool => {
            let set = sqlx::query(set).bind(&entry.payload).bind(entry.hash.as_slice());
            set.bind(entry.request.0).bind(entry.seq).execute(pool).await.unwrap().rows_affected()
        });
        assert_eq!(rows, 1);
    }
    let head = forged.last().unwrap();
    let set = "UPDATE auction_heads SET hash = ? WHERE auction_id = ?";
    behind!(db, pool => {
        let set = sqlx::query(set).bind(head.hash.as_slice()).bind(head.request.0);
        set.execute(pool).await.map(drop).unwrap();
    });
    let told = read(&deal, &deal.customer.token, "scoreboard").await;
    assert_eq!(told["equal"], false);
    assert_ne!(told["hash"], told["recomputed"]);
    deal.app.stop().await;
}

/// The same journal with the two frozen rows in each other's place.
fn forge(entries: &[journal::Entry]) -> Vec<journal::Entry> {
    let mut prev = journal::GENESIS;
    let mut out = Vec::new();
    for entry in entries {
        let mut event = entry.event.clone();
        if let mazad::domain::auction::event::Event::Reviewing { scoreboard, .. } = &mut event {
            scoreboard.reverse();
        }
        let sealed = journal::Entry::seal(&prev, entry.request, entry.seq, entry.at, event);
        prev = sealed.hash;
        out.push(sealed);
    }
    out
}

#[actix_web::test]
async fn whoever_keeps_a_receipt_finds_it_in_the_chain() {
    let app = TestApp::start().await;
    let customer = app.person("0501111111", "customer").await;
    let merchant = app.merchant("0533333333").await;
    let rules = json!({"rules": {"allow_early_close": true, "visibility": "open"}});
    let open = Open::publish(&app, &customer, rules).await;
    let path = format!("{REQUESTS}/{}/audit", open.id);
    let receipt = open.bid(&app, &merchant, "k", "100.00", json!({})).await.expect(201)["receipt"]["hash"].clone();
    let chain = app.get(Some(&merchant.token), &path).await.expect(200);
    assert!(chain["data"].as_array().unwrap().iter().any(|entry| entry["hash"] == receipt), "{chain}");
    assert!(chain.get("head").is_none(), "not while it runs");
    let page = app.get(Some(&customer.token), &format!("{path}?limit=2")).await.expect(200);
    assert_eq!((page["data"].as_array().unwrap().len(), &page["next_after_seq"]), (2, &json!(2)));
    close(&app, &customer, &open.id).await;
    let head = journal::find_head(&app.running.app.db, open.id.parse().unwrap()).await.unwrap().unwrap();
    for who in [&customer, &merchant] {
        let chain = app.get(Some(&who.token), &path).await.expect(200);
        assert_eq!(chain["head"]["hash"], json!(Hex(head.hash)));
        assert_eq!(chain["data"].as_array().unwrap().last().unwrap()["hash"], json!(Hex(head.hash)));
    }
    app.stop().await;
}

/// SHA-256 as `docs/audit.md` says it, of what the journal's page says.
fn sealed(prev: &[u8], request: RequestId, entry: &Value) -> Option<Vec<u8>> {
    let at = DateTime::parse_from_rfc3339(entry["at"].as_str().unwrap()).unwrap().timestamp_micros();
    let mut sha = digest::Context::new(&digest::SHA256);
    sha.update(prev);
    for number in [request.0, entry["seq"].as_i64().unwrap(), at] {
        sha.update(&number.to_be_bytes());
    }
    sha.update(entry["payload"].as_str()?.as_bytes());
    Some(sha.finish().as_ref().to_vec())
}

fn bytes_of(hash: &Value) -> Vec<u8> {
    let hex = hash.as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[actix_web::test]
async fn an_auditor_reads_what_the_hashes_cover_as_it_lies_there_but_no_floor() {
    let rules = |visibility| json!({"rules": {"allow_early_close": true, "visibility": visibility}});
    let app = TestApp::start().await;
    let (customer, admin) = (app.person("0501111111", "customer").await, app.admin("0509999999").await);
    let merchants = [app.merchant("0533333333").await, app.merchant("0533333334").await];
    let open = Open::publish(&app, &customer, rules("sealed")).await;
    open.bid(&app, &merchants[0], "k", "200.00", json!({})).await.expect(201);
    open.bid(&app, &merchants[1], "k", "190.00", json!({"floor": "123.45"})).await.expect(201);
    let path = format!("{REQUESTS}/{}/journal", open.id);
    assert_eq!(app.get(Some(&admin.token), &path).await.problem(), "wrong_state", "sealed until it is closed");
    close(&app, &customer, &open.id).await;
    let told = app.get(Some(&admin.token), &path).await.expect(200);
    assert!(!told.to_string().contains("12345"), "a floor is shown to nobody: {told}");
    let entries = told["data"].as_array().unwrap();
    let (mut prev, mut hidden) = (vec![0; 32], 0);
    for entry in entries {
        let stored = bytes_of(&entry["hash"]);
        match sealed(&prev, open.id.parse().unwrap(), entry) {
            Some(sealed) => assert_eq!(sealed, stored, "{entry}"),
            None => hidden += 1,
        }
        assert_eq!(entry["fits"], true);
        prev = stored;
    }
    assert_eq!((hidden, entries.last().map(|last| &last["hash"])), (1, Some(&told["head"]["hash"])));
    let page = app.get(Some(&admin.token), &format!("{path}?after_seq=1&limit=2")).await.expect(200);
    assert_eq!((&page["data"][0], &page["next_after_seq"]), (&entries[1], &json!(3)));

    // What was changed behind the server's back is shown, not refused.
    app.tamper("UPDATE auction_events SET payload = REPLACE(payload, '20000', '10000') WHERE kind = 'bid_placed'")
        .await;
    let told = app.get(Some(&admin.token), &path).await.expect(200);
    let bad: Vec<_> = told["data"].as_array().unwrap().iter().filter(|entry| entry["fits"] == false).collect();
    assert_eq!((bad.len(), &bad[0]["kind"]), (1, &json!("bid_placed")), "{told}");
    let at = usize::try_from(bad[0]["seq"].as_i64().unwrap()).unwrap() - 1;
    assert_ne!(
        sealed(&bytes_of(&told["data"][at - 1]["hash"]), open.id.parse().unwrap(), bad[0]),
        Some(bytes_of(&bad[0]["hash"]))
    );
    app.stop().await;
}

/// Two parts. One merchant has both for 300 (fee 10), one the first for 90 (fee 10), one the second for 120 (fee 20): the
/// split costs 240. The dearest is the fastest.
#[actix_web::test]
async fn a_customer_compares_whole_bids_and_the_cheapest_split() {
    let app = TestApp::start().await;
    let customer = app.person("0501111111", "customer").await;
    let mut merchants = Vec::new();
    for number in 0..4 {
        merchants.push(app.merchant(&format!("05333333{number:02}")).await);
    }
    for (partial, wanted) in [(true, json!("240.00")), (false, json!(null))] {
        let own = json!({
            "items": [{"part_name": "Left lamp", "quantity": 1}, {"part_name": "Right lamp", "quantity": 2}],
            "rules": {"allow_early_close": true, "allow_partial": partial},
        });
        let open = Open::publish(&app, &customer, own).await;
        let request = app.get(Some(&customer.token), &format!("{REQUESTS}/{}", open.id)).await.expect(200);
        let item = |at: usize| request["items"][at]["id"].clone();
        let line = |at: usize, quantity: i64, price: &str| json!({"request_item_id": item(at), "quantity": quantity, "unit_price": price});
        let offers = [
            (vec![line(0, 1, "100.00"), line(1, 2, "100.00")], "10.00", 48),
            (vec![line(0, 1, "90.00")], "10.00", 24),
            (vec![line(1, 2, "60.00")], "20.00", 36),
            (vec![line(0, 1, "150.00"), line(1, 2, "150.00")], "0.00", 12),
        ];
        let mut bids = Vec::new();
        for (merchant, (items, fee, hours)) in merchants.iter().zip(offers) {
            let whole = items.len() == 2;
            let own = json!({"items": items, "delivery_fee": fee, "delivery_hours": hours, "confirmed": true});
            let placed = open.bid(&app, merchant, "k", "1.00", own).await;
            if !partial && !whole {
                assert_eq!(placed.problem(), "line_missing");
            }
            bids.push(placed.body["bid"]["id"].clone());
        }
        let path = format!("{REQUESTS}/{}/comparison", open.id);
        assert_eq!(app.get(Some(&customer.token), &path).await.problem(), "wrong_state");
        close(&app, &customer, &open.id).await;
        let told = app.get(Some(&customer.token), &path).await.expect(200);
        assert_eq!((&told["cheapest"]["bid_id"], &told["fastest"]["bid_id"]), (&bids[0], &bids[3]), "{told}");
        assert_eq!(told["best"]["bid_id"], bids[0]);
        assert_eq!(told["split"]["total"], wanted, "{told}");
        if partial {
            let shares = told["split"]["shares"].as_array().unwrap();
            let from: Vec<_> = shares.iter().map(|share| (&share["bid_id"], &share["quantity"])).collect();
            assert_eq!(from, [(&bids[1], &json!(1)), (&bids[2], &json!(2))]);
            assert_eq!(told["split"]["delivery_hours"], 36);
        }
        assert_eq!(app.get(Some(&merchants[0].token), &path).await.problem(), "not_shown");
    }
    app.stop().await;
}
