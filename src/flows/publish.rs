//! From a draft to an open auction.
//!
//! The draft is frozen in its row first, then the journal gets its first entry, which is what makes the auction exist.
//! Where the journal refuses, or does not say, the draft is given back unless the entry is there after all.

use aws_lc_rs::rand;

use crate::actors::admission::Admission;
use crate::actors::admission::CommandError;
use crate::actors::admission::Receipt;
use crate::config;
use crate::domain::auction::command::Command;
use crate::domain::auction::terms::LotItem;
use crate::domain::auction::terms::Terms;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::journal;
use crate::persistence::requests;
use crate::persistence::requests::Marked;
use crate::persistence::requests::PartItem;
use crate::persistence::requests::PartRequest;
use crate::persistence::users;
use crate::persistence::vehicles;
use crate::wire::request::rules::Around;
use crate::wire::request::rules::RulesBody;
use crate::wire::value::ConditionWord;

/// A draft that was frozen and has no auction after so long was left behind by a crash.
const ABANDONED: Span = Span::secs(30);

/// Why a draft is not published.
#[derive(Debug)]
pub enum PublishError {
    /// There is no such request of this customer.
    Unknown,
    /// The customer never proved the phone.
    PhoneNotVerified,
    /// Too many of this customer's requests are open.
    TooManyOpen,
    /// The engine's answer, or its failure.
    Command(CommandError),
}

impl From<StoreError> for PublishError {
    fn from(error: StoreError) -> Self {
        Self::Command(CommandError::Store(error))
    }
}

impl From<Refusal> for PublishError {
    fn from(refusal: Refusal) -> Self {
        Self::Command(CommandError::Refused(refusal))
    }
}

/// Publishes a draft of this customer. Where bidding begins at once it has begun when this returns: a merchant who hears of
/// the request from the answer may bid.
///
/// # Errors
/// [`PublishError`]; the draft stays a draft unless the outcome is unknown.
pub async fn publish(
    db: &Db,
    admission: &Admission,
    settings: &config::Auction,
    now: UnixMicros,
    owner: UserId,
    request: RequestId,
) -> Result<Receipt, PublishError> {
    let draft = requests::find_request(db, request).await?.filter(|draft| draft.customer_id == owner);
    let draft = draft.ok_or(PublishError::Unknown)?;
    be_a_draft(db, &draft, now).await?;
    let account = users::find_account(db, owner).await?.ok_or(PublishError::Unknown)?;
    if account.suspended_at.is_some() {
        return Err(Refusal::Suspended.into());
    }
    if account.phone_verified_at.is_none() {
        return Err(PublishError::PhoneNotVerified);
    }
    if vehicles::find_vehicle(db, owner, draft.vehicle_id).await?.is_none() {
        return Err(Refusal::BadRules { field: "vehicle_id" }.into());
    }
    let items = requests::list_items(db, request).await?;
    let terms = terms(&draft, &items, settings, now)?;

    let (abandoned, most) = (now.minus(ABANDONED), limits::OPEN_REQUESTS_PER_CUSTOMER_MAX);
    match requests::mark_published(db, request, owner, now, abandoned, most).await? {
        Marked::Yes => {}
        // Somebody else publishes it at this moment.
        Marked::NotADraft => return Err(Refusal::WrongState { state: "published" }.into()),
        Marked::TooMany => return Err(PublishError::TooManyOpen),
    }
    match admission.publish(terms).await {
        Ok(receipt) => {
            open_if_due(admission, request).await;
            Ok(receipt)
        }
        Err(error) => {
            // Only gives it back where the journal has no entry, so an unclear commit is safe either way.
            if let Err(error) = requests::unmark_published(db, request).await {
                tracing::warn!(%error, auction.id = %request, "a draft could not be given back");
            }
            Err(PublishError::Command(error))
        }
    }
}

/// What publishing led to when it was done before: for a call whose first attempt broke off before it could be answered.
///
/// # Errors
/// When the journal cannot be read.
pub async fn find_published(
    db: &Db,
    admission: &Admission,
    owner: UserId,
    request: RequestId,
) -> Result<Option<Receipt>, PublishError> {
    let Some(head) = journal::find_head(db, request).await?.filter(|head| head.owner == owner) else { return Ok(None) };
    open_if_due(admission, request).await;
    let entries = journal::load(db, request, 0).await?;
    Ok(entries.first().map(|first| Receipt {
        request,
        seq: first.seq,
        at: first.at,
        hash: first.hash,
        happened: Vec::new(),
        closes_at: head.closes_at,
        replayed: true,
    }))
}

/// Waits until an auction is open that should be. Its alarm does the same a moment later, so a failure costs only that
/// moment, and the publication stands.
async fn open_if_due(admission: &Admission, request: RequestId) {
    if let Err(error) = admission.command(request, Command::Tick).await {
        tracing::warn!(auction.id = %request, %error, "published, but not open yet");
    }
}

/// Refuses what was published or cancelled before, and gives back what a crash left half published.
async fn be_a_draft(db: &Db, draft: &PartRequest, now: UnixMicros) -> Result<(), PublishError> {
    if draft.cancelled_at.is_some() {
        return Err(Refusal::Terminal.into());
    }
    let Some(published_at) = draft.published_at else { return Ok(()) };
    match journal::find_head(db, draft.id).await? {
        Some(head) => Err(Refusal::WrongState { state: head.state.word() }.into()),
        None if now.since(published_at) < ABANDONED => Err(Refusal::WrongState { state: "published" }.into()),
        None => Ok(requests::unmark_published(db, draft.id).await?),
    }
}

/// What the auction starts from. Whether it holds together is the engine's to say.
fn terms(
    draft: &PartRequest,
    items: &[PartItem],
    settings: &config::Auction,
    now: UnixMicros,
) -> Result<Terms, PublishError> {
    let rules: RulesBody = serde_json::from_str(&draft.rules)
        .map_err(|error| StoreError::corrupt(format!("the rules of {}: {error}", draft.id)))?;
    let lot = items.iter().map(|item| LotItem {
        id: item.id,
        quantity: item.quantity,
        condition: item.part_condition.as_deref().and_then(ConditionWord::find).map(|word| word.0),
    });
    let opens_at = draft.opens_at.filter(|at| *at > now).unwrap_or(now);
    let mut seed = [0; 8];
    rand::fill(&mut seed).map_err(|_| StoreError::unavailable("no random bytes from the operating system"))?;
    Ok(Terms {
        request: draft.id,
        owner: draft.customer_id,
        items: lot.collect(),
        rules: rules.freeze(Around {
            bidding_secs: draft.bidding_duration_s,
            urgent: is_urgent(&draft.urgency),
            budget_max: draft.budget_max,
            bids_per_second: settings.bids_per_second,
            bids_per_merchant: settings.bids_per_merchant,
        }),
        opens_at,
        closes_at: opens_at.plus(Span::secs(draft.bidding_duration_s)),
        alias_seed: u64::from_le_bytes(seed),
    })
}

/// Whether delivery counts against the short horizon.
fn is_urgent(urgency: &str) -> bool {
    matches!(urgency, "high" | "urgent")
}
