import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { clockTime, latinDigits, money, parseAmount, remaining, wireAmount } from '../../web/assets/format.js';
import { landed, nextLanded, reach, step } from '../../web/assets/offer.js';
import { PROBLEMS, WORDS, problemTitle, word } from '../../web/assets/words.js';

const web = new URL('../../web/', import.meta.url);
const sources = readdirSync(new URL('assets/', web)).filter((name) => name.endsWith('.js'))
  .map((name) => readFileSync(new URL(`assets/${name}`, web), 'utf8')).join('\n');
const html = readFileSync(new URL('index.html', web), 'utf8');

test('both languages have the same words with the same blanks', () => {
  assert.deepEqual(Object.keys(WORDS.ar).sort(), Object.keys(WORDS.en).sort());
  const blanks = (text) => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();
  for (const key of Object.keys(WORDS.en)) assert.deepEqual(blanks(WORDS.ar[key]), blanks(WORDS.en[key]), key);
  for (const [code, titles] of Object.entries(PROBLEMS)) assert.equal(titles.length, 2, code);
});

test('every word that the page asks for is there', () => {
  const asked = [...sources.matchAll(/\bt\('(\w+)'/g), ...html.matchAll(/data-t(?:-label)?="(\w+)"/g)].map((m) => m[1]);
  assert.ok(asked.length > 60);
  for (const key of asked) assert.ok(key in WORDS.en, key);
  for (const state of ['draft', 'published', 'bidding_open', 'bidding_closed', 'reviewing', 'accepted', 'expired', 'cancelled', 'paused']) {
    assert.ok(`state_${state}` in WORDS.en, state);
  }
});

test('the page obeys a strict policy: nothing inline, nothing from elsewhere', () => {
  assert.doesNotMatch(html, /<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|https?:\/\//);
  assert.doesNotMatch(sources, /innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function|setAttribute\('style'/);
});

test('blanks are filled and unknown problems keep the server’s words', () => {
  assert.equal(word('en', 'acceptedRank', { rank: 2 }), 'The bid stands, you are rank 2');
  assert.equal(problemTitle('ar', { code: 'too_late' }), 'وصل العرض بعد الموعد النهائي');
  assert.equal(problemTitle('en', { code: 'brand_new', title: 'Said so' }), 'Said so');
});

test('amounts are read in any digits and never through a fraction', () => {
  for (const [text, halalas] of [['120.50', 12050], ['120.5', 12050], ['١٢٠٫٥٠', 12050], [' 12\u200f', 1200], ['0.07', 7]]) {
    assert.equal(parseAmount(text), halalas, text);
  }
  for (const text of ['', '.5', '1,000', '1e3', '-1', '1.234', 'x', null, undefined]) assert.equal(parseAmount(text), null, String(text));
  for (let halalas = 0; halalas < 100_000; halalas += 7) assert.equal(parseAmount(wireAmount(halalas)), halalas);
  assert.equal(latinDigits('۰۵٠١'), '0501');
  assert.match(money(12050, 'en'), /120\.50/);
  assert.match(money(12050, 'ar'), /120\.50/);
});

test('time is Riyadh’s', () => {
  const noon = '2026-11-22T09:00:00.000000Z';
  assert.match(clockTime(noon, 'en', Date.parse(noon)), /^12:00:00$/);
  assert.match(clockTime(noon, 'en', Date.parse('2026-11-23T09:00:00Z')), /22 Nov/);
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
