// How amounts, times and points are shown. Times are Riyadh's whatever the device thinks; digits are the reader's choice.

export type Lang = 'ar' | 'en';
export type Digits = 'latn' | 'arab';
export interface Style { lang: Lang; digits: Digits }

const ZONE = 'Asia/Riyadh';

const cache = new Map<string, unknown>();
function kept<T>(key: string, make: () => T): T {
  if (!cache.has(key)) cache.set(key, make());
  return cache.get(key) as T;
}

const locale = ({ lang, digits }: Style) => (lang === 'ar' ? `ar-SA-u-ca-gregory-nu-${digits}` : `en-GB-u-nu-${digits}`);

function numbers(style: Style, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const name = locale(style);
  return kept(`n${name}${JSON.stringify(options)}`, () => new Intl.NumberFormat(name, options));
}

function dates(style: Style, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = locale(style);
  return kept(`d${name}${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(name, { timeZone: ZONE, ...options }));
}

/** An amount in halalas, without its currency. */
export function amount(halalas: number, style: Style): string {
  return numbers(style, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(halalas / 100);
}

/** An amount in halalas with its currency. */
export function money(halalas: number | null | undefined, style: Style): string {
  if (halalas === null || halalas === undefined) return '—';
  return `${amount(halalas, style)} ${style.lang === 'ar' ? 'ر.س' : 'SAR'}`;
}

/** Points, 0 … 100, with so many places. */
export function points(value: number, style: Style, places = 1): string {
  return numbers(style, { minimumFractionDigits: places, maximumFractionDigits: places }).format(value);
}

/** A whole number. */
export function count(value: number, style: Style): string {
  return numbers(style, { useGrouping: value >= 10_000 }).format(value);
}

/** A year or another number that is a name: never grouped. */
export function plain(value: number, style: Style): string {
  return numbers(style, { useGrouping: false }).format(value);
}

/** A share in thousandths, in percent. */
export function percent(permille: number, style: Style): string {
  return numbers(style, { style: 'percent', maximumFractionDigits: 1 }).format(permille / 1000);
}

/** A whole number that may be large, short: 12 K. */
export function short(value: number, style: Style): string {
  return numbers(style, { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]] as const;

/** Seconds in the largest unit that fits. */
export function span(seconds: number, style: Style): string {
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? UNITS[3];
  return numbers(style, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: seconds / size < 10 ? 1 : 0 }).format(seconds / size);
}

/** Latin digits of a text in the reader's digits. */
export function shown(text: string, style: Style): string {
  return style.digits === 'latn' ? text : text.replace(/\d/g, (d) => String.fromCharCode(0x0660 + Number(d)));
}

/** Hour and minute in Riyadh, with seconds where asked; with the day when it is not today's. */
export function clockTime(iso: string, style: Style, now = Date.now(), seconds = true): string {
  const at = new Date(iso);
  const day = dates({ lang: 'en', digits: 'latn' }, { year: 'numeric', month: 'numeric', day: 'numeric' });
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(seconds ? { second: '2-digit' } : {}) };
  const sameDay = day.format(at) === day.format(new Date(now));
  return dates(style, sameDay ? time : { ...time, day: 'numeric', month: 'short' }).format(at);
}

/** A day in Riyadh. */
export function date(iso: string, style: Style): string {
  return dates(style, { day: 'numeric', month: 'long', year: 'numeric' }).format(new Date(iso));
}

/** What is left, in milliseconds, as `2 d 03:04:05`, `03:04:05`, `04:05` or, in the last ten seconds, `9.4`. */
export function remaining(ms: number, dayWord: string): string {
  if (ms <= 0) return '00:00';
  if (ms < 10_000) return (Math.floor(ms / 100) / 10).toFixed(1);
  const total = Math.floor(ms / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const [d, h, m, s] = [Math.floor(total / 86_400), Math.floor(total / 3600) % 24, Math.floor(total / 60) % 60, total % 60];
  const clock = d || h ? `${two(h)}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
  return d ? `${d} ${dayWord} ${clock}` : clock;
}
