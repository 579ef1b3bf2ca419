//! What notices are about, by name: looked up for many at once, whichever way they are shown.

use std::collections::BTreeMap;

use crate::domain::ids::OrderId;
use crate::domain::ids::RequestId;
use crate::domain::notice::Notice;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::journal;
use crate::persistence::notice_subjects;
use crate::persistence::notice_subjects::Named;
use crate::wire::notice;
use crate::wire::notice::Subject;
use crate::wire::notice::Text;
use crate::wire::problem::Language;

/// Names of requests, also of those that orders came from.
#[derive(Clone, Debug, Default)]
pub struct Subjects {
    requests: BTreeMap<RequestId, Subject>,
    orders: BTreeMap<OrderId, RequestId>,
    /// Why an admin called a request off.
    reasons: BTreeMap<RequestId, String>,
}

impl Subjects {
    /// Looks up what these notices are about.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn read(db: &Db, notices: impl IntoIterator<Item = &Notice>) -> Result<Self, StoreError> {
        let (mut requests, mut orders, mut called_off) = (Vec::new(), Vec::new(), Vec::new());
        for notice in notices {
            if let Notice::RequestCalledOff { request } = notice {
                called_off.push(*request);
            }
            requests.extend(notice.request());
            orders.extend(notice.order());
            if let Notice::Digest { requests: some, .. } = notice {
                requests.extend(some);
            }
        }
        let mut reasons = BTreeMap::new();
        for request in called_off {
            let said = journal::find_cancellation(db, request).await?;
            reasons.extend(said.map(|(_, reason)| (request, reason)));
        }
        orders.sort_unstable();
        orders.dedup();
        let orders: BTreeMap<_, _> = notice_subjects::list_requests_of(db, &orders).await?.into_iter().collect();
        requests.extend(orders.values());
        requests.sort_unstable();
        requests.dedup();
        let named = notice_subjects::list_requests(db, &requests).await?;
        Ok(Self { requests: named.into_iter().map(|named| (named.id, subject(named))).collect(), orders, reasons })
    }

    /// What a notice is about; nothing where that is not there any more.
    #[must_use]
    pub fn of(&self, notice: &Notice) -> Subject {
        let request = notice.request().or_else(|| notice.order().and_then(|order| self.orders.get(&order).copied()));
        let subject = request.map(|request| self.of_request(request)).unwrap_or_default();
        // Merchants read no words of an administrator to their customer.
        let reason =
            if let Notice::RequestCalledOff { request } = notice { self.reasons.get(request).cloned() } else { None };
        Subject { reason, ..subject }
    }

    /// A notice in words.
    #[must_use]
    pub fn say(&self, notice: &Notice, language: Language) -> Text {
        if let Notice::Digest { requests, count } = notice {
            let first: Vec<_> = requests.iter().map(|request| self.of_request(*request)).collect();
            return notice::digest(*count, &first, language);
        }
        notice::render(notice, &self.of(notice), language)
    }

    /// What a request is called.
    #[must_use]
    pub fn of_request(&self, request: RequestId) -> Subject {
        self.requests.get(&request).cloned().unwrap_or_default()
    }
}

fn subject(named: Named) -> Subject {
    let vehicle = |brand: Option<String>, model: Option<String>| {
        let year = named.model_year.map(|year| year.to_string());
        Some([Some(brand?), Some(model?), year].into_iter().flatten().collect::<Vec<_>>().join(" "))
    };
    Subject {
        vehicle_ar: vehicle(named.brand_ar, named.model_ar),
        vehicle_en: vehicle(named.brand_en, named.model_en),
        request_title: Some(named.title).filter(|title| title != "-"),
        reason: None,
    }
}
