//! What a notice says, in Arabic and English: in the list of the application, as a short message, as a letter, on a telephone's
//! screen.
//!
//! Nothing is filled in by name: a text is a total match over the typed notice, so a sentence that wants what its notice does
//! not have does not compile.

mod arabic;
mod english;
mod letter;
mod voice;

use std::time::Duration;

use crate::domain::message::PushText;
use crate::domain::notice::Kind;
use crate::domain::notice::Notice;
use crate::limits;
use crate::wire::notice::voice::Voice;
use crate::wire::problem::Language;

pub use crate::wire::notice::letter::letter;

/// What a notice is about, as far as it still has a name: looked up when the notice is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The request's title, also where the notice is about its order.
    pub request_title: Option<String>,
    /// Its vehicle in Arabic.
    pub vehicle_ar: Option<String>,
    /// Its vehicle in English.
    pub vehicle_en: Option<String>,
    /// Why it was called off.
    pub reason: Option<String>,
}

/// A notice in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// A few words, without a full stop.
    pub title: String,
    /// Sentences; lines of a digest.
    pub body: String,
    /// The same as a short message: at most two parts in any script. Without a link: operators hold back messages with one, and
    /// nobody should get used to follow them.
    pub sms: String,
    /// Where in the application it leads, from its root: `/#/room/req_…`.
    pub link: String,
    /// What it is about: on a screen a later push takes the place of an earlier one with the same tag.
    pub tag: String,
}

/// Two parts of a short message in UCS-2, in units of UTF-16: 140 octets each, of which six say that it is a part (3GPP TS
/// 23.040 §9.2.3.24.1).
const SMS_UNITS_MAX: usize = 134;

/// What the language says of it. `title` is the heading; `first` must stand alone; `rest` is left out of short messages.
struct Said {
    title: String,
    first: String,
    rest: String,
}

/// A notice in words.
#[must_use]
pub fn render(notice: &Notice, subject: &Subject, language: Language) -> Text {
    let title = subject.request_title.as_deref();
    let long = say(notice, &Voice::long(subject, title, language));
    let body = if long.rest.is_empty() { long.first } else { format!("{} {}", long.first, long.rest) };
    let about = notice.request().map(|request| request.to_string());
    let about = about.or_else(|| notice.order().map(|order| order.to_string()));
    let kind = notice.kind().word();
    let tag = about.map_or_else(|| kind.to_owned(), |about| format!("{kind}-{about}"));
    Text { title: long.title, body, sms: short(notice, subject, language), link: link(notice), tag }
}

/// A digest in words: how many requests were held back, and what the first of them are called.
#[must_use]
pub fn digest(count: u32, first: &[Subject], language: Language) -> Text {
    let notice = Notice::Digest { requests: Vec::new(), count };
    let text = render(&notice, &Subject::default(), language);
    let named = first.iter().map(|subject| {
        let voice = Voice::long(subject, subject.request_title.as_deref(), language);
        let name = voice.name(unnamed(language));
        voice.vehicle().map_or_else(|| name.clone(), |vehicle| format!("{name} – {vehicle}"))
    });
    let left = count.saturating_sub(u32::try_from(first.len()).unwrap_or(u32::MAX));
    let nothing = Subject::default();
    let voice = Voice::long(&nothing, None, language);
    let more = (left > 0).then(|| match language {
        Language::Arabic => format!("و{} غيرها", voice.number(&left)),
        Language::English => format!("and {left} more"),
    });
    let body = named.chain(more).collect::<Vec<_>>().join("\n");
    Text { body, ..text }
}

/// What a device shows. `base` is the public address of the server, `ttl` how long it is worth delivering.
#[must_use]
pub fn push(kind: Kind, text: &Text, base: &str, language: Language, ttl: Duration) -> PushText {
    PushText {
        title: text.title.clone(),
        body: cut(&text.body, limits::PUSH_UNITS_MAX),
        url: format!("{base}{}", text.link),
        tag: text.tag.clone(),
        urgent: kind.is_urgent() || kind == Kind::Accepted,
        ttl,
        language: code(language),
    }
}

/// `ar` or `en`.
#[must_use]
pub const fn code(language: Language) -> &'static str {
    match language {
        Language::Arabic => "ar",
        Language::English => "en",
    }
}

fn say(notice: &Notice, voice: &Voice<'_>) -> Said {
    match voice.language {
        Language::Arabic => arabic::say(notice, voice),
        Language::English => english::say(notice, voice),
    }
}

/// The first sentence behind the name of the service, with as much of the title as there is room for.
fn short(notice: &Notice, subject: &Subject, language: Language) -> String {
    let with = |title: Option<&str>| {
        let said = say(notice, &Voice::short(subject, title, language));
        brand(&said.first, language)
    };
    let Some(title) = subject.request_title.as_deref() else { return with(None) };
    let room = SMS_UNITS_MAX.saturating_sub(units(&with(Some(""))));
    with(Some(&cut(title, room)))
}

fn brand(sentence: &str, language: Language) -> String {
    match language {
        Language::Arabic => format!("مزاد: {sentence}"),
        Language::English => format!("mazad: {sentence}"),
    }
}

/// What a request is called that has no name any more.
const fn unnamed(language: Language) -> &'static str {
    match language {
        Language::Arabic => "قطع غيار",
        Language::English => "a part request",
    }
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// At most so many units, the last of them an ellipsis where something is missing.
fn cut(text: &str, room: usize) -> String {
    if units(text) <= room {
        return text.to_owned();
    }
    let mut left = room.saturating_sub(1);
    let kept = text.chars().take_while(|c| {
        let fits = c.len_utf16() <= left;
        left = left.saturating_sub(c.len_utf16());
        fits
    });
    format!("{}…", kept.collect::<String>().trim_end())
}

fn link(notice: &Notice) -> String {
    match (notice.order(), notice.request(), notice.kind()) {
        (Some(order), _, _) => format!("/#/orders/{order}"),
        (None, Some(request), _) => format!("/#/room/{request}"),
        (None, None, Kind::NewRequest) => "/#/requests".to_owned(),
        (None, None, Kind::SuspiciousSignIn) => "/#/sessions".to_owned(),
        (None, None, Kind::Verification) => "/#/business".to_owned(),
        (None, None, _) => "/#/notices".to_owned(),
    }
}

#[cfg(test)]
mod tests;
