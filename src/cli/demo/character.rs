//! How the simulated merchants think: what they see and a throw of dice in, a price out. No IO, so it is tested as a table.

/// A temper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Character {
    /// Answers every rival at once, with more than it must.
    Aggressive,
    /// Bids early, cuts seldom and little, and knows when to stop.
    Cautious,
    /// Waits for the last minute.
    Sniper,
    /// Names its floor once and lets the engine bid.
    Automatic,
}

/// What a merchant knows of a room. Amounts in halalas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Sight {
    /// Its own live landed total.
    pub own: Option<i64>,
    /// Its own rank, where the room shows it.
    pub rank: Option<u32>,
    /// The best landed total, where the room shows it.
    pub best: Option<i64>,
    /// Seconds to the deadline.
    pub left_secs: i64,
}

/// What a merchant can afford. Amounts in halalas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Means {
    /// The first price.
    pub opening: i64,
    /// Below this it would lose money.
    pub floor: i64,
}

/// A price to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The landed total, in halalas.
    pub landed: i64,
    /// The floor of an automatic bid, in halalas.
    pub floor: Option<i64>,
}

/// The least cut on a live landed total, in halalas (rules §3).
#[must_use]
pub const fn ladder_step(landed: i64) -> i64 {
    match landed {
        ..10_000 => 100,
        10_000..50_000 => 200,
        50_000..200_000 => 500,
        200_000..1_000_000 => 2_000,
        _ => 5_000,
    }
}

impl Character {
    /// Seconds until it looks again; `dice` is 0 … 99.
    #[must_use]
    pub const fn pause_secs(self, sight: &Sight, dice: i64) -> i64 {
        let hot = sight.left_secs < 90;
        match self {
            Self::Aggressive => 2 + dice % if hot { 3 } else { 7 },
            Self::Cautious => 12 + dice % 25,
            Self::Sniper if sight.left_secs > 75 => sight.left_secs - 60 - dice % 12,
            Self::Sniper => 2 + dice % 5,
            Self::Automatic => 15 + dice % 20,
        }
    }

    /// What it offers now, if anything; `dice` is 0 … 99. Never below its floor, always a legal cut.
    #[must_use]
    pub fn offer(self, sight: &Sight, means: &Means, dice: i64) -> Option<Offer> {
        let Some(own) = sight.own else {
            return self.enter(sight, means);
        };
        if sight.rank == Some(1) || self == Self::Automatic {
            return None;
        }
        let step = ladder_step(own);
        let least = own - step;
        let aim = match (self, sight.best) {
            (Self::Aggressive, Some(best)) => best - step * (1 + dice % 3),
            (Self::Sniper, Some(best)) => best - step * (1 + dice % 2),
            (Self::Cautious, _) if dice < 40 => return None,
            // Who cannot see the best price feels its way down, unless it knows nothing at all.
            (Self::Aggressive | Self::Sniper, None) if sight.rank.is_some() => own - step * (1 + dice % 4),
            (Self::Cautious, Some(best)) => least.min(best + step * (dice % 4)),
            (Self::Cautious, None) if sight.rank.is_some() => least,
            (Self::Aggressive | Self::Cautious | Self::Sniper | Self::Automatic, _) => return None,
        };
        let landed = aim.min(least).max(means.floor);
        (landed <= least).then_some(Offer { landed, floor: None })
    }

    fn enter(self, sight: &Sight, means: &Means) -> Option<Offer> {
        match self {
            Self::Sniper if sight.left_secs > 75 => None,
            Self::Automatic => Some(Offer { landed: means.opening, floor: Some(means.floor) }),
            Self::Aggressive | Self::Cautious | Self::Sniper => {
                let landed = sight.best.map_or(means.opening, |best| means.opening.min(best)).max(means.floor);
                Some(Offer { landed, floor: None })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEANS: Means = Means { opening: 400_000, floor: 300_000 };
    const ALL: [Character; 4] = [Character::Aggressive, Character::Cautious, Character::Sniper, Character::Automatic];

    #[test]
    fn every_offer_is_affordable_and_a_legal_cut() {
        for character in ALL {
            for dice in 0..100 {
                for own in (295_000..400_000).step_by(1_700) {
                    for (rank, best) in [(Some(2), Some(310_000)), (Some(3), None), (None, None), (None, Some(299_000))]
                    {
                        let sight = Sight { own: Some(own), rank, best, left_secs: 30 };
                        if let Some(offer) = character.offer(&sight, &MEANS, dice) {
                            assert!(offer.landed >= MEANS.floor, "{character:?} {sight:?} {offer:?}");
                            assert!(offer.landed <= own - ladder_step(own), "{character:?} {sight:?} {offer:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn nobody_outbids_itself() {
        let sight = Sight { own: Some(350_000), rank: Some(1), best: Some(350_000), left_secs: 30 };
        for character in ALL {
            assert_eq!(character.offer(&sight, &MEANS, 99), None, "{character:?}");
        }
    }

    #[test]
    fn tempers_differ() {
        let early = Sight { left_secs: 600, ..Sight::default() };
        assert_eq!(Character::Sniper.offer(&early, &MEANS, 0), None);
        assert_eq!(Character::Automatic.offer(&early, &MEANS, 0).unwrap().floor, Some(300_000));
        let beaten = Sight { own: Some(380_000), rank: Some(2), best: Some(370_000), left_secs: 60 };
        assert_eq!(Character::Aggressive.offer(&beaten, &MEANS, 2).unwrap().landed, 364_000);
        assert_eq!(Character::Cautious.offer(&beaten, &MEANS, 10), None);
        assert_eq!(Character::Automatic.offer(&beaten, &MEANS, 10), None);
        assert!(Character::Sniper.pause_secs(&early, 0) > 500);
        assert!(Character::Sniper.pause_secs(&beaten, 0) < 10);
    }
}
