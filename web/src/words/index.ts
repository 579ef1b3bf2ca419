// Every word of the application, in both languages.

import type { Lang } from '../format.ts';
import { ar } from './ar.ts';
import { COUNTED, type Noun } from './counted.ts';
import { en } from './en.ts';
import { PROBLEMS } from './problems.ts';

export type Key = keyof typeof ar;
export type Blanks = Record<string, string | number>;

export const WORDS: Record<Lang, Record<Key, string>> = { ar, en };
export { COUNTED, PROBLEMS, type Noun };

/** A text with its `{blanks}` filled. */
export const fill = (text: string, blanks: Blanks) =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in blanks ? String(blanks[name]) : whole));

/** The word for `key` with its blanks filled. */
export function word(lang: Lang, key: Key, blanks: Blanks = {}): string {
  return fill(WORDS[lang][key], blanks);
}

/** Whether there is such a word: for words that the server chooses. */
export const isKey = (key: string): key is Key => key in ar;

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
