// The live connection of one's own notifications: goes on behind the last that this client has.

import type { Reply } from '../room/frames.ts';
import { Line, type LineOptions } from '../room/line.ts';

/** A notification, as `GET /api/v1/notifications` shows it. */
export interface Notice {
  id: string; type: string; title: string; message: string; link: string; created_at: string; read_at?: string | null;
}

/** What the server says in a feed, as docs/protocol.md has it. */
export type FeedFrame =
  | { type: 'notice'; notice: Notice }
  | { type: 'unread'; count: number }
  | { type: 'reload' };

type Heard = FeedFrame | { type: 'pong' };

export interface FeedOptions extends LineOptions {
  /** Something new or missed; never the same one twice. */
  onNotice: (notice: Notice) => void;
  /** How many are not read. */
  onUnread: (count: number) => void;
  /** More was missed than is repeated: the list has it. */
  onReload: () => void;
}

/** Those that are known again when a join repeats them: more than the server ever repeats. */
const KNOWN_MAX = 200;

/** `wss://…/api/v1/notifications/live?lang=ar`. */
export class FeedLink extends Line<Heard> {
  #of: FeedOptions;
  #known: string[] = [];

  constructor(options: FeedOptions) {
    super(options);
    this.#of = options;
  }

  protected since(): string | null {
    return this.#known.at(-1) ?? null;
  }

  protected local(): number {
    return Date.now();
  }

  protected take(frame: Heard | Reply): boolean {
    switch (frame.type) {
      case 'unread':
        this.#of.onUnread(frame.count);
        // The first frame of whoever joined; nothing comes before it.
        return true;
      case 'notice':
        this.#notice(frame.notice);
        return true;
      case 'reload':
        // Where it stood is too long ago, or forgotten: what comes from now on goes on from there.
        this.#known = [];
        this.#of.onReload();
        return true;
      default:
        return false;
    }
  }

  #notice(notice: Notice): void {
    if (this.#known.includes(notice.id)) return;
    this.#known.push(notice.id);
    if (this.#known.length > KNOWN_MAX) this.#known.shift();
    this.#of.onNotice(notice);
  }
}

