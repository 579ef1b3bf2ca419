//! Invoices: issued with the confirmation of an order and never changed. Seller and VAT number are kept as they were then.

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

/// The invoice of an order; `None` while it is not confirmed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &Db, order: OrderId) -> Result<Option<Invoice>, StoreError> {
    one!(db, Invoice, SELECT_INVOICE, order.0)
}
