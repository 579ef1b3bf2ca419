// The live connection of one room: resumes where it was, keeps the server's time, repeats what was not answered.

import type { ServerClock } from './clock.ts';
import type { Command, Position, Reply, RoomFrame, ServerFrame } from './frames.ts';
import { Line, type LineOptions } from './line.ts';

// The quickest of a few is a good witness of the clock's offset.
const FIRST_PINGS_MS = [0, 150, 400, 1_000, 2_500];

export interface LinkOptions extends LineOptions {
  clock: ServerClock;
  /** Where the client stands; null when it has nothing yet. */
  position: () => Position | null;
  onFrame: (frame: RoomFrame) => void;
}

interface Waiting { frame: Command & { id: string }; resolve: (reply: Reply) => void }

/** `wss://…/api/v1/bidding/requests/{id}/live`. */
export class RoomLink extends Line<ServerFrame> {
  #of: LinkOptions;
  #pending = new Map<string, Waiting>();

  constructor(options: LinkOptions) {
    super(options);
    this.#of = options;
  }

  /** Sends a command and resolves with its reply; survives reconnects under its own key. */
  command(command: Command): Promise<Reply> {
    return new Promise((resolve) => {
      const frame = { ...command, id: this.id() };
      this.#pending.set(frame.id, { frame, resolve });
      if (this.isJoined) this.write(frame);
    });
  }

  protected since(): Position | null {
    return this.#of.position();
  }

  protected local(): number {
    return this.#of.clock.local();
  }

  protected take(frame: ServerFrame): boolean {
    if (frame.type === 'pong') {
      this.#of.clock.sample(frame.t0, toMs(frame.t1), this.local());
      return false;
    }
    if ('server_time' in frame) this.#of.clock.hint(Date.parse(frame.server_time));
    if (frame.type === 'reply') this.#reply(frame);
    else this.#of.onFrame(frame);
    return frame.type === 'snapshot' || 'seq' in frame;
  }

  protected override joined(): void {
    for (const ms of FIRST_PINGS_MS) this.later(() => this.ping(), ms);
    // Whatever was under way when the line broke is asked again under its own key: the answer is then the true one.
    for (const { frame } of this.#pending.values()) this.write(frame);
  }

  #reply(reply: Reply): void {
    const waiting = this.#pending.get(reply.id);
    if (!waiting) return;
    this.#pending.delete(reply.id);
    waiting.resolve(reply);
  }
}

/** A pong's `t1` in milliseconds: the protocol writes instants as RFC 3339. */
function toMs(t1: string | number): number {
  return typeof t1 === 'number' ? t1 : Date.parse(t1);
}
