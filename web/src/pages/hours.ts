// When a business is open: in Riyadh's time, which has no summer's.

import type { Schemas } from '../api/client.ts';
import type { Lang } from '../format.ts';

export const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
export type Day = (typeof DAYS)[number];

const DAY_MIN = 1_440;
const WEEK_MIN = 7 * DAY_MIN;
const MINUTE_MS = 60_000;
const RIYADH_MIN = 3 * 60;
/** The beginning of a Sunday. */
const SUNDAY = Date.UTC(2024, 8, 1);

export const dayName = (day: Day, lang: Lang): string =>
  new Intl.DateTimeFormat(lang === 'ar' ? 'ar' : 'en', { weekday: 'long', timeZone: 'UTC' }).format(SUNDAY + DAYS.indexOf(day) * DAY_MIN * MINUTE_MS);

const minutes = (time: string): number => {
  const [hours = 0, rest = 0] = time.split(':').map(Number);
  return hours * 60 + rest;
};
const inWeek = (minute: number) => ((minute % WEEK_MIN) + WEEK_MIN) % WEEK_MIN;
const dayOf = (minute: number): Day => DAYS[Math.floor(minute / DAY_MIN)]!;

/** A day and a time of it; midnight is the end of a day, or the beginning of one. */
function moment(minute: number, ends: boolean): { day: Day; time: string } {
  const day = dayOf(inWeek(ends ? minute - 1 : minute));
  const since = inWeek(minute - DAYS.indexOf(day) * DAY_MIN);
  return { day, time: [Math.floor(since / 60), since % 60].map((n) => String(n).padStart(2, '0')).join(':') };
}

export interface Opening {
  /** What day it is there. */
  today: Day;
  open: boolean;
  /** When that changes; null where it never does. */
  next: { day: Day; time: string } | null;
}

/** Whether a business is open at an instant, in milliseconds since the epoch. */
export function openingAt(hours: Schemas['HoursBody'], instant: number): Opening {
  const now = inWeek(Math.floor((instant - SUNDAY) / MINUTE_MS) + RIYADH_MIN);
  const spans = DAYS.flatMap((day, n) => (hours[day] ?? []).map(({ opens, closes }) => [n * DAY_MIN + minutes(opens), n * DAY_MIN + minutes(closes)] as const));
  const holds = (minute: number) => spans.find(([from, to]) => from <= minute && minute < to);
  const open = holds(now) !== undefined;
  let next: number | null = null;
  if (open) {
    // What closes as it opens again does not close, at midnight for one.
    let to = now;
    for (let span = holds(now); span && to - now < WEEK_MIN; span = holds(inWeek(to))) to += span[1] - inWeek(to);
    if (to - now < WEEK_MIN) next = inWeek(to);
  } else if (spans.length) {
    next = inWeek(now + Math.min(...spans.map(([from]) => inWeek(from - now))));
  }
  return { today: dayOf(now), open, next: next === null ? null : moment(next, open) };
}
