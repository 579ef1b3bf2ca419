// What the pages of figures share: amounts that may be negative, days without holes, and a file to keep.

import { Problem } from '../../api/client.ts';
import { app } from '../../app.svelte.ts';
import { parseAmount } from '../../room/index.ts';

const DAY_MS = 86_400_000;
const RIYADH_MS = 3 * 3_600_000;

/** Halalas of an amount that may be below nothing. */
export function halalas(text: string): number {
  return text.startsWith('-') ? -(parseAmount(text.slice(1)) ?? 0) : (parseAmount(text) ?? 0);
}

/** The day in Riyadh so many days ago, as `2026-11-22`. */
export const dayBefore = (days: number, now = Date.now()): string => new Date(now + RIYADH_MS - days * DAY_MS).toISOString().slice(0, 10);

/** One row a day from the first to the last; days on which nothing was are `none`. */
export function everyDay<T extends { date: string }>(rows: T[], none: (date: string) => T): T[] {
  const of = new Map(rows.map((row) => [row.date, row]));
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return [];
  const days = [];
  for (let at = Date.parse(first.date); at <= Date.parse(last.date); at += DAY_MS) {
    const date = new Date(at).toISOString().slice(0, 10);
    days.push(of.get(date) ?? none(date));
  }
  return days;
}

/** Has the browser keep what an address gives, under the name that it gives it. */
export async function save(path: string, query: Record<string, string | number | undefined>): Promise<void> {
  const asked = new URLSearchParams({ format: 'csv' });
  for (const [name, value] of Object.entries(query)) if (value !== undefined) asked.set(name, String(value));
  try {
    const answer = await app.api.send(new Request(`${path}?${asked}`));
    if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => null));
    const url = URL.createObjectURL(await answer.blob());
    const name = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? 'mazad.csv';
    Object.assign(document.createElement('a'), { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url));
  } catch (error) {
    app.fail(error);
  }
}
