//! Payments: what was asked for, what came in, what went back. Every movement of money is a row of its own, and stands in
//! the same transaction as the payment's sums, the order's account and the notice that led to it.

use crate::domain::ids::OrderId;
use crate::domain::ids::PaymentId;
use crate::domain::ids::RefundId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::payment;
use crate::domain::payment::Method;
use crate::domain::payment::PaymentFault;
use crate::domain::payment::PaymentState;
use crate::domain::payment::Told;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Page;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::idempotency;
use crate::persistence::idempotency::Answer;
use crate::persistence::idempotency::Claim;
use crate::persistence::per;

/// The columns of [`Payment`].
macro_rules! select_payment {
    ($rest:literal) => {
        concat!(
            "SELECT id, order_id, customer_id, merchant_id, method, gateway, state, amount, captured, refunded, ",
            "gateway_ref, redirect_url, fault, created_at, updated_at FROM payments ",
            $rest
        )
    };
}

statements! {
    INSERT_PAYMENT = both(
        "INSERT INTO payments (id, order_id, customer_id, merchant_id, method, gateway, state, live, amount, captured, \
         refunded, currency, gateway_ref, redirect_url, fault, checked_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, \
         ?, 'pending', 1, ?, 0, 0, 'SAR', NULL, NULL, NULL, ?, ?, ?)"
    );
    SELECT_PAYMENT = both(select_payment!("WHERE id = ?"));
    // Two who change one payment follow each other; a file has one writer anyhow.
    LOCK_PAYMENT = per(select_payment!("WHERE id = ?"), select_payment!("WHERE id = ? FOR UPDATE"));
    SELECT_PAYMENT_BY_REF = both(select_payment!("WHERE gateway = ? AND gateway_ref = ?"));
    SELECT_LIVE_PAYMENT_OF_ORDER = both(select_payment!("WHERE order_id = ? AND live = 1"));
    SELECT_PAYMENTS_OF_USER = both(select_payment!(
        "WHERE (customer_id = ? OR merchant_id = ?) AND id < ? ORDER BY id DESC LIMIT ?"
    ));
    SELECT_PAYMENTS_TO_CHECK = both(select_payment!(
        "WHERE method = 'card' AND state IN ('pending', 'authorized') AND checked_at < ? ORDER BY checked_at LIMIT ?"
    ));
    MARK_CHECKED = both("UPDATE payments SET checked_at = ? WHERE id = ?");
    SET_GATEWAY_REF = both(
        "UPDATE payments SET gateway_ref = ?, redirect_url = ?, updated_at = ? WHERE id = ? AND gateway_ref IS NULL"
    );
    // Who was over once stays over: another payment may have been started since.
    UPDATE_PAYMENT = both(
        "UPDATE payments SET state = ?, live = CASE WHEN live IS NULL THEN NULL ELSE ? END, captured = ?, refunded = ?, \
         updated_at = ? WHERE id = ?"
    );
    SET_FAULT = both("UPDATE payments SET fault = ?, updated_at = ? WHERE id = ?");
    SELECT_LAST_MOVE = both("SELECT COALESCE(MAX(seq), 0) FROM payment_moves WHERE payment_id = ?");
    INSERT_MOVE = both(
        "INSERT INTO payment_moves (payment_id, seq, kind, amount, at, actor_id) VALUES (?, ?, ?, ?, ?, ?)"
    );
    SELECT_ACCOUNT = both("SELECT paid FROM order_accounts WHERE order_id = ?");
    INSERT_ACCOUNT = both("INSERT INTO order_accounts (order_id, due, paid, updated_at) VALUES (?, ?, ?, ?)");
    MOVE_ACCOUNT = both("UPDATE order_accounts SET paid = paid + ?, updated_at = ? WHERE order_id = ?");
    INSERT_REFUND = both(
        "INSERT INTO payment_refunds (id, payment_id, state, asked, amount, refunded_before, actor_id, created_at, \
         settled_at) VALUES (?, ?, 'asked', 1, ?, ?, ?, ?, NULL)"
    );
    SETTLE_REFUND = both(
        "UPDATE payment_refunds SET state = ?, asked = NULL, settled_at = ? WHERE id = ? AND asked = 1"
    );
    SELECT_REFUNDS_OF_PAYMENT = both(
        "SELECT id, payment_id, state, amount, refunded_before, created_at FROM payment_refunds WHERE payment_id = ? \
         ORDER BY id LIMIT 100"
    );
    SELECT_REFUNDS_ASKED = both(
        "SELECT id, payment_id, state, amount, refunded_before, created_at FROM payment_refunds WHERE asked = 1 AND \
         created_at < ? ORDER BY id LIMIT ?"
    );
    SELECT_NOTICE = both("SELECT at FROM payment_notices WHERE gateway = ? AND event_id = ?");
    INSERT_NOTICE = both(
        "INSERT INTO payment_notices (gateway, event_id, kind, payment_id, at) VALUES (?, ?, ?, ?, ?)"
    );
    AUDIT_PAYMENTS = both(
        "SELECT p.id, p.order_id, p.gateway, p.state, p.amount, p.captured, p.refunded, (SELECT \
         CAST(COALESCE(SUM(m.amount), 0) AS SIGNED) FROM payment_moves m WHERE m.payment_id = p.id AND m.kind = \
         'captured') AS moved_in, (SELECT CAST(COALESCE(SUM(m.amount), 0) AS SIGNED) FROM payment_moves m WHERE \
         m.payment_id = p.id AND m.kind = 'refunded') AS moved_out, (SELECT o.total FROM orders o WHERE o.id = \
         p.order_id) AS total FROM payments p WHERE p.id > ? ORDER BY p.id LIMIT ?"
    );
    AUDIT_ACCOUNTS = both(
        "SELECT a.order_id, a.due, a.paid, (SELECT CAST(COALESCE(SUM(p.captured - p.refunded), 0) AS SIGNED) FROM \
         payments p WHERE p.order_id = a.order_id) AS moved, (SELECT o.total FROM orders o WHERE o.id = a.order_id) AS \
         total FROM order_accounts a WHERE a.order_id > ? ORDER BY a.order_id LIMIT ?"
    );
    AUDIT_STRAY = both(
        "SELECT p.id FROM payments p WHERE NOT EXISTS (SELECT 1 FROM order_accounts a WHERE a.order_id = p.order_id) \
         ORDER BY p.id LIMIT 1"
    );
}

row! {
    struct PaymentRow {
        id: PaymentId,
        order_id: OrderId,
        customer_id: UserId,
        merchant_id: UserId,
        method: String,
        gateway: String,
        state: String,
        amount: AmountMinor,
        captured: AmountMinor,
        refunded: AmountMinor,
        gateway_ref: Option<String>,
        redirect_url: Option<String>,
        fault: Option<String>,
        created_at: UnixMicros,
        updated_at: UnixMicros,
    }
}

/// A payment as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id; the cursor of the next page.
    pub id: PaymentId,
    /// What it pays.
    pub order: OrderId,
    /// Who pays.
    pub customer: UserId,
    /// Who is paid.
    pub merchant: UserId,
    /// How.
    pub method: Method,
    /// Through whom: `manual` or the gateway's word.
    pub gateway: String,
    /// Its money.
    pub money: payment::Payment,
    /// The gateway's own id, once it said one.
    pub gateway_ref: Option<String>,
    /// Where the customer pays.
    pub redirect_url: Option<String>,
    /// Why an admin has to look.
    pub fault: Option<String>,
    /// When it was asked for.
    pub created_at: UnixMicros,
    /// When it last changed.
    pub updated_at: UnixMicros,
}

impl Payment {
    /// Whether nobody knows if the gateway has it.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.method == Method::Card && self.gateway_ref.is_none() && self.money.state == PaymentState::Pending
    }
}

impl TryFrom<PaymentRow> for Payment {
    type Error = StoreError;

    fn try_from(row: PaymentRow) -> Result<Self, StoreError> {
        let corrupt = || StoreError::corrupt(format!("a word of {}", row.id));
        let state = PaymentState::find(&row.state).ok_or_else(corrupt)?;
        Ok(Self {
            method: Method::find(&row.method).ok_or_else(corrupt)?,
            money: payment::Payment { state, amount: row.amount, captured: row.captured, refunded: row.refunded },
            id: row.id,
            order: row.order_id,
            customer: row.customer_id,
            merchant: row.merchant_id,
            gateway: row.gateway,
            gateway_ref: row.gateway_ref,
            redirect_url: row.redirect_url,
            fault: row.fault,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

row! {
    /// A refund that a gateway was asked for.
    pub struct Refund {
        /// Its id.
        pub id: RefundId,
        /// Of what.
        pub payment_id: PaymentId,
        /// `asked`, `done` or `refused`.
        pub state: String,
        /// How much.
        pub amount: AmountMinor,
        /// What had gone back when it was asked for.
        pub refunded_before: AmountMinor,
        /// When.
        pub created_at: UnixMicros,
    }
}

/// A payment that is begun.
#[derive(Clone, Copy, Debug)]
pub struct NewPayment {
    /// Its id.
    pub id: PaymentId,
    /// What it pays.
    pub order: OrderId,
    /// Who pays.
    pub customer: UserId,
    /// Who is paid.
    pub merchant: UserId,
    /// How.
    pub method: Method,
    /// Through whom.
    pub gateway: &'static str,
    /// How much.
    pub amount: AmountMinor,
    /// When.
    pub at: UnixMicros,
}

/// Why a change of a payment was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeError {
    /// The sums do not allow it.
    Refused(PaymentFault),
    /// A refund of it is under way.
    RefundUnderWay,
    /// The database failed.
    Store(StoreError),
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PaymentFault> for ChangeError {
    fn from(fault: PaymentFault) -> Self {
        Self::Refused(fault)
    }
}

/// Begins a payment, and its order's account with the first. What `render` makes of it is the answer, stored under `claim`;
/// without one, the answer comes when the gateway spoke.
///
/// # Errors
/// [`StoreError::Duplicate`] (`payments_live`) while the order has a live one.
pub async fn begin(
    db: &Db,
    new: &NewPayment,
    claim: Option<&Claim>,
    render: impl FnOnce(&Payment) -> String,
) -> Result<String, StoreError> {
    let (at, order) = (new.at.0, new.order.0);
    let mut tx = db.begin().await?;
    exec!(
        &mut tx,
        INSERT_PAYMENT,
        new.id.0,
        order,
        new.customer.0,
        new.merchant.0,
        new.method.word(),
        new.gateway,
        new.amount.0,
        at,
        at,
        at
    )?;
    if one_in!(&mut tx, (i64,), SELECT_ACCOUNT, order)?.is_none() {
        exec!(&mut tx, INSERT_ACCOUNT, order, new.amount.0, 0_i64, at)?;
    }
    let made = lock(&mut tx, new.id).await?;
    let reply = render(&made);
    idempotency::keep(&mut tx, claim.map(|claim| Answer { claim, status: 201, reply: &reply })).await?;
    tx.commit().await?;
    Ok(reply)
}

/// Writes down what the gateway calls a payment; its first word counts. What `render` makes of it is the answer.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_reference(
    db: &Db,
    id: PaymentId,
    reference: &str,
    redirect_url: &str,
    at: UnixMicros,
    claim: Option<&Claim>,
    render: impl FnOnce(&Payment) -> String,
) -> Result<String, StoreError> {
    let mut tx = db.begin().await?;
    exec!(&mut tx, SET_GATEWAY_REF, reference, redirect_url, at.0, id.0)?;
    let now = lock(&mut tx, id).await?;
    let reply = render(&now);
    idempotency::keep(&mut tx, claim.map(|claim| Answer { claim, status: 201, reply: &reply })).await?;
    tx.commit().await?;
    Ok(reply)
}

/// A payment.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &Db, id: PaymentId) -> Result<Option<Payment>, StoreError> {
    one!(db, PaymentRow, SELECT_PAYMENT, id.0)?.map(Payment::try_from).transpose()
}

/// The payment that a gateway calls this.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_by_reference(db: &Db, gateway: &str, reference: &str) -> Result<Option<Payment>, StoreError> {
    one!(db, PaymentRow, SELECT_PAYMENT_BY_REF, gateway, reference)?.map(Payment::try_from).transpose()
}

/// An order's payment that is not over.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_live(db: &Db, order: OrderId) -> Result<Option<Payment>, StoreError> {
    one!(db, PaymentRow, SELECT_LIVE_PAYMENT_OF_ORDER, order.0)?.map(Payment::try_from).transpose()
}

/// The payments that somebody makes or gets, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &Db, user: UserId, page: Page) -> Result<Vec<Payment>, StoreError> {
    let rows = all!(db, PaymentRow, SELECT_PAYMENTS_OF_USER, user.0, user.0, page.before, i64::from(page.limit))?;
    rows.into_iter().map(Payment::try_from).collect()
}

/// Payments at the gateway that are open and were not looked at since before an instant.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_unchecked(db: &Db, before: UnixMicros, limit: u32) -> Result<Vec<Payment>, StoreError> {
    let rows = all!(db, PaymentRow, SELECT_PAYMENTS_TO_CHECK, before.0, i64::from(limit))?;
    rows.into_iter().map(Payment::try_from).collect()
}

/// Writes down that a payment was looked at.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_checked(db: &Db, id: PaymentId, at: UnixMicros) -> Result<(), StoreError> {
    exec_now!(db, MARK_CHECKED, at.0, id.0).map(drop)
}

/// A payment's refunds at the gateway, oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_refunds(db: &Db, id: PaymentId) -> Result<Vec<Refund>, StoreError> {
    all!(db, Refund, SELECT_REFUNDS_OF_PAYMENT, id.0)
}

/// Refunds of which nobody knows whether the gateway took them.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_refunds_asked(db: &Db, before: UnixMicros, limit: u32) -> Result<Vec<Refund>, StoreError> {
    all!(db, Refund, SELECT_REFUNDS_ASKED, before.0, i64::from(limit))
}

// ------------------------------------------------------------------ notices and what they change

/// Something that a gateway told.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// Which gateway.
    pub gateway: &'static str,
    /// Its own id of what it told.
    pub event: &'a str,
    /// What it was about.
    pub kind: &'a str,
}

/// Whether a notice came before.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn knows(db: &Db, notice: Notice<'_>) -> Result<bool, StoreError> {
    Ok(one!(db, (i64,), SELECT_NOTICE, notice.gateway, notice.event)?.is_some())
}

/// Writes down a notice of no payment of ours.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn note(db: &Db, notice: Notice<'_>, at: UnixMicros) -> Result<(), StoreError> {
    match exec_now!(db, INSERT_NOTICE, notice.gateway, notice.event, notice.kind, None::<i64>, at.0) {
        Ok(_) | Err(StoreError::Duplicate { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Merges what the gateway says of a payment into it, with the notice that led to asking. A notice that came before
/// changes nothing; sums that cannot be are written down as the payment's fault.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn merge(
    db: &Db,
    id: PaymentId,
    told: Told,
    notice: Option<Notice<'_>>,
    at: UnixMicros,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let before = lock(&mut tx, id).await?;
    if let Some(notice) = notice {
        let inserted = exec!(&mut tx, INSERT_NOTICE, notice.gateway, notice.event, notice.kind, id.0, at.0);
        if matches!(inserted, Err(StoreError::Duplicate { .. })) {
            return Ok(());
        }
        inserted?;
    }
    match before.money.merged(told) {
        Ok(after) => write(&mut tx, &before, after, None, at).await?,
        Err(fault) => {
            let fault = fault_word(fault);
            exec!(&mut tx, SET_FAULT, fault, at.0, id.0)?;
            tracing::error!(payment.id = %id, fault, "what the gateway says of a payment cannot be");
        }
    }
    tx.commit().await
}

const fn fault_word(fault: PaymentFault) -> &'static str {
    match fault {
        PaymentFault::AmountDiffers => "amount_differs",
        PaymentFault::SumImpossible => "sum_impossible",
        PaymentFault::RefundTooLarge { .. } => "refund_too_large",
        PaymentFault::NotPaid => "not_paid",
    }
}

/// Writes down that the whole of a payment came in, as somebody says who saw it. What `render` makes of it is the answer.
///
/// # Errors
/// [`ChangeError`].
pub async fn confirm(
    db: &Db,
    id: PaymentId,
    actor: UserId,
    at: UnixMicros,
    claim: Option<&Claim>,
    render: impl FnOnce(&Payment) -> String,
) -> Result<String, ChangeError> {
    let mut tx = db.begin().await?;
    let before = lock(&mut tx, id).await?;
    let amount = before.money.amount;
    let told = Told { state: PaymentState::Paid, amount, captured: amount, refunded: before.money.refunded };
    let after = before.money.merged(told)?;
    write(&mut tx, &before, after, Some(actor), at).await?;
    answer(tx, id, claim, render).await
}

/// Gives back a part of a payment that went by hand. What `render` makes of it is the answer.
///
/// # Errors
/// [`ChangeError`].
pub async fn refund(
    db: &Db,
    id: PaymentId,
    by: Option<AmountMinor>,
    actor: UserId,
    at: UnixMicros,
    claim: Option<&Claim>,
    render: impl FnOnce(&Payment) -> String,
) -> Result<String, ChangeError> {
    let mut tx = db.begin().await?;
    let before = lock(&mut tx, id).await?;
    let after = before.money.refund(by.unwrap_or_else(|| left(&before)))?;
    write(&mut tx, &before, after, Some(actor), at).await?;
    answer(tx, id, claim, render).await
}

/// What can go back.
fn left(payment: &Payment) -> AmountMinor {
    payment.money.captured.minus(payment.money.refunded).unwrap_or(AmountMinor::ZERO)
}

async fn answer(
    mut tx: Tx,
    id: PaymentId,
    claim: Option<&Claim>,
    render: impl FnOnce(&Payment) -> String,
) -> Result<String, ChangeError> {
    let reply = render(&lock(&mut tx, id).await?);
    idempotency::keep(&mut tx, claim.map(|claim| Answer { claim, status: 200, reply: &reply })).await?;
    tx.commit().await?;
    Ok(reply)
}

/// Sets a refund aside before the gateway is asked for it: from here on no other can take what it takes.
///
/// # Errors
/// [`ChangeError::RefundUnderWay`] while another is not settled.
pub async fn ask_refund(
    db: &Db,
    id: PaymentId,
    refund: RefundId,
    by: Option<AmountMinor>,
    actor: UserId,
    at: UnixMicros,
) -> Result<Refund, ChangeError> {
    let mut tx = db.begin().await?;
    let before = lock(&mut tx, id).await?;
    let amount = by.unwrap_or_else(|| left(&before));
    before.money.refund(amount)?;
    let (refunded_before, state) = (before.money.refunded, "asked".to_owned());
    match exec!(&mut tx, INSERT_REFUND, refund.0, id.0, amount.0, refunded_before.0, actor.0, at.0) {
        Err(StoreError::Duplicate { .. }) => return Err(ChangeError::RefundUnderWay),
        other => other?,
    };
    tx.commit().await?;
    Ok(Refund { id: refund, payment_id: id, state, amount, refunded_before, created_at: at })
}

/// Settles a refund that the gateway refused or never got (`told` is `None`) or carried out. What `render` makes of the
/// payment is the answer.
///
/// # Errors
/// [`ChangeError`].
pub async fn settle_refund(
    db: &Db,
    refund: &Refund,
    told: Option<Told>,
    at: UnixMicros,
    claim: Option<&Claim>,
    render: impl FnOnce(&Payment) -> String,
) -> Result<String, ChangeError> {
    let mut tx = db.begin().await?;
    let before = lock(&mut tx, refund.payment_id).await?;
    let state = if told.is_some() { "done" } else { "refused" };
    exec!(&mut tx, SETTLE_REFUND, state, at.0, refund.id.0)?;
    if let Some(told) = told {
        let after = before.money.merged(told)?;
        write(&mut tx, &before, after, None, at).await?;
    }
    answer(tx, refund.payment_id, claim, render).await
}

/// Ends a payment that the gateway never took: another may be started.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn give_up(db: &Db, id: PaymentId, at: UnixMicros) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let before = lock(&mut tx, id).await?;
    let after = payment::Payment { state: PaymentState::Failed, ..before.money };
    if before.money.captured == AmountMinor::ZERO {
        write(&mut tx, &before, after, None, at).await?;
    }
    tx.commit().await
}

async fn lock(tx: &mut Tx, id: PaymentId) -> Result<Payment, StoreError> {
    one_in!(tx, PaymentRow, LOCK_PAYMENT, id.0)?.ok_or(StoreError::Missing)?.try_into()
}

/// Writes a change of a payment, its movements and its order's account.
async fn write(
    tx: &mut Tx,
    before: &Payment,
    after: payment::Payment,
    actor: Option<UserId>,
    at: UnixMicros,
) -> Result<(), StoreError> {
    if after == before.money {
        return Ok(());
    }
    let live = (!after.state.leaves_order_unpaid()).then_some(1_i64);
    exec!(&mut *tx, UPDATE_PAYMENT, after.state.word(), live, after.captured.0, after.refunded.0, at.0, before.id.0)?;
    let grown = |new: AmountMinor, old: AmountMinor| new.minus(old).unwrap_or(AmountMinor::ZERO).0;
    let came = grown(after.captured, before.money.captured);
    let went = grown(after.refunded, before.money.refunded);
    let mut seq = one_in!(&mut *tx, (i64,), SELECT_LAST_MOVE, before.id.0)?.map_or(0, |(seq,)| seq);
    for (kind, amount) in [("captured", came), ("refunded", went)] {
        if amount > 0 {
            seq += 1;
            exec!(&mut *tx, INSERT_MOVE, before.id.0, seq, kind, amount, at.0, actor.map(|actor| actor.0))?;
        }
    }
    exec!(tx, MOVE_ACCOUNT, came - went, at.0, before.order.0).map(drop)
}

// ------------------------------------------------------------------ the audit

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
        /// What its payments say.
        pub moved: AmountMinor,
        /// What the order costs.
        pub total: Option<AmountMinor>,
    }
}

/// Payments behind one, with their movements.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn audit_payments(db: &Db, after: PaymentId, limit: u32) -> Result<Vec<AuditedPayment>, StoreError> {
    all!(db, AuditedPayment, AUDIT_PAYMENTS, after.0, i64::from(limit))
}

/// Accounts behind one, with their payments.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn audit_accounts(db: &Db, after: OrderId, limit: u32) -> Result<Vec<AuditedAccount>, StoreError> {
    all!(db, AuditedAccount, AUDIT_ACCOUNTS, after.0, i64::from(limit))
}

/// A payment whose order has no account.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn audit_stray(db: &Db) -> Result<Option<PaymentId>, StoreError> {
    Ok(one!(db, (i64,), AUDIT_STRAY)?.map(|(id,)| PaymentId(id)))
}
