// What the server says in a room, as docs/protocol.md has it. Amounts are decimal strings, instants RFC 3339.

/** The three parts of a bid's points and their sum, 0 … 100. */
export interface Score { price: number; merchant: number; delivery: number; total: number }

/** A line of the ranking. */
export interface Row {
  rank: number; bid: string; alias: string; version: number; landed: string; delivery_hours: number; warranty_days: number;
  score: Score; merchant?: string; merchant_name?: string;
}

/** The viewer's own side. */
export interface You {
  role: string; alias?: string; rank?: number; score?: Score;
  bid?: { id: string; version: number; landed: string; delivery_hours: number; warranty_days: number };
  outcome?: { won: boolean; rank: number; bids: number; gap_permille?: number };
}

/** A bid in an event; what the viewer may not know is not there. */
export interface EventBid {
  id?: string; alias?: string; merchant?: string; merchant_name?: string; version?: number; landed?: string; rank?: number;
  delivery_hours?: number; warranty_days?: number;
}

export interface Question {
  id: string; alias: string; question: string; answer?: string | null; asked_at: string; answered_at?: string | null;
}

interface At { epoch?: string; seq: number; server_time: string }

export interface Snapshot extends At {
  type: 'snapshot'; epoch: string; request_id: string; state: string; paused: boolean; visibility: string; opens_at: string;
  closes_at: string; review_until?: string; currency: string; board: Row[]; live_bids?: number; best_landed?: string; you: You;
  watchers?: number;
}

export interface BoardFrame extends At { type: 'board'; top: Row[]; live_bids?: number; best_landed?: string; watchers?: number }

/** An event; each has a `seq` of its own. */
export type RoomEvent = At & (
  | { type: 'room.published'; opens_at: string; closes_at: string }
  | { type: 'room.opened' }
  | { type: 'bid.placed' | 'bid.revised'; bid: EventBid }
  | { type: 'bid.withdrawn'; bid_id: string; merchant?: string; merchant_name?: string; reason?: string }
  | { type: 'bids.counted'; change: number }
  | { type: 'deadline.extended'; closes_at: string; cause: string }
  | { type: 'room.paused'; reason: string; until: string }
  | { type: 'room.resumed'; closes_at: string }
  | { type: 'interrupted'; last_alive: string; closes_at: string }
  | { type: 'ring.widened'; ring: number }
  | { type: 'room.closed'; cause: string }
  | { type: 'room.reviewing'; until: string; result?: unknown[]; declined?: string }
  | { type: 'room.accepted'; bid_id?: string }
  | { type: 'room.expired'; reason: string }
  | { type: 'room.cancelled'; reason: string }
);

/** Frames that make up the room's state. */
export type RoomFrame = Snapshot | BoardFrame | RoomEvent | ({ type: 'you' } & You)
  | { type: 'question.asked' | 'question.answered'; question: Question };

/** A problem document (RFC 9457) with the refusal's own facts. */
export interface ProblemBody {
  code?: string; title?: string; status?: number; detail?: string; errors?: { field: string; code: string; message: string }[];
  [fact: string]: unknown;
}

export interface Reply { type: 'reply'; id: string; ok?: unknown; problem?: ProblemBody }
export interface Pong { type: 'pong'; t0: number; t1: string | number }
export type ServerFrame = RoomFrame | Reply | Pong;

/** A bid as it is sent: the body of `POST requests/{id}/bids`. */
export interface BidContent {
  items: { request_item_id: string; quantity: number; unit_price: string; condition?: string; notes?: string }[];
  delivery_fee?: string; delivery_hours: number; warranty_days: number; payment_terms: string; notes?: string; floor?: string;
  confirmed?: boolean;
}

/** What a client may ask for, besides coming in and the time. */
export type Command =
  | { type: 'bid.place'; idempotency_key: string; bid: BidContent }
  | { type: 'bid.revise'; idempotency_key: string; bid_id: string; bid: BidContent }
  | { type: 'bid.withdraw'; idempotency_key: string; bid_id: string; reason: string };

/** Where a client stands that comes back. */
export interface Position { epoch: string; seq: number }
