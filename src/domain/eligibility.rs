//! Which merchants a request is for (rules §2, check 5), and how its circle grows when too few of them bid.
//!
//! A request begins with those who deal in such parts and serve the place of the car. Where too few bid, the ring is
//! widened (`domain::auction`): first it no longer matters what a merchant deals in, then not where. What the customer
//! asked for by name (invitations, blocks, a rating) holds in every ring.

use crate::domain::city;
use crate::domain::profile::PartGroup;

/// How far a request reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Ring {
    /// Who deals in such parts and serves the place.
    #[default]
    Specialists,
    /// Everybody who serves the place.
    Local,
    /// Everybody.
    Everybody,
}

impl Ring {
    /// Every ring, from the inside.
    pub const ALL: [Self; 3] = [Self::Specialists, Self::Local, Self::Everybody];

    /// Its number on every wire and in the database, from 0.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Specialists => 0,
            Self::Local => 1,
            Self::Everybody => 2,
        }
    }

    /// The ring with this number.
    #[must_use]
    pub fn find(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|ring| i64::from(ring.number()) == number)
    }
}

/// What a request asks of merchants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The car's brand.
    pub brand: i64,
    /// The groups of its parts. Empty where a part has no group: then any merchant may deal in it.
    pub groups: Vec<PartGroup>,
    /// Where the car is, as written; `None` asks for no place.
    pub city: Option<String>,
    /// The least rating, in thousandths of a star.
    pub min_rating_milli: Option<i64>,
    /// Whether only invited merchants may.
    pub invite_only: bool,
    /// How far it reaches by now.
    pub ring: Ring,
}

/// What a merchant deals in. An empty list means everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dealer {
    /// Brands.
    pub brands: Vec<i64>,
    /// Groups of parts.
    pub groups: Vec<PartGroup>,
    /// Cities and regions that it serves, as written.
    pub areas: Vec<String>,
    /// Rating in thousandths of a star.
    pub rating_milli: i64,
}

/// What is between the two already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    /// The customer asked this merchant by name.
    pub invited: bool,
    /// The customer blocks this merchant.
    pub blocked: bool,
    /// The merchant has bid. Who was let in stays in, whatever becomes of its profile.
    pub has_bid: bool,
}

/// Why a merchant stands outside the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// It does not deal in such parts.
    Specialization,
    /// It does not serve the place.
    Area,
    /// Its rating is below what the customer asks for.
    Rating,
}

impl Outside {
    /// The word on every wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Specialization => "specialization",
            Self::Area => "area",
            Self::Rating => "rating",
        }
    }
}

/// Whether a merchant may bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Eligible,
    /// It may look, and may bid if the ring comes to it.
    Outside(Outside),
    /// For this merchant the request is not there.
    Hidden,
}

/// Whether this merchant may bid on that request. Whether it may bid at all (verified, not suspended) is check 1 and
/// asked elsewhere.
#[must_use]
pub fn judge(asked: &Asked, dealer: &Dealer, ties: Ties) -> Verdict {
    if ties.blocked {
        return Verdict::Hidden;
    }
    if ties.invited || ties.has_bid {
        return Verdict::Eligible;
    }
    if asked.invite_only {
        return Verdict::Hidden;
    }
    let checks = [
        (asked.min_rating_milli.is_none_or(|least| dealer.rating_milli >= least), Outside::Rating),
        (asked.ring >= Ring::Everybody || serves(dealer, asked.city.as_deref()), Outside::Area),
        (asked.ring >= Ring::Local || deals_in(dealer, asked), Outside::Specialization),
    ];
    match checks.into_iter().find(|(passes, _)| !passes) {
        Some((_, why)) => Verdict::Outside(why),
        None => Verdict::Eligible,
    }
}

/// Brands and groups narrow each other: who names both deals in those parts for those cars.
fn deals_in(dealer: &Dealer, asked: &Asked) -> bool {
    let brand = dealer.brands.is_empty() || dealer.brands.contains(&asked.brand);
    let group = dealer.groups.is_empty()
        || asked.groups.is_empty()
        || asked.groups.iter().any(|group| dealer.groups.contains(group));
    brand && group
}

fn serves(dealer: &Dealer, place: Option<&str>) -> bool {
    let Some(place) = place else { return true };
    dealer.areas.is_empty() || dealer.areas.iter().any(|area| city::lies_in(place, area))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dealer(line: &str) -> Dealer {
        let mut dealer = Dealer { rating_milli: 3_500, ..Dealer::default() };
        for (name, value) in line.split_whitespace().filter_map(|word| word.split_once('=')) {
            match name {
                "brand" => dealer.brands.push(value.parse().unwrap()),
                "group" => dealer.groups.push(group(value)),
                "area" => dealer.areas.push(value.to_owned()),
                _ => dealer.rating_milli = value.parse().unwrap(),
            }
        }
        dealer
    }

    fn group(word: &str) -> PartGroup {
        match word {
            "brakes" => PartGroup::Brakes,
            "body" => PartGroup::Body,
            _ => PartGroup::Glass,
        }
    }

    fn asked(line: &str) -> Asked {
        let mut asked = Asked { brand: 1, ..Asked::default() };
        for word in line.split_whitespace() {
            match word.split_once('=').unwrap_or((word, "")) {
                ("group", value) => asked.groups.push(group(value)),
                ("city", value) => asked.city = Some(value.to_owned()),
                ("rating", value) => asked.min_rating_milli = value.parse().ok(),
                ("ring", value) => asked.ring = Ring::find(value.parse().unwrap()).unwrap(),
                _ => asked.invite_only = true,
            }
        }
        asked
    }

    fn ties(line: &str) -> Ties {
        Ties { invited: line.contains("invited"), blocked: line.contains("blocked"), has_bid: line.contains("bid ") }
    }

    /// Request, merchant, what is between them, verdict.
    const CASES: &[(&str, &str, &str, &str)] = &[
        ("", "", "", "yes"),
        ("", "brand=1", "", "yes"),
        ("", "brand=2", "", "specialization"),
        ("", "brand=2 brand=1", "", "yes"),
        ("ring=1", "brand=2", "", "yes"),
        ("group=brakes", "group=brakes", "", "yes"),
        ("group=brakes", "group=body", "", "specialization"),
        ("group=brakes group=body", "group=body", "", "yes"),
        ("", "group=body", "", "yes"),
        ("group=brakes", "brand=1 group=body", "", "specialization"),
        ("group=body", "brand=2 group=body", "", "specialization"),
        ("group=brakes ring=1", "brand=2 group=body", "", "yes"),
        ("city=Riyadh", "", "", "yes"),
        ("city=Riyadh", "area=Jeddah", "", "area"),
        ("city=Riyadh", "area=Jeddah area=الرياض", "", "yes"),
        ("", "area=Jeddah", "", "yes"),
        ("city=Riyadh ring=1", "area=Jeddah", "", "area"),
        ("city=Riyadh ring=2", "area=Jeddah brand=2", "", "yes"),
        ("rating=3500", "rating=3500", "", "yes"),
        ("rating=3501", "rating=3500", "", "rating"),
        ("rating=3501 ring=2", "rating=3500", "", "rating"),
        ("city=Riyadh rating=4000", "area=Jeddah brand=2 rating=1", "", "rating"),
        ("rating=5000 city=Riyadh", "area=Jeddah brand=2", "invited", "yes"),
        ("city=Riyadh", "area=Jeddah brand=2", "bid ", "yes"),
        ("only", "", "", "hidden"),
        ("only ring=2", "", "", "hidden"),
        ("only", "brand=2", "invited", "yes"),
        ("", "", "blocked", "hidden"),
        ("", "", "blocked invited", "hidden"),
        ("", "", "blocked bid ", "hidden"),
    ];

    #[test]
    fn each_case_has_its_verdict() {
        for (request, merchant, between, wanted) in CASES {
            let told = match judge(&asked(request), &dealer(merchant), ties(between)) {
                Verdict::Eligible => "yes",
                Verdict::Outside(why) => why.word(),
                Verdict::Hidden => "hidden",
            };
            assert_eq!(told, *wanted, "“{request}” · “{merchant}” · “{between}”");
        }
    }

    #[test]
    fn a_wider_ring_never_shuts_anybody_out() {
        for (request, merchant, between, _) in CASES {
            let (mut asked, dealer, ties) = (asked(request), dealer(merchant), ties(between));
            let may = Ring::ALL.map(|ring| {
                asked.ring = ring;
                judge(&asked, &dealer, ties) == Verdict::Eligible
            });
            assert!(may.is_sorted(), "“{request}” · “{merchant}” · “{between}”: {may:?}");
        }
        assert_eq!(Ring::ALL.map(Ring::number), [0, 1, 2]);
        assert_eq!(Ring::find(3), None);
    }
}
