//! Notices in English.

use crate::domain::auction::event::ExpiryReason;
use crate::domain::ids::OrderId;
use crate::domain::notice::Notice;
use crate::domain::order::Actor;
use crate::domain::order::Step;
use crate::wire::notice::Said;
use crate::wire::notice::unnamed;
use crate::wire::notice::voice::Voice;
use crate::wire::notice::voice::counted_en as counted;

pub(super) fn say(notice: &Notice, voice: &Voice<'_>) -> Said {
    let name = voice.name(unnamed(voice.language));
    let bids = |count: u32| counted(count, "bid", "bids");
    let (title, first, rest) = match notice {
        Notice::NewRequest { closes_at, .. } => {
            let vehicle = voice.vehicle().map(|vehicle| format!("Vehicle: {vehicle}.")).unwrap_or_default();
            ("New request", format!("{name} is open for bids until {}.", voice.at(*closes_at)), vehicle)
        }
        Notice::Digest { count, .. } => {
            let new = counted(*count, "new request", "new requests");
            ("New requests", format!("{new} for your business."), String::new())
        }
        Notice::NewBid { bids, best, .. } => {
            let best = best.map(|best| format!("The lowest total is now {}.", voice.money(best))).unwrap_or_default();
            ("New bids", format!("{} on {name}.", counted(*bids, "new bid", "new bids")), best)
        }
        Notice::Outbid { rank, best, .. } => {
            let best = best.map(|best| format!("The leading total is {}.", voice.money(best))).unwrap_or_default();
            ("You were outbid", format!("Your bid on {name} fell to rank {rank}."), best)
        }
        Notice::RankGained { rank, .. } => {
            ("Your rank rose", format!("Your bid on {name} rose to rank {rank}."), String::new())
        }
        Notice::DeadlineExtended { closes_at, .. } => {
            ("More time to bid", format!("Bidding on {name} now ends {}.", voice.at(*closes_at)), String::new())
        }
        Notice::ClosingSoon { closes_at, .. } => {
            ("Ten minutes left", format!("Bidding on {name} ends {}.", voice.at(*closes_at)), String::new())
        }
        Notice::BiddingClosed { bids: count, rank, review_until, .. } => {
            let rank = rank.map(|rank| format!("Your rank: {rank}."));
            // Whoever has bids and no rank is the customer.
            let who = if count.is_some() && rank.is_none() { "Choose" } else { "The customer chooses" };
            let until = review_until.map(|until| format!("{who} by {}.", voice.at(until)));
            let rest = rank.into_iter().chain(until).collect::<Vec<_>>().join(" ");
            let first = match count {
                Some(count) => format!("Bidding on {name} ended with {}.", bids(*count)),
                None => format!("Bidding on {name} is over."),
            };
            ("Bidding is over", first, rest)
        }
        Notice::NotChosen { rank, bids: count, gap_hundredths, .. } => {
            let rank = rank.map(|rank| format!("You were at rank {rank} of {}.", bids(*count)));
            let gap = gap_hundredths.map(|gap| match gap {
                1.. => format!("Your total was {} above the chosen one.", voice.percent(gap)),
                0 => "Your total was that of the chosen bid.".to_owned(),
                ..0 => format!("Your total was {} below the chosen one.", voice.percent(gap)),
            });
            let rest = rank.into_iter().chain(gap).collect::<Vec<_>>().join(" ");
            ("Your bid was not chosen", format!("Your bid on {name} was not chosen."), rest)
        }
        Notice::Accepted { total, .. } => (
            "Your bid was accepted",
            format!("Your bid of {} on {name} was accepted.", voice.money(*total)),
            "Confirm the order.".to_owned(),
        ),
        Notice::RequestCancelled { .. } => {
            ("Request cancelled", format!("{name} was cancelled."), "Bids on it no longer count.".to_owned())
        }
        Notice::RequestCalledOff { .. } => {
            let rest = voice.reason().map(|reason| format!("The reason: {reason}")).unwrap_or_default();
            ("Request called off", format!("An administrator called off {name}."), rest)
        }
        Notice::RequestExpired { reason, .. } => {
            let why = match reason {
                ExpiryReason::NoBids => "nobody bid",
                ExpiryReason::TooFewBids => "there were too few bids",
                ExpiryReason::NotChosen => "no bid was chosen in time",
            };
            let rest = "You can post it again.".to_owned();
            ("Request expired", format!("{name} ended without an order: {why}."), rest)
        }
        Notice::ChoiceDue { until, .. } => {
            ("Choose a bid", format!("Choose a bid on {name} by {}.", voice.at(*until)), String::new())
        }
        Notice::ConfirmationDue { order, until } => {
            let first = format!("Confirm {} by {}.", order_words(voice, *order), voice.at(*until));
            ("Confirm the order", first, String::new())
        }
        Notice::OrderStep { order, step, by } => {
            let (title, done) = step_words(*step);
            (title, format!("{} {done} {}.", order_words(voice, *order), by_words(*by)), String::new())
        }
        Notice::PaymentReceived { order, amount, .. } => {
            let first = format!("{} came in for {}.", voice.money(*amount), order_words(voice, *order));
            ("Payment received", first, String::new())
        }
        Notice::PaymentFailed { order, .. } => {
            let rest = "Nothing was charged; try again or pay another way.".to_owned();
            ("Payment failed", format!("The payment for {} failed.", order_words(voice, *order)), rest)
        }
        Notice::PaymentRefunded { order, amount, .. } => {
            let first = format!("{} went back for {}.", voice.money(*amount), order_words(voice, *order));
            ("Payment refunded", first, String::new())
        }
        Notice::Reviewed { order, stars } => {
            let stars = counted(u32::from(*stars), "star", "stars");
            ("New review", format!("{} was reviewed with {stars}.", order_words(voice, *order)), String::new())
        }
        Notice::QuestionAsked { .. } => {
            ("New question", format!("A merchant asks about {name}."), "Answer before bidding ends.".to_owned())
        }
        Notice::QuestionAnswered { .. } => {
            ("Your question was answered", format!("Your question about {name} was answered."), String::new())
        }
        Notice::Verification { verified: true } => {
            ("You are verified", "Your business is verified.".to_owned(), "You can bid now.".to_owned())
        }
        Notice::Verification { verified: false } => (
            "Verification declined",
            "Your business was not verified.".to_owned(),
            "Look at the reason in your profile, mend it and hand your papers in again.".to_owned(),
        ),
        Notice::SuspiciousSignIn { at, .. } => (
            "New sign-in",
            format!("A sign-in to your account on {} looks unusual.", voice.at(*at)),
            "If it was not you, end the session and change your password.".to_owned(),
        ),
    };
    Said { title: title.to_owned(), first: capital(&first), rest }
}

/// A sentence may begin with a name that is none any more.
fn capital(sentence: &str) -> String {
    let mut rest = sentence.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// An order by what it is for; by its id where that has no name any more.
fn order_words(voice: &Voice<'_>, order: OrderId) -> String {
    let name = voice.name("");
    let name = if name.is_empty() { voice.apart(&order.to_string()) } else { name };
    format!("order {name}")
}

const fn step_words(step: Step) -> (&'static str, &'static str) {
    match step {
        Step::Confirm => ("Order confirmed", "was confirmed"),
        Step::Decline => ("Order declined", "was declined"),
        Step::Prepare => ("Order in preparation", "was taken into preparation"),
        Step::Ship => ("Order shipped", "was shipped"),
        Step::Deliver => ("Order delivered", "was marked as delivered"),
        Step::Complete => ("Order completed", "was completed"),
        Step::Cancel => ("Order cancelled", "was cancelled"),
        Step::Return => ("Return requested", "was reported for return"),
        Step::Dispute => ("Order disputed", "was disputed"),
        Step::Resolve => ("Order settled", "was settled"),
    }
}

const fn by_words(by: Actor) -> &'static str {
    match by {
        Actor::Customer => "by the customer",
        Actor::Merchant => "by the merchant",
        Actor::Admin => "by an administrator",
        Actor::Clock => "automatically: its time was over",
    }
}
