// What a room looks like after each frame. Pure: state in, state out, so it is tested without a browser.

import { parseAmount } from './format.js';

const FEED_MAX = 30;

/** Before the first snapshot. */
export const EMPTY = Object.freeze({
  epoch: null, seq: 0, state: null, paused: false, opensAt: null, closesAt: null, top: [], liveBids: null, best: null,
  you: null, watchers: null, feed: [], extensions: 0, lastExtension: null, result: null, visibility: null,
});

const row = (r) => ({
  rank: r.rank, bid: r.bid, alias: r.alias, name: r.merchant_name ?? null, version: r.version,
  landed: parseAmount(r.landed), deliveryHours: r.delivery_hours, warrantyDays: r.warranty_days, score: r.score,
});

function you(y) {
  if (!y) return null;
  const bid = y.bid && {
    id: y.bid.id, version: y.bid.version, landed: parseAmount(y.bid.landed),
    deliveryHours: y.bid.delivery_hours, warrantyDays: y.bid.warranty_days,
  };
  return { role: y.role, alias: y.alias ?? null, bid: bid ?? null, rank: y.rank ?? null, score: y.score ?? null,
    outcome: y.outcome ?? null };
}

// A board says what it may say; what is absent stays unknown.
function board(b) {
  const rows = Array.isArray(b) ? b : b?.top ?? [];
  return {
    top: rows.map(row),
    liveBids: b?.live_bids ?? null,
    best: b?.best_landed === undefined ? null : parseAmount(b.best_landed),
  };
}

const STATE_AFTER = {
  'room.published': 'published', 'room.opened': 'bidding_open', 'room.closing': 'bidding_closed', 'room.closed': 'bidding_closed',
  'room.reviewing': 'reviewing', 'room.accepted': 'accepted', 'room.expired': 'expired', 'room.cancelled': 'cancelled',
};

/**
 * Takes a frame.
 *
 * `gap` tells that something before it is missing: the caller joins again with `since`. `news` is the entry for the
 * feed, if any.
 */
export function apply(before, frame) {
  if (frame.type === 'snapshot') {
    const shown = board(frame.board);
    const fresh = before.epoch === null || before.epoch !== frame.epoch;
    return done({
      ...EMPTY, ...shown, epoch: frame.epoch, seq: frame.seq, state: frame.state, paused: Boolean(frame.paused),
      opensAt: frame.opens_at, closesAt: frame.closes_at, you: you(frame.you), watchers: frame.watchers ?? null,
      feed: fresh ? [] : before.feed, extensions: fresh ? 0 : before.extensions,
      liveBids: frame.live_bids ?? null, best: frame.best_landed ? parseAmount(frame.best_landed) : null,
      visibility: frame.visibility,
    });
  }
  // The viewer's own side is state of its own, without a number.
  if (frame.type === 'you') return done({ ...before, you: you(frame) });
  if (frame.seq === undefined || before.epoch === null) return done(before);
  if (frame.epoch !== undefined && frame.epoch !== before.epoch) return { state: before, gap: true, news: null };
  // A board repeats the number of the event that it follows; everything else has a number of its own.
  const isBoard = frame.type === 'board';
  if (frame.seq < before.seq || (!isBoard && frame.seq === before.seq)) return done(before);
  if (frame.seq > before.seq + 1) return { state: before, gap: true, news: null };
  const after = { ...before, seq: frame.seq };
  switch (frame.type) {
    case 'board': {
      Object.assign(after, board(frame));
      return done(after);
    }
    case 'bids.counted':
      after.liveBids = Math.max(0, (before.liveBids ?? 0) + frame.change);
      return done(after);
    case 'deadline.extended':
      after.closesAt = frame.closes_at;
      after.extensions = before.extensions + 1;
      after.lastExtension = { cause: frame.cause, at: frame.server_time, closesAt: frame.closes_at };
      break;
    case 'interrupted':
      after.closesAt = frame.closes_at ?? before.closesAt;
      break;
    case 'room.paused':
      after.paused = true;
      break;
    case 'room.resumed':
      after.paused = false;
      after.closesAt = frame.closes_at ?? before.closesAt;
      break;
    default:
      if (STATE_AFTER[frame.type]) after.state = STATE_AFTER[frame.type];
      if (frame.result !== undefined) after.result = frame.result;
  }
  const news = entry(frame);
  if (news) after.feed = [news, ...before.feed].slice(0, FEED_MAX);
  return { state: after, gap: false, news };
}

const done = (state) => ({ state, gap: false, news: null });

function entry(frame) {
  const known = frame.type.startsWith('bid.') || frame.type.startsWith('room.') || frame.type === 'deadline.extended' ||
    frame.type === 'interrupted';
  if (!known) return null;
  const subject = frame.bid ?? {};
  return {
    key: `${frame.epoch}:${frame.seq}`, type: frame.type, at: frame.server_time, alias: subject.alias ?? null,
    name: subject.merchant_name ?? frame.merchant_name ?? null,
    landed: subject.landed === undefined ? null : parseAmount(subject.landed), rank: subject.rank ?? null,
    cause: frame.cause ?? null, reason: frame.reason ?? null,
    closesAt: frame.closes_at ?? null,
  };
}

/** What the countdown shows: the phase and the milliseconds left, by the server's clock. */
export function countdown(state, now) {
  if (state.state === null) return { phase: 'unknown', left: 0 };
  if (state.state === 'published') return { phase: 'opens', left: Math.max(0, Date.parse(state.opensAt) - now) };
  if (state.state !== 'bidding_open') return { phase: state.state, left: 0 };
  if (state.paused) return { phase: 'paused', left: 0 };
  const left = Date.parse(state.closesAt) - now;
  // The deadline is the server's to judge: until it has said so, a room past its time is closing, not closed.
  return left > 0 ? { phase: 'open', left } : { phase: 'closing', left: 0 };
}
