// How amounts, times and points are shown. Times are Riyadh's whatever the device thinks; digits are Latin in both
// languages, because prices are compared digit by digit and half of what people paste is Latin anyway.

const LOCALES = { ar: 'ar-SA-u-ca-gregory-nu-latn', en: 'en-GB-u-nu-latn' };
const ZONE = 'Asia/Riyadh';

const cache = new Map();
function intl(kind, lang, options) {
  const key = kind + lang + JSON.stringify(options);
  if (!cache.has(key)) cache.set(key, new Intl[kind](LOCALES[lang] ?? LOCALES.en, options));
  return cache.get(key);
}

/** Digits of any script as Latin ones; direction marks and grouping dropped. */
export function latinDigits(text) {
  return String(text)
    .replace(/[\u0660-\u0669]/g, (d) => String.fromCharCode(d.charCodeAt(0) - 0x0660 + 48))
    .replace(/[\u06f0-\u06f9]/g, (d) => String.fromCharCode(d.charCodeAt(0) - 0x06f0 + 48))
    .replace(/\u066b/g, '.')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c]/g, '')
    .trim();
}

/** Halalas of `"120.50"`, in any script's digits; null when it is no amount of at most two places. */
export function parseAmount(text) {
  const match = /^(\d{1,13})(?:\.(\d{1,2}))?$/.exec(latinDigits(text ?? ''));
  if (!match) return null;
  return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
}

/** `"120.50"`, as the API writes it. */
export function wireAmount(halalas) {
  const rest = String(Math.abs(halalas) % 100).padStart(2, '0');
  return `${halalas < 0 ? '-' : ''}${Math.floor(Math.abs(halalas) / 100)}.${rest}`;
}

/** An amount in halalas with its currency. */
export function money(halalas, lang) {
  if (halalas === null || halalas === undefined) return '—';
  return intl('NumberFormat', lang, { style: 'currency', currency: 'SAR', minimumFractionDigits: 2 }).format(halalas / 100);
}

/** Points, 0 … 100, with so many places. */
export function points(value, lang, places = 1) {
  return intl('NumberFormat', lang, { minimumFractionDigits: places, maximumFractionDigits: places }).format(value);
}

/** A whole number. */
export function count(value, lang) {
  return intl('NumberFormat', lang, {}).format(value);
}

/** Hour and minute in Riyadh; with the day when it is not today's. */
export function clockTime(iso, lang, now = Date.now()) {
  const at = new Date(iso);
  const day = { timeZone: ZONE, year: 'numeric', month: 'numeric', day: 'numeric' };
  const sameDay = intl('DateTimeFormat', 'en', day).format(at) === intl('DateTimeFormat', 'en', day).format(new Date(now));
  const time = { timeZone: ZONE, hour: '2-digit', minute: '2-digit', second: '2-digit' };
  return intl('DateTimeFormat', lang, sameDay ? time : { ...time, day: 'numeric', month: 'short' }).format(at);
}

/** What is left, in milliseconds, as `2 d 03:04:05`, `03:04:05`, `04:05` or, in the last ten seconds, `9.4`. */
export function remaining(ms, dayWord) {
  if (ms <= 0) return '00:00';
  if (ms < 10_000) return (Math.floor(ms / 100) / 10).toFixed(1);
  const total = Math.floor(ms / 1000);
  const two = (n) => String(n).padStart(2, '0');
  const [d, h, m, s] = [Math.floor(total / 86400), Math.floor(total / 3600) % 24, Math.floor(total / 60) % 60, total % 60];
  const clock = d || h ? `${two(h)}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
  return d ? `${d} ${dayWord} ${clock}` : clock;
}
