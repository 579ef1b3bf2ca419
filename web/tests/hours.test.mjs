import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAYS, dayName, openingAt } from '../src/pages/hours.ts';

const NONE = Object.fromEntries(DAYS.map((day) => [day, []]));
const part = (opens, closes) => ({ opens, closes });
const WEEK = { ...NONE, sunday: [part('08:00', '12:00'), part('16:00', '22:00')], thursday: [part('20:00', '24:00')], friday: [part('00:00', '02:00')] };

/** As people say it, at an instant in Riyadh; 2026-11-22 is a Sunday. */
const said = (hours, at) => {
  const { today, open, next } = openingAt(hours, Date.parse(`2026-11-${at}:00+03:00`));
  return `${today} ${open ? 'open' : 'closed'} ${next ? `${next.day} ${next.time}` : 'for ever'}`;
};

test('a business opens and closes by Riyadh’s time, to the minute', () => {
  for (const [at, wanted] of [
    ['22T07:59', 'sunday closed sunday 08:00'], ['22T08:00', 'sunday open sunday 12:00'], ['22T11:59', 'sunday open sunday 12:00'],
    ['22T12:00', 'sunday closed sunday 16:00'], ['22T22:00', 'sunday closed thursday 20:00'], ['22T00:30', 'sunday closed sunday 08:00'],
    ['23T15:00', 'monday closed thursday 20:00'], ['28T21:00', 'saturday closed sunday 08:00'],
    // Midnight is no end where the next day goes on.
    ['26T23:30', 'thursday open friday 02:00'], ['27T00:10', 'friday open friday 02:00'], ['28T23:59', 'saturday closed sunday 08:00'],
  ]) assert.equal(said(WEEK, at), wanted, at);
});

test('what never opens and what never closes has no next time, and the week goes round', () => {
  const always = Object.fromEntries(DAYS.map((day) => [day, [part('00:00', '24:00')]]));
  assert.equal(said(NONE, '22T10:00'), 'sunday closed for ever');
  assert.equal(said(always, '24T10:00'), 'tuesday open for ever');
  assert.equal(said({ ...NONE, saturday: [part('09:00', '24:00')] }, '28T10:00'), 'saturday open saturday 24:00');
  assert.equal(said({ ...always, monday: [part('00:00', '23:00')] }, '24T10:00'), 'tuesday open monday 23:00');
  assert.equal(said({ ...NONE, saturday: [part('22:00', '24:00')], sunday: [part('00:00', '01:00')] }, '28T22:30'), 'saturday open sunday 01:00');
});

test('days are named in the reader’s language', () => {
  assert.deepEqual(['ar', 'en'].map((lang) => dayName('friday', lang)), ['الجمعة', 'Friday']);
});
