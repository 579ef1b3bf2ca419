//! Drafts, lists and facts.

use mazad::domain::auction::board::State;
use mazad::domain::auction::event::Event;
use mazad::domain::city;
use mazad::domain::eligibility::Ring;
use mazad::domain::ids::{BidId, ItemId, RequestId, UserId, VehicleId};
use mazad::domain::money::AmountMinor;
use mazad::domain::time::UnixMicros;
use mazad::flows::audience;
use mazad::persistence::error::StoreError;
use mazad::persistence::listings::{self, Filter, Place};
use mazad::persistence::requests::{self, Marked, PartItem, PartRequest};
use mazad::persistence::search::Wanted;
use mazad::persistence::{Db, Page, bids, users};

use crate::store::{Log, START, bid, placed, tamper, write};

macro_rules! reads_suite {
    ($database:ident) => {
        crate::store::on! { $database:
            reads::a_draft_is_written_changed_published_and_deleted
            reads::lists_page_without_gaps_and_filter
            reads::merchants_see_what_they_may
            reads::requests_are_found_by_their_words
            reads::what_closes_next_pages_in_order
            reads::who_is_reached_by_a_ring
            reads::bidder_facts_and_names
            reads::bids_of_a_merchant_page
        }
    };
}
pub(super) use reads_suite;

const FIRST: Page = Page { before: i64::MAX, limit: 20 };
const ALL: Filter<'static> =
    Filter { state: "", brand: None, model: None, city_key: "", closes_by: None, wanted: None };

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
        city: Some("الرياض".to_owned()),
        part_groups: None,
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
        ring: None,
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
        part_group: None,
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
    write(db, &[append]).await;
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

    let long_ago = UnixMicros(START.0 - 1);
    let mark = async |customer, most| {
        requests::mark_published(db, RequestId(1), UserId(customer), START, long_ago, most).await.unwrap()
    };
    assert_eq!(mark(5, 1).await, Marked::NotADraft);
    assert_eq!(mark(77, 0).await, Marked::TooMany);
    assert_eq!(mark(77, 1).await, Marked::Yes);
    assert_eq!(mark(77, 1).await, Marked::NotADraft);
    assert_eq!(requests::update_draft(db, &request, &items, &[]).await, Err(StoreError::Missing));
    assert_eq!(requests::delete_draft(db, request.id, UserId(77), UnixMicros(9)).await, Err(StoreError::Missing));
    requests::unmark_published(db, request.id).await.unwrap();
    assert_eq!(mark(77, 1).await, Marked::Yes);
    publish(db, 1, State::BiddingOpen).await;
    requests::unmark_published(db, request.id).await.unwrap();
    let kept = requests::find_request(db, request.id).await.unwrap().unwrap();
    assert_eq!(kept.published_at, Some(START), "the journal has it");

    let (request, items) = draft(2);
    requests::create_draft(db, &request, &items, &[], None).await.unwrap();
    requests::delete_draft(db, request.id, UserId(77), UnixMicros(9)).await.unwrap();
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
    let mut at = Place::NEWEST;
    loop {
        let rows = listings::list_of_customer(db, UserId(77), ALL, at, 3).await.unwrap();
        let Some(last) = rows.last() else { break };
        at = at.behind(last);
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
    let filter = Filter { state: "draft", brand: Some(2), ..ALL };
    let rows = listings::list_of_customer(db, UserId(77), filter, Place::NEWEST, 20).await.unwrap();
    assert_eq!(rows.iter().map(|row| (row.id.0, row.total_parts)).collect::<Vec<_>>(), [(7, 2), (1, 2)]);
    assert_eq!(listings::list_of_customer(db, UserId(5), ALL, Place::NEWEST, 20).await.unwrap(), []);
    // Two are open, and what was frozen and got no entry counts for a moment.
    let at = |micros| UnixMicros(START.0 + micros);
    let mark = async |id, now, abandoned, most| {
        requests::mark_published(db, RequestId(id), UserId(77), at(now), at(abandoned), most).await.unwrap()
    };
    assert_eq!(mark(1, 5, 0, 2).await, Marked::TooMany);
    assert_eq!(mark(1, 5, 0, 3).await, Marked::Yes);
    assert_eq!(mark(2, 6, 4, 3).await, Marked::TooMany);
    assert_eq!(mark(2, 6, 5, 3).await, Marked::Yes);
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
        let filter = Filter { state: "bidding_open", ..ALL };
        let rows = listings::list_for_merchant(db, UserId(merchant), filter, Place::NEWEST, 20).await.unwrap();
        rows.into_iter().map(|row| row.id.0).collect::<Vec<_>>()
    };
    assert_eq!(open(5).await, [2, 1], "invited");
    assert_eq!(open(6).await, [1], "not invited; drafts are nobody's business");
    let eligible = async |request, merchant| {
        let found = requests::find_admittance(db, RequestId(request), UserId(merchant)).await.unwrap();
        found.map(|found| (found.invited, found.blocked, found.has_bid))
    };
    assert_eq!(eligible(2, 5).await, Some((true, false, false)));
    assert_eq!(eligible(2, 6).await, Some((false, false, false)));
    assert_eq!(eligible(1, 6).await, Some((false, false, false)));
    assert_eq!(eligible(9, 6).await, None);
    tamper(db, "INSERT INTO merchant_blocks (customer_id, merchant_id, created_at) VALUES (77, 6, 0)").await;
    assert_eq!(open(6).await, Vec::<i64>::new());
    assert_eq!(eligible(1, 6).await, Some((false, true, false)));
    let mut log = Log::new(1);
    log.append(vec![Event::Opened]);
    write(db, &[log.append(vec![placed(bid(9, 5, 1, 9_000))])]).await;
    assert_eq!(eligible(1, 5).await, Some((false, false, true)));
    let filter = Filter { state: "bidding_open", brand: Some(1), ..ALL };
    let rows = listings::list_for_merchant(db, UserId(5), filter, Place::NEWEST, 20).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id.0).collect::<Vec<_>>(), [2]);
}

/// The requests in which these words are found, as (anywhere, in a part's name).
async fn found(db: &Db, anywhere: &str, in_part_name: &str) -> Vec<i64> {
    let wanted = Wanted::new(anywhere, in_part_name);
    let filter = Filter { wanted: Some(&wanted), ..ALL };
    let rows = listings::list_of_customer(db, UserId(77), filter, Place::NEWEST, 20).await.unwrap();
    rows.into_iter().map(|row| row.id.0).collect()
}

pub(super) async fn requests_are_found_by_their_words(db: &Db) {
    people(db).await;
    let texts = [
        ("صدّام أمامي لكامري", "اللون أبيض", "الصدام الأمامي", None),
        ("Front bumper", "white, CX-5 style", "Bumper", Some("52119-06988")),
        ("فلتر زيت", "للصيانة الدورية ٢٠١٩", "فِلتَــر", Some("04152YZZA1")),
    ];
    for ((title, description, part, number), id) in texts.into_iter().zip(1..) {
        let (mut request, mut items) = draft(id);
        (request.title, request.description) = (title.to_owned(), description.to_owned());
        items.truncate(1);
        items[0].part_name = part.to_owned();
        items[0].part_number = number.map(str::to_owned);
        requests::create_draft(db, &request, &items, &[], None).await.unwrap();
    }
    for (anywhere, in_part_name, wanted) in [
        ("صدام", "", vec![1]),
        ("الصَّدّام", "", vec![1]),
        ("bump", "", vec![2]),
        ("BUMPER front", "", vec![2]),
        ("bumper صدام", "", vec![]),
        ("كامري", "", vec![3, 2, 1]),
        ("Camry", "", vec![3, 2, 1]),
        ("تويوتا", "", vec![2]),
        ("2019", "", vec![3]),
        ("٢٠١٩", "", vec![3]),
        ("52119-06988", "", vec![2]),
        ("5211906988", "", vec![2]),
        ("04152-YZZA1", "", vec![3]),
        ("cx5", "", vec![2]),
        ("CX 5", "", vec![2]),
        ("style", "bumper", vec![2]),
        ("", "bumper", vec![2]),
        ("", "style", vec![]),
        ("", "فلتر", vec![3]),
        ("the", "", vec![]),
        ("nothing of the kind", "", vec![]),
    ] {
        assert_eq!(found(db, anywhere, in_part_name).await, wanted, "{anywhere} · {in_part_name}");
    }
    // Whatever is typed is looked for, and never an operator.
    let hostile =
        ["\" OR 1=1", "* ^ NEAR(a b, 2)", "words : x", "+bumper -front", "a\u{0}b", "(((", "AND NOT OR", "@x~1"];
    for text in hostile {
        assert_eq!(found(db, text, text).await, Vec::<i64>::new(), "{text}");
    }
    found(db, &"\"x* ".repeat(3_000), &"ا".repeat(10_000)).await;

    let (mut request, mut items) = draft(2);
    request.title = "Headlight".to_owned();
    items.truncate(1);
    items[0].part_name = "مصباح".to_owned();
    requests::update_draft(db, &request, &items, &[]).await.unwrap();
    assert_eq!(found(db, "style", "").await, Vec::<i64>::new(), "the old words are gone");
    assert_eq!(found(db, "headlight مصباح", "مصباح").await, [2]);
    requests::delete_draft(db, request.id, UserId(77), UnixMicros(9)).await.unwrap();
    assert_eq!(found(db, "headlight", "").await, Vec::<i64>::new());
    let (again, items) = draft(2);
    requests::create_draft(db, &again, &items, &[], None).await.unwrap();
    let foreign = PartRequest { customer_id: UserId(5), title: "changed".to_owned(), ..again };
    assert_eq!(requests::update_draft(db, &foreign, &items, &[]).await, Err(StoreError::Missing));
    assert_eq!(found(db, "bumper", "").await.len(), 1, "a refused change changes no word");
}

pub(super) async fn what_closes_next_pages_in_order(db: &Db) {
    people(db).await;
    for id in 1..=7 {
        let (mut request, items) = draft(id);
        if id == 4 {
            request.city = Some("Jeddah".to_owned());
        }
        requests::create_draft(db, &request, &items, &[], None).await.unwrap();
        if id != 6 {
            let mut append = Log::new(id).append(vec![Event::Opened]);
            append.head.state = if id == 5 { State::Cancelled } else { State::BiddingOpen };
            // 1 and 2 close together, 7 closes first.
            append.head.closes_at = UnixMicros(START.0 + [0, 50, 50, 40, 60, 1, 0, 30][usize::try_from(id).unwrap()]);
            write(db, &[append]).await;
        }
    }
    let (mut seen, mut at) = (Vec::new(), Place::CLOSING);
    loop {
        let rows = listings::list_for_merchant(db, UserId(5), ALL, at, 2).await.unwrap();
        let Some(last) = rows.last() else { break };
        at = at.behind(last);
        seen.extend(rows.into_iter().map(|row| row.id.0));
    }
    assert_eq!(seen, [7, 3, 1, 2, 4], "neither what ended nor a draft");
    let by = |micros| Filter { closes_by: Some(UnixMicros(START.0 + micros)), ..ALL };
    let rows = listings::list_of_customer(db, UserId(77), by(40), Place::NEWEST, 20).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id.0).collect::<Vec<_>>(), [7, 3]);
    let filter = Filter { city_key: &city::key("جدة"), ..ALL };
    let rows = listings::list_for_merchant(db, UserId(5), filter, Place::CLOSING, 20).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id.0).collect::<Vec<_>>(), [4]);
}

pub(super) async fn who_is_reached_by_a_ring(db: &Db) {
    people(db).await;
    for (id, specializations, areas) in [
        (10, "[]", "[]"),
        (11, r#"[{"brand_id":9}]"#, r#"["Riyadh"]"#),
        (12, "[]", r#"["Jeddah"]"#),
        (13, r#"[{"brand_id":9}]"#, r#"["Jeddah"]"#),
    ] {
        let sql = format!(
            "INSERT INTO users (id, kind, name, phone, password_hash, locale, created_at, updated_at) VALUES ({id}, \
             'merchant', 'M', '+9665000001{id}', 'x', 'ar', 0, 0)"
        );
        tamper(db, sql.leak()).await;
        let sql = format!(
            "INSERT INTO merchant_profiles (user_id, business_name, specializations, business_hours, service_areas, \
             verification_documents, verified_at, rating_sum_milli, rating_milli, rated_orders, updated_at) VALUES ({id}, \
             'M', '{specializations}', '{{}}', '{areas}', '[]', 1, 0, 3500, 0, 0)"
        );
        tamper(db, sql.leak()).await;
    }
    let (request, items) = draft(1);
    requests::create_draft(db, &request, &items, &[], None).await.unwrap();
    let reached = async |ring, limit| {
        let (mut all, mut after) = (Vec::new(), UserId(0));
        loop {
            let stretch = audience::list_reached(db, &request, ring, after, limit).await.unwrap();
            all.extend(stretch.found.into_iter().map(|user| user.0));
            let Some(next) = stretch.next else { return all };
            after = next;
        }
    };
    for limit in [1, 2, 100] {
        assert_eq!(reached(Ring::Specialists, limit).await, [5, 10]);
        assert_eq!(reached(Ring::Local, limit).await, [11], "whatever they deal in");
        assert_eq!(reached(Ring::Everybody, limit).await, [12, 13], "wherever they are");
    }
    tamper(db, "INSERT INTO merchant_blocks (customer_id, merchant_id, created_at) VALUES (77, 13, 0)").await;
    tamper(db, "UPDATE users SET suspended_at = 1 WHERE id = 10").await;
    assert_eq!(reached(Ring::Specialists, 100).await, [5]);
    assert_eq!(reached(Ring::Everybody, 100).await, [12]);
    // The ring that the journal tells of is the one in the row.
    let widened = Log::new(1).append(vec![Event::RingWidened { ring: Ring::Local }]);
    write(db, &[widened]).await;
    assert_eq!(requests::find_request(db, request.id).await.unwrap().unwrap().ring, Some(1));
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
    write(db, &group).await;
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
