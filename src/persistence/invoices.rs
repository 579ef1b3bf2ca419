//! Invoices: issued with the confirmation of an order and never changed. Seller and VAT number are kept as they were then. A
//! credit note takes one back when the order is called off.

use crate::domain::ids::OrderId;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::orders::Order;

statements! {
    // The numbers of a merchant are gapless from 1. Two confirmations at one moment take the same number on a server; the
    // key refuses the second, which is tried again.
    INSERT_INVOICE = both(
        "INSERT INTO invoices (order_id, merchant_id, number, seller_name, seller_license, seller_vat_number, issued_at) \
         SELECT ?, m.user_id, (SELECT COALESCE(MAX(i.number), 0) + 1 FROM invoices i WHERE i.merchant_id = m.user_id), \
         m.business_name, m.business_license, m.vat_number, ? FROM merchant_profiles m WHERE m.user_id = ?"
    );
    // As with invoices. Nothing where there is no invoice.
    INSERT_CREDIT_NOTE = both(
        "INSERT INTO credit_notes (order_id, merchant_id, number, issued_at) SELECT i.order_id, i.merchant_id, (SELECT \
         COALESCE(MAX(c.number), 0) + 1 FROM credit_notes c WHERE c.merchant_id = i.merchant_id), ? FROM invoices i WHERE \
         i.order_id = ?"
    );
    SELECT_CREDIT_NOTE = both("SELECT number, issued_at FROM credit_notes WHERE order_id = ?");
    SELECT_INVOICE = both(
        "SELECT number, seller_name, seller_license, seller_vat_number, issued_at FROM invoices WHERE order_id = ?"
    );
}

row! {
    /// An invoice, besides what its order says.
    pub struct Invoice {
        /// From 1 for each merchant.
        pub number: i64,
        /// The business.
        pub seller_name: String,
        /// Its commercial registration.
        pub seller_license: Option<String>,
        /// Its VAT number; `None` where it is not registered for VAT.
        pub seller_vat_number: Option<String>,
        /// When it was issued.
        pub issued_at: UnixMicros,
    }
}

/// Issues the invoice of an order that is being confirmed.
pub(super) async fn issue(tx: &mut Tx, order: &Order, at: UnixMicros) -> Result<(), StoreError> {
    match exec!(tx, INSERT_INVOICE, order.id.0, at.0, order.merchant.0)? {
        0 => Err(StoreError::corrupt(format!("the merchant of {} has no profile", order.id))),
        _ => Ok(()),
    }
}

row! {
    /// What takes an invoice back, whole.
    pub struct CreditNote {
        /// From 1 for each merchant.
        pub number: i64,
        /// When it was issued.
        pub issued_at: UnixMicros,
    }
}

/// Takes the invoice of an order back that is being called off; nothing where it has none.
pub(super) async fn credit(tx: &mut Tx, order: OrderId, at: UnixMicros) -> Result<(), StoreError> {
    exec!(tx, INSERT_CREDIT_NOTE, at.0, order.0).map(drop)
}

/// What took the invoice of an order back.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_credit_note(db: &Db, order: OrderId) -> Result<Option<CreditNote>, StoreError> {
    one!(db, CreditNote, SELECT_CREDIT_NOTE, order.0)
}

/// The invoice of an order; `None` while it is not confirmed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &Db, order: OrderId) -> Result<Option<Invoice>, StoreError> {
    one!(db, Invoice, SELECT_INVOICE, order.0)
}
