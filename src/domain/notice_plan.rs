//! By which ways a notice goes to somebody, and when: the usual ones, but for what they chose, and not at night.

use std::collections::BTreeMap;

use crate::domain::ids::DeviceId;
use crate::domain::notice::Channel;
use crate::domain::notice::Kind;
use crate::domain::notice::Notice;
use crate::domain::profile::DayMinute;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;

/// Riyadh is three hours ahead of UTC, all year (tz database, Asia/Riyadh since 1947).
const RIYADH: Span = Span::hours(3);
const MINUTE: Span = Span::secs(60);
const HOUR: Span = Span::hours(1);
const DAY: Span = Span::hours(24);
/// When a daily digest goes out, in Riyadh: before shops open.
const DIGEST_HOUR: Span = Span::hours(8);

/// Hours of a day in Riyadh in which nothing rings. May go over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: DayMinute,
    to: DayMinute,
}

impl QuietHours {
    /// From one minute up to another and without it; none where there is nothing between them, or a day has no such minute.
    #[must_use]
    pub fn new(from: DayMinute, to: DayMinute) -> Option<Self> {
        let is_of_day = |minute: DayMinute| minute.0 < 24 * 60;
        (from != to && is_of_day(from) && is_of_day(to)).then_some(Self { from, to })
    }

    /// The first quiet minute.
    #[must_use]
    pub const fn from(self) -> DayMinute {
        self.from
    }

    /// The first minute that is not quiet any more.
    #[must_use]
    pub const fn to(self) -> DayMinute {
        self.to
    }

    /// When the quiet around this instant ends; none where it is not quiet.
    #[must_use]
    pub fn end(self, at: UnixMicros) -> Option<UnixMicros> {
        let (midnight, time) = day_in_riyadh(at);
        let of_day = |minute: DayMinute| Span(MINUTE.0.saturating_mul(i64::from(minute.0)));
        let (from, to) = (of_day(self.from), of_day(self.to));
        let over_midnight = to < from;
        let is_quiet = if over_midnight { time >= from || time < to } else { from <= time && time < to };
        let tomorrow = if over_midnight && time >= from { DAY } else { Span::ZERO };
        is_quiet.then(|| midnight.plus(tomorrow).plus(to))
    }
}

/// The last midnight in Riyadh, and the time since.
fn day_in_riyadh(at: UnixMicros) -> (UnixMicros, Span) {
    let time = Span(at.plus(RIYADH).0.rem_euclid(DAY.0));
    (at.minus(time), time)
}

/// Whether new requests come one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digest {
    /// They do.
    #[default]
    Off,
    /// Together, at the full hour.
    Hourly,
    /// Together, at eight in the morning in Riyadh.
    Daily,
}

impl Digest {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Off, Self::Hourly, Self::Daily];

    /// The word on every wire and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
        }
    }

    /// The one with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// When what came at this instant goes out together with others; later than the instant itself.
    #[must_use]
    pub fn due(self, at: UnixMicros) -> Option<UnixMicros> {
        let (midnight, time) = day_in_riyadh(at);
        match self {
            Self::Off => None,
            Self::Hourly => Some(at.minus(Span(time.0.rem_euclid(HOUR.0))).plus(HOUR)),
            Self::Daily if time < DIGEST_HOUR => Some(midnight.plus(DIGEST_HOUR)),
            Self::Daily => Some(midnight.plus(DAY).plus(DIGEST_HOUR)),
        }
    }
}

/// What somebody chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Where it differs from the usual.
    differing: BTreeMap<(Kind, Channel), bool>,
    /// When nothing rings.
    pub quiet: Option<QuietHours>,
    /// Whether new requests come one by one.
    pub digest: Digest,
}

/// A wish that is not granted: the list in the application shows everything, and nobody turns off what warns of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotYours;

impl Wishes {
    /// The usual ways, at any hour.
    #[must_use]
    pub fn usual(digest: Digest) -> Self {
        Self { digest, ..Self::default() }
    }

    /// Whether this kind of notice comes by this way.
    #[must_use]
    pub fn wants(&self, kind: Kind, channel: Channel) -> bool {
        self.differing.get(&(kind, channel)).copied().unwrap_or_else(|| kind.usual(channel))
    }

    /// Has a kind of notice come by a way, or not.
    ///
    /// # Errors
    /// [`NotYours`] where it may not be turned off.
    pub fn set(&mut self, kind: Kind, channel: Channel, wanted: bool) -> Result<(), NotYours> {
        let is_fixed = channel == Channel::InApp || (!kind.may_be_unwanted() && kind.usual(channel));
        if wanted == kind.usual(channel) {
            self.differing.remove(&(kind, channel));
        } else if is_fixed {
            return Err(NotYours);
        } else {
            self.differing.insert((kind, channel), wanted);
        }
        Ok(())
    }

    /// Where it differs from the usual.
    pub fn differing(&self) -> impl Iterator<Item = (Kind, Channel, bool)> + '_ {
        self.differing.iter().map(|((kind, channel), wanted)| (*kind, *channel, *wanted))
    }
}

/// By which ways somebody can be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Devices that asked for it.
    pub devices: Vec<DeviceId>,
    /// Whether there is a phone, and it was proven.
    pub phone: bool,
    /// Whether there is an address.
    pub email: bool,
}

/// One way that a notice takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The way.
    pub channel: Channel,
    /// To which device; only a push that is not held has one.
    pub device: Option<DeviceId>,
    /// Not before.
    pub due_at: UnixMicros,
    /// Whether it waits to go out in a digest instead.
    pub held: bool,
}

/// What is to be done with a delivery that is due. It may have waited, for the morning or for a provider, and much may have
/// happened meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// It goes out.
    Send,
    /// Nothing shall ring before this instant.
    Wait(UnixMicros),
    /// It does not go out any more, in a word why.
    Drop(&'static str),
}

/// Whether a delivery of a notice that was written then still goes out by its way.
#[must_use]
pub fn look_again(notice: &Notice, channel: Channel, wishes: &Wishes, written: UnixMicros, now: UnixMicros) -> Now {
    if now >= notice.worth_until(written) {
        return Now::Drop("too_late");
    }
    if !wishes.wants(notice.kind(), channel) {
        return Now::Drop("unwanted");
    }
    quiet_until(notice, wishes, now).map_or(Now::Send, Now::Wait)
}

fn quiet_until(notice: &Notice, wishes: &Wishes, now: UnixMicros) -> Option<UnixMicros> {
    wishes.quiet.filter(|_| !notice.kind().is_urgent())?.end(now)
}

/// The ways that a notice takes besides the list in the application.
#[must_use]
pub fn plan(notice: &Notice, wishes: &Wishes, reach: &Reach, now: UnixMicros) -> Vec<Delivery> {
    let kind = notice.kind();
    let quiet_until = quiet_until(notice, wishes, now);
    let may_be_held = matches!(notice, Notice::NewRequest { .. });
    let held_until = wishes.digest.due(now).filter(|_| may_be_held);
    let (due_at, held) = held_until.map_or_else(|| (quiet_until.unwrap_or(now), false), |until| (until, true));
    let to = |channel, device| Delivery { channel, device, due_at, held };
    let mut all = Vec::new();
    // A chance that will have passed by then.
    if due_at >= notice.worth_until(now) {
        return all;
    }
    if wishes.wants(kind, Channel::Push) && !reach.devices.is_empty() {
        if held {
            all.push(to(Channel::Push, None));
        } else {
            all.extend(reach.devices.iter().map(|device| to(Channel::Push, Some(*device))));
        }
    }
    for (channel, is_there) in [(Channel::Sms, reach.phone), (Channel::Email, reach.email)] {
        if is_there && wishes.wants(kind, channel) {
            all.push(to(channel, None));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::RequestId;
    use crate::domain::ids::SessionId;

    /// 2026-11-22T21:00:00Z: midnight in Riyadh.
    const MIDNIGHT: UnixMicros = UnixMicros(1_795_381_200_000_000);

    /// An instant of that day in Riyadh.
    fn at(hours: i64, minutes: i64) -> UnixMicros {
        MIDNIGHT.plus(Span::hours(hours)).plus(Span::secs(60 * minutes))
    }

    fn quiet(from: &str, to: &str) -> QuietHours {
        QuietHours::new(DayMinute::parse(from).unwrap(), DayMinute::parse(to).unwrap()).unwrap()
    }

    const REQUEST: RequestId = RequestId(1);
    const NEW_REQUEST: Notice = Notice::NewRequest { request: REQUEST, closes_at: UnixMicros(i64::MAX) };

    fn everywhere() -> Reach {
        Reach { devices: vec![DeviceId(1), DeviceId(2)], phone: true, email: true }
    }

    /// Channels, devices, minutes from now, and whether it is held.
    fn planned(
        notice: &Notice,
        wishes: &Wishes,
        reach: &Reach,
        now: UnixMicros,
    ) -> Vec<(&'static str, i64, i64, bool)> {
        let told = |way: &Delivery| {
            let device = way.device.map_or(0, |device| device.0);
            (way.channel.word(), device, way.due_at.since(now).whole_secs() / 60, way.held)
        };
        plan(notice, wishes, reach, now).iter().map(told).collect()
    }

    #[test]
    fn quiet_hours_begin_and_end_to_the_microsecond() {
        let before = |instant: UnixMicros| instant.minus(Span(1));
        let night = quiet("22:00", "07:30");
        for (now, end) in [
            (before(at(22, 0)), None),
            (at(22, 0), Some(at(31, 30))),
            (before(at(24, 0)), Some(at(31, 30))),
            (at(24, 0), Some(at(31, 30))),
            (at(0, 0), Some(at(7, 30))),
            (before(at(7, 30)), Some(at(7, 30))),
            (at(7, 30), None),
            (at(12, 0), None),
        ] {
            assert_eq!(night.end(now), end, "{}", now.since(MIDNIGHT).whole_secs());
        }
        let noon = quiet("12:00", "15:00");
        for (now, end) in [
            (before(at(12, 0)), None),
            (at(12, 0), Some(at(15, 0))),
            (before(at(15, 0)), Some(at(15, 0))),
            (at(15, 0), None),
            (at(23, 0), None),
        ] {
            assert_eq!(noon.end(now), end, "{}", now.since(MIDNIGHT).whole_secs());
        }
        let until_midnight = quiet("20:00", "00:00");
        assert_eq!(until_midnight.end(at(23, 59)), Some(at(24, 0)));
        assert_eq!(until_midnight.end(at(24, 0)), None);
        let minute = |minute| DayMinute(minute);
        assert_eq!(QuietHours::new(minute(60), minute(60)), None, "nothing, or the whole day?");
        assert_eq!(QuietHours::new(minute(60), minute(1_440)), None, "that is 00:00");
    }

    #[test]
    fn a_digest_is_due_at_the_next_hour_or_morning() {
        for (digest, now, due) in [
            (Digest::Off, at(9, 0), None),
            (Digest::Hourly, at(9, 0), Some(at(10, 0))),
            (Digest::Hourly, at(9, 59), Some(at(10, 0))),
            (Digest::Hourly, at(23, 30), Some(at(24, 0))),
            (Digest::Daily, at(7, 59), Some(at(8, 0))),
            (Digest::Daily, at(8, 0), Some(at(32, 0))),
            (Digest::Daily, at(23, 0), Some(at(32, 0))),
        ] {
            assert_eq!(digest.due(now), due, "{digest:?}");
        }
    }

    #[test]
    fn the_usual_ways_are_taken_where_somebody_can_be_reached() {
        let accepted = Notice::Verification { verified: true };
        let warning = Notice::SuspiciousSignIn { session: SessionId(1), at: MIDNIGHT };
        let none = Wishes::default();
        let all = everywhere();
        for (notice, reach, wanted) in [
            (&NEW_REQUEST, all.clone(), vec![("push", 1), ("push", 2)]),
            (&accepted, all.clone(), vec![("push", 1), ("push", 2), ("email", 0)]),
            (&warning, all.clone(), vec![("push", 1), ("push", 2), ("sms", 0), ("email", 0)]),
            (&warning, Reach { phone: false, ..all.clone() }, vec![("push", 1), ("push", 2), ("email", 0)]),
            (&warning, Reach { email: false, ..all.clone() }, vec![("push", 1), ("push", 2), ("sms", 0)]),
            (&warning, Reach { devices: vec![], ..all.clone() }, vec![("sms", 0), ("email", 0)]),
            (&warning, Reach::default(), vec![]),
        ] {
            let ways: Vec<_> =
                planned(notice, &none, &reach, at(12, 0)).into_iter().map(|way| (way.0, way.1)).collect();
            assert_eq!(ways, wanted, "{notice:?} {reach:?}");
        }
    }

    #[test]
    fn nothing_rings_at_night_but_what_cannot_wait() {
        let wishes = Wishes { quiet: Some(quiet("22:00", "07:00")), ..Wishes::default() };
        let outbid = Notice::Outbid { request: REQUEST, rank: 2, best: None };
        let phone = Reach { devices: vec![DeviceId(1)], ..Reach::default() };
        for (notice, now, minutes) in [
            (&NEW_REQUEST, at(21, 59), 0),
            (&NEW_REQUEST, at(22, 0), 9 * 60),
            (&NEW_REQUEST, at(6, 59), 1),
            (&NEW_REQUEST, at(7, 0), 0),
            (&outbid, at(3, 0), 0),
        ] {
            assert_eq!(planned(notice, &wishes, &phone, now), [("push", 1, minutes, false)], "{notice:?}");
        }
    }

    #[test]
    fn what_is_worth_nothing_by_the_morning_is_not_kept_for_it() {
        let wishes = Wishes { quiet: Some(quiet("22:00", "07:00")), ..Wishes::default() };
        let closing = |closes_at| Notice::NewRequest { request: REQUEST, closes_at };
        let ways = |notice| planned(&notice, &wishes, &everywhere(), at(23, 0)).len();
        assert_eq!((ways(closing(at(31, 0))), ways(closing(at(31, 1)))), (0, 2));
        let daily = Wishes { digest: Digest::Daily, ..Wishes::default() };
        assert!(planned(&closing(at(32, 0)), &daily, &everywhere(), at(23, 0)).is_empty());
    }

    #[test]
    fn what_waited_is_looked_at_again_before_it_goes_out() {
        let mut wishes = Wishes { quiet: Some(quiet("22:00", "07:00")), ..Wishes::default() };
        let outbid = Notice::Outbid { request: REQUEST, rank: 2, best: None };
        for (notice, now, then) in [
            (&NEW_REQUEST, at(12, 0), Now::Send),
            (&NEW_REQUEST, at(23, 0), Now::Wait(at(31, 0))),
            (&outbid, at(23, 0), Now::Send),
        ] {
            assert_eq!(look_again(notice, Channel::Push, &wishes, now, now), then, "{notice:?}");
        }
        wishes.set(Kind::NewRequest, Channel::Push, false).unwrap();
        assert_eq!(look_again(&NEW_REQUEST, Channel::Push, &wishes, at(12, 0), at(12, 0)), Now::Drop("unwanted"));
        assert_eq!(look_again(&outbid, Channel::Push, &wishes, at(12, 0), at(12, 0)), Now::Send);
    }

    #[test]
    fn new_requests_are_held_for_a_digest_and_the_digest_is_not() {
        let mut wishes = Wishes { digest: Digest::Hourly, ..Wishes::default() };
        wishes.set(Kind::NewRequest, Channel::Email, true).unwrap();
        let now = at(9, 45);
        let held = planned(&NEW_REQUEST, &wishes, &everywhere(), now);
        assert_eq!(held, [("push", 0, 15, true), ("email", 0, 15, true)]);
        let digest = Notice::Digest { requests: vec![REQUEST], count: 1 };
        let sent = planned(&digest, &wishes, &everywhere(), at(10, 0));
        assert_eq!(sent, [("push", 1, 0, false), ("push", 2, 0, false), ("email", 0, 0, false)]);
        wishes.quiet = Some(quiet("10:00", "11:00"));
        assert!(planned(&digest, &wishes, &everywhere(), at(10, 0)).iter().all(|way| way.2 == 60));
        let other = Notice::RequestCancelled { request: REQUEST };
        assert!(planned(&other, &wishes, &everywhere(), now).iter().all(|way| !way.3 && way.2 == 0));
        assert!(planned(&NEW_REQUEST, &wishes, &Reach::default(), now).is_empty(), "nobody to hold it for");
    }

    #[test]
    fn wishes_keep_what_differs_and_refuse_what_nobody_may_turn_off() {
        let mut wishes = Wishes::default();
        wishes.set(Kind::Outbid, Channel::Push, false).unwrap();
        wishes.set(Kind::Outbid, Channel::Email, true).unwrap();
        assert!(!wishes.wants(Kind::Outbid, Channel::Push) && wishes.wants(Kind::Outbid, Channel::Email));
        wishes.set(Kind::Outbid, Channel::Push, true).unwrap();
        let differing: Vec<_> = wishes.differing().collect();
        assert_eq!(differing, [(Kind::Outbid, Channel::Email, true)]);
        assert_eq!(wishes.set(Kind::Outbid, Channel::InApp, false), Err(NotYours));
        for channel in [Channel::Push, Channel::Sms, Channel::Email] {
            assert_eq!(wishes.set(Kind::SuspiciousSignIn, channel, false), Err(NotYours), "{channel:?}");
            assert!(wishes.wants(Kind::SuspiciousSignIn, channel));
        }
    }
}
