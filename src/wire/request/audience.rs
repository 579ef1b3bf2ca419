//! What decides who may bid, read from its rows: the domain's `Asked` and `Dealer` (`domain::eligibility`).

use crate::domain::eligibility::Asked;
use crate::domain::eligibility::Dealer;
use crate::domain::eligibility::Ring;
use crate::domain::profile::PartGroup;
use crate::wire::profile::SpecializationBody;
use crate::wire::request::rules::RulesBody;
use crate::wire::value::PartGroupWord;

/// The groups of a request's items as one text; `None` where an item has none.
pub fn groups_text(groups: impl Iterator<Item = Option<PartGroup>>) -> Option<String> {
    let mut words: Vec<&str> =
        groups.map(|group| group.map(|group| PartGroupWord(group).word())).collect::<Option<_>>()?;
    words.sort_unstable();
    words.dedup();
    Some(words.join(" "))
}

/// What of a request's row says whom it is for.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The car's brand.
    pub brand: i64,
    /// The groups of its items.
    pub part_groups: Option<&'a str>,
    /// Where the car is.
    pub city: Option<&'a str>,
    /// The rule set, a JSON object.
    pub rules: &'a str,
    /// How far it reaches.
    pub ring: Option<i64>,
}

impl Row<'_> {
    /// What the request asks of merchants.
    #[must_use]
    pub fn asked(&self) -> Asked {
        let rules: RulesBody = serde_json::from_str(self.rules).unwrap_or_default();
        let groups = self.part_groups.unwrap_or_default().split_whitespace();
        Asked {
            brand: self.brand,
            groups: groups.filter_map(PartGroupWord::find).map(|group| group.0).collect(),
            city: self.city.map(str::to_owned),
            min_rating_milli: rules.min_rating_milli,
            invite_only: rules.invite_only,
            ring: self.ring.and_then(Ring::find).unwrap_or_default(),
        }
    }
}

/// What a merchant's profile says that it deals in; both texts are JSON arrays.
#[must_use]
pub fn dealer(specializations: &str, service_areas: &str, rating_milli: i64) -> Dealer {
    let specializations: Vec<SpecializationBody> = serde_json::from_str(specializations).unwrap_or_default();
    Dealer {
        brands: specializations.iter().filter_map(|one| one.brand_id).collect(),
        groups: specializations.iter().filter_map(|one| one.part_group.map(|group| group.0)).collect(),
        areas: serde_json::from_str(service_areas).unwrap_or_default(),
        rating_milli,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_reads_back() {
        let groups = [PartGroup::Glass, PartGroup::Brakes, PartGroup::Glass];
        let text = groups_text(groups.into_iter().map(Some)).unwrap();
        let rules = r#"{"min_rating_milli":4000,"invite_only":true}"#;
        let row = Row { brand: 3, part_groups: Some(&text), city: Some("جدة"), rules, ring: Some(1) };
        let asked = row.asked();
        assert_eq!(asked.groups, [PartGroup::Brakes, PartGroup::Glass]);
        assert_eq!((asked.min_rating_milli, asked.invite_only, asked.ring), (Some(4_000), true, Ring::Local));
        assert_eq!(groups_text([Some(PartGroup::Glass), None].into_iter()), None);
        let dealer = dealer(r#"[{"brand_id":3},{"part_group":"glass"}]"#, r#"["Jeddah"]"#, 3_500);
        assert_eq!((dealer.brands, dealer.groups), (vec![3], vec![PartGroup::Glass]));
        assert_eq!((dealer.areas, dealer.rating_milli), (vec!["Jeddah".to_owned()], 3_500));
    }
}
