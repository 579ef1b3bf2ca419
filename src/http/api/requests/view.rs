//! What a request looks like, and to whom (rules §6).

use std::collections::HashMap;

use crate::app::App;
use crate::domain::auction::terms::Visibility;
use crate::domain::eligibility::Verdict;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::ids::VehicleId;
use crate::domain::time::UnixMicros;
use crate::domain::user::UserKind;
use crate::http::extract::Identity;
use crate::persistence::bids;
use crate::persistence::journal;
use crate::persistence::journal::Head;
use crate::persistence::listings::ListedRequest;
use crate::persistence::requests;
use crate::persistence::requests::PartItem;
use crate::persistence::requests::PartRequest;
use crate::persistence::vehicles;
use crate::persistence::vehicles::VehicleNames;
use crate::wire::file::ImageBody;
use crate::wire::problem::Code;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;
use crate::wire::request::body::CustomerName;
use crate::wire::request::body::ItemBody;
use crate::wire::request::body::ListedBody;
use crate::wire::request::body::RequestBody;
use crate::wire::request::body::VehicleName;
use crate::wire::request::rules::RulesBody;
use crate::wire::value;
use crate::wire::value::CURRENCY;
use crate::wire::value::Money;
use crate::wire::value::Timestamp;

/// Who looks at a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Eyes {
    /// Its customer, or an admin.
    Host,
    /// A merchant who may bid.
    Merchant,
}

impl Eyes {
    /// Whether these eyes may see how many bids there are (rules §6). After the end every bidder may.
    fn see_counts(self, visibility: Visibility, state: &str) -> bool {
        match (self, visibility) {
            (Self::Host, _) | (Self::Merchant, Visibility::Open) => true,
            (Self::Merchant, Visibility::LeadPrice | Visibility::RankOnly | Visibility::Sealed) => !is_running(state),
        }
    }

    /// Whether these eyes may see the lowest landed total.
    fn see_best(self, visibility: Visibility, state: &str) -> bool {
        match (self, visibility) {
            (Self::Host, Visibility::Sealed) => !is_running(state),
            (Self::Host, _) | (Self::Merchant, Visibility::Open | Visibility::LeadPrice) => true,
            (Self::Merchant, Visibility::RankOnly | Visibility::Sealed) => false,
        }
    }
}

/// Whether bids may still come.
fn is_running(state: &str) -> bool {
    matches!(state, "published" | "bidding_open" | "bidding_closed")
}

/// What belongs to a request besides its row.
pub(super) struct Around {
    pub(super) items: Vec<PartItem>,
    pub(super) names: Vec<VehicleNames>,
    /// Only for the host.
    pub(super) invited: Option<Vec<UserId>>,
}

/// The whole request, as these eyes may see it.
pub(super) async fn body_of(
    app: &App,
    request: PartRequest,
    head: Option<Head>,
    eyes: Eyes,
    language: Language,
) -> Result<RequestBody, Problem> {
    let items = requests::list_items(&app.db, request.id).await?;
    let names = vehicles::list_names(&app.db, &[request.vehicle_id]).await?;
    let invited = if eyes == Eyes::Host { Some(requests::list_invites(&app.db, request.id).await?) } else { None };
    Ok(render(request, Around { items, names, invited }, head.as_ref(), eyes, language, app.clock.now()))
}

/// The same from what is known already.
pub(super) fn render(
    request: PartRequest,
    around: Around,
    head: Option<&Head>,
    eyes: Eyes,
    language: Language,
    now: UnixMicros,
) -> RequestBody {
    let Around { items, names, invited } = around;
    let rules = rules_of(&request.rules);
    let is_host = eyes == Eyes::Host;
    let status = match (head, request.cancelled_at) {
        (Some(head), _) => head.state.word(),
        (None, Some(_)) => "cancelled",
        (None, None) => "draft",
    };
    let total_parts = items.len();
    let item = |item: PartItem| ItemBody {
        id: value::Id(item.id),
        part_name: item.part_name,
        part_number: item.part_number,
        quantity: item.quantity,
        condition: item.part_condition,
        part_group: item.part_group,
        description: item.description,
        images: ImageBody::list(&item.images),
        estimated_price: item.estimated_price.filter(|_| is_host).map(Money),
    };
    RequestBody {
        id: value::Id(request.id),
        customer: None,
        vehicle: names.first().map(|names| vehicle_name(names, language)),
        title: request.title,
        description: request.description,
        items: items.into_iter().map(item).collect(),
        preferred_pickup: request.preferred_pickup,
        city: request.city,
        bidding_duration_s: request.bidding_duration_s,
        budget_min: request.budget_min.filter(|_| is_host).map(Money),
        budget_max: request.budget_max.filter(|_| is_host || rules.enforce_budget_max).map(Money),
        currency: CURRENCY,
        urgency_level: request.urgency,
        images: ImageBody::list(&request.images),
        invited: invited.map(|invited| invited.into_iter().map(value::Id).collect()),
        ring: head.filter(|_| is_host).map(|_| request.ring.unwrap_or(0)),
        repost_of: request.repost_of.filter(|_| is_host).map(value::Id),
        status: status.to_owned(),
        paused: head.is_some_and(|head| head.paused),
        total_parts,
        total_bids: head.filter(|_| eyes.see_counts(rules.visibility.0, status)).map(|head| head.live_bids),
        opens_at: head.map(|head| head.opens_at).or(request.opens_at).map(Timestamp),
        closes_at: head.map(|head| Timestamp(head.closes_at)),
        review_until: head.filter(|_| is_host).and_then(|head| head.review_until).map(Timestamp),
        created_at: Timestamp(request.created_at),
        server_time: Timestamp(now),
        rules,
    }
}

pub(super) fn listed(row: ListedRequest, names: &[VehicleNames], eyes: Eyes, language: Language) -> ListedBody {
    let visibility = rules_of(&row.rules).visibility.0;
    let names = names.iter().find(|names| names.id == row.vehicle_id.0);
    let may_count = eyes.see_counts(visibility, &row.state);
    let may_see_best = eyes.see_best(visibility, &row.state);
    ListedBody {
        id: value::Id(row.id),
        customer: None,
        vehicle: names.map(|names| vehicle_name(names, language)),
        title: row.title,
        urgency_level: row.urgency,
        city: row.city,
        status: row.state,
        expiry: row.expiry,
        paused: row.paused,
        total_parts: row.total_parts,
        total_bids: may_count.then_some(row.live_bids),
        best_landed: row.best_landed.filter(|_| may_see_best).map(Money),
        currency: CURRENCY,
        opens_at: row.opens_at.map(Timestamp),
        closes_at: row.closes_at.map(Timestamp),
        created_at: Timestamp(row.created_at),
    }
}

fn vehicle_name(names: &VehicleNames, language: Language) -> VehicleName {
    let pick = |english: &str, arabic: &str| match language {
        Language::English => english.to_owned(),
        Language::Arabic => arabic.to_owned(),
    };
    let mut words = vec![pick(&names.brand_en, &names.brand_ar), pick(&names.model_en, &names.model_ar)];
    if let (Some(english), Some(arabic)) = (&names.trim_en, &names.trim_ar) {
        words.push(pick(english, arabic));
    }
    words.push(names.model_year.to_string());
    VehicleName { id: value::Id(VehicleId(names.id)), full_name: words.join(" ") }
}

/// What customers are called; nobody but administrators is told.
pub(super) struct Customers(Option<HashMap<UserId, String>>);

impl Customers {
    /// Looks up the names of these, at most `limits::PAGE_MAX`.
    pub(super) async fn of(app: &App, who: Identity, ids: &[UserId]) -> Result<Self, Problem> {
        match who.kind {
            UserKind::Admin => Ok(Self(Some(bids::names_of(&app.db, ids).await?))),
            UserKind::Customer | UserKind::Merchant => Ok(Self(None)),
        }
    }

    pub(super) fn name(&self, id: UserId) -> Option<CustomerName> {
        self.0.as_ref().map(|names| CustomerName { id: value::Id(id), name: names.get(&id).cloned() })
    }
}

/// The rules of a request as they are stored.
pub(crate) fn rules_of(text: &str) -> RulesBody {
    serde_json::from_str(text).unwrap_or_default()
}

/// The request of this id, with what these eyes may see of it; somebody else's looks like one that is not there.
pub(crate) async fn look_up(
    app: &App,
    who: Identity,
    id: RequestId,
) -> Result<(PartRequest, Option<Head>, Eyes), Problem> {
    let unknown = || Problem::from(Code::UnknownRequest);
    let request = requests::find_request(&app.db, id).await?.ok_or_else(unknown)?;
    let head = journal::find_head(&app.db, id).await?;
    let eyes = match who.kind {
        UserKind::Admin => Some(Eyes::Host),
        UserKind::Customer => (request.customer_id == who.user).then_some(Eyes::Host),
        UserKind::Merchant if head.is_none() => None,
        UserKind::Merchant => {
            let verdict = app.bidding.bidders().verdict(id, who.user).await?;
            (verdict != Verdict::Hidden).then_some(Eyes::Merchant)
        }
    };
    eyes.map(|eyes| (request, head, eyes)).ok_or_else(unknown)
}
