//! Paying for an order: by hand (cash, bank transfer), or at a gateway.
//!
//! A payment's row is there before the gateway is asked, and a refund's too, so nothing that the gateway did can be without
//! a row. What it answers is merged (`domain::payment`), whatever made us ask: a refund, a webhook, or the sweeper. An
//! answer that is unclear changes nothing but is asked for again.

use std::sync::Arc;
use std::time::Duration;

use crate::actors::cluster::Cluster;
use crate::clock::Clock;
use crate::domain::ids::OrderId;
use crate::domain::ids::PaymentId;
use crate::domain::ids::RefundId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::order::OrderState;
use crate::domain::payment;
use crate::domain::payment::Method;
use crate::domain::payment::PaymentFault;
use crate::domain::payment::PaymentState;
use crate::domain::payment::Told;
use crate::domain::time::Span;
use crate::domain::user::UserKind;
use crate::drivers::payment_gateway::Gateway;
use crate::drivers::payment_gateway::GatewayError;
use crate::drivers::payment_gateway::Knock;
use crate::drivers::payment_gateway::Looked;
use crate::flows::deals::Caller;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::Page;
use crate::persistence::error::StoreError;
use crate::persistence::idempotency::Claim;
use crate::persistence::orders;
use crate::persistence::outbox::Moment;
use crate::persistence::payments;
use crate::persistence::payments::ChangeError;
use crate::persistence::payments::Filter;
use crate::persistence::payments::NewPayment;
use crate::persistence::payments::Notice;
use crate::persistence::payments::Payment;
use crate::persistence::refunds;
use crate::persistence::refunds::Much;
use crate::persistence::refunds::NewRefund;
use crate::persistence::refunds::Refund;

/// How often the sweeper looks.
const SWEEP_EVERY: Duration = Duration::from_mins(1);
/// Word of what goes without a gateway.
const MANUAL: &str = "manual";

/// Why a payment was not begun or changed.
#[derive(Debug)]
pub enum PaymentError {
    /// There is no such order for this caller.
    UnknownOrder,
    /// There is no such payment for this caller.
    Unknown,
    /// There is no such gateway here.
    UnknownGateway,
    /// The order is not one that is paid (any more).
    WrongState(OrderState),
    /// The order has a payment.
    Exists(PaymentId),
    /// Nobody takes this method here, or not so little.
    MethodUnavailable,
    /// Somebody else may do that.
    NotYours,
    /// The sums do not allow it.
    Refused(PaymentFault),
    /// A refund of it is under way.
    RefundUnderWay,
    /// The gateway said no.
    GatewayRefused,
    /// The gateway cannot be asked right now.
    GatewayUnavailable,
    /// The webhook is not the gateway's.
    KnockRefused,
    /// The database failed.
    Store(StoreError),
}

impl From<StoreError> for PaymentError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ChangeError> for PaymentError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Refused(fault) => Self::Refused(fault),
            ChangeError::RefundUnderWay => Self::RefundUnderWay,
            ChangeError::WrongOrder(state) => Self::WrongState(state),
            ChangeError::Exists(id) => Self::Exists(id),
            ChangeError::Store(error) => Self::Store(error),
        }
    }
}

/// Payments. Cheap to clone.
#[derive(Clone)]
pub struct Payments {
    db: Db,
    clock: Clock,
    ids: IdMint,
    gateway: Option<Gateway>,
    /// Where customers come back to.
    base: Arc<str>,
}

impl Payments {
    /// Payments over this gateway, if any.
    #[must_use]
    pub fn new(db: Db, clock: Clock, ids: IdMint, gateway: Option<Gateway>, base: &str) -> Self {
        Self { db, clock, ids, gateway, base: base.into() }
    }

    /// The page to which a gateway sends the customer back.
    fn back(&self, payment: PaymentId) -> String {
        format!("{}/#/payments/{payment}", self.base)
    }

    fn moment(&self) -> Moment<'_> {
        Moment { at: self.clock.now(), ids: &self.ids }
    }

    /// Begins to pay for an order. What `render` makes of the payment is the answer. At a gateway that does not say clearly
    /// what it did the payment is begun all the same, without an address to pay at; the sweeper finds out.
    ///
    /// # Errors
    /// [`PaymentError`].
    pub async fn begin(
        &self,
        customer: UserId,
        order: OrderId,
        method: Method,
        claim: Option<&Claim>,
        render: impl Fn(&Payment) -> String,
    ) -> Result<String, PaymentError> {
        let order = self.order_of(customer, order).await?;
        let gateway = match method {
            Method::CashOnDelivery | Method::BankTransfer => None,
            Method::Card => Some(self.gateway_for(order.total).ok_or(PaymentError::MethodUnavailable)?),
        };
        let now = self.clock.now();
        let new = NewPayment {
            id: PaymentId(self.ids.next()),
            order: order.id,
            customer,
            merchant: order.merchant,
            method,
            gateway: gateway.map_or(MANUAL, Gateway::word),
            amount: order.total,
            at: now,
        };
        let Some(gateway) = gateway else {
            return Ok(payments::begin(&self.db, &new, claim, &render).await?);
        };
        match payments::begin(&self.db, &new, None, &render).await {
            // An attempt of this call broke off behind its row.
            Err(ChangeError::Exists(before)) if claim.is_some_and(Claim::is_again) => {
                let payment = payments::find(&self.db, before).await?.filter(|payment| payment.method == method);
                return payment.map(|payment| render(&payment)).ok_or(PaymentError::Exists(before));
            }
            begun => begun?,
        };
        let back = self.back(new.id);
        match gateway.create(new.id, new.amount, &back).await {
            Ok(opened) => {
                let (reference, url) = (&opened.reference, &opened.url);
                Ok(payments::set_reference(&self.db, new.id, reference, url, now, claim, &render).await?)
            }
            Err(GatewayError::Refused(why)) => {
                tracing::error!(payment.id = %new.id, %why, "a payment was refused by the gateway");
                payments::give_up(&self.db, new.id, PaymentState::Failed, self.moment()).await?;
                Err(PaymentError::GatewayRefused)
            }
            Err(error @ (GatewayError::Unclear(_) | GatewayError::LeftAlone | GatewayError::Unknown)) => {
                tracing::warn!(payment.id = %new.id, %error, "a payment is begun without an answer of the gateway");
                let payment = payments::find(&self.db, new.id).await?.ok_or(PaymentError::Unknown)?;
                Ok(render(&payment))
            }
        }
    }

    /// How this order can be paid.
    ///
    /// # Errors
    /// [`PaymentError::UnknownOrder`].
    pub async fn methods(
        &self,
        customer: UserId,
        order: OrderId,
    ) -> Result<impl Iterator<Item = Method> + use<>, PaymentError> {
        let order = self.order_of(customer, order).await?;
        let card = self.gateway_for(order.total).map(|_| Method::Card);
        Ok([Method::CashOnDelivery, Method::BankTransfer].into_iter().chain(card))
    }

    async fn order_of(&self, customer: UserId, order: OrderId) -> Result<orders::Order, PaymentError> {
        let order = orders::find(&self.db, order).await?.filter(|order| order.customer == customer);
        order.ok_or(PaymentError::UnknownOrder)
    }

    /// Who takes cards for so much.
    fn gateway_for(&self, total: AmountMinor) -> Option<&Gateway> {
        self.gateway.as_ref().filter(|gateway| total >= gateway.least())
    }

    /// A payment that this caller may see: who pays, who is paid, and admins.
    ///
    /// # Errors
    /// [`PaymentError::Unknown`].
    pub async fn find(&self, who: Caller, id: PaymentId) -> Result<(Payment, Vec<Refund>), PaymentError> {
        let payment = payments::find(&self.db, id).await?.ok_or(PaymentError::Unknown)?;
        let may = match who.kind {
            UserKind::Admin => true,
            UserKind::Customer => payment.customer == who.user,
            UserKind::Merchant => payment.merchant == who.user,
        };
        if !may {
            return Err(PaymentError::Unknown);
        }
        let refunds = refunds::list(&self.db, id).await?;
        Ok((payment, refunds))
    }

    /// Writes down that a payment came in by hand: a bank transfer as an admin sees it on the account, cash as the merchant
    /// gets it with the parts. Says the same when repeated.
    ///
    /// # Errors
    /// [`PaymentError`].
    pub async fn confirm(
        &self,
        who: Caller,
        id: PaymentId,
        claim: Option<&Claim>,
        render: impl FnOnce(&Payment) -> String,
    ) -> Result<String, PaymentError> {
        let (payment, _) = self.find(who, id).await?;
        let may = match (payment.method, who.kind) {
            (Method::BankTransfer, UserKind::Admin) | (Method::CashOnDelivery, UserKind::Merchant) => true,
            (Method::BankTransfer | Method::CashOnDelivery | Method::Card, _) => false,
        };
        if !may {
            return Err(PaymentError::NotYours);
        }
        let order = orders::find(&self.db, payment.order).await?.ok_or(PaymentError::UnknownOrder)?;
        // A transfer is in the account whatever became of the order since; then it is owed back. Cash is paid for parts.
        let is_time = payment.method == Method::BankTransfer || order.state.was_handed_over();
        // Also when the order went on since, what was confirmed stays so.
        if !is_time && payment.money.captured == AmountMinor::ZERO {
            return Err(PaymentError::WrongState(order.state));
        }
        Ok(payments::confirm(&self.db, id, who.user, self.moment(), claim, render).await?)
    }

    /// Payments that this caller may see.
    ///
    /// # Errors
    /// [`PaymentError`] when the database fails.
    pub async fn list(&self, who: Caller, which: Filter, page: Page) -> Result<Vec<Payment>, PaymentError> {
        let whose = (who.kind != UserKind::Admin).then_some(who.user);
        Ok(payments::list(&self.db, Filter { whose, ..which }, page).await?)
    }

    /// Gives back a part of a payment, or all that is left of it: by the merchant who got it or by an admin. What `render`
    /// makes of the payment is the answer; where the gateway's is unclear, the refund is told as `asked`, and the sweeper
    /// finds out.
    ///
    /// # Errors
    /// [`PaymentError`].
    pub async fn refund(
        &self,
        who: Caller,
        id: PaymentId,
        by: Option<AmountMinor>,
        claim: Option<&Claim>,
        render: impl Fn(&Payment) -> String,
    ) -> Result<String, PaymentError> {
        let (payment, _) = self.find(who, id).await?;
        if who.kind == UserKind::Customer {
            return Err(PaymentError::NotYours);
        }
        let now = self.clock.now();
        if payment.method != Method::Card {
            let back = |money: payment::Payment| {
                let left = money.captured.minus(money.refunded).unwrap_or(AmountMinor::ZERO);
                money.refund(by.unwrap_or(left))
            };
            return Ok(payments::change(&self.db, id, back, who.user, self.moment(), claim, render).await?);
        }
        let gateway = self.gateway.as_ref().ok_or(PaymentError::GatewayUnavailable)?;
        let (much, key) = (by.map_or(Much::Rest, Much::Just), claim.map(Claim::key));
        let new = NewRefund { id: RefundId(self.ids.next()), payment: id, much, actor: who.user, key, at: now };
        self.refund_at(gateway, &payment, &new).await?;
        Ok(render(&payments::find(&self.db, id).await?.ok_or(PaymentError::Unknown)?))
    }

    /// Has a gateway give money back. The row of the refund has the call's key: an attempt that broke off, or that still runs
    /// while its client asks again, is found by it, and nothing goes back twice. Says nothing where the gateway was unclear.
    async fn refund_at(&self, gateway: &Gateway, payment: &Payment, new: &NewRefund<'_>) -> Result<(), PaymentError> {
        if let Some(key) = new.key
            && refunds::find_of_key(&self.db, payment.id, new.actor, key).await?.is_some()
        {
            return Ok(());
        }
        let reference = payment.gateway_ref.as_deref().ok_or(PaymentError::Refused(PaymentFault::NotPaid))?;
        // The charge first: without it there is nothing to ask for, and nothing is set aside. And what it tells of money, or
        // what went back behind our back would be taken for this refund.
        let looked = look(gateway, reference).await?;
        self.merge(payment, &looked, None).await?;
        let charge = looked.charge.as_ref().ok_or(PaymentError::Refused(PaymentFault::NotPaid))?;
        let Some(refund) = refunds::ask(&self.db, new).await? else { return Ok(()) };
        match gateway.refund(charge, refund.amount).await {
            Ok(()) => {}
            // It did nothing.
            Err(error @ (GatewayError::Refused(_) | GatewayError::LeftAlone)) => {
                tracing::warn!(payment.id = %payment.id, %error, "a refund was not taken by the gateway");
                refunds::settle(&self.db, &refund, None, new.actor == refunds::MARKET, self.moment()).await?;
                let is_refused = matches!(error, GatewayError::Refused(_));
                return Err(if is_refused { PaymentError::GatewayRefused } else { PaymentError::GatewayUnavailable });
            }
            Err(error @ (GatewayError::Unclear(_) | GatewayError::Unknown)) => {
                tracing::warn!(payment.id = %payment.id, %error, "nobody knows whether the gateway took a refund");
                return Ok(());
            }
        }
        // Where it said yes and does not show it yet, the sweeper looks again.
        if let Ok(looked) = gateway.look(reference).await {
            let told = told_of(payment, &looked);
            if has_taken(&refund, told) {
                refunds::settle(&self.db, &refund, Some(told), false, self.moment()).await?;
            }
        }
        Ok(())
    }

    /// Takes a gateway's webhook: a hint to look.
    ///
    /// # Errors
    /// [`PaymentError::KnockRefused`] without the secret, [`PaymentError::GatewayUnavailable`] where it is to come again.
    pub async fn knock(&self, gateway: &str, body: &[u8]) -> Result<(), PaymentError> {
        let known =
            self.gateway.as_ref().filter(|known| known.word() == gateway).ok_or(PaymentError::UnknownGateway)?;
        let knock = known.read_knock(body).ok_or(PaymentError::KnockRefused)?;
        let notice = Notice { gateway: known.word(), event: &knock.event, kind: &knock.kind };
        if payments::knows(&self.db, notice).await? {
            return Ok(());
        }
        let now = self.clock.now();
        let Some((payment, reference)) = self.meant(known, &knock).await? else {
            return Ok(payments::note(&self.db, notice, now).await?);
        };
        match known.look(&reference).await {
            // It bears our name and is not what we asked for.
            Ok(looked) if payment.gateway_ref.is_none() && looked.told.amount != payment.money.amount => {
                tracing::error!(payment.id = %payment.id, "a payment of another amount bears this one's name");
                Ok(payments::note(&self.db, notice, now).await?)
            }
            Ok(looked) => {
                if payment.gateway_ref.is_none() {
                    payments::set_reference(&self.db, payment.id, &reference, "", now, None, |_| String::new()).await?;
                }
                Ok(self.merge(&payment, &looked, Some(notice)).await?)
            }
            // It speaks of what it does not have: nothing to do, now or later.
            Err(GatewayError::Unknown) => Ok(payments::note(&self.db, notice, now).await?),
            Err(GatewayError::Refused(_) | GatewayError::LeftAlone | GatewayError::Unclear(_)) => {
                Err(PaymentError::GatewayUnavailable)
            }
        }
    }

    /// The payment that a webhook means, and what the gateway calls it. One whose opening was never answered is known again
    /// by what we called it; that it is that one, the gateway confirms by amount when it is looked at.
    async fn meant(&self, gateway: &Gateway, knock: &Knock) -> Result<Option<(Payment, String)>, PaymentError> {
        let Some(reference) = &knock.reference else { return Ok(None) };
        if let Some(payment) = payments::find_by_reference(&self.db, gateway.word(), reference).await? {
            return Ok(Some((payment, reference.clone())));
        }
        let Some(id) = knock.payment else { return Ok(None) };
        let payment = payments::find(&self.db, id).await?.filter(Payment::is_unknown);
        Ok(payment.map(|payment| (payment, reference.clone())))
    }

    async fn merge(&self, payment: &Payment, looked: &Looked, notice: Option<Notice<'_>>) -> Result<(), StoreError> {
        payments::merge(&self.db, payment.id, told_of(payment, looked), notice, self.moment()).await
    }

    // -------------------------------------------------------------- what is unclear

    /// Looks at what is open, for as long as it is polled.
    pub async fn keep_reconciled(self, cluster: Cluster) {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            if !cluster.leads() {
                continue;
            }
            if let Err(error) = self.sweep().await {
                tracing::warn!(?error, "open payments could not be looked at");
            }
        }
    }

    /// Looks once at open payments and refunds of which a minute ago nobody knew what the gateway made of them, and gives back
    /// what is owed. What one of them does wrong keeps no other waiting.
    ///
    /// # Errors
    /// [`PaymentError`] when the database fails.
    pub async fn sweep(&self) -> Result<(), PaymentError> {
        let Some(gateway) = &self.gateway else { return Ok(()) };
        let before = self.clock.now().minus(Span::secs(limits::PAYMENT_CHECK_SECS));
        for refund in refunds::list_asked(&self.db, before, limits::PAYMENTS_CHECKED_MAX).await? {
            go_on(refund.payment_id, self.settle(gateway, &refund).await)?;
        }
        for payment in payments::list_unchecked(&self.db, before, limits::PAYMENTS_CHECKED_MAX).await? {
            go_on(payment.id, self.check(gateway, &payment).await)?;
            payments::mark_checked(&self.db, payment.id, self.clock.now()).await?;
        }
        for payment in payments::list_owed(&self.db, before, limits::PAYMENTS_CHECKED_MAX).await? {
            let (id, at) = (RefundId(self.ids.next()), self.clock.now());
            let new = NewRefund { id, payment: payment.id, much: Much::Owed, actor: refunds::MARKET, key: None, at };
            go_on(payment.id, self.refund_at(gateway, &payment, &new).await)?;
            payments::mark_checked(&self.db, payment.id, at).await?;
        }
        Ok(())
    }

    async fn check(&self, gateway: &Gateway, payment: &Payment) -> Result<(), PaymentError> {
        let now = self.clock.now();
        if let Some(reference) = &payment.gateway_ref {
            let looked =
                if payment.is_wanted() { gateway.look(reference).await } else { gateway.close(reference).await };
            match looked {
                Ok(looked) => self.merge(payment, &looked, None).await?,
                Err(error) => tracing::warn!(payment.id = %payment.id, %error, "a payment could not be looked at"),
            }
            return Ok(());
        }
        // Nobody was ever sent to the page of the one that may be there, so nothing comes of it, and a second does no harm.
        if !payment.is_wanted() {
            return Ok(payments::give_up(&self.db, payment.id, PaymentState::Voided, self.moment()).await?);
        }
        let back = self.back(payment.id);
        match gateway.create(payment.id, payment.money.amount, &back).await {
            Ok(opened) => {
                let (reference, url) = (&opened.reference, &opened.url);
                payments::set_reference(&self.db, payment.id, reference, url, now, None, |_| String::new()).await?;
            }
            Err(GatewayError::Refused(_)) => {
                payments::give_up(&self.db, payment.id, PaymentState::Failed, self.moment()).await?;
            }
            Err(error) => tracing::warn!(payment.id = %payment.id, %error, "a payment is still unknown"),
        }
        Ok(())
    }

    /// A refund is done when the gateway's sum contains it. One that it does not show after a day it never took.
    async fn settle(&self, gateway: &Gateway, refund: &Refund) -> Result<(), PaymentError> {
        let payment = payments::find(&self.db, refund.payment_id).await?.ok_or(PaymentError::Unknown)?;
        let Some(reference) = &payment.gateway_ref else { return Ok(()) };
        let now = self.clock.now();
        let is_old = now.since(refund.created_at) > Span::secs(limits::REFUND_UNCLEAR_SECS);
        let told = match gateway.look(reference).await {
            Ok(looked) if has_taken(refund, told_of(&payment, &looked)) => Some(told_of(&payment, &looked)),
            // It shows nothing of it, or knows nothing at all any more.
            Ok(_) | Err(GatewayError::Unknown) if is_old => None,
            Ok(_) => return Ok(()),
            Err(error) => {
                tracing::warn!(payment.id = %payment.id, %error, "a refund could not be looked at");
                return Ok(());
            }
        };
        refunds::settle(&self.db, refund, told, false, self.moment()).await?;
        Ok(())
    }
}

/// What a look says of a payment. What was voided after it was ours went back, all of it.
fn told_of(payment: &Payment, looked: &Looked) -> Told {
    let captured = payment.money.captured;
    if looked.told.state == PaymentState::Voided && captured > AmountMinor::ZERO {
        return Told { captured, refunded: captured, ..looked.told };
    }
    looked.told
}

/// What went wrong with one payment is told, and the others are looked at all the same; a database that fails would fail them
/// too.
fn go_on(id: PaymentId, done: Result<(), PaymentError>) -> Result<(), PaymentError> {
    match done {
        Err(error @ PaymentError::Store(StoreError::Unavailable { .. })) => Err(error),
        Err(error) => {
            tracing::warn!(payment.id = %id, ?error, "a payment is left to the next round");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Whether what the gateway says went back contains this refund.
fn has_taken(refund: &Refund, told: Told) -> bool {
    refund.refunded_before.plus(refund.amount).is_some_and(|sum| told.refunded >= sum)
}

async fn look(gateway: &Gateway, reference: &str) -> Result<Looked, PaymentError> {
    gateway.look(reference).await.map_err(|error| {
        tracing::warn!(%error, "a payment could not be looked at");
        PaymentError::GatewayUnavailable
    })
}
