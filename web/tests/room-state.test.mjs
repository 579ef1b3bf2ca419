import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY, apply, countdown, position, remember } from '../src/room/index.ts';

const score = { price: 90, merchant: 80.5, delivery: 70, total: 83.15 };
const row = (rank, alias, landed) => ({
  rank, bid: `bid_${alias}`, alias, version: 1, landed, delivery_hours: 24, warranty_days: 90, score,
});
const snapshot = {
  type: 'snapshot', epoch: 'e1', seq: 5, server_time: '2026-11-22T10:00:00.000000Z', state: 'bidding_open', paused: false,
  visibility: 'open', opens_at: '2026-11-22T09:00:00.000000Z', closes_at: '2026-11-22T10:05:00.000000Z',
  board: [row(1, '7F', '120.50'), row(2, '03', '130.00')], live_bids: 2, best_landed: '120.50',
  you: { role: 'merchant', alias: '03', bid: { id: 'bid_03', version: 1, landed: '130.00', delivery_hours: 24, warranty_days: 90 }, rank: 2 },
  watchers: 3,
};
const event = (seq, type, rest = {}) => ({ type, epoch: 'e1', seq, server_time: '2026-11-22T10:00:01.000000Z', ...rest });
const open = () => apply(EMPTY, snapshot).room;

test('a snapshot is the whole state', () => {
  const room = open();
  assert.equal(room.top[0].landed, 12050);
  assert.equal(room.you.bid.landed, 13000);
  assert.equal(room.you.rank, 2);
  assert.deepEqual([room.liveBids, room.best, room.watchers], [2, 12050, 3]);
});

test('events count up; a repeated one changes nothing; a missing one is a gap', () => {
  let room = open();
  const placed = event(6, 'bid.placed', { bid: { id: 'bid_A1', alias: 'A1', landed: '110.00', rank: 1 } });
  ({ room } = apply(room, placed));
  assert.equal(room.seq, 6);
  assert.deepEqual([room.feed[0].alias, room.feed[0].landed], ['A1', 11000]);
  const again = apply(room, placed);
  assert.equal(again.room, room);
  const gap = apply(room, event(8, 'room.paused'));
  assert.equal(gap.gap, true);
  assert.equal(gap.room, room, 'nothing is shown that may be out of order');
});

test('another epoch is a gap whatever its number', () => {
  assert.equal(apply(open(), { ...event(6, 'room.paused'), epoch: 'e2' }).gap, true);
});

test('a board replaces the board and repeats the number of its last event', () => {
  let room = open();
  ({ room } = apply(room, event(6, 'bid.revised', { bid: { alias: '03', landed: '100.00' } })));
  const after = apply(room, event(6, 'board', { top: [row(1, '03', '100.00')], live_bids: 2, best_landed: '100.00', watchers: 4 }));
  assert.equal(after.room.watchers, 4);
  assert.equal(after.gap, false);
  assert.equal(after.room.top[0].alias, '03');
  assert.equal(after.room.best, 10000);
  assert.equal(apply(after.room, event(5, 'board', { top: [] })).room.top.length, 1, 'an older board is dropped');
});

test('the viewer’s own side comes without a number', () => {
  const { room: state } = apply(open(), { type: 'you', role: 'merchant', rank: 1, alias: '03' });
  assert.deepEqual([state.you.rank, state.you.bid, state.seq], [1, null, 5]);
});

test('the host reads names where the frames bring them', () => {
  let room = open();
  const named = { ...row(1, '7F', '110.00'), merchant: 'usr_1', merchant_name: 'ورشة' };
  ({ room } = apply(room, event(6, 'bid.revised', { bid: named })));
  ({ room } = apply(room, event(6, 'board', { top: [named, row(2, '03', '130.00')] })));
  assert.deepEqual([room.feed[0].name, room.top[0].name, room.top[1].name], ['ورشة', 'ورشة', null]);
  ({ room } = apply(room, event(7, 'bid.withdrawn', { bid_id: 'bid_7F', merchant: 'usr_1', merchant_name: 'ورشة' })));
  assert.equal(room.feed[0].name, 'ورشة');
});

test('a counted bid in a sealed room moves the count alone', () => {
  const { room: state } = apply({ ...open(), liveBids: 2 }, event(6, 'bids.counted', { change: -1 }));
  assert.deepEqual([state.liveBids, state.feed.length], [1, 0]);
});

test('an extension moves the deadline and is counted', () => {
  const { room: state, news } = apply(open(), event(6, 'deadline.extended', { closes_at: '2026-11-22T10:07:00.000000Z', cause: 'soft_close' }));
  assert.equal(state.closesAt, '2026-11-22T10:07:00.000000Z');
  assert.equal(state.extensions, 1);
  assert.equal(news.cause, 'soft_close');
});

test('a fresh snapshot of the same epoch keeps what was told, of another one it does not', () => {
  const told = apply(open(), event(6, 'room.paused', { reason: 'x' })).room;
  assert.equal(apply(told, { ...snapshot, seq: 9 }).room.feed.length, 1);
  assert.equal(apply(told, { ...snapshot, epoch: 'e2' }).room.feed.length, 0);
});

test('the countdown closes only when the server says so', () => {
  const room = open();
  const at = (iso) => Date.parse(iso);
  assert.deepEqual(countdown(room, at('2026-11-22T10:04:59Z')), { phase: 'open', left: 1000 });
  assert.equal(countdown(room, at('2026-11-22T10:05:00Z')).phase, 'closing');
  const closed = apply(room, event(6, 'room.closed', { cause: 'deadline' })).room;
  assert.equal(countdown(closed, at('2026-11-22T10:05:01Z')).phase, 'over');
  assert.equal(countdown({ ...room, paused: true }, at('2026-11-22T10:00:00Z')).phase, 'paused');
  assert.equal(countdown({ ...room, state: 'published' }, at('2026-11-22T08:59:59Z')).left, 1000);
});

test('every bid leaves a point for the chart, and a snapshot keeps them', () => {
  let room = open();
  ({ room } = apply(room, event(6, 'bid.placed', { bid: { id: 'bid_A1', alias: 'A1', landed: '110.00' } })));
  ({ room } = apply(room, event(7, 'bid.revised', { bid: { id: 'bid_7F', alias: '7F', landed: '105.50' } })));
  assert.deepEqual(room.trail.map((point) => [point.bid, point.landed]), [['bid_A1', 11000], ['bid_7F', 10550]]);
  assert.equal(apply(room, { ...snapshot, seq: 7 }).room.trail.length, 2);
});

test('what was stored before comes under what was seen live, once', () => {
  let room = open();
  ({ room } = apply(room, event(6, 'bid.placed', { bid: { id: 'bid_A1', alias: 'A1', landed: '110.00' } })));
  const stored = [
    event(1, 'room.published'), event(3, 'bid.placed', { bid: { id: 'bid_7F', alias: '7F', landed: '130.00' } }),
    event(5, 'deadline.extended', { closes_at: snapshot.closes_at, cause: 'soft_close' }),
    event(6, 'bid.placed', { bid: { id: 'bid_A1', alias: 'A1', landed: '110.00' } }),
    event(7, 'bid.placed', { bid: { id: 'bid_B2', alias: 'B2', landed: '109.00' } }),
  ];
  const whole = remember(room, stored);
  assert.deepEqual(whole.feed.map((news) => news.key), ['6', '5', '3', '1'], 'and nothing that is still to come');
  assert.deepEqual(whole.trail.map((point) => point.seq), [3, 6]);
  assert.equal(whole.extensions, 1);
  assert.deepEqual(apply(whole, stored[4]).room.trail.map((point) => point.seq), [3, 6, 7], 'which comes live');
});

test('a client stands at the last number that it has seen', () => {
  assert.equal(position(EMPTY), null);
  assert.deepEqual(position(open()), { epoch: 'e1', seq: 5 });
});

test('a frame of a later server changes nothing', () => {
  const room = open();
  assert.equal(apply(room, { type: 'room.sparkled' }).room, room);
});
