import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { clockTime, money, remaining, shown } from '../src/format.ts';
import { landed, nextLanded, reach, step } from '../src/offer.ts';
import { latinDigits, parseAmount, wireAmount } from '../src/room/index.ts';
import { DESK } from '../src/words/desk.ts';
import { FIGURES } from '../src/words/figures.ts';
import { own } from '../src/words/own.ts';
import { COUNTED, PROBLEMS, WORDS, counted, problemTitle, word } from '../src/words/index.ts';

const src = new URL('../src/', import.meta.url);
const sources = readdirSync(src, { recursive: true }).filter((name) => /\.(ts|svelte)$/.test(name) && !name.startsWith('words/'))
  .map((name) => readFileSync(new URL(name, src), 'utf8')).join('\n');

const en = { lang: 'en', digits: 'latn' };
const ar = { lang: 'ar', digits: 'latn' };

test('both languages have the same blanks', () => {
  const blanks = (text) => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();
  for (const { ar, en } of [WORDS, DESK, FIGURES]) {
    assert.deepEqual(Object.keys(ar), Object.keys(en));
    for (const key of Object.keys(en)) assert.deepEqual(blanks(ar[key]), blanks(en[key]), key);
  }
  for (const [code, titles] of Object.entries(PROBLEMS)) assert.equal(titles.length, 2, code);
});

test('no word is there that nobody says', () => {
  const prefixes = ['state_', 'condition_', 'visibility_', 'visibilityHint_', 'cause_', 'order_', 'step_', 'bid_', 'news_', 'kind_', 'verification_', 'document_', 'channel_', 'entry_', 'fault_',
    'notice_', 'digest_', 'group_', 'method_', 'methodHint_', 'payment_', 'refund_', 'hiddenBidsMore_', 'counts_', 'undelivered_'];
  // The link's states are words of the same name.
  const states = ['live', 'connecting', 'waiting', 'offline', 'stopped', 'refused', 'signin'];
  const unsaid = [WORDS, DESK, FIGURES].flatMap((words) => Object.keys(words.en)).filter((key) => !prefixes.some((prefix) => key.startsWith(prefix)) && !states.includes(key) &&
    !sources.includes(`'${key}'`));
  assert.deepEqual(unsaid, []);
});

test('nouns agree with their number', () => {
  const parts = (lang, n) => counted(lang, 'parts', n, String(n));
  assert.deepEqual([1, 2, 3, 11, 100].map((n) => parts('ar', n)), ['قطعة واحدة', 'قطعتان', '3 قطع', '11 قطعة', '100 قطعة']);
  assert.deepEqual([1, 2].map((n) => parts('en', n)), ['1 part', '2 parts']);
  assert.equal(counted('ar', 'hashes', 8, '8'), '8 بصمات');
  assert.deepEqual(Object.keys(COUNTED.ar), Object.keys(COUNTED.en));
});

test('nothing that is typed ever becomes markup', () => {
  assert.doesNotMatch(sources, /\{@html|innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function|\sstyle="/);
});

test('the digits of a word are the reader’s, those that fill it are as they come', () => {
  const style = { lang: 'ar', digits: 'arab' };
  assert.equal(word('ar', 'stepOf', { n: '1' }, (text) => shown(text, style)), 'خطوة 1 من ٢');
  const { t } = own(() => style, FIGURES);
  assert.equal(t('ofFive', { n: '٤' }), '٤ من ٥');
});

test('blanks are filled and unknown problems keep the server’s words', () => {
  assert.equal(word('en', 'acceptedRank', { rank: 2 }), 'The bid stands, you are rank 2');
  assert.equal(problemTitle('ar', { code: 'too_late' }), 'وصل العرض بعد الموعد النهائي');
  assert.equal(problemTitle('en', { code: 'brand_new', title: 'Said so' }), 'Said so');
});

test('amounts are read in any digits and never through a fraction', () => {
  for (const [text, halalas] of [['120.50', 12050], ['120.5', 12050], ['١٢٠٫٥٠', 12050], [' 12\u200f', 1200], ['0.07', 7], ['1,200', 120_000], ['١٬٢٥٠٫٥', 125_050], ['12،345،678.90', 1_234_567_890]]) {
    assert.equal(parseAmount(text), halalas, text);
  }
  for (const text of ['', '.5', '1,00', '1,0000', '1000,000', ',100', '1.000,5', '1e3', '-1', '1.234', 'x', null, undefined]) assert.equal(parseAmount(text), null, String(text));
  for (let halalas = 0; halalas < 100_000; halalas += 7) assert.equal(parseAmount(wireAmount(halalas)), halalas);
  assert.equal(latinDigits('۰۵٠١'), '0501');
  assert.equal(money(1_234_550, en), '12,345.50 SAR');
  assert.match(money(12050, ar), /^120\.50 ر\.س$/);
  assert.match(money(12050, { lang: 'ar', digits: 'arab' }), /^١٢٠٫٥٠ /);
  assert.equal(shown('09:41', { lang: 'ar', digits: 'arab' }), '٠٩:٤١');
});

test('time is Riyadh’s', () => {
  const noon = '2026-11-22T09:00:00.000000Z';
  assert.match(clockTime(noon, en, Date.parse(noon)), /^12:00:00$/);
  assert.match(clockTime(noon, en, Date.parse('2026-11-23T09:00:00Z')), /22 Nov/);
  assert.equal(remaining(0, 'd'), '00:00');
  assert.equal(remaining(9_440, 'd'), '9.4');
  assert.equal(remaining(59_999, 'd'), '00:59');
  assert.equal(remaining(3_600_000, 'd'), '01:00:00');
  assert.equal(remaining(2 * 86_400_000 + 1_000, 'd'), '2 d 00:00:01');
});

test('the ladder at its borders', () => {
  for (const [riyals, least] of [[99.99, 1], [100, 2], [499.99, 2], [500, 5], [2_000, 20], [9_999.99, 20], [10_000, 50]]) {
    assert.equal(step(Math.round(riyals * 100)), least * 100, String(riyals));
  }
  assert.equal(nextLanded(12_050), 11_850);
});

test('a wished total is reached exactly or just below, from the dearest line', () => {
  const offer = { lines: [{ quantity: 1, unitPrice: 5_000 }, { quantity: 4, unitPrice: 10_000 }], deliveryFee: 500 };
  assert.equal(landed(offer), 45_500);
  for (const target of [45_500, 45_499, 45_000, 30_001, 10_000, 505]) {
    const lowered = reach(offer, target);
    assert.ok(landed(lowered) <= target && landed(lowered) > target - 4, `${target}: ${landed(lowered)}`);
    assert.ok(lowered.lines.every((line) => line.unitPrice > 0));
  }
  assert.equal(reach(offer, 504), null);
  assert.equal(landed({ lines: [{ quantity: 1, unitPrice: null }], deliveryFee: 0 }), null);
});
