//! What follows a close: the customer accepts, the merchant delivers, both review. Over the public API, like everybody.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use serde_json::json;
use tokio::time::sleep;

use crate::cli::api_client::ApiClient;
use crate::cli::api_client::Problem;
use crate::cli::api_client::text;
use crate::cli::demo::cast::MERCHANTS;
use crate::cli::demo::cast::Role;
use crate::cli::demo::cast::Scene;
use crate::cli::market::Person;
use crate::cli::market::Published;

/// How long a step takes: long enough to be seen.
const STEP_TAKES: Duration = Duration::from_secs(2);
/// What the merchant does.
const STEPS: [&str; 4] = ["confirm", "prepare", "ship", "deliver"];

/// Leads a closed request to its reviews. Where nobody whom the demonstration plays can be accepted it is cancelled, so that
/// the customer may ask for something new.
///
/// # Errors
/// When the server refuses a step.
pub async fn walk(
    api: &mut ApiClient,
    customer: &Person,
    merchants: &[Person],
    scene: &Scene,
    published: &Published,
) -> anyhow::Result<()> {
    let base = format!("/api/v1/orders/requests/{}", published.request);
    let Some(order) = accept(api, customer, &base).await? else {
        // A request that nobody bid on has ended by itself: cancelling it is refused, and that is fine.
        let cancelled = api.post(&customer.token, &format!("{base}/cancel"), &json!({ "reason": "nobody bid" })).await;
        tracing::debug!(ok = cancelled.is_ok(), "demo: cancelled");
        return Ok(());
    };
    let (id, total) = (text(&order, "id")?, text(&order, "total")?);
    let winner = order.pointer("/merchant/id").and_then(Value::as_str).context("an order has a merchant")?;
    let played = merchants.iter().zip(MERCHANTS).find(|(person, _)| person.user.to_string() == winner);
    let Some((merchant, role)) = played else {
        println!("· {} — {total} SAR: yours, if you confirm it ({id})", scene.title);
        return Ok(());
    };
    println!("· {} — {total} SAR to {} ({id})", scene.title, merchant.name);
    for step in STEPS {
        sleep(STEP_TAKES).await;
        api.post(&merchant.token, &format!("/api/v1/orders/{id}/{step}"), &json!({})).await?;
    }
    sleep(STEP_TAKES).await;
    api.post(&customer.token, &format!("/api/v1/orders/{id}/complete"), &json!({})).await?;
    let path = format!("/api/v1/orders/{id}/review");
    api.post(&customer.token, &path, &verdict(role)).await?;
    api.post(&merchant.token, &path, &json!({ "stars": 5, "comment": "عميل متعاون" })).await?;
    println!("· {} — delivered, and both reviewed", scene.title);
    Ok(())
}

/// Accepts the best bid; `None` where there is none.
async fn accept(api: &mut ApiClient, customer: &Person, base: &str) -> anyhow::Result<Option<Value>> {
    let board = match api.get(&customer.token, &format!("{base}/scoreboard")).await {
        Ok(board) => board,
        // No result: nobody bid, or it was cancelled.
        Err(error) if error.downcast_ref::<Problem>().is_some_and(|problem| problem.code == "wrong_state") => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let Some(best) = board.pointer("/rows/0/bid").and_then(Value::as_str) else { return Ok(None) };
    let accepted = api.post(&customer.token, &format!("{base}/accept"), &json!({ "bid_id": best })).await?;
    Ok(Some(accepted))
}

/// What a customer says of a merchant: its stars are the part's, rounded.
fn verdict(role: &Role) -> Value {
    let (mean, _) = role.rated;
    let stars = ((mean + 500) / 1_000).clamp(1, 5);
    let comment = if stars > 4 { "سريع ودقيق في المواعيد" } else { "القطع كما وُصفت" };
    json!({ "stars": stars, "comment": comment })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_one_to_five_stars() {
        for role in MERCHANTS {
            let stars = verdict(role)["stars"].as_i64().unwrap();
            assert!((1..=5).contains(&stars) && (stars * 1_000 - role.rated.0).abs() <= 500, "{}", role.name);
        }
    }
}
