// Every word of the application, in both languages.

import type { Lang } from '../format.ts';
import { ACCOUNT } from './account.ts';
import { ar } from './ar.ts';
import { COUNTED, type Noun } from './counted.ts';
import { en } from './en.ts';
import { MONEY } from './money.ts';
import { NOTICES } from './notices.ts';
import { PROBLEMS } from './problems.ts';
import { ROOM } from './room.ts';

/** Words whose two languages stand beside each other. */
const PAIRS = { ...ACCOUNT, ...MONEY, ...NOTICES, ...ROOM };

export type Key = keyof typeof ar | keyof typeof PAIRS;
export type Blanks = Record<string, string | number>;

const side = (at: 0 | 1) => Object.fromEntries(Object.entries(PAIRS).map(([key, pair]) => [key, pair[at]])) as Record<keyof typeof PAIRS, string>;

export const WORDS: Record<Lang, Record<Key, string>> = { ar: { ...ar, ...side(0) }, en: { ...en, ...side(1) } };
export { COUNTED, PROBLEMS, type Noun };

/** A text with its `{blanks}` filled. */
export const fill = (text: string, blanks: Blanks) =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in blanks ? String(blanks[name]) : whole));

/** The word for `key` with its blanks filled; `shown` writes its own digits as the reader does. */
export function word(lang: Lang, key: Key, blanks: Blanks = {}, shown = (text: string) => text): string {
  return fill(shown(WORDS[lang][key]), blanks);
}

/** Whether there is such a word: for words that the server chooses. */
export const isKey = (key: string): key is Key => Object.hasOwn(WORDS.ar, key);

const rules: Record<Lang, Intl.PluralRules> = { ar: new Intl.PluralRules('ar'), en: new Intl.PluralRules('en') };

/** A noun with its number; `shown` is the number in the reader's digits. */
export function counted(lang: Lang, noun: Noun, n: number, shown: string): string {
  const forms = COUNTED[lang][noun];
  return fill(forms[rules[lang].select(n)] ?? forms.other, { n: shown });
}

/** What a problem is called in this language; the server's own words where the page has none. */
export function problemTitle(lang: Lang, problem: { code?: string; title?: string } | null | undefined): string {
  const known = problem?.code === undefined ? undefined : PROBLEMS[problem.code];
  return known ? known[lang === 'ar' ? 0 : 1] : (problem?.title ?? word(lang, 'unknownError'));
}
