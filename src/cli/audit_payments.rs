//! `mazad audit-payments`: whether the money adds up, row by row.

use std::collections::BTreeMap;

use anyhow::Context as _;
use anyhow::bail;

use crate::config::Config;
use crate::domain::ids::OrderId;
use crate::domain::ids::PaymentId;
use crate::domain::money::AmountMinor;
use crate::persistence::Db;
use crate::persistence::StoreOptions;
use crate::persistence::money_audit;
use crate::persistence::money_audit::AuditedAccount;
use crate::persistence::money_audit::AuditedPayment;

/// Rows that are read at a time.
const PAGE: u32 = 500;

/// What came in and went back through one gateway.
#[derive(Default)]
struct Sums {
    payments: u64,
    captured: i128,
    refunded: i128,
}

/// Reads every payment and every order's account. Works while the server runs.
///
/// # Errors
/// The first row that does not add up; or that the database cannot be used.
pub fn run(config: &Config) -> anyhow::Result<()> {
    actix::System::new().block_on(async {
        let options = StoreOptions { url: config.database.url.clone(), readers: 1 };
        let db = Db::open(&options).await.context("the database cannot be used")?;
        let report = audit(&db).await;
        db.close().await;
        println!("{}", report?);
        Ok(())
    })
}

/// The report, if everything adds up.
///
/// # Errors
/// The first row that does not.
pub async fn audit(db: &Db) -> anyhow::Result<String> {
    let mut gateways: BTreeMap<String, Sums> = BTreeMap::new();
    let mut after = PaymentId(0);
    loop {
        let page = money_audit::list_payments(db, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for row in &page {
            if let Some(what) = fault_of_payment(row) {
                bail!("payment {} of order {} does not add up: {what}", row.id, row.order_id);
            }
            let sums = gateways.entry(row.gateway.clone()).or_default();
            sums.payments += 1;
            sums.captured += i128::from(row.captured.0);
            sums.refunded += i128::from(row.refunded.0);
        }
    }
    if let Some(stray) = money_audit::find_stray(db).await? {
        bail!("payment {stray} belongs to an order without an account");
    }
    let (mut orders, mut paid, mut back, mut owed) = (0_u64, 0_i128, 0_u64, 0_i128);
    let mut after = OrderId(0);
    loop {
        let page = money_audit::list_accounts(db, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.order_id;
        for row in &page {
            if let Some(what) = fault_of_account(row) {
                bail!("order {} does not add up: {what}", row.order_id);
            }
            orders += 1;
            paid += i128::from(row.paid.0);
            if let Some(AmountMinor(sum)) = row.owed {
                back += 1;
                owed += i128::from(sum);
            }
        }
    }
    // The two sums are not compared: they are read one after the other while people pay. That each account is the sum of its
    // payments, and each payment has an account, says the same.
    let mut lines: Vec<String> = gateways.iter().map(|(name, sums)| line(name, sums)).collect();
    if back > 0 {
        lines.push(format!("to go back: {} SAR of {back} orders", riyals(owed)));
    }
    lines.push(format!("whole: {orders} orders, paid {} SAR", riyals(paid)));
    Ok(lines.join("\n"))
}

fn line(name: &str, sums: &Sums) -> String {
    let (captured, refunded) = (riyals(sums.captured), riyals(sums.refunded));
    format!("{name}: {} payments, captured {captured} SAR, refunded {refunded} SAR", sums.payments)
}

/// Why a payment does not add up.
fn fault_of_payment(row: &AuditedPayment) -> Option<String> {
    let AuditedPayment { amount, captured, refunded, moved_in, moved_out, total, .. } = row;
    let must = |holds: bool, what: String| (!holds).then_some(what);
    let zero = AmountMinor::ZERO;
    must(*total == Some(*amount), format!("it asks for {amount}, its order costs {}", or_none(*total)))
        .or_else(|| must(moved_in == captured, format!("captured {captured}, its movements say {moved_in}")))
        .or_else(|| must(moved_out == refunded, format!("refunded {refunded}, its movements say {moved_out}")))
        .or_else(|| must(*captured >= zero && captured <= amount, format!("captured {captured} of {amount}")))
        .or_else(|| must(*refunded >= zero && refunded <= captured, format!("refunded {refunded} of {captured}")))
        .or_else(|| {
            let is_all_back = *captured > zero && refunded == captured;
            let fits = match row.state.as_str() {
                "paid" => *captured > zero && captured == amount && !is_all_back,
                "refunded" => is_all_back,
                _ => captured < amount && !is_all_back,
            };
            must(fits, format!("{} with {captured} captured and {refunded} refunded", row.state))
        })
}

/// Why an order's account does not add up.
fn fault_of_account(row: &AuditedAccount) -> Option<String> {
    let AuditedAccount { due, paid, owed, moved, total, state, .. } = row;
    let state = state.as_deref().unwrap_or_default();
    let fits = match state {
        "declined" | "cancelled" => *due == AmountMinor::ZERO && total.is_some(),
        // After a return, or after a dispute.
        "resolved" => *due == AmountMinor::ZERO || *total == Some(*due),
        _ => *total == Some(*due),
    };
    if !fits {
        return Some(format!("due {due}, the order is {state} and costs {}", or_none(*total)));
    }
    if paid != moved {
        return Some(format!("paid {paid}, its payments say {moved}"));
    }
    let over = paid.minus(*due).filter(|over| *over > AmountMinor::ZERO);
    if *owed != over {
        return Some(format!("paid {paid} of {due}, {} is said to go back", or_none(*owed)));
    }
    (*paid < AmountMinor::ZERO).then(|| format!("paid {paid}"))
}

fn or_none(amount: Option<AmountMinor>) -> String {
    amount.map_or_else(|| "nothing, because it is not there".to_owned(), |amount| amount.to_string())
}

fn riyals(halalas: i128) -> String {
    let sign = if halalas < 0 { "-" } else { "" };
    let halalas = halalas.unsigned_abs();
    format!("{sign}{}.{:02}", halalas / 100, halalas % 100)
}
