//! The larger Saudi cities and the thirteen regions, in the spellings of both languages: a merchant who serves `Riyadh`
//! serves a car in `الرياض`. A place that is not here is equal to itself alone, however it is spelled.

use crate::domain::address::MicroDegrees;
use crate::domain::text;

/// The regions: number, and their names.
const REGIONS: &[(u8, &[&str])] = &[
    (1, &["Riyadh Region", "Riyadh Province", "منطقة الرياض"]),
    (2, &["Makkah Region", "Mecca Region", "Makkah Province", "Mecca Province", "منطقة مكة المكرمة", "منطقة مكة"]),
    (3, &["Madinah Region", "Medina Region", "Madinah Province", "منطقة المدينة المنورة", "منطقة المدينة"]),
    (4, &["Eastern Province", "Eastern Region", "Ash Sharqiyah", "المنطقة الشرقية", "الشرقية"]),
    (5, &["Qassim Region", "Al-Qassim", "Qassim", "منطقة القصيم", "القصيم"]),
    (6, &["Asir Region", "Aseer Region", "Asir", "Aseer", "منطقة عسير", "عسير"]),
    (7, &["Tabuk Region", "Tabuk Province", "منطقة تبوك"]),
    (8, &["Hail Region", "Ha'il Region", "Hail Province", "منطقة حائل"]),
    (9, &["Northern Borders", "Northern Borders Region", "منطقة الحدود الشمالية", "الحدود الشمالية"]),
    (10, &["Jazan Region", "Jizan Region", "Jazan Province", "منطقة جازان", "منطقة جيزان"]),
    (11, &["Najran Region", "Najran Province", "منطقة نجران"]),
    (12, &["Bahah Region", "Al Bahah Region", "Baha Region", "منطقة الباحة"]),
    (13, &["Jawf Region", "Al Jawf", "Al Jouf", "Jouf Region", "منطقة الجوف", "الجوف"]),
];

/// The cities: their region, and their names, of which the first stands for all.
const CITIES: &[(u8, &[&str])] = &[
    (1, &["Riyadh", "Ar Riyadh", "الرياض"]),
    (1, &["Al Kharj", "Kharj", "الخرج"]),
    (1, &["Ad Dawadimi", "Dawadmi", "الدوادمي"]),
    (1, &["Al Majmaah", "Majmaah", "المجمعة"]),
    (1, &["Wadi ad-Dawasir", "Wadi Al Dawasir", "وادي الدواسر"]),
    (2, &["Makkah", "Mecca", "Makkah Al Mukarramah", "مكة", "مكة المكرمة"]),
    (2, &["Jeddah", "Jiddah", "جدة"]),
    (2, &["Taif", "At Taif", "Al Taif", "الطائف"]),
    (2, &["Rabigh", "رابغ"]),
    (2, &["Al Qunfudhah", "Qunfudhah", "القنفذة"]),
    (3, &["Madinah", "Medina", "Al Madinah", "Al Madinah Al Munawwarah", "المدينة", "المدينة المنورة"]),
    (3, &["Yanbu", "Yanbu Al Bahr", "ينبع"]),
    (3, &["Al Ula", "AlUla", "العلا"]),
    (4, &["Dammam", "Ad Dammam", "الدمام"]),
    (4, &["Khobar", "Al Khobar", "الخبر"]),
    (4, &["Dhahran", "الظهران"]),
    (4, &["Jubail", "Al Jubail", "الجبيل"]),
    (4, &["Hofuf", "Al Hofuf", "Al Ahsa", "Hasa", "الهفوف", "الأحساء"]),
    (4, &["Qatif", "Al Qatif", "القطيف"]),
    (4, &["Hafar Al Batin", "Hafr Al Batin", "حفر الباطن"]),
    (4, &["Khafji", "Al Khafji", "الخفجي"]),
    (5, &["Buraydah", "Buraidah", "بريدة"]),
    (5, &["Unaizah", "Unayzah", "عنيزة"]),
    (5, &["Ar Rass", "Al Rass", "الرس"]),
    (6, &["Abha", "أبها"]),
    (6, &["Khamis Mushait", "Khamis Mushayt", "خميس مشيط"]),
    (6, &["Bisha", "Bishah", "بيشة"]),
    (7, &["Tabuk", "Tabouk", "تبوك"]),
    (7, &["Duba", "Dhiba", "ضباء"]),
    (8, &["Hail", "Ha'il", "حائل"]),
    (9, &["Arar", "عرعر"]),
    (9, &["Rafha", "رفحاء"]),
    (10, &["Jazan", "Jizan", "جازان", "جيزان"]),
    (10, &["Sabya", "صبيا"]),
    (11, &["Najran", "نجران"]),
    (11, &["Sharurah", "شرورة"]),
    (12, &["Al Bahah", "Al Baha", "Bahah", "Baha", "الباحة"]),
    (13, &["Sakaka", "Skaka", "سكاكا"]),
    (13, &["Dumat Al Jandal", "دومة الجندل"]),
    (13, &["Qurayyat", "Al Qurayyat", "القريات"]),
];

/// Where the cities lie, by their first names: degrees north and east, in hundredths.
const PLACES: &[(&str, i64, i64)] = &[
    ("Riyadh", 2471, 4668),
    ("Al Kharj", 2415, 4731),
    ("Ad Dawadimi", 2451, 4439),
    ("Al Majmaah", 2590, 4535),
    ("Wadi ad-Dawasir", 2049, 4480),
    ("Makkah", 2142, 3983),
    ("Jeddah", 2154, 3917),
    ("Taif", 2127, 4042),
    ("Rabigh", 2280, 3903),
    ("Al Qunfudhah", 1913, 4108),
    ("Madinah", 2447, 3961),
    ("Yanbu", 2409, 3806),
    ("Al Ula", 2662, 3792),
    ("Dammam", 2643, 5010),
    ("Khobar", 2628, 5021),
    ("Dhahran", 2629, 5011),
    ("Jubail", 2701, 4966),
    ("Hofuf", 2538, 4959),
    ("Qatif", 2656, 5001),
    ("Hafar Al Batin", 2843, 4597),
    ("Khafji", 2844, 4849),
    ("Buraydah", 2633, 4397),
    ("Unaizah", 2609, 4399),
    ("Ar Rass", 2587, 4350),
    ("Abha", 1822, 4251),
    ("Khamis Mushait", 1831, 4273),
    ("Bisha", 1999, 4260),
    ("Tabuk", 2838, 3657),
    ("Duba", 2735, 3569),
    ("Hail", 2752, 4170),
    ("Arar", 3098, 4102),
    ("Rafha", 2963, 4349),
    ("Jazan", 1689, 4255),
    ("Sabya", 1715, 4263),
    ("Najran", 1749, 4413),
    ("Sharurah", 1748, 4711),
    ("Al Bahah", 2001, 4147),
    ("Sakaka", 2997, 4021),
    ("Dumat Al Jandal", 2981, 3987),
    ("Qurayyat", 3133, 3734),
];
/// Farther out, nobody says that a place is in the city: some forty kilometres, in hundredths of a degree.
const OUTSKIRTS: i64 = 36;

/// The city around a place, in English; none in the desert or abroad.
#[must_use]
pub fn around(lat: MicroDegrees, lng: MicroDegrees) -> Option<&'static str> {
    let hundredths = |angle: MicroDegrees| angle.0 / 10_000;
    let far = |(_, north, east): &(&str, i64, i64)| {
        // So far north a degree to the east is nine tenths of one to the north.
        let (north, east) = (hundredths(lat) - north, (hundredths(lng) - east) * 9 / 10);
        north * north + east * east
    };
    let nearest = PLACES.iter().min_by_key(|place| far(place))?;
    (far(nearest) <= OUTSKIRTS * OUTSKIRTS).then_some(nearest.0)
}

fn find(table: &'static [(u8, &'static [&'static str])], key: &str) -> Option<(u8, &'static str)> {
    let row = table.iter().find(|(_, names)| names.iter().any(|name| text::search_key(name) == key))?;
    let (region, names) = row;
    names.first().map(|first| (*region, *first))
}

/// The form in which two spellings of one city are equal, in either language.
#[must_use]
pub fn key(city: &str) -> String {
    let key = text::search_key(city);
    find(CITIES, &key).map_or(key, |(_, name)| text::search_key(name))
}

/// Whether a place lies in what a merchant says that it serves: the same city, or the region around it. A name that is a
/// city's and a region's stands for the city.
#[must_use]
pub fn lies_in(place: &str, area: &str) -> bool {
    let (place, area) = (text::search_key(place), text::search_key(area));
    if place == area {
        return true;
    }
    let Some((region, city)) = find(CITIES, &place) else { return false };
    match find(CITIES, &area) {
        Some((_, other)) => city == other,
        None => find(REGIONS, &area).is_some_and(|(other, _)| other == region),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_is_one_in_both_languages_and_lies_in_its_region() {
        for (place, area, wanted) in [
            ("Riyadh", "الرياض", true),
            ("riyadh", "RIYADH", true),
            ("جدة", "Jeddah", true),
            ("جده", "jiddah", true),
            ("الخبر", "Eastern Province", true),
            ("Dammam", "المنطقة الشرقية", true),
            ("Jeddah", "Makkah Region", true),
            ("Jeddah", "Makkah", false),
            ("Riyadh", "Jeddah", false),
            ("Al Kharj", "الرياض", false),
            ("Al Kharj", "منطقة الرياض", true),
            ("Al Kharj", "Qassim", false),
            ("Nowhere", "nowhere", true),
            ("Nowhere", "Riyadh", false),
            ("Eastern Province", "Dammam", false),
        ] {
            assert_eq!(lies_in(place, area), wanted, "{place} in {area}");
        }
        assert_eq!(key("الدمّام"), key("Dammam"));
        assert_ne!(key("Dammam"), key("Khobar"));
        assert_eq!(key("Nowhere"), "nowhere");
    }

    #[test]
    fn a_place_lies_in_the_nearest_city_if_in_any() {
        let around = |lat: &str, lng: &str| {
            around(MicroDegrees::parse(lat, 90).unwrap(), MicroDegrees::parse(lng, 180).unwrap())
        };
        for (lat, lng, wanted) in [
            ("24.713552", "46.675297", Some("Riyadh")),
            ("24.80", "46.85", Some("Riyadh")),
            ("21.485811", "39.192505", Some("Jeddah")),
            ("26.30", "50.14", Some("Dhahran")),
            ("26.27", "50.22", Some("Khobar")),
            ("19.0", "50.0", None),
            ("24.713552", "-0.5", None),
            ("-90", "-180", None),
        ] {
            assert_eq!(around(lat, lng), wanted, "{lat} {lng}");
        }
        // Every city is somewhere, and lies in itself.
        assert_eq!(PLACES.len(), CITIES.len());
        for (name, north, east) in PLACES {
            let degrees = |hundredths: i64| MicroDegrees(hundredths * 10_000);
            assert_eq!(super::around(degrees(*north), degrees(*east)), Some(*name));
            assert!(CITIES.iter().any(|(_, names)| names.first() == Some(name)), "{name}");
        }
    }

    #[test]
    fn no_name_stands_for_two_places() {
        // Two spellings of one place may share a key; two places may not.
        for table in [CITIES, REGIONS] {
            for (region, names) in table {
                for name in *names {
                    assert_eq!(find(table, &text::search_key(name)), names.first().map(|first| (*region, *first)));
                }
            }
        }
        let regions: Vec<u8> = REGIONS.iter().map(|(number, _)| *number).collect();
        assert!(CITIES.iter().all(|(region, _)| regions.contains(region)));
    }
}
