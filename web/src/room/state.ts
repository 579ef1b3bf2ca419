// What a room looks like after each frame. Pure: state in, state out.

import { parseAmount } from './amount.ts';
import type { EventBid, Position, RoomEvent, RoomFrame, Row, Score, You } from './frames.ts';

const FEED_MAX = 40;
const TRAIL_MAX = 600;

/** A line of the ranking; amounts in halalas. */
export interface Ranked {
  rank: number; bid: string; alias: string; name: string | null; merchant: string | null; version: number; landed: number;
  deliveryHours: number; warrantyDays: number; score: Score;
}

export interface Own {
  role: string; alias: string | null; rank: number | null; score: Score | null;
  bid: { id: string; version: number; landed: number; deliveryHours: number; warrantyDays: number } | null;
  outcome: { won: boolean; rank: number; bids: number; gapPermille: number | null } | null;
}

/** Something that happened, for the list of what happens. */
export interface News {
  key: string; type: RoomEvent['type']; at: string; bid: string | null; alias: string | null; name: string | null; landed: number | null;
  rank: number | null; cause: string | null; reason: string | null; closesAt: string | null;
}

/** A price at a time, for the chart. `at` in milliseconds since the epoch, `landed` in halalas. */
export interface TrailPoint { seq: number; at: number; landed: number; bid: string }

export interface Room {
  epoch: string | null; seq: number; state: string | null; paused: boolean; visibility: string | null; opensAt: string | null;
  closesAt: string | null; reviewUntil: string | null; top: Ranked[]; liveBids: number | null; best: number | null; you: Own | null;
  watchers: number | null; feed: News[]; trail: TrailPoint[]; extensions: number; acceptedBid: string | null;
  lastExtension: { cause: string; at: string; closesAt: string } | null;
}

/** Before the first snapshot. */
export const EMPTY: Room = Object.freeze({
  epoch: null, seq: 0, state: null, paused: false, visibility: null, opensAt: null, closesAt: null, reviewUntil: null, top: [],
  liveBids: null, best: null, you: null, watchers: null, feed: [], trail: [], extensions: 0, acceptedBid: null, lastExtension: null,
});

/** What came of a frame. `gap`: something before it is missing, join again with `position`. */
export interface Applied { room: Room; gap: boolean; news: News | null }

/** Where a client stands that has this state. */
export function position(room: Room): Position | null {
  return room.epoch === null ? null : { epoch: room.epoch, seq: room.seq };
}

const STATE_AFTER: Partial<Record<RoomEvent['type'], string>> = {
  'room.published': 'published', 'room.opened': 'bidding_open', 'room.closed': 'bidding_closed', 'room.reviewing': 'reviewing',
  'room.accepted': 'accepted', 'room.expired': 'expired', 'room.cancelled': 'cancelled',
};

const same = (room: Room): Applied => ({ room, gap: false, news: null });
const missing = (room: Room): Applied => ({ room, gap: true, news: null });

export function apply(before: Room, frame: RoomFrame): Applied {
  switch (frame.type) {
    case 'snapshot': {
      const again = before.epoch === frame.epoch;
      return same({
        ...EMPTY, epoch: frame.epoch, seq: frame.seq, state: frame.state, paused: frame.paused, visibility: frame.visibility,
        opensAt: frame.opens_at, closesAt: frame.closes_at, reviewUntil: frame.review_until ?? null, top: frame.board.map(ranked),
        liveBids: frame.live_bids ?? null, best: parseAmount(frame.best_landed), you: own(frame.you), watchers: frame.watchers ?? null,
        feed: again ? before.feed : [], trail: before.trail, extensions: again ? before.extensions : 0,
        acceptedBid: again ? before.acceptedBid : null,
      });
    }
    // The viewer's own side is state of its own, without a number.
    case 'you':
      return same({ ...before, you: own(frame) });
    case 'question.asked':
    case 'question.answered':
      return same(before);
    case 'board': {
      // A board repeats the number of the event that it follows.
      if (before.epoch === null || frame.seq < before.seq) return same(before);
      if (otherEpoch(before, frame) || frame.seq > before.seq + 1) return missing(before);
      return same({
        ...before, seq: frame.seq, top: frame.top.map(ranked), liveBids: frame.live_bids ?? null, best: parseAmount(frame.best_landed),
        watchers: frame.watchers ?? null,
      });
    }
    default:
      return event(before, frame);
  }
}

const otherEpoch = (before: Room, frame: { epoch?: string }) => frame.epoch !== undefined && frame.epoch !== before.epoch;

function event(before: Room, frame: RoomEvent): Applied {
  // A frame of a later server that this client does not know carries no number, or one that counts.
  if (frame.seq === undefined || before.epoch === null) return same(before);
  if (otherEpoch(before, frame)) return missing(before);
  if (frame.seq <= before.seq) return same(before);
  if (frame.seq > before.seq + 1) return missing(before);
  const room: Room = { ...before, seq: frame.seq, state: STATE_AFTER[frame.type] ?? before.state };
  switch (frame.type) {
    case 'bids.counted':
      room.liveBids = Math.max(0, (before.liveBids ?? 0) + frame.change);
      return same(room);
    case 'bid.placed':
    case 'bid.revised': {
      const point = trailPoint(frame);
      if (point) room.trail = [...before.trail, point].slice(-TRAIL_MAX);
      break;
    }
    case 'deadline.extended':
      room.closesAt = frame.closes_at;
      room.extensions = before.extensions + 1;
      room.lastExtension = { cause: frame.cause, at: frame.server_time, closesAt: frame.closes_at };
      break;
    case 'interrupted':
      room.closesAt = frame.closes_at;
      break;
    case 'room.paused':
      room.paused = true;
      break;
    case 'room.resumed':
      room.paused = false;
      room.closesAt = frame.closes_at;
      break;
    case 'room.reviewing':
      room.reviewUntil = frame.until;
      break;
    case 'room.accepted':
      room.acceptedBid = frame.bid_id ?? null;
      break;
    default:
      break;
  }
  const news = newsOf(frame);
  room.feed = [news, ...before.feed].slice(0, FEED_MAX);
  return { room, gap: false, news };
}

/**
 * Puts what was stored before this client came under what it saw: `events` of `GET requests/{id}/events`, oldest first.
 * What is in both is kept once.
 */
export function remember(room: Room, events: RoomEvent[]): Room {
  // What came after this client's last number comes to it live.
  const known = events.filter((one) => one.seq <= room.seq);
  const oldest = room.feed.length ? Math.min(...room.feed.map((news) => Number(news.key))) : Infinity;
  const older = known.filter((one) => one.seq < oldest && one.type !== 'bids.counted').map(newsOf).reverse();
  const seen = new Set(room.trail.map((point) => point.seq));
  const points = known.flatMap((one) => trailPoint(one) ?? []).filter((point) => !seen.has(point.seq));
  return {
    ...room,
    feed: [...room.feed, ...older].slice(0, FEED_MAX),
    trail: [...points, ...room.trail].sort((a, b) => a.seq - b.seq).slice(-TRAIL_MAX),
    extensions: Math.max(room.extensions, known.filter((one) => one.type === 'deadline.extended').length),
  };
}

function trailPoint(frame: RoomEvent): TrailPoint | null {
  if (frame.type !== 'bid.placed' && frame.type !== 'bid.revised') return null;
  const landed = parseAmount(frame.bid.landed);
  if (landed === null) return null;
  return { seq: frame.seq, at: Date.parse(frame.server_time), landed, bid: frame.bid.id ?? frame.bid.alias ?? '' };
}

function newsOf(frame: RoomEvent): News {
  const bid: EventBid = 'bid' in frame ? frame.bid : {};
  return {
    key: String(frame.seq), type: frame.type, at: frame.server_time, alias: bid.alias ?? null, bid: bid.id ?? ('bid_id' in frame ? (frame.bid_id ?? null) : null),
    name: bid.merchant_name ?? ('merchant_name' in frame ? frame.merchant_name : undefined) ?? null, landed: parseAmount(bid.landed),
    rank: bid.rank ?? null, cause: 'cause' in frame ? frame.cause : null, reason: 'reason' in frame ? (frame.reason ?? null) : null,
    closesAt: 'closes_at' in frame ? frame.closes_at : null,
  };
}

function ranked(row: Row): Ranked {
  return {
    rank: row.rank, bid: row.bid, alias: row.alias, name: row.merchant_name ?? null, merchant: row.merchant ?? null, version: row.version,
    landed: parseAmount(row.landed) ?? 0, deliveryHours: row.delivery_hours, warrantyDays: row.warranty_days, score: row.score,
  };
}

function own(you: You): Own {
  return {
    role: you.role, alias: you.alias ?? null, rank: you.rank ?? null, score: you.score ?? null,
    bid: you.bid ? {
      id: you.bid.id, version: you.bid.version, landed: parseAmount(you.bid.landed) ?? 0, deliveryHours: you.bid.delivery_hours,
      warrantyDays: you.bid.warranty_days,
    } : null,
    outcome: you.outcome ? {
      won: you.outcome.won, rank: you.outcome.rank, bids: you.outcome.bids, gapPermille: you.outcome.gap_permille ?? null,
    } : null,
  };
}

export type Phase = 'unknown' | 'opens' | 'open' | 'closing' | 'paused' | 'over';

/** What the countdown shows: the phase, and what is left of it in milliseconds by the server's clock. */
export function countdown(room: Room, now: number): { phase: Phase; left: number } {
  if (room.state === null) return { phase: 'unknown', left: 0 };
  if (room.state === 'published') return { phase: 'opens', left: Math.max(0, Date.parse(room.opensAt ?? '') - now) };
  if (room.state !== 'bidding_open') return { phase: 'over', left: 0 };
  if (room.paused) return { phase: 'paused', left: 0 };
  const left = Date.parse(room.closesAt ?? '') - now;
  // The deadline is the server's to judge: until it has said so, a room past its time is closing, not closed.
  return left > 0 ? { phase: 'open', left } : { phase: 'closing', left: 0 };
}
