//! Orders and reviews in what is handed out about oneself, and in what is erased.

use reqwest::Method;
use serde_json::json;

use crate::deal::Deal;
use crate::support::app::Answer;
use crate::support::app::PASSWORD;
use crate::support::app::Person;
use crate::support::store::behind;

async fn erase(deal: &Deal, who: &Person) -> Answer {
    let call = deal.app.request(Method::DELETE, Some(&who.token), "/api/v1/users/me");
    deal.app.send(call.json(&json!({"password": PASSWORD}))).await
}

async fn texts(deal: &Deal) -> Vec<String> {
    let all = "SELECT reason FROM order_events WHERE reason IS NOT NULL UNION ALL SELECT comment FROM reviews WHERE comment \
               IS NOT NULL ORDER BY 1";
    behind!(&deal.app.running.app.db, pool => sqlx::query_scalar(all).fetch_all(pool).await.unwrap())
}

#[actix_web::test]
async fn an_order_is_exported_to_both_and_what_one_wrote_goes_with_it() {
    let (deal, order) = Deal::accepted(&["100.00", "110.00"]).await;
    let (app, customer, merchant) = (&deal.app, &deal.customer, &deal.merchants[0]);
    let refused = erase(&deal, customer).await;
    assert_eq!((refused.problem(), &refused.body["open_orders"]), ("open_business", &json!(1)));
    assert_eq!(erase(&deal, merchant).await.problem(), "open_business");
    deal.deliver(&order).await;
    let path = format!("/api/v1/orders/{order}");
    let reason = json!({"reason": "a scratch on Zaynab's door"});
    app.post(Some(&customer.token), &format!("{path}/return"), &reason).await.expect(200);
    app.post(Some(&merchant.token), &format!("{path}/resolve"), &json!({"reason": "paid back"})).await.expect(200);
    let review = json!({"stars": 3, "comment": "Zaynab was not content"});
    app.post(Some(&customer.token), &format!("{path}/review"), &review).await.expect(201);

    for (who, written, received) in [(customer, 1, 0), (merchant, 0, 1)] {
        let all = app.get(Some(&who.token), "/api/v1/users/export").await.expect(200);
        assert_eq!((&all["orders"][0]["id"], &all["orders"][0]["total"]), (&json!(order), &json!("100.00")));
        assert_eq!(all["orders"][0]["history"].as_array().unwrap().len(), 7);
        let count = |name: &str| all[name].as_array().unwrap().len();
        assert_eq!((count("orders"), count("reviews_written"), count("reviews_received")), (1, written, received));
    }
    let loser = app.get(Some(&deal.merchants[1].token), "/api/v1/users/export").await.expect(200);
    assert_eq!(loser["orders"], json!([]));

    assert_eq!(texts(&deal).await.len(), 3);
    assert_eq!(erase(&deal, customer).await.status, 204);
    assert_eq!(texts(&deal).await, ["paid back"]);
    // The other side's books are whole.
    let theirs = deal.order(merchant, &order).await.expect(200);
    assert_eq!((&theirs["total"], &theirs["status"]), (&json!("100.00"), &json!("resolved")));
    assert_eq!(theirs["customer"]["name"], "-");
    let face = format!("/api/v1/users/merchants/{}", merchant.id);
    assert_eq!(app.get(None, &face).await.expect(200)["rated_orders"], 1, "stars stay");
    deal.app.stop().await;
}
