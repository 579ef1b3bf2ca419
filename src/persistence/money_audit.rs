//! What `mazad audit-payments` adds up again: payments beside their movements, accounts beside their payments. Each row is one
//! statement, so that it is whole while the server runs.

use crate::domain::ids::OrderId;
use crate::domain::ids::PaymentId;
use crate::domain::money::AmountMinor;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;

statements! {
    AUDIT_PAYMENTS = both(
        "SELECT p.id, p.order_id, p.gateway, p.state, p.amount, p.captured, p.refunded, (SELECT \
         CAST(COALESCE(SUM(m.amount), 0) AS SIGNED) FROM payment_moves m WHERE m.payment_id = p.id AND m.kind = \
         'captured') AS moved_in, (SELECT CAST(COALESCE(SUM(m.amount), 0) AS SIGNED) FROM payment_moves m WHERE \
         m.payment_id = p.id AND m.kind = 'refunded') AS moved_out, (SELECT o.total FROM orders o WHERE o.id = \
         p.order_id) AS total FROM payments p WHERE p.id > ? ORDER BY p.id LIMIT ?"
    );
    AUDIT_ACCOUNTS = both(
        "SELECT a.order_id, a.due, a.paid, a.owed, (SELECT CAST(COALESCE(SUM(p.captured - p.refunded), 0) AS SIGNED) FROM \
         payments p WHERE p.order_id = a.order_id) AS moved, (SELECT o.total FROM orders o WHERE o.id = a.order_id) AS \
         total, (SELECT o.state FROM orders o WHERE o.id = a.order_id) AS state FROM order_accounts a WHERE a.order_id > \
         ? ORDER BY a.order_id LIMIT ?"
    );
    AUDIT_STRAY = both(
        "SELECT p.id FROM payments p WHERE NOT EXISTS (SELECT 1 FROM order_accounts a WHERE a.order_id = p.order_id) \
         ORDER BY p.id LIMIT 1"
    );
}

row! {
    /// A payment beside its movements and its order.
    pub struct AuditedPayment {
        /// The payment.
        pub id: PaymentId,
        /// Its order.
        pub order_id: OrderId,
        /// Through whom.
        pub gateway: String,
        /// Where it stands.
        pub state: String,
        /// What was asked for.
        pub amount: AmountMinor,
        /// What it says came in.
        pub captured: AmountMinor,
        /// What it says went back.
        pub refunded: AmountMinor,
        /// What its movements say came in.
        pub moved_in: AmountMinor,
        /// What its movements say went back.
        pub moved_out: AmountMinor,
        /// What its order costs.
        pub total: Option<AmountMinor>,
    }
}

row! {
    /// An order's account beside its payments.
    pub struct AuditedAccount {
        /// The order.
        pub order_id: OrderId,
        /// What it says is due.
        pub due: AmountMinor,
        /// What it says was paid.
        pub paid: AmountMinor,
        /// What it says is to go back.
        pub owed: Option<AmountMinor>,
        /// What its payments say.
        pub moved: AmountMinor,
        /// What the order costs.
        pub total: Option<AmountMinor>,
        /// Where the order stands.
        pub state: Option<String>,
    }
}

/// Payments behind one, with their movements.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_payments(db: &Db, after: PaymentId, limit: u32) -> Result<Vec<AuditedPayment>, StoreError> {
    all!(db, AuditedPayment, AUDIT_PAYMENTS, after.0, i64::from(limit))
}

/// Accounts behind one, with their payments.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_accounts(db: &Db, after: OrderId, limit: u32) -> Result<Vec<AuditedAccount>, StoreError> {
    all!(db, AuditedAccount, AUDIT_ACCOUNTS, after.0, i64::from(limit))
}

/// A payment whose order has no account.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_stray(db: &Db) -> Result<Option<PaymentId>, StoreError> {
    Ok(one!(db, (i64,), AUDIT_STRAY)?.map(|(id,)| PaymentId(id)))
}
