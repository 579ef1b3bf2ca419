//! Refunds that a gateway was asked for. A refund's row is there before the gateway is asked, and a payment has one under way
//! at a time.

use crate::domain::ids::OrderId;
use crate::domain::ids::PaymentId;
use crate::domain::ids::RefundId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::payment::Told;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::outbox::Moment;
use crate::persistence::payments;
use crate::persistence::payments::ChangeError;
use crate::persistence::payments::Payment;
use crate::persistence::per;

/// The columns of [`Refund`].
macro_rules! select_refund {
    ($rest:literal) => {
        concat!("SELECT id, payment_id, state, amount, refunded_before, created_at FROM payment_refunds WHERE ", $rest)
    };
}

statements! {
    INSERT_REFUND = both(
        "INSERT INTO payment_refunds (id, payment_id, state, asked, amount, refunded_before, actor_id, created_at, \
         settled_at, key_digest) VALUES (?, ?, 'asked', 1, ?, ?, ?, ?, NULL, ?)"
    );
    SETTLE_REFUND = both(
        "UPDATE payment_refunds SET state = ?, asked = NULL, settled_at = ? WHERE id = ? AND asked = 1"
    );
    SELECT_REFUNDS_OF_PAYMENT = both(select_refund!("payment_id = ? ORDER BY id LIMIT 100"));
    // One that was refused had no effect: its key may ask again.
    SELECT_REFUND_OF_KEY = both(select_refund!(
        "payment_id = ? AND actor_id = ? AND key_digest = ? AND state <> 'refused' ORDER BY id LIMIT 1"
    ));
    SELECT_REFUNDS_ASKED = both(select_refund!("asked = 1 AND created_at < ? ORDER BY created_at DESC LIMIT ?"));
    LOCK_OWED = per(
        "SELECT owed FROM order_accounts WHERE order_id = ?",
        "SELECT owed FROM order_accounts WHERE order_id = ? FOR UPDATE",
    );
    SELECT_ASKED_OF_ORDER = both(
        "SELECT CAST(COALESCE(SUM(f.amount), 0) AS SIGNED) FROM payment_refunds f JOIN payments p ON p.id = f.payment_id \
         WHERE p.order_id = ? AND f.asked = 1"
    );
}

/// Who asks for the market's own refunds, in place of an account.
pub const MARKET: UserId = UserId(0);

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

/// How much is to go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Much {
    /// All that is left.
    Rest,
    /// So much.
    Just(AmountMinor),
    /// What is owed, as far as no other refund of the order is under way for it.
    Owed,
}

/// A refund that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct NewRefund<'a> {
    /// Its id.
    pub id: RefundId,
    /// Of what.
    pub payment: PaymentId,
    /// How much.
    pub much: Much,
    /// By whom.
    pub actor: UserId,
    /// The digest of the idempotency key under which it is asked for.
    pub key: Option<&'a [u8]>,
    /// When.
    pub at: UnixMicros,
}

/// A payment's refunds, oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &Db, id: PaymentId) -> Result<Vec<Refund>, StoreError> {
    all!(db, Refund, SELECT_REFUNDS_OF_PAYMENT, id.0)
}

/// Refunds of which nobody knows whether the gateway took them, the newest first: one that stays unclear keeps no other
/// waiting.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_asked(db: &Db, before: UnixMicros, limit: u32) -> Result<Vec<Refund>, StoreError> {
    all!(db, Refund, SELECT_REFUNDS_ASKED, before.0, i64::from(limit))
}

/// The refund that an earlier attempt of the same call asked for.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_of_key(db: &Db, payment: PaymentId, actor: UserId, key: &[u8]) -> Result<Option<Refund>, StoreError> {
    one!(db, Refund, SELECT_REFUND_OF_KEY, payment.0, actor.0, key)
}

/// Sets a refund aside before the gateway is asked for it: from here on no other can take what it takes. `None` where nothing
/// is owed.
///
/// # Errors
/// [`ChangeError::RefundUnderWay`] while another is not settled.
pub async fn ask(db: &Db, new: &NewRefund<'_>) -> Result<Option<Refund>, ChangeError> {
    let NewRefund { id, payment, much, actor, key, at } = *new;
    let mut tx = db.begin().await?;
    let before = payments::lock(&mut tx, payment).await?;
    let amount = match much {
        Much::Rest => before.left(),
        Much::Just(amount) => amount,
        Much::Owed => still_owed(&mut tx, before.order).await?.min(before.left()),
    };
    if much == Much::Owed && amount <= AmountMinor::ZERO {
        return Ok(None);
    }
    before.money.refund(amount)?;
    let refunded_before = before.money.refunded;
    match exec!(&mut tx, INSERT_REFUND, id.0, payment.0, amount.0, refunded_before.0, actor.0, at.0, key) {
        Err(StoreError::Duplicate { .. }) => return Err(ChangeError::RefundUnderWay),
        other => other?,
    };
    tx.commit().await?;
    let state = "asked".to_owned();
    Ok(Some(Refund { id, payment_id: payment, state, amount, refunded_before, created_at: at }))
}

/// What is owed for an order and not asked for yet. Whoever asks on is behind this one from here on.
async fn still_owed(tx: &mut Tx, order: OrderId) -> Result<AmountMinor, StoreError> {
    let owed = one_in!(&mut *tx, (Option<i64>,), LOCK_OWED, order.0)?.and_then(|(owed,)| owed).unwrap_or(0);
    let asked = one_in!(tx, (i64,), SELECT_ASKED_OF_ORDER, order.0)?.map_or(0, |(asked,)| asked);
    Ok(AmountMinor(owed.saturating_sub(asked)))
}

/// Settles a refund that the gateway carried out, or refused or never got (`told` is `None`). One of the market's own that
/// was refused needs somebody to look.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn settle(
    db: &Db,
    refund: &Refund,
    told: Option<Told>,
    needs_a_person: bool,
    moment: Moment<'_>,
) -> Result<Payment, StoreError> {
    let mut tx = db.begin().await?;
    let before = payments::lock(&mut tx, refund.payment_id).await?;
    let state = if told.is_some() { "done" } else { "refused" };
    exec!(&mut tx, SETTLE_REFUND, state, moment.at.0, refund.id.0)?;
    if let Some(told) = told {
        payments::merge_in(&mut tx, &before, told, moment).await?;
    } else if needs_a_person {
        payments::set_fault(&mut tx, before.id, "refund_refused", moment.at).await?;
    }
    let after = payments::lock(&mut tx, before.id).await?;
    tx.commit().await?;
    Ok(after)
}
