// The days of a dashboard as charts take them.

import type { Schemas } from '../../api/client.ts';
import { app } from '../../app.svelte.ts';
import type { Series } from './Chart.svelte';
import { everyDay, halalas } from './figures.ts';
import { t } from './words.ts';

const DAY: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };

/** `2026-11-22` as a short day. */
export const dayName = (date: string): string => {
  const name = app.lang === 'ar' ? `ar-SA-u-ca-gregory-nu-${app.digits}` : `en-GB-u-nu-${app.digits}`;
  return new Intl.DateTimeFormat(name, { ...DAY, timeZone: 'UTC' }).format(new Date(date));
};

/** `2026-11` as a short month. */
export const monthName = (month: string): string => {
  const name = app.lang === 'ar' ? `ar-SA-u-ca-gregory-nu-${app.digits}` : `en-GB-u-nu-${app.digits}`;
  return new Intl.DateTimeFormat(name, { month: 'short', year: '2-digit', timeZone: 'UTC' }).format(new Date(`${month}-01`));
};

/** Counts as a series. */
export const counts = (name: string, values: (number | null)[], colour: string, kind: Series['kind'] = 'bars'): Series =>
  ({ name, values, colour, kind, show: app.count, axis: app.short });
/** Amounts in halalas as a series. */
export const amounts = (name: string, values: (number | null)[], colour: string, kind: Series['kind'] = 'bars'): Series =>
  ({ name, values, colour, kind, show: app.money, axis: (value) => app.short(value / 100) });
/** Thousandths as a series. */
export const shares = (name: string, values: (number | null)[], colour: string, kind: Series['kind'] = 'line'): Series =>
  ({ name, values, colour, kind, show: app.percent, axis: app.percent });
/** Seconds as a series; the axis counts minutes. */
export const spans = (name: string, values: (number | null)[], colour: string, kind: Series['kind'] = 'line'): Series =>
  ({ name, values, colour, kind, show: app.span, axis: app.span });

type Day = Schemas['DashboardDay'];
const nothing = (date: string): Day => ({ date, requests: 0, bids: 0, orders: 0, completed_orders: 0, revenue: '0.00' });

/** What happened each day, and what it came to. */
export function byDay(rows: Day[]): { labels: string[]; activity: Series[]; revenue: Series[] } {
  const days = everyDay(rows, nothing);
  return {
    labels: days.map((day) => dayName(day.date)),
    activity: [
      counts(t('bids'), days.map((day) => day.bids), '--gold'), counts(t('requests'), days.map((day) => day.requests), '--brand', 'line'),
      counts(t('orders'), days.map((day) => day.orders), '--delivery', 'line'),
    ],
    revenue: [amounts(t('revenue'), days.map((day) => halalas(day.revenue)), '--brand')],
  };
}
