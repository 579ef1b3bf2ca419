//! Notices in Arabic.

use crate::domain::auction::event::ExpiryReason;
use crate::domain::ids::OrderId;
use crate::domain::notice::Notice;
use crate::domain::order::Actor;
use crate::domain::order::Step;
use crate::wire::notice::Said;
use crate::wire::notice::unnamed;
use crate::wire::notice::voice::Voice;
use crate::wire::notice::voice::counted_ar as counted;

const BIDS: [&str; 6] = ["لا عروض", "عرض واحد", "عرضان", "عروض", "عرضًا", "عرض"];
const NEW_BIDS: [&str; 6] = ["لا عروض جديدة", "عرض جديد واحد", "عرضان جديدان", "عروض جديدة", "عرضًا جديدًا", "عرض جديد"];
const NEW_REQUESTS: [&str; 6] =
    ["لا طلبات جديدة", "طلب جديد واحد", "طلبان جديدان", "طلبات جديدة", "طلبًا جديدًا", "طلب جديد"];
const STARS: [&str; 6] = ["بلا نجوم", "نجمة واحدة", "نجمتان", "نجوم", "نجمة", "نجمة"];

pub(super) fn say(notice: &Notice, voice: &Voice<'_>) -> Said {
    let name = voice.name(unnamed(voice.language));
    let number = |number: u32| voice.number(&number);
    let (title, first, rest) = match notice {
        Notice::NewRequest { closes_at, .. } => {
            let vehicle = voice.vehicle().map(|vehicle| format!("المركبة: {vehicle}.")).unwrap_or_default();
            ("طلب جديد", format!("طلب {name} يستقبل العروض حتى {}.", voice.at(*closes_at)), vehicle)
        }
        Notice::Digest { count, .. } => {
            let new = counted(*count, NEW_REQUESTS, voice);
            ("طلبات جديدة", format!("لنشاطك: {new}."), String::new())
        }
        Notice::NewBid { bids, best, .. } => {
            let best = best.map(|best| format!("أقل إجمالي الآن {}.", voice.money(best))).unwrap_or_default();
            ("عروض جديدة", format!("وصل على طلب {name}: {}.", counted(*bids, NEW_BIDS, voice)), best)
        }
        Notice::Outbid { rank, best, .. } => {
            let best = best.map(|best| format!("الإجمالي المتصدّر {}.", voice.money(best))).unwrap_or_default();
            ("تقدّم عليك عرض آخر", format!("تراجع عرضك على طلب {name} إلى المركز {}.", number(*rank)), best)
        }
        Notice::RankGained { rank, .. } => {
            ("تقدّم مركزك", format!("تقدّم عرضك على طلب {name} إلى المركز {}.", number(*rank)), String::new())
        }
        Notice::DeadlineExtended { closes_at, .. } => (
            "مُدّد وقت التقديم",
            format!("ينتهي التقديم على طلب {name} بعد التمديد {}.", voice.at(*closes_at)),
            String::new(),
        ),
        Notice::ClosingSoon { closes_at, .. } => {
            ("بقيت عشر دقائق", format!("ينتهي التقديم على طلب {name} {}.", voice.at(*closes_at)), String::new())
        }
        Notice::BiddingClosed { bids, rank, review_until, .. } => {
            let rank = rank.map(|rank| format!("مركزك: {}.", number(rank)));
            // Whoever has bids and no rank is the customer.
            let who = if bids.is_some() && rank.is_none() { "اختر" } else { "يختار العميل" };
            let until = review_until.map(|until| format!("{who} قبل {}.", voice.at(until)));
            let rest = rank.into_iter().chain(until).collect::<Vec<_>>().join(" ");
            let first = match bids {
                Some(bids) => {
                    format!("انتهى التقديم على طلب {name}، والحصيلة: {}.", counted(*bids, BIDS, voice))
                }
                None => format!("انتهى التقديم على طلب {name}."),
            };
            ("انتهى التقديم", first, rest)
        }
        Notice::NotChosen { rank, bids, gap_hundredths, .. } => {
            let rank = rank.map(|rank| format!("كان مركزك {} (العدد: {}).", number(rank), counted(*bids, BIDS, voice)));
            let gap = gap_hundredths.map(|gap| match gap {
                1.. => format!("كان إجماليك أعلى من العرض المختار بنسبة {}.", voice.percent(gap)),
                0 => "كان إجماليك مساويًا للعرض المختار.".to_owned(),
                ..0 => format!("كان إجماليك أقل من العرض المختار بنسبة {}.", voice.percent(gap)),
            });
            let rest = rank.into_iter().chain(gap).collect::<Vec<_>>().join(" ");
            ("لم يُختر عرضك", format!("لم يُختر عرضك على طلب {name}."), rest)
        }
        Notice::Accepted { total, .. } => (
            "قُبل عرضك",
            format!("قُبل عرضك على طلب {name} بإجمالي {}.", voice.money(*total)),
            "أكّد أمر الشراء.".to_owned(),
        ),
        Notice::RequestCancelled { .. } => {
            ("أُلغي الطلب", format!("أُلغي طلب {name}."), "لم تعد العروض عليه قائمة.".to_owned())
        }
        Notice::RequestCalledOff { .. } => {
            let rest = voice.reason().map(|reason| format!("السبب: {reason}")).unwrap_or_default();
            ("ألغت الإدارة طلبك", format!("ألغت الإدارة طلب {name}."), rest)
        }
        Notice::RequestExpired { reason, .. } => {
            let why = match reason {
                ExpiryReason::NoBids => "لم يصل أي عرض",
                ExpiryReason::TooFewBids => "كانت العروض أقل من المطلوب",
                ExpiryReason::NotChosen => "لم يُختر عرض في الوقت المحدد",
            };
            ("انتهى الطلب", format!("انتهى طلب {name} دون شراء: {why}."), "يمكنك نشره من جديد.".to_owned())
        }
        Notice::ChoiceDue { until, .. } => {
            ("اختر عرضًا", format!("اختر عرضًا على طلب {name} قبل {}.", voice.at(*until)), String::new())
        }
        Notice::ConfirmationDue { order, until } => {
            let first = format!("أكّد {} قبل {}.", order_words(voice, *order), voice.at(*until));
            ("أكّد أمر الشراء", first, String::new())
        }
        Notice::OrderStep { order, step, by } => {
            let (title, done) = step_words(*step);
            (title, format!("{done} {} {}.", order_words(voice, *order), by_words(*by)), String::new())
        }
        Notice::PaymentReceived { order, amount, .. } => {
            let first = format!("وصلت دفعة قدرها {} عن {}.", voice.money(*amount), order_words(voice, *order));
            ("وصلت دفعة", first, String::new())
        }
        Notice::PaymentFailed { order, .. } => {
            let rest = "لم يُخصم شيء؛ حاول مجددًا أو ادفع بطريقة أخرى.".to_owned();
            ("تعذّرت الدفعة", format!("تعذّرت دفعة {}.", order_words(voice, *order)), rest)
        }
        Notice::PaymentRefunded { order, amount, .. } => {
            let first = format!("رُدّ مبلغ {} عن {}.", voice.money(*amount), order_words(voice, *order));
            ("رُدّت دفعة", first, String::new())
        }
        Notice::Reviewed { order, stars } => {
            let stars = counted(u32::from(*stars), STARS, voice);
            ("تقييم جديد", format!("تقييم جديد عن {}: {stars}.", order_words(voice, *order)), String::new())
        }
        Notice::QuestionAsked { .. } => {
            ("سؤال جديد", format!("سأل تاجر عن طلب {name}."), "أجب قبل انتهاء التقديم.".to_owned())
        }
        Notice::QuestionAnswered { .. } => ("أُجيب عن سؤالك", format!("أُجيب عن سؤالك بخصوص طلب {name}."), String::new()),
        Notice::Verification { verified: true } => {
            ("تم توثيقك", "تم توثيق منشأتك.".to_owned(), "يمكنك الآن تقديم العروض.".to_owned())
        }
        Notice::Verification { verified: false } => (
            "لم يتم التوثيق",
            "لم يتم توثيق منشأتك.".to_owned(),
            "اطّلع على السبب في ملفك، وعالجه، ثم أعد تقديم مستنداتك.".to_owned(),
        ),
        Notice::SuspiciousSignIn { at, .. } => (
            "دخول جديد",
            format!("سُجّل دخول غير معتاد إلى حسابك بتاريخ {}.", voice.at(*at)),
            "إن لم تكن أنت فأنهِ الجلسة وغيّر كلمة المرور.".to_owned(),
        ),
    };
    Said { title: title.to_owned(), first, rest }
}

/// An order by what it is for; by its id where that has no name any more.
fn order_words(voice: &Voice<'_>, order: OrderId) -> String {
    let name = voice.name("");
    if name.is_empty() {
        format!("أمر الشراء {}", voice.apart(&order.to_string()))
    } else {
        format!("أمر شراء {name}")
    }
}

const fn step_words(step: Step) -> (&'static str, &'static str) {
    match step {
        Step::Confirm => ("أُكّد أمر الشراء", "أُكّد"),
        Step::Decline => ("رُفض أمر الشراء", "رُفض"),
        Step::Prepare => ("أمر الشراء قيد التجهيز", "بدأ تجهيز"),
        Step::Ship => ("شُحن أمر الشراء", "شُحن"),
        Step::Deliver => ("سُلّم أمر الشراء", "سُجّل تسليم"),
        Step::Complete => ("اكتمل أمر الشراء", "اكتمل"),
        Step::Cancel => ("أُلغي أمر الشراء", "أُلغي"),
        Step::Return => ("طُلب الإرجاع", "طُلب الإرجاع عن"),
        Step::Dispute => ("نزاع على أمر الشراء", "فُتح نزاع على"),
        Step::Resolve => ("سُوّي أمر الشراء", "سُوّي"),
    }
}

const fn by_words(by: Actor) -> &'static str {
    match by {
        Actor::Customer => "من جهة العميل",
        Actor::Merchant => "من جهة التاجر",
        Actor::Admin => "من جهة الإدارة",
        Actor::Clock => "تلقائيًا لانتهاء المهلة",
    }
}
