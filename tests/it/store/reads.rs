//! Drafts, lists and facts.

use mazad::domain::auction::board::State;
use mazad::domain::auction::event::Event;
use mazad::domain::ids::{BidId, ItemId, RequestId, UserId, VehicleId};
use mazad::domain::money::AmountMinor;
use mazad::domain::time::UnixMicros;
use mazad::persistence::error::StoreError;
use mazad::persistence::requests::{self, Filter, PartItem, PartRequest};
use mazad::persistence::{Db, Page, bids, journal, users};

use crate::store::{Log, START, bid, placed, tamper};

macro_rules! reads_suite {
    ($database:ident) => {
        crate::store::on! { $database:
            reads::a_draft_is_written_changed_published_and_deleted
            reads::lists_page_without_gaps_and_filter
            reads::merchants_see_what_they_may
            reads::bidder_facts_and_names
            reads::bids_of_a_merchant_page
        }
    };
}
pub(super) use reads_suite;

const FIRST: Page = Page { before: i64::MAX, limit: 20 };

async fn people(db: &Db) {
    tamper(
        db,
        "INSERT INTO users (id, kind, name, phone, password_hash, locale, created_at, updated_at) VALUES (77, \
         'customer', 'سارة', '+966500000001', 'x', 'ar', 0, 0), (5, 'merchant', 'Omar', '+966500000002', 'x', 'ar', \
         0, 0), (6, 'merchant', 'Zaid', '+966500000003', 'x', 'en', 0, 0)",
    )
    .await;
    tamper(
        db,
        "INSERT INTO merchant_profiles (user_id, business_name, specializations, business_hours, service_areas, \
         verification_documents, verified_at, rating_sum_milli, rating_milli, rated_orders, updated_at) VALUES (5, \
         'ورشة النور', '[]', '{}', '[]', '[]', 1, 0, 4100, 9, 0)",
    )
    .await;
}

fn draft(id: i64) -> (PartRequest, Vec<PartItem>) {
    let request = PartRequest {
        id: RequestId(id),
        customer_id: UserId(77),
        vehicle_id: VehicleId(1),
        brand_id: 1 + id % 2,
        model_id: 101,
        title: format!("request {id}"),
        description: "front bumper".to_owned(),
        urgency: "normal".to_owned(),
        preferred_pickup: None,
        budget_min: None,
        budget_max: Some(AmountMinor(500_000)),
        images: "[]".to_owned(),
        rules: "{}".to_owned(),
        invite_only: false,
        bidding_duration_s: 3_600,
        opens_at: None,
        published_at: None,
        cancelled_at: None,
        repost_of: None,
        created_at: START,
        updated_at: START,
    };
    let item = |line_no| PartItem {
        id: ItemId(id * 100 + line_no),
        line_no,
        part_name: "bumper".to_owned(),
        part_number: None,
        quantity: 1 + line_no,
        part_condition: Some("used".to_owned()),
        description: None,
        images: "[]".to_owned(),
        estimated_price: Some(AmountMinor(1)),
    };
    (request, (0..2).map(item).collect())
}

async fn publish(db: &Db, id: i64, state: State) {
    let mut log = Log::new(id);
    let mut append = log.append(vec![Event::Opened]);
    append.head.state = state;
    journal::append_group(db, &[append]).await.unwrap();
}

pub(super) async fn a_draft_is_written_changed_published_and_deleted(db: &Db) {
    people(db).await;
    let (mut request, mut items) = draft(1);
    requests::create_draft(db, &request, &items, &[UserId(5)], None).await.unwrap();
    assert_eq!(requests::find_request(db, request.id).await.unwrap(), Some(request.clone()));
    assert_eq!(requests::list_items(db, request.id).await.unwrap(), items);
    assert_eq!(requests::list_invites(db, request.id).await.unwrap(), [UserId(5)]);
    let again = requests::create_draft(db, &request, &items, &[], None).await;
    assert_eq!(again, Err(StoreError::Duplicate { key: "part_requests" }));

    request.title = "other".to_owned();
    request.invite_only = true;
    items.truncate(1);
    requests::update_draft(db, &request, &items, &[]).await.unwrap();
    assert_eq!(requests::find_request(db, request.id).await.unwrap(), Some(request.clone()));
    assert_eq!(requests::list_items(db, request.id).await.unwrap(), items);
    assert_eq!(requests::list_invites(db, request.id).await.unwrap(), []);
    let mut foreign = request.clone();
    foreign.customer_id = UserId(5);
    assert_eq!(requests::update_draft(db, &foreign, &items, &[]).await, Err(StoreError::Missing));
    assert_eq!(requests::list_items(db, request.id).await.unwrap(), items, "a refused change changes nothing");

    assert_eq!(requests::mark_published(db, request.id, UserId(5), START).await, Err(StoreError::Missing));
    requests::mark_published(db, request.id, UserId(77), START).await.unwrap();
    assert_eq!(requests::mark_published(db, request.id, UserId(77), START).await, Err(StoreError::Missing));
    assert_eq!(requests::update_draft(db, &request, &items, &[]).await, Err(StoreError::Missing));
    assert_eq!(requests::delete_draft(db, request.id, UserId(77)).await, Err(StoreError::Missing));
    requests::unmark_published(db, request.id).await.unwrap();
    requests::mark_published(db, request.id, UserId(77), START).await.unwrap();
    publish(db, 1, State::BiddingOpen).await;
    requests::unmark_published(db, request.id).await.unwrap();
    let kept = requests::find_request(db, request.id).await.unwrap().unwrap();
    assert_eq!(kept.published_at, Some(START), "the journal has it");

    let (request, items) = draft(2);
    requests::create_draft(db, &request, &items, &[], None).await.unwrap();
    requests::delete_draft(db, request.id, UserId(77)).await.unwrap();
    assert_eq!(requests::list_items(db, request.id).await.unwrap(), []);
    let (mut request, items) = draft(3);
    request.customer_id = UserId(404);
    assert_eq!(requests::create_draft(db, &request, &items, &[], None).await, Err(StoreError::Missing));
}

pub(super) async fn lists_page_without_gaps_and_filter(db: &Db) {
    people(db).await;
    for id in 1..=7 {
        let (request, items) = draft(id);
        requests::create_draft(db, &request, &items, &[], None).await.unwrap();
    }
    publish(db, 3, State::BiddingOpen).await;
    publish(db, 4, State::Cancelled).await;
    publish(db, 5, State::Published).await;
    requests::cancel_draft(db, RequestId(6), UserId(77), UnixMicros(1)).await.unwrap();
    let mut seen = Vec::new();
    let mut page = Page { before: i64::MAX, limit: 3 };
    loop {
        let rows = requests::list_requests_of_customer(db, UserId(77), Filter::default(), page).await.unwrap();
        let Some(last) = rows.last() else { break };
        page.before = last.id.0;
        seen.extend(rows.into_iter().map(|row| (row.id.0, row.state)));
    }
    let expected = [
        (7, "draft"),
        (6, "cancelled"),
        (5, "published"),
        (4, "cancelled"),
        (3, "bidding_open"),
        (2, "draft"),
        (1, "draft"),
    ];
    assert_eq!(seen, expected.map(|(id, state)| (id, state.to_owned())));
    let filter = Filter { state: Some("draft"), brand: Some(2) };
    let rows = requests::list_requests_of_customer(db, UserId(77), filter, FIRST).await.unwrap();
    assert_eq!(rows.iter().map(|row| (row.id.0, row.total_parts)).collect::<Vec<_>>(), [(7, 2), (1, 2)]);
    assert_eq!(requests::list_requests_of_customer(db, UserId(5), Filter::default(), FIRST).await.unwrap(), []);
    assert_eq!(requests::count_open_of(db, UserId(77)).await.unwrap(), 2);
    assert_eq!(requests::count_open_of(db, UserId(5)).await.unwrap(), 0);
}

pub(super) async fn merchants_see_what_they_may(db: &Db) {
    people(db).await;
    for id in 1..=3 {
        let (mut request, items) = draft(id);
        request.invite_only = id == 2;
        let invited: &[UserId] = if id == 2 { &[UserId(5)] } else { &[] };
        requests::create_draft(db, &request, &items, invited, None).await.unwrap();
    }
    publish(db, 1, State::BiddingOpen).await;
    publish(db, 2, State::BiddingOpen).await;
    let open = async |merchant| {
        let rows = requests::list_requests_for_merchant(db, UserId(merchant), Filter::default(), FIRST).await.unwrap();
        rows.into_iter().map(|row| row.id.0).collect::<Vec<_>>()
    };
    assert_eq!(open(5).await, [2, 1], "invited");
    assert_eq!(open(6).await, [1], "not invited; drafts are nobody's business");
    let eligible = async |request, merchant| {
        let found = requests::find_admittance(db, RequestId(request), UserId(merchant)).await.unwrap();
        found.map(|admittance| admittance.eligible())
    };
    assert_eq!(eligible(2, 5).await, Some(true));
    assert_eq!(eligible(2, 6).await, Some(false));
    assert_eq!(eligible(1, 6).await, Some(true));
    assert_eq!(eligible(9, 6).await, None);
    tamper(db, "INSERT INTO merchant_blocks (customer_id, merchant_id, created_at) VALUES (77, 6, 0)").await;
    assert_eq!(open(6).await, Vec::<i64>::new());
    assert_eq!(eligible(1, 6).await, Some(false));
    let filter = Filter { state: None, brand: Some(1) };
    let rows = requests::list_requests_for_merchant(db, UserId(5), filter, FIRST).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id.0).collect::<Vec<_>>(), [2]);
}

pub(super) async fn bidder_facts_and_names(db: &Db) {
    people(db).await;
    let facts = users::find_bidder_facts(db, UserId(5)).await.unwrap().unwrap();
    assert!(facts.merchant && facts.verified && !facts.suspended);
    assert_eq!((facts.rating_milli, facts.rated_orders, facts.name.as_str()), (4_100, 9, "ورشة النور"));
    let facts = users::find_bidder_facts(db, UserId(77)).await.unwrap().unwrap();
    assert!(!facts.merchant && !facts.verified);
    assert_eq!((facts.rating_milli, facts.name.as_str()), (3_500, "سارة"));
    assert_eq!(users::find_bidder_facts(db, UserId(404)).await.unwrap(), None);
    let names = bids::names_of(db, &[UserId(5), UserId(6), UserId(404)]).await.unwrap();
    assert_eq!(names.len(), 2);
    assert_eq!((names[&UserId(5)].as_str(), names[&UserId(6)].as_str()), ("ورشة النور", "Zaid"));
    assert!(bids::names_of(db, &[]).await.unwrap().is_empty());
}

pub(super) async fn bids_of_a_merchant_page(db: &Db) {
    let group: Vec<_> = (1..=5).map(|id| Log::new(id).append(vec![placed(bid(id, 5, 1, 9_000 + id))])).collect();
    journal::append_group(db, &group).await.unwrap();
    let page = Page { before: 5, limit: 2 };
    let rows = bids::list_bids_of_merchant(db, UserId(5), Some("submitted"), page).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id.0).collect::<Vec<_>>(), [4, 3]);
    assert_eq!(bids::list_bids_of_merchant(db, UserId(5), Some("withdrawn"), FIRST).await.unwrap(), []);
    assert_eq!(bids::list_bids_of_merchant(db, UserId(6), None, FIRST).await.unwrap(), []);
    let found = bids::find_bid_in(db, RequestId(2), UserId(5)).await.unwrap().unwrap();
    assert_eq!((found.id, found.notes.as_str()), (BidId(2), "ضمان الوكيل"));
    assert_eq!(bids::list_bids_among(db, &[BidId(1), BidId(3), BidId(99)]).await.unwrap().len(), 2);
    assert_eq!(bids::list_bids_among(db, &[]).await.unwrap(), []);
}
