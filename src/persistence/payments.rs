//! Payments: what was asked for, what came in, what went back. Every movement of money is a row of its own, and stands in
//! the same transaction as the payment's sums, the order's account and the notice that led to it.

use crate::domain::ids::OrderId;
use crate::domain::ids::PaymentId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::notice;
use crate::domain::order::OrderState;
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
use crate::persistence::outbox::Moment;
use crate::persistence::per;

/// The columns of [`Payment`].
macro_rules! select_payment {
    ($rest:literal) => {
        concat!(
            "SELECT id, order_id, customer_id, merchant_id, method, gateway, state, amount, captured, refunded, ",
            "gateway_ref, redirect_url, fault, created_at, updated_at, COALESCE((SELECT a.due - a.paid FROM order_accounts ",
            "a WHERE a.order_id = payments.order_id), 0) AS open_amount FROM payments ",
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
    // Two who change one payment follow each other; a file has one writer anyhow. The order of locks is order, payment,
    // account.
    LOCK_PAYMENT = per(select_payment!("WHERE id = ?"), select_payment!("WHERE id = ? FOR UPDATE"));
    LOCK_ORDER = per("SELECT state FROM orders WHERE id = ?", "SELECT state FROM orders WHERE id = ? FOR UPDATE");
    SELECT_PAYMENT_BY_REF = both(select_payment!("WHERE gateway = ? AND gateway_ref = ?"));
    SELECT_LIVE_PAYMENT_OF_ORDER = both(select_payment!("WHERE order_id = ? AND live = 1"));
    SELECT_PAYMENT_WITH_MONEY = both("SELECT id FROM payments WHERE order_id = ? AND captured > refunded ORDER BY id LIMIT 1");
    SELECT_PAYMENTS = both(select_payment!(
        "WHERE (? = 0 OR customer_id = ? OR merchant_id = ?) AND (? = 0 OR order_id = ?) AND (? = 0 OR (captured > refunded \
         AND EXISTS (SELECT 1 FROM order_accounts w WHERE w.order_id = payments.order_id AND w.owed > 0))) AND (? = 0 OR \
         fault IS NOT NULL) AND id < ? ORDER BY id DESC LIMIT ?"
    ));
    SELECT_PAYMENTS_TO_CHECK = both(select_payment!(
        "WHERE method = 'card' AND state IN ('pending', 'authorized') AND checked_at < ? ORDER BY checked_at LIMIT ?"
    ));
    SELECT_PAYMENTS_TO_GIVE_BACK = both(select_payment!(
        "WHERE order_id IN (SELECT w.order_id FROM order_accounts w WHERE w.owed > 0) AND method = 'card' AND captured > \
         refunded AND fault IS NULL AND checked_at < ? AND NOT EXISTS (SELECT 1 FROM payment_refunds f WHERE f.payment_id \
         = payments.id AND f.asked = 1) ORDER BY id DESC LIMIT ?"
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
    VOID_UNPAID_BY_HAND = both(
        "UPDATE payments SET state = 'voided', live = NULL, updated_at = ? WHERE order_id = ? AND method IN \
         ('cash_on_delivery', 'bank_transfer') AND state = 'pending' AND captured = 0"
    );
    CHECK_CARDS_SOON = both("UPDATE payments SET checked_at = 0 WHERE order_id = ? AND method = 'card'");
    SELECT_LAST_MOVE = both("SELECT COALESCE(MAX(seq), 0) FROM payment_moves WHERE payment_id = ?");
    INSERT_MOVE = both(
        "INSERT INTO payment_moves (payment_id, seq, kind, amount, at, actor_id) VALUES (?, ?, ?, ?, ?, ?)"
    );
    SELECT_ACCOUNT = both("SELECT paid FROM order_accounts WHERE order_id = ?");
    INSERT_ACCOUNT = both("INSERT INTO order_accounts (order_id, due, paid, owed, updated_at) VALUES (?, ?, 0, NULL, ?)");
    MOVE_ACCOUNT = both("UPDATE order_accounts SET paid = paid + ?, updated_at = ? WHERE order_id = ?");
    CALL_ACCOUNT_OFF = both("UPDATE order_accounts SET due = 0, updated_at = ? WHERE order_id = ?");
    // Apart, because the two databases do not agree on what an assignment beside it sees.
    SET_OWED = both(
        "UPDATE order_accounts SET owed = CASE WHEN paid > due THEN paid - due ELSE NULL END WHERE order_id = ?"
    );
    SELECT_NOTICE = both("SELECT at FROM payment_notices WHERE gateway = ? AND event_id = ?");
    INSERT_NOTICE = both(
        "INSERT INTO payment_notices (gateway, event_id, kind, payment_id, at) VALUES (?, ?, ?, ?, ?)"
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
        open_amount: AmountMinor,
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
    /// What is still to be paid for its order, over all payments; below zero where money is to go back.
    pub open: AmountMinor,
}

impl Payment {
    /// What of it can go back.
    #[must_use]
    pub fn left(&self) -> AmountMinor {
        self.money.captured.minus(self.money.refunded).unwrap_or(AmountMinor::ZERO)
    }

    /// What of it is to go back: its order was called off, or was paid twice.
    #[must_use]
    pub fn owed(&self) -> AmountMinor {
        self.left().min(AmountMinor(self.open.0.saturating_neg())).max(AmountMinor::ZERO)
    }

    /// Whether its order still waits for money.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.open > AmountMinor::ZERO
    }

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
            open: row.open_amount,
        })
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
    /// The order is not one that is paid (any more).
    WrongOrder(OrderState),
    /// The order has this payment.
    Exists(PaymentId),
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
/// without one, the answer comes when the gateway spoke. The order is looked at under its lock: who calls it off is before
/// this or after it.
///
/// # Errors
/// [`ChangeError::WrongOrder`]; [`ChangeError::Exists`] while the order has a live one, or one whose money is here.
pub async fn begin(
    db: &Db,
    new: &NewPayment,
    claim: Option<&Claim>,
    render: impl FnOnce(&Payment) -> String,
) -> Result<String, ChangeError> {
    let (at, order) = (new.at.0, new.order.0);
    let mut tx = db.begin().await?;
    let (state,) = one_in!(&mut tx, (String,), LOCK_ORDER, order)?.ok_or(StoreError::Missing)?;
    let state = OrderState::find(&state).ok_or_else(|| StoreError::corrupt(format!("the state of {}", new.order)))?;
    if !state.is_payable() {
        return Err(ChangeError::WrongOrder(state));
    }
    // Of a payment that was given up and paid after all.
    if let Some((paid,)) = one_in!(&mut tx, (i64,), SELECT_PAYMENT_WITH_MONEY, order)? {
        return Err(ChangeError::Exists(PaymentId(paid)));
    }
    let inserted = exec!(
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
    );
    if matches!(inserted, Err(StoreError::Duplicate { .. })) {
        drop(tx);
        let live = one!(db, PaymentRow, SELECT_LIVE_PAYMENT_OF_ORDER, order)?;
        // It ended a moment ago.
        return Err(live.map_or(ChangeError::Store(StoreError::Busy), |live| ChangeError::Exists(live.id)));
    }
    inserted?;
    if one_in!(&mut tx, (i64,), SELECT_ACCOUNT, order)?.is_none() {
        exec!(&mut tx, INSERT_ACCOUNT, order, new.amount.0, at)?;
    }
    answer(tx, new.id, 201, claim, render).await
}

/// Writes down what the gateway calls a payment; its first word counts. What `render` makes of it is the answer.
///
/// # Errors
/// [`ChangeError::Store`] when the database fails.
pub async fn set_reference(
    db: &Db,
    id: PaymentId,
    reference: &str,
    redirect_url: &str,
    at: UnixMicros,
    claim: Option<&Claim>,
    render: impl FnOnce(&Payment) -> String,
) -> Result<String, ChangeError> {
    let mut tx = db.begin().await?;
    exec!(&mut tx, SET_GATEWAY_REF, reference, redirect_url, at.0, id.0)?;
    answer(tx, id, 201, claim, render).await
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

/// Whose payments, and which of them. Everything that is `None` or `false` leaves nothing out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Those that this account makes or gets.
    pub whose: Option<UserId>,
    /// Those for this order.
    pub order: Option<OrderId>,
    /// Those with money that is to go back.
    pub owed: bool,
    /// Those with a fault.
    pub faulty: bool,
}

/// Payments, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &Db, which: Filter, page: Page) -> Result<Vec<Payment>, StoreError> {
    let (whose, order) = (which.whose.map_or(0, |user| user.0), which.order.map_or(0, |order| order.0));
    let (owed, faulty) = (i64::from(which.owed), i64::from(which.faulty));
    let limit = i64::from(page.limit);
    read(all!(db, PaymentRow, SELECT_PAYMENTS, whose, whose, whose, order, order, owed, faulty, page.before, limit)?)
}

fn read(rows: Vec<PaymentRow>) -> Result<Vec<Payment>, StoreError> {
    rows.into_iter().map(Payment::try_from).collect()
}

/// Payments by card with money that is to go back, of which no refund is under way and nobody has to look, and which were
/// not looked at since before an instant.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_owed(db: &Db, before: UnixMicros, limit: u32) -> Result<Vec<Payment>, StoreError> {
    read(all!(db, PaymentRow, SELECT_PAYMENTS_TO_GIVE_BACK, before.0, i64::from(limit))?)
}

/// Payments at the gateway that are open and were not looked at since before an instant.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_unchecked(db: &Db, before: UnixMicros, limit: u32) -> Result<Vec<Payment>, StoreError> {
    read(all!(db, PaymentRow, SELECT_PAYMENTS_TO_CHECK, before.0, i64::from(limit))?)
}

/// Writes down that a payment was looked at.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_checked(db: &Db, id: PaymentId, at: UnixMicros) -> Result<(), StoreError> {
    exec_now!(db, MARK_CHECKED, at.0, id.0).map(drop)
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
    moment: Moment<'_>,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let before = lock(&mut tx, id).await?;
    if let Some(notice) = notice {
        let inserted = exec!(&mut tx, INSERT_NOTICE, notice.gateway, notice.event, notice.kind, id.0, moment.at.0);
        if matches!(inserted, Err(StoreError::Duplicate { .. })) {
            return Ok(());
        }
        inserted?;
    }
    merge_in(&mut tx, &before, told, moment).await?;
    tx.commit().await
}

/// Merges in a transaction that holds the payment. What cannot be, and what needs somebody to look, becomes its fault.
pub(super) async fn merge_in(tx: &mut Tx, before: &Payment, told: Told, moment: Moment<'_>) -> Result<(), StoreError> {
    let fault = match before.money.merged(told) {
        Ok(after) => {
            write(&mut *tx, before, after, None, moment).await?;
            after.is_short().then_some("paid_short")
        }
        Err(fault) => Some(fault_word(fault)),
    };
    let Some(fault) = fault else { return Ok(()) };
    tracing::error!(payment.id = %before.id, fault, "what the gateway says of a payment needs somebody to look");
    set_fault(tx, before.id, fault, moment.at).await
}

/// Writes down why somebody has to look at a payment.
pub(super) async fn set_fault(tx: &mut Tx, id: PaymentId, fault: &str, at: UnixMicros) -> Result<(), StoreError> {
    exec!(tx, SET_FAULT, fault, at.0, id.0).map(drop)
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
    moment: Moment<'_>,
    claim: Option<&Claim>,
    render: impl FnOnce(&Payment) -> String,
) -> Result<String, ChangeError> {
    let whole = |money: payment::Payment| {
        let payment::Payment { amount, refunded, .. } = money;
        money.merged(Told { state: PaymentState::Paid, amount, captured: amount, refunded })
    };
    change(db, id, whole, actor, moment, claim, render).await
}

/// Changes a payment that goes by hand, as `to` says. What `render` makes of it is the answer.
///
/// # Errors
/// [`ChangeError`].
pub async fn change(
    db: &Db,
    id: PaymentId,
    to: impl FnOnce(payment::Payment) -> Result<payment::Payment, PaymentFault>,
    actor: UserId,
    moment: Moment<'_>,
    claim: Option<&Claim>,
    render: impl FnOnce(&Payment) -> String,
) -> Result<String, ChangeError> {
    let mut tx = db.begin().await?;
    let before = lock(&mut tx, id).await?;
    let after = to(before.money)?;
    write(&mut tx, &before, after, Some(actor), moment).await?;
    answer(tx, id, 200, claim, render).await
}

async fn answer(
    mut tx: Tx,
    id: PaymentId,
    status: u16,
    claim: Option<&Claim>,
    render: impl FnOnce(&Payment) -> String,
) -> Result<String, ChangeError> {
    let reply = render(&lock(&mut tx, id).await?);
    idempotency::keep(&mut tx, claim.map(|claim| Answer { claim, status, reply: &reply })).await?;
    tx.commit().await?;
    Ok(reply)
}

/// Ends a payment that the gateway never took, so that another may be started. Does nothing where the gateway has spoken.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn give_up(db: &Db, id: PaymentId, state: PaymentState, moment: Moment<'_>) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let before = lock(&mut tx, id).await?;
    if before.is_unknown() {
        write(&mut tx, &before, payment::Payment { state, ..before.money }, None, moment).await?;
    }
    tx.commit().await
}

/// Ends what was begun for an order that is called off, in the transaction of the step: nothing is due any more. What goes by
/// hand and was not paid is void; cards are looked at soon, because a gateway has to be told; what came in is owed.
pub(super) async fn call_off(tx: &mut Tx, order: OrderId, at: UnixMicros) -> Result<(), StoreError> {
    exec!(&mut *tx, VOID_UNPAID_BY_HAND, at.0, order.0)?;
    exec!(&mut *tx, CHECK_CARDS_SOON, order.0)?;
    exec!(&mut *tx, CALL_ACCOUNT_OFF, at.0, order.0)?;
    exec!(tx, SET_OWED, order.0).map(drop)
}

pub(super) async fn lock(tx: &mut Tx, id: PaymentId) -> Result<Payment, StoreError> {
    one_in!(tx, PaymentRow, LOCK_PAYMENT, id.0)?.ok_or(StoreError::Missing)?.try_into()
}

/// Writes a change of a payment, its movements, its order's account, and who hears of it.
pub(super) async fn write(
    tx: &mut Tx,
    before: &Payment,
    after: payment::Payment,
    actor: Option<UserId>,
    moment: Moment<'_>,
) -> Result<(), StoreError> {
    if after == before.money {
        return Ok(());
    }
    let at = moment.at;
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
    exec!(&mut *tx, MOVE_ACCOUNT, came - went, at.0, before.order.0)?;
    exec!(&mut *tx, SET_OWED, before.order.0)?;
    moment.tell(tx, hear(before, after, AmountMinor(came), AmountMinor(went))).await
}

/// Who hears what of a change.
fn hear(
    before: &Payment,
    after: payment::Payment,
    came: AmountMinor,
    went: AmountMinor,
) -> Vec<(UserId, notice::Notice)> {
    let Payment { id: payment, order, customer, merchant, .. } = *before;
    let mut told = Vec::new();
    if came > AmountMinor::ZERO {
        let received = notice::Notice::PaymentReceived { order, payment, amount: came };
        told.extend([(customer, received.clone()), (merchant, received)]);
    }
    if went > AmountMinor::ZERO {
        let refunded = notice::Notice::PaymentRefunded { order, payment, amount: went };
        told.push((customer, refunded));
    }
    if after.state == PaymentState::Failed && before.money.state != PaymentState::Failed {
        told.push((customer, notice::Notice::PaymentFailed { order, payment }));
    }
    told
}
