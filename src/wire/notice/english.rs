//! Notices in English.

use crate::domain::auction::event::ExpiryReason;
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
            let until = review_until.map(|until| format!("The customer chooses by {}.", voice.at(until)));
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
        Notice::Accepted { order, total, .. } => (
            "Your bid was accepted",
            format!("Your bid of {} on {name} was accepted.", voice.money(*total)),
            format!("Confirm order {}.", voice.apart(&order.to_string())),
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
            let id = voice.apart(&order.to_string());
            ("Confirm the order", format!("Confirm order {id} by {}.", voice.at(*until)), about(voice))
        }
        Notice::OrderStep { order, step, by } => {
            let (title, done) = step_words(*step);
            let id = voice.apart(&order.to_string());
            (title, format!("Order {id} {done} {}.", by_words(*by)), about(voice))
        }
        Notice::PaymentReceived { order, amount, .. } => {
            let id = voice.apart(&order.to_string());
            ("Payment received", format!("{} came in for order {id}.", voice.money(*amount)), about(voice))
        }
        Notice::PaymentFailed { order, .. } => {
            let id = voice.apart(&order.to_string());
            let rest = "Nothing was charged; try again or pay another way.".to_owned();
            ("Payment failed", format!("The payment for order {id} failed."), rest)
        }
        Notice::PaymentRefunded { order, amount, .. } => {
            let id = voice.apart(&order.to_string());
            ("Payment refunded", format!("{} went back for order {id}.", voice.money(*amount)), about(voice))
        }
        Notice::Reviewed { order, stars } => {
            let id = voice.apart(&order.to_string());
            let stars = counted(u32::from(*stars), "star", "stars");
            ("New review", format!("Order {id} was reviewed with {stars}."), about(voice))
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

/// What the order is for.
fn about(voice: &Voice<'_>) -> String {
    let name = voice.name("");
    if name.is_empty() { name } else { format!("It is for {name}.") }
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
