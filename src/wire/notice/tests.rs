//! Every notice in both languages and every form, as snapshots under `snapshots/`, and what must hold for all of them. In the
//! snapshots ⟦ and ⟧ stand for the isolates, which cannot be seen.

use super::*;
use crate::domain::auction::event::ExpiryReason;
use crate::domain::ids::OrderId;
use crate::domain::ids::PaymentId;
use crate::domain::ids::QuestionId;
use crate::domain::ids::RequestId;
use crate::domain::ids::SessionId;
use crate::domain::money::AmountMinor;
use crate::domain::order::Actor;
use crate::domain::order::Step;
use crate::domain::time::UnixMicros;
use crate::limits;

const BASE: &str = "https://mazad.example";
const LANGUAGES: [Language; 2] = [Language::Arabic, Language::English];

/// One of each, the largest that a sentence can have; and by name.
fn every() -> Vec<(&'static str, Notice)> {
    let (request, order) = (RequestId(i64::MAX), OrderId(i64::MAX - 1));
    let (payment, question) = (PaymentId(3), QuestionId(4));
    let at = UnixMicros(1_795_530_600_000_000);
    let (best, amount, total) = (Some(AmountMinor(123_456_789)), AmountMinor(99_999_900), AmountMinor(123_456_789));
    let mut all = vec![
        ("accepted", Notice::Accepted { request, order, total }),
        ("bidding_closed", Notice::BiddingClosed { request, bids: Some(11), rank: Some(3), review_until: Some(at) }),
        (
            "bidding_closed_customer",
            Notice::BiddingClosed { request, bids: Some(1), rank: None, review_until: Some(at) },
        ),
        ("bidding_closed_without", Notice::BiddingClosed { request, bids: None, rank: None, review_until: None }),
        ("choice_due", Notice::ChoiceDue { request, until: at }),
        ("closing_soon", Notice::ClosingSoon { request, closes_at: at }),
        ("confirmation_due", Notice::ConfirmationDue { order, until: at }),
        ("deadline_extended", Notice::DeadlineExtended { request, closes_at: at }),
        ("digest_without_names", Notice::Digest { requests: vec![request], count: 3 }),
        ("expired_no_bids", Notice::RequestExpired { request, reason: ExpiryReason::NoBids }),
        ("expired_not_chosen", Notice::RequestExpired { request, reason: ExpiryReason::NotChosen }),
        ("expired_too_few", Notice::RequestExpired { request, reason: ExpiryReason::TooFewBids }),
        ("new_bid", Notice::NewBid { request, bids: 2, best }),
        ("new_bid_sealed", Notice::NewBid { request, bids: 103, best: None }),
        ("new_request", Notice::NewRequest { request, closes_at: at }),
        ("not_chosen_cheaper", Notice::NotChosen { request, rank: Some(2), bids: 5, gap_hundredths: Some(-1_234) }),
        ("not_chosen_dearer", Notice::NotChosen { request, rank: Some(2), bids: 5, gap_hundredths: Some(1_234) }),
        ("not_chosen_equal", Notice::NotChosen { request, rank: Some(2), bids: 2, gap_hundredths: Some(0) }),
        ("not_chosen_nobody", Notice::NotChosen { request, rank: None, bids: 1, gap_hundredths: None }),
        ("outbid", Notice::Outbid { request, rank: 2, best }),
        ("outbid_rank_only", Notice::Outbid { request, rank: 120, best: None }),
        ("payment_failed", Notice::PaymentFailed { order, payment }),
        ("payment_received", Notice::PaymentReceived { order, payment, amount }),
        ("payment_refunded", Notice::PaymentRefunded { order, payment, amount }),
        ("question_answered", Notice::QuestionAnswered { request, question }),
        ("question_asked", Notice::QuestionAsked { request, question }),
        ("rank_gained", Notice::RankGained { request, rank: 1 }),
        ("request_called_off", Notice::RequestCalledOff { request }),
        ("request_cancelled", Notice::RequestCancelled { request }),
        ("reviewed", Notice::Reviewed { order, stars: 5 }),
        ("suspicious_sign_in", Notice::SuspiciousSignIn { session: SessionId(5), at }),
        ("verification_declined", Notice::Verification { verified: false }),
        ("verified", Notice::Verification { verified: true }),
    ];
    for (name, step, by) in [
        ("step_cancel", Step::Cancel, Actor::Customer),
        ("step_complete", Step::Complete, Actor::Clock),
        ("step_confirm", Step::Confirm, Actor::Merchant),
        ("step_decline", Step::Decline, Actor::Clock),
        ("step_deliver", Step::Deliver, Actor::Merchant),
        ("step_dispute", Step::Dispute, Actor::Customer),
        ("step_prepare", Step::Prepare, Actor::Merchant),
        ("step_resolve", Step::Resolve, Actor::Admin),
        ("step_return", Step::Return, Actor::Customer),
        ("step_ship", Step::Ship, Actor::Merchant),
    ] {
        all.push((name, Notice::OrderStep { order, step, by }));
    }
    all
}

fn subject() -> Subject {
    Subject {
        request_title: Some("صدام أمامي & <Camry> 2019".to_owned()),
        vehicle_ar: Some("تويوتا كامري 2019".to_owned()),
        vehicle_en: Some("Toyota Camry 2019".to_owned()),
        reason: Some("القطعة ممنوعة, see rule 7".to_owned()),
    }
}

/// One page: a notice in every form.
fn page(text: &Text, push: &PushText, language: Language) -> String {
    let letter = letter(text, BASE, language);
    let push = format!(
        "== push\n{}\n{}\n{}\ntag {}, urgent {}, {} s, {}\n\n",
        push.title,
        push.body,
        push.url,
        push.tag,
        push.urgent,
        push.ttl.as_secs(),
        push.language
    );
    format!(
        "== in the application\n{}\n{}\n{}\n\n== short message\n{}\n\n{push}== letter\nSubject: {}\n\n{}\n== as a page\n{}",
        text.title, text.body, text.link, text.sms, letter.subject, letter.text, letter.html
    )
    .replace('\u{2068}', "⟦")
    .replace('\u{2069}', "⟧")
}

fn keep(name: &str, page: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, page));
}

#[test]
fn every_notice_reads_well_in_both_languages() {
    for (name, notice) in every() {
        for language in LANGUAGES {
            let text = render(&notice, &subject(), language);
            let push = push(notice.kind(), &text, BASE, language, Duration::from_mins(10));
            keep(&format!("{name}.{}", code(language)), &page(&text, &push, language));
        }
    }
}

#[test]
fn a_digest_reads_well_in_both_languages() {
    let nameless = Subject::default();
    for language in LANGUAGES {
        let text = digest(15, &[subject(), nameless.clone()], language);
        let push = push(Kind::NewRequest, &text, BASE, language, Duration::from_mins(10));
        keep(&format!("digest.{}", code(language)), &page(&text, &push, language));
    }
}

#[test]
fn every_kind_has_its_notice_here() {
    let told: Vec<_> = every().iter().map(|(_, notice)| notice.kind()).collect();
    for kind in Kind::ALL {
        assert!(told.contains(kind), "{kind:?}");
    }
    let steps: Vec<_> = every().iter().filter_map(|(_, notice)| step_of(notice)).collect();
    assert!(Step::ALL.iter().all(|step| steps.contains(step)), "{steps:?}");
}

fn step_of(notice: &Notice) -> Option<Step> {
    if let Notice::OrderStep { step, .. } = notice { Some(*step) } else { None }
}

#[test]
fn a_short_message_has_two_parts_at_most_and_no_marks() {
    let longest = [
        "ط".repeat(limits::TITLE_CHARS_MAX),
        "W".repeat(limits::TITLE_CHARS_MAX),
        "🚗".repeat(limits::TITLE_CHARS_MAX),
        "x".to_owned(),
    ];
    for title in longest {
        for (name, notice) in every() {
            for language in LANGUAGES {
                let subject = Subject { request_title: Some(title.clone()), ..subject() };
                let sms = render(&notice, &subject, language).sms;
                assert!(sms.encode_utf16().count() <= 134, "{name}: {} {sms}", sms.encode_utf16().count());
                assert!(!sms.contains(['\u{2068}', '\u{2069}', '\n']), "{name}: {sms}");
            }
        }
    }
}

#[test]
fn what_has_no_name_any_more_is_told_without_one() {
    for (name, notice) in every() {
        for language in LANGUAGES {
            let text = render(&notice, &Subject::default(), language);
            let all = format!("{}{}{}", text.title, text.body, text.sms);
            assert!(!all.contains("«»") && !all.contains("“”") && !all.contains("  "), "{name}: {all}");
        }
    }
}

/// A bidi isolate that is opened and not closed would swallow the rest of a screen.
#[test]
fn what_is_opened_is_closed() {
    for (name, notice) in every() {
        for language in LANGUAGES {
            let body = render(&notice, &subject(), language).body;
            let count = |mark: char| body.chars().filter(|c| *c == mark).count();
            assert_eq!(count('\u{2068}'), count('\u{2069}'), "{name}: {body}");
            let is_bare = |c: char| c.is_ascii_digit();
            let outside: String = body.split('\u{2068}').map(|part| part.rsplit('\u{2069}').next().unwrap()).collect();
            assert!(language == Language::English || !outside.contains(is_bare), "{name}: {outside}");
        }
    }
}

#[test]
fn a_title_is_text_and_never_markup() {
    let subject = Subject { request_title: Some("\"><script>'&".to_owned()), ..Subject::default() };
    for (name, notice) in every() {
        let text = render(&notice, &subject, Language::English);
        let html = letter(&text, BASE, Language::English).html;
        assert!(!html.contains("<script") && !html.contains("'&"), "{name}: {html}");
    }
}
