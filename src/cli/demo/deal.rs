//! What people do around the bidding: a question and its answer before the close; then the customer accepts, the merchant
//! delivers, cash is paid, an invoice lies there, and both review. Over the public API, like everybody.

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
/// What the merchant does, up to where the cash changes hands.
const STEPS: [&str; 3] = ["confirm", "prepare", "ship"];

/// A merchant asks in the room, and the customer answers for all.
///
/// # Errors
/// When the server refuses either.
pub async fn talk(
    api: &mut ApiClient,
    customer: &Person,
    merchant: &Person,
    scene: &Scene,
    published: &Published,
) -> anyhow::Result<()> {
    let path = format!("/api/v1/bidding/requests/{}/questions", published.request);
    let question = json!({ "question": "هل القطعة في الصورة هي المطلوبة نفسها؟" });
    let asked = api.post(&merchant.token, &path, &question).await?;
    sleep(STEP_TAKES).await;
    let path = format!("/api/v1/bidding/questions/{}/answer", text(&asked, "id")?);
    let answered = api.post(&customer.token, &path, &json!({ "answer": "نعم، وبنفس اللون إن أمكن." })).await?;
    println!("· {} — {} asks: {}", scene.title, merchant.name, text(&answered, "question")?);
    println!("· {} — {} answers: {}", scene.title, customer.name, text(&answered, "answer")?);
    Ok(())
}

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
    let title = scene.title;
    let winner = order.pointer("/merchant/id").and_then(Value::as_str).context("an order has a merchant")?;
    let played = merchants.iter().zip(MERCHANTS).find(|(person, _)| person.user.to_string() == winner);
    let Some((merchant, role)) = played else {
        println!("· {} — {total} SAR: yours, if you confirm it ({id})", scene.title);
        return Ok(());
    };
    println!("· {title} — {} accepts {}: {total} SAR ({id})", customer.name, merchant.name);
    let cash = json!({ "order_id": id, "method": "cash_on_delivery" });
    let payment = api.post(&customer.token, "/api/v1/payments", &cash).await?;
    let payment = format!("/api/v1/payments/{}", text(&payment, "id")?);
    for step in STEPS {
        take(api, merchant, title, id, step).await?;
    }
    let paid = api.post(&merchant.token, &format!("{payment}/confirm"), &json!({})).await?;
    println!("· {title} — {} SAR in cash, {}", text(&paid, "captured")?, text(&paid, "status")?);
    take(api, merchant, title, id, "deliver").await?;
    take(api, customer, title, id, "complete").await?;
    let order = api.get(&customer.token, &format!("/api/v1/orders/{id}")).await?;
    let number = order.get("invoice_number").and_then(Value::as_i64).context("a confirmed order has an invoice")?;
    println!("· {title} — invoice {number}: {}", invoice(api, customer, id).await?);
    let (of_merchant, of_customer) = (verdict(role), json!({ "stars": 5, "comment": "عميل متعاون" }));
    for (author, said) in [(customer, &of_merchant), (merchant, &of_customer)] {
        api.post(&author.token, &format!("/api/v1/orders/{id}/review"), said).await?;
        let (stars, comment) = (said.get("stars").and_then(Value::as_i64).unwrap_or(0), text(said, "comment")?);
        println!("· {title} — {} gives {stars} stars: {comment}", author.name);
    }
    Ok(())
}

/// One step of an order, and where it led.
async fn take(api: &mut ApiClient, who: &Person, title: &str, order: &str, step: &str) -> anyhow::Result<()> {
    sleep(STEP_TAKES).await;
    let after = api.post(&who.token, &format!("/api/v1/orders/{order}/{step}"), &json!({})).await?;
    println!("· {title} — {}: {}", who.name, text(&after, "status")?);
    Ok(())
}

/// Where the invoice is read; read once, so that the address is no promise.
async fn invoice(api: &mut ApiClient, customer: &Person, order: &str) -> anyhow::Result<String> {
    let path = format!("/api/v1/orders/{order}/invoice");
    api.get(&customer.token, &path).await?;
    Ok(format!("http://{}{path} (as {}, {})", api.authority(), customer.name, customer.phone))
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
