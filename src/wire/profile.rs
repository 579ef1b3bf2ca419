//! What customers and merchants say of themselves, on the wire and in the database: one form for both.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::address;
use crate::domain::address::MicroDegrees;
use crate::domain::ids::FileId;
use crate::domain::profile;
use crate::domain::profile::DayMinute;
use crate::domain::text;
use crate::limits;
use crate::wire::problem::FieldFault;
use crate::wire::value;
use crate::wire::value::ConditionWord;
use crate::wire::value::DocumentWord;
use crate::wire::value::PartGroupWord;
use crate::wire::value::VisibilityWord;

/// The wrong fields found so far.
#[derive(Debug, Default)]
pub struct Faults(pub Vec<FieldFault>);

impl Faults {
    /// One more.
    pub fn add(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldFault { field: field.into(), code, message: message.into() });
    }

    /// A text of one line, tidied, of 1 to so many characters.
    pub fn line(&mut self, field: &str, input: &str, most: usize) -> String {
        let tidy = text::tidy(input);
        if !(1..=most).contains(&tidy.chars().count()) {
            self.add(field, "length", format!("1 to {most} characters"));
        }
        tidy
    }

    /// A text whose form is checked elsewhere; itself where it is wrong.
    fn form(&mut self, field: &str, input: &str, read: Option<String>, message: &str) -> String {
        read.unwrap_or_else(|| {
            self.add(field, "invalid", message);
            input.to_owned()
        })
    }

    fn most(&mut self, field: &str, length: usize, most: usize) {
        if length > most {
            self.add(field, "too_many", format!("at most {most}"));
        }
    }
}

// ------------------------------------------------------------------ customers

/// A Saudi national address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressBody {
    /// Four digits.
    #[schema(example = "2929")]
    pub building_number: String,
    /// 1 to 120 characters.
    pub street: String,
    /// 1 to 120 characters.
    pub district: String,
    /// 1 to 120 characters.
    pub city: String,
    /// Five digits.
    #[schema(example = "13321")]
    pub postal_code: String,
    /// Four digits.
    #[schema(example = "8118")]
    pub additional_number: String,
    /// Four letters and four digits.
    #[schema(example = "RRRD2929")]
    pub short_address: Option<String>,
}

impl AddressBody {
    /// The same in one form, with what is wrong added to `faults`.
    #[must_use]
    pub fn tidy(&self, field: &str, faults: &mut Faults) -> Self {
        let at = |name: &str| format!("{field}.{name}");
        let mut digits = |name: &str, input: &str, count: usize| {
            let read = address::fixed_digits(input, count);
            faults.form(&at(name), input, read, &format!("{count} digits"))
        };
        let building_number = digits("building_number", &self.building_number, 4);
        let postal_code = digits("postal_code", &self.postal_code, 5);
        let additional_number = digits("additional_number", &self.additional_number, 4);
        let short_address = self.short_address.as_deref().filter(|short| !short.trim().is_empty()).map(|short| {
            let read = address::short_address(short);
            faults.form(&at("short_address"), short, read, "four letters and four digits, such as RRRD2929")
        });
        Self {
            building_number,
            street: faults.line(&at("street"), &self.street, limits::NAME_CHARS_MAX),
            district: faults.line(&at("district"), &self.district, limits::NAME_CHARS_MAX),
            city: faults.line(&at("city"), &self.city, limits::NAME_CHARS_MAX),
            postal_code,
            additional_number,
            short_address,
        }
    }
}

/// A place on the map. Degrees are strings, so that no reader rounds them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocationBody {
    /// -90 to 90, at most six places.
    #[schema(example = "24.713552")]
    pub lat: String,
    /// -180 to 180, at most six places.
    #[schema(example = "46.675297")]
    pub lng: String,
}

impl LocationBody {
    /// The same in one form, with what is wrong added to `faults`.
    #[must_use]
    pub fn tidy(&self, field: &str, faults: &mut Faults) -> Self {
        let mut degrees = |name: &str, input: &str, limit: i64| {
            let read = MicroDegrees::parse(input, limit).map(|degrees| degrees.to_string());
            let message = format!("degrees as a string between -{limit} and {limit}, at most six places");
            faults.form(&format!("{field}.{name}"), input, read, &message)
        };
        Self { lat: degrees("lat", &self.lat, 90), lng: degrees("lng", &self.lng, 180) }
    }
}

/// What forms begin with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferencesBody {
    /// Conditions of parts that are welcome; empty welcomes all.
    #[serde(default)]
    pub conditions: Vec<ConditionWord>,
    /// Who sees what in an auction.
    pub visibility: Option<VisibilityWord>,
    /// Whether the customer would rather pick parts up.
    #[serde(default)]
    pub prefers_pickup: bool,
}

impl PreferencesBody {
    /// Each condition once.
    #[must_use]
    pub fn tidy(mut self) -> Self {
        let mut seen = HashSet::new();
        self.conditions.retain(|condition| seen.insert(condition.word()));
        self
    }
}

// ------------------------------------------------------------------ merchants

/// What a merchant deals in: either a brand of the catalogue or a group of parts.
///
/// No enum: `serde_json` takes a second key in one for broken JSON, and names no field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpecializationBody {
    /// Parts for this brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand_id: Option<i64>,
    /// Parts of this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_group: Option<PartGroupWord>,
}

/// Each specialization once, with what is wrong added to `faults`. Whether a brand exists is asked elsewhere.
#[must_use]
pub fn tidy_specializations(given: &[SpecializationBody], faults: &mut Faults) -> Vec<SpecializationBody> {
    faults.most("specializations", given.len(), limits::SPECIALIZATIONS_MAX);
    let mut kept: Vec<SpecializationBody> = Vec::new();
    for (place, one) in given.iter().enumerate().take(limits::SPECIALIZATIONS_MAX) {
        if one.brand_id.is_some() == one.part_group.is_some() {
            faults.add(format!("specializations[{place}]"), "invalid", "either a brand_id or a part_group");
        }
        if !kept.contains(one) {
            kept.push(*one);
        }
    }
    kept
}

/// From when to when.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningBody {
    /// `HH:MM`, Riyadh time.
    #[schema(example = "08:00")]
    pub opens: String,
    /// `HH:MM`, at most 24:00.
    #[schema(example = "22:00")]
    pub closes: String,
}

/// When a business is open; a day without openings is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HoursBody {
    /// Sunday.
    pub sunday: Vec<OpeningBody>,
    /// Monday.
    pub monday: Vec<OpeningBody>,
    /// Tuesday.
    pub tuesday: Vec<OpeningBody>,
    /// Wednesday.
    pub wednesday: Vec<OpeningBody>,
    /// Thursday.
    pub thursday: Vec<OpeningBody>,
    /// Friday.
    pub friday: Vec<OpeningBody>,
    /// Saturday.
    pub saturday: Vec<OpeningBody>,
}

impl HoursBody {
    /// The same in one form, with what is wrong added to `faults`.
    #[must_use]
    pub fn tidy(mut self, faults: &mut Faults) -> Self {
        let days = [
            ("sunday", &mut self.sunday),
            ("monday", &mut self.monday),
            ("tuesday", &mut self.tuesday),
            ("wednesday", &mut self.wednesday),
            ("thursday", &mut self.thursday),
            ("friday", &mut self.friday),
            ("saturday", &mut self.saturday),
        ];
        for (day, openings) in days {
            let field = format!("business_hours.{day}");
            faults.most(&field, openings.len(), limits::OPENINGS_PER_DAY_MAX);
            let mut times = Vec::new();
            for (place, opening) in openings.iter_mut().enumerate() {
                let mut read = |name: &str, input: &mut String| {
                    let time = DayMinute::parse(input);
                    let wanted = "a time such as 08:30";
                    *input =
                        faults.form(&format!("{field}[{place}].{name}"), input, time.map(|t| t.to_string()), wanted);
                    time
                };
                if let (Some(opens), Some(closes)) =
                    (read("opens", &mut opening.opens), read("closes", &mut opening.closes))
                {
                    times.push((opens, closes));
                }
            }
            if !profile::are_in_order(&times) {
                faults.add(field, "out_of_order", "each opening ends after it begins, and before the next");
            }
        }
        self
    }
}

/// The cities that are served: each once, however it is spelled.
#[must_use]
pub fn tidy_areas(given: &[String], faults: &mut Faults) -> Vec<String> {
    faults.most("service_areas", given.len(), limits::SERVICE_AREAS_MAX);
    let mut seen = HashSet::new();
    let tidied = given.iter().take(limits::SERVICE_AREAS_MAX).enumerate();
    let tidied: Vec<String> = tidied
        .map(|(place, city)| faults.line(&format!("service_areas[{place}]"), city, limits::NAME_CHARS_MAX))
        .collect();
    tidied.into_iter().filter(|city| seen.insert(text::search_key(city))).collect()
}

/// A document that proves what the merchant is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentBody {
    /// What it is.
    pub kind: DocumentWord,
    /// Its number: 1 to 40 characters.
    #[schema(example = "1010123456")]
    pub number: String,
    /// Its last day, `YYYY-MM-DD`; left out where it does not expire.
    #[schema(value_type = Option<String>, format = Date, example = "2028-12-31")]
    pub expires_on: Option<NaiveDate>,
    /// The document itself: a file that the merchant uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<value::FileRef>)]
    pub file_id: Option<value::Id<FileId>>,
}

/// The same in one form, with what is wrong added to `faults`; `today` is the last day that has expired nothing.
#[must_use]
pub fn tidy_documents(given: Vec<DocumentBody>, today: NaiveDate, faults: &mut Faults) -> Vec<DocumentBody> {
    faults.most("verification_documents", given.len(), limits::DOCUMENTS_MAX);
    let tidied = given.into_iter().take(limits::DOCUMENTS_MAX).enumerate();
    tidied
        .map(|(place, document)| {
            let at = |name: &str| format!("verification_documents[{place}].{name}");
            if document.expires_on.is_some_and(|day| day < today) {
                faults.add(at("expires_on"), "expired", "this document has expired");
            }
            let number = text::latin_digits(&document.number);
            let number = faults.line(&at("number"), &number, limits::DOCUMENT_NUMBER_CHARS_MAX);
            DocumentBody { number, ..document }
        })
        .collect()
}

/// A commercial registration: ten digits.
#[must_use]
pub fn tidy_license(given: Option<&str>, faults: &mut Faults) -> Option<String> {
    let given = given.filter(|license| !license.trim().is_empty())?;
    let read = address::fixed_digits(given, 10);
    Some(faults.form("business_license", given, read, "a commercial registration has ten digits"))
}

/// A VAT number: fifteen digits, the first and the last a 3 (ZATCA).
#[must_use]
pub fn tidy_vat_number(given: Option<&str>, faults: &mut Faults) -> Option<String> {
    let given = given.filter(|number| !number.trim().is_empty())?;
    let read = address::fixed_digits(given, 15).filter(|digits| digits.starts_with('3') && digits.ends_with('3'));
    Some(faults.form("vat_number", given, read, "a VAT number has 15 digits, the first and the last a 3"))
}
