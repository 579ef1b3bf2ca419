//! How amounts, numbers, instants and names look in a sentence.

use chrono::DateTime;
use chrono::Datelike as _;
use chrono::FixedOffset;
use chrono::Timelike as _;
use icu_calendar::Date;
use icu_calendar::cal::Hijri;

use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;
use crate::wire::notice::Subject;
use crate::wire::problem::Language;

/// Riyadh, all year round.
const RIYADH_SECS: i32 = 3 * 3_600;

/// A language, and how much room there is. In a short message dates are short, and nothing is isolated: the marks are boxes on
/// old telephones, and each is one letter less.
pub(super) struct Voice<'a> {
    pub(super) language: Language,
    subject: &'a Subject,
    title: Option<&'a str>,
    is_short: bool,
}

impl<'a> Voice<'a> {
    pub(super) const fn long(subject: &'a Subject, title: Option<&'a str>, language: Language) -> Self {
        Self { language, subject, title, is_short: false }
    }

    pub(super) const fn short(subject: &'a Subject, title: Option<&'a str>, language: Language) -> Self {
        Self { language, subject, title, is_short: true }
    }

    /// What the request is called, in quotation marks; `without` where it has no name any more.
    pub(super) fn name(&self, without: &str) -> String {
        match (self.title, self.language) {
            (None, _) => without.to_owned(),
            (Some(title), Language::Arabic) => format!("«{}»", self.apart(title)),
            (Some(title), Language::English) => format!("“{}”", self.apart(title)),
        }
    }

    /// The vehicle, where there is one.
    pub(super) fn vehicle(&self) -> Option<String> {
        let name = match self.language {
            Language::Arabic => self.subject.vehicle_ar.as_deref(),
            Language::English => self.subject.vehicle_en.as_deref(),
        };
        name.map(|name| self.apart(name))
    }

    /// Why it was called off, where somebody said so.
    pub(super) fn reason(&self) -> Option<String> {
        self.subject.reason.as_deref().filter(|reason| !reason.is_empty()).map(|reason| self.apart(reason))
    }

    /// A part with a direction of its own, kept from what stands around it: U+2068 and U+2069 (UAX #9, isolates).
    pub(super) fn apart(&self, part: &str) -> String {
        if self.is_short { part.to_owned() } else { format!("\u{2068}{part}\u{2069}") }
    }

    /// A number in Latin digits, which readers of both languages know; the one place that chooses digits.
    pub(super) fn number(&self, number: &impl ToString) -> String {
        match self.language {
            Language::Arabic => self.apart(&number.to_string()),
            Language::English => number.to_string(),
        }
    }

    /// Riyals: `1,234.50 SAR`.
    pub(super) fn money(&self, amount: AmountMinor) -> String {
        let plain = amount.to_string();
        let (riyals, halalas) = plain.split_once('.').unwrap_or((&plain, "00"));
        let (sign, digits) = riyals.strip_prefix('-').map_or(("", riyals), |digits| ("-", digits));
        let grouped = digits.bytes().rev().enumerate().fold(String::new(), |mut grouped, (at, digit)| {
            if at > 0 && at % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(char::from(digit));
            grouped
        });
        let number = self.number(&format!("{sign}{}.{halalas}", grouped.chars().rev().collect::<String>()));
        match self.language {
            Language::Arabic => format!("{number} ر.س"),
            Language::English => format!("{number} SAR"),
        }
    }

    /// Hundredths of a percent: `12.34%`.
    pub(super) fn percent(&self, hundredths: i64) -> String {
        let size = hundredths.unsigned_abs();
        self.number(&format!("{}.{:02}%", size / 100, size % 100))
    }

    /// An instant in Riyadh, with the Hijri date of Umm al-Qura, Saudi Arabia's civil calendar, where there is room.
    pub(super) fn at(&self, instant: UnixMicros) -> String {
        let Some(at) = DateTime::from_timestamp_micros(instant.0).zip(FixedOffset::east_opt(RIYADH_SECS)) else {
            return String::new();
        };
        let at = at.0.with_timezone(&at.1);
        let month = usize::try_from(at.month0()).unwrap_or(0);
        let (day, year) = (at.day(), at.year());
        let time = self.number(&format!("{:02}:{:02}", at.hour(), at.minute()));
        let months = match self.language {
            Language::Arabic => &MONTHS_AR,
            Language::English => &MONTHS_EN,
        };
        let month = months.get(month).copied().unwrap_or_default();
        if self.is_short {
            return format!("{day} {month} {time}");
        }
        let weekday = usize::try_from(at.weekday().num_days_from_monday()).unwrap_or(0);
        let hijri = self.hijri(&at).unwrap_or_default();
        match self.language {
            Language::Arabic => {
                let weekday = WEEKDAYS_AR.get(weekday).copied().unwrap_or_default();
                let (day, year) = (self.number(&day), self.number(&year));
                format!("{weekday} {day} {month} {year}م{hijri} الساعة {time}")
            }
            Language::English => {
                let weekday = WEEKDAYS_EN.get(weekday).copied().unwrap_or_default();
                format!("{weekday}, {day} {month} {year}{hijri} at {time}")
            }
        }
    }

    fn hijri(&self, at: &DateTime<FixedOffset>) -> Option<String> {
        let (month, day) = (u8::try_from(at.month()).ok()?, u8::try_from(at.day()).ok()?);
        let date = Date::try_new_gregorian(at.year(), month, day).ok()?.to_calendar(Hijri::new_umm_al_qura());
        let month = usize::from(date.month().ordinal).checked_sub(1)?;
        let (day, year) = (date.day_of_month().0, date.year().extended_year());
        Some(match self.language {
            Language::Arabic => {
                format!(" ({} {} {}هـ)", self.number(&day), HIJRI_AR.get(month)?, self.number(&year))
            }
            Language::English => format!(" ({day} {} {year} AH)", HIJRI_EN.get(month)?),
        })
    }
}

/// Text without isolates.
pub(super) fn plain(text: &str) -> String {
    text.replace(['\u{2068}', '\u{2069}'], "")
}

/// A counted thing in the six forms of Arabic (CLDR, plural rules "ar"): none, one, two, and the noun behind 3 to 10, behind 11
/// to 99, and behind what ends in 00 to 02. The first three say the number themselves.
pub(super) fn counted_ar(count: u32, forms: [&str; 6], voice: &Voice<'_>) -> String {
    let [none, one, two, few, many, other] = forms;
    let noun = match (count, count % 100) {
        (0, _) => return none.to_owned(),
        (1, _) => return one.to_owned(),
        (2, _) => return two.to_owned(),
        (_, 3..=10) => few,
        (_, 11..=99) => many,
        (_, _) => other,
    };
    format!("{} {noun}", voice.number(&count))
}

/// A counted thing in English.
pub(super) fn counted_en(count: u32, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

const MONTHS_AR: [&str; 12] =
    ["يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS_AR: [&str; 7] = ["الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"];
const WEEKDAYS_EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const HIJRI_AR: [&str; 12] = [
    "محرم",
    "صفر",
    "ربيع الأول",
    "ربيع الآخر",
    "جمادى الأولى",
    "جمادى الآخرة",
    "رجب",
    "شعبان",
    "رمضان",
    "شوال",
    "ذو القعدة",
    "ذو الحجة",
];
const HIJRI_EN: [&str; 12] = [
    "Muharram",
    "Safar",
    "Rabi al-Awwal",
    "Rabi al-Akhir",
    "Jumada al-Ula",
    "Jumada al-Akhirah",
    "Rajab",
    "Shaban",
    "Ramadan",
    "Shawwal",
    "Dhu al-Qadah",
    "Dhu al-Hijjah",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(language: Language) -> Voice<'static> {
        const NOTHING: &Subject = &Subject { request_title: None, vehicle_ar: None, vehicle_en: None, reason: None };
        Voice::long(NOTHING, None, language)
    }

    #[test]
    fn amounts_are_grouped_and_set_apart() {
        for (halalas, english) in
            [(0, "0.00 SAR"), (12_050, "120.50 SAR"), (123_450, "1,234.50 SAR"), (-100_000_007, "-1,000,000.07 SAR")]
        {
            assert_eq!(voice(Language::English).money(AmountMinor(halalas)), english);
        }
        assert_eq!(voice(Language::Arabic).money(AmountMinor(123_450)), "\u{2068}1,234.50\u{2069} ر.س");
        assert_eq!(voice(Language::English).percent(1_234), "12.34%");
        assert_eq!(voice(Language::English).percent(-5), "0.05%");
    }

    #[test]
    fn arabic_counts_in_six_forms() {
        let forms = ["لا عروض", "عرض واحد", "عرضان", "عروض", "عرضًا", "عرض"];
        for (count, wanted) in [
            (0, "لا عروض"),
            (1, "عرض واحد"),
            (2, "عرضان"),
            (3, "3 عروض"),
            (10, "10 عروض"),
            (11, "11 عرضًا"),
            (99, "99 عرضًا"),
            (100, "100 عرض"),
            (101, "101 عرض"),
            (102, "102 عرض"),
            (103, "103 عروض"),
            (111, "111 عرضًا"),
            (1_000, "1000 عرض"),
        ] {
            assert_eq!(plain(&counted_ar(count, forms, &voice(Language::Arabic))), wanted);
        }
        assert_eq!((counted_en(1, "bid", "bids"), counted_en(0, "bid", "bids")), ("1 bid".into(), "0 bids".into()));
    }

    /// First days of months as the calendar of Umm al-Qura was published.
    #[test]
    fn dates_are_those_of_riyadh_in_both_calendars() {
        let english = |text: &str| {
            let at = chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros();
            voice(Language::English).at(UnixMicros(at))
        };
        for (instant, wanted) in [
            ("2023-03-23T09:00:00Z", "Thursday, 23 March 2023 (1 Ramadan 1444 AH) at 12:00"),
            ("2023-07-19T00:00:00Z", "Wednesday, 19 July 2023 (1 Muharram 1445 AH) at 03:00"),
            ("2024-03-11T00:00:00Z", "Monday, 11 March 2024 (1 Ramadan 1445 AH) at 03:00"),
            ("2025-03-29T20:59:59Z", "Saturday, 29 March 2025 (29 Ramadan 1446 AH) at 23:59"),
            ("2025-03-29T21:00:00Z", "Sunday, 30 March 2025 (1 Shawwal 1446 AH) at 00:00"),
            ("2025-06-26T00:00:00Z", "Thursday, 26 June 2025 (1 Muharram 1447 AH) at 03:00"),
        ] {
            assert_eq!(english(instant), wanted);
        }
        assert_eq!(
            plain(&voice(Language::Arabic).at(UnixMicros(1_743_281_999_000_000))),
            "السبت 29 مارس 2025م (29 رمضان 1446هـ) الساعة 23:59"
        );
        assert_eq!(voice(Language::English).at(UnixMicros(i64::MAX)), "");
    }
}
