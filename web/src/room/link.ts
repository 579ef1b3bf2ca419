// The live connection of one room: comes in, resumes, reconnects as the close code says, repeats what was not answered.

import { afterClose, askedWait, wait } from './backoff.ts';
import type { ServerClock } from './clock.ts';
import type { Command, Position, ProblemBody, Reply, RoomFrame, ServerFrame } from './frames.ts';

const PING_MS = 10_000;
// The quickest of a few is a good witness of the clock's offset.
const FIRST_PINGS_MS = [0, 150, 400, 1_000, 2_500];
// The server pings every 15 s and gives up after 40; so does this side.
const SILENT_MS = 40_000;

/**
 * - `connecting`, `live`, `waiting` (it comes back by itself), `offline` (the same, and the device says it has no network);
 * - `signin`: the credentials are over; call `open` when there are new ones;
 * - `refused`: the room may not be joined; `stopped`: the server does not want this client again.
 */
export type LinkStatus = 'connecting' | 'live' | 'waiting' | 'offline' | 'signin' | 'refused' | 'stopped';

/** How a client comes in: an access token, which may resume, or a one-time ticket, which starts with a snapshot. */
export type Credential = { token: string } | { ticket: string };

/** The part of a WebSocket that is needed here; tests bring one of their own. */
export interface SocketLike {
  readyState: number;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export interface Timers {
  setTimeout(run: () => void, ms: number): any;
  clearTimeout(timer: any): void;
}

export interface LinkOptions {
  /** `wss://…/api/v1/bidding/requests/{id}/live`. */
  url: string;
  /** Asked before every connection. */
  credential: () => Credential | Promise<Credential>;
  clock: ServerClock;
  /** Where the client stands; null when it has nothing yet. */
  position: () => Position | null;
  onFrame: (frame: RoomFrame) => void;
  onStatus: (status: LinkStatus, detail?: { code?: number; problem?: ProblemBody }) => void;
  Socket?: new (url: string) => SocketLike;
  timers?: Timers;
}

interface Waiting { frame: Command & { id: string }; resolve: (reply: Reply) => void }

const OPEN = 1;

export class RoomLink {
  #of: LinkOptions;
  #timers: Timers;
  #socket: SocketLike | null = null;
  #attempt = 0;
  #number = 0;
  #pending = new Map<string, Waiting>();
  #due = new Set<unknown>();
  #silence: unknown;
  #joined = false;
  #joinId = '';
  #stopped = false;
  #opening = false;

  constructor(options: LinkOptions) {
    this.#of = options;
    // The browser's own timers want to be called on the window.
    this.#timers = options.timers ?? {
      setTimeout: (run, ms) => globalThis.setTimeout(run, ms), clearTimeout: (timer) => globalThis.clearTimeout(timer),
    };
  }

  /** Connects. */
  async open(): Promise<void> {
    this.#clear();
    if (this.#stopped || this.#opening) return;
    this.#opening = true;
    this.#of.onStatus('connecting');
    this.#joined = false;
    let credential: Credential;
    try {
      credential = await this.#of.credential();
    } catch {
      // There is no server to ask, or it is starting: the same as a connection that failed.
      this.#opening = false;
      this.#closed(1006, '');
      return;
    }
    this.#opening = false;
    if (!this.#stopped) this.#connect(credential);
  }

  #connect(credential: Credential): void {
    const byTicket = 'ticket' in credential;
    const url = byTicket ? `${this.#of.url}?ticket=${encodeURIComponent(credential.ticket)}` : this.#of.url;
    const socket: SocketLike = new (this.#of.Socket ?? WebSocket)(url);
    this.#socket = socket;
    this.#heard();
    socket.onopen = () => {
      if (byTicket) return;
      this.#post({ type: 'auth', token: credential.token });
      this.join();
    };
    socket.onmessage = (event: { data: string }) => {
      if (socket === this.#socket) this.#take(event.data);
    };
    socket.onclose = (event: { code: number; reason?: string }) => {
      if (socket === this.#socket) this.#closed(event.code, event.reason);
    };
  }

  /** Asks for what was missed, or for everything. */
  join(afresh = false): void {
    const since = afresh ? null : this.#of.position();
    this.#joinId = this.#post(since ? { type: 'join', since } : { type: 'join' });
  }

  /** Lengthens the stay with a new token of the same sign-in. */
  renew(token: string): void {
    this.#post({ type: 'auth', token });
  }

  /** Sends a command and resolves with its reply; survives reconnects under its own key. */
  command(command: Command): Promise<Reply> {
    return new Promise((resolve) => {
      const frame = { ...command, id: this.#id() };
      this.#pending.set(frame.id, { frame, resolve });
      if (this.#joined) this.#write(frame);
    });
  }

  /** Tries at once: the network is back, or the page is looked at again. */
  hurry(): void {
    if (this.#stopped) return;
    if (this.#joined) this.ping();
    else if (this.#socket?.readyState !== 0 && this.#due.size > 0) void this.open();
  }

  ping(): void {
    this.#post({ type: 'ping', t0: this.#of.clock.local() });
  }

  stop(): void {
    this.#stopped = true;
    this.#clear();
    this.#socket?.close(1000);
  }

  #take(data: string): void {
    this.#heard();
    let frame: ServerFrame;
    try {
      frame = JSON.parse(data) as ServerFrame;
    } catch {
      return;
    }
    if (frame.type === 'pong') {
      this.#of.clock.sample(frame.t0, toMs(frame.t1), this.#of.clock.local());
      return;
    }
    if ('server_time' in frame) this.#of.clock.hint(Date.parse(frame.server_time));
    if (frame.type === 'reply') this.#reply(frame);
    else this.#of.onFrame(frame);
    if (frame.type === 'snapshot' || 'seq' in frame) this.#live();
  }

  #live(): void {
    if (this.#joined) return;
    this.#joined = true;
    this.#attempt = 0;
    this.#of.onStatus('live');
    for (const ms of FIRST_PINGS_MS) this.#later(() => this.ping(), ms);
    const again = () => {
      this.ping();
      this.#later(again, PING_MS);
    };
    this.#later(again, PING_MS);
    // Whatever was under way when the line broke is asked again under its own key: the answer is then the true one.
    for (const { frame } of this.#pending.values()) this.#write(frame);
  }

  #reply(reply: Reply): void {
    if (reply.id === this.#joinId) {
      if (!reply.problem) this.#live();
      else if (reply.problem.code !== 'busy') this.#of.onStatus('refused', { problem: reply.problem });
    }
    const waiting = this.#pending.get(reply.id);
    if (!waiting) return;
    this.#pending.delete(reply.id);
    waiting.resolve(reply);
  }

  #closed(code: number, reason: string | undefined): void {
    this.#clear();
    this.#joined = false;
    if (this.#stopped) return;
    const what = afterClose(code);
    if (what === 'signin') return this.#of.onStatus('signin', { code });
    if (what === 'stop') return this.#of.onStatus('stopped', { code });
    const asked = this.#attempt === 0 ? askedWait(code, reason) : null;
    const ms = what === 'rejoin' && this.#attempt === 0 ? 50 : (asked ?? wait(this.#attempt));
    this.#attempt += 1;
    this.#of.onStatus(globalThis.navigator?.onLine === false ? 'offline' : 'waiting', { code });
    this.#later(() => void this.open(), ms);
  }

  #id(): string {
    this.#number += 1;
    return String(this.#number);
  }

  #post(frame: object): string {
    const id = this.#id();
    this.#write({ ...frame, id });
    return id;
  }

  #write(frame: object): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #heard(): void {
    this.#timers.clearTimeout(this.#silence);
    // A dead line closes slowly, if ever; its close must not wait for the operating system.
    this.#silence = this.#timers.setTimeout(() => {
      const dead = this.#socket;
      this.#socket = null;
      dead?.close();
      this.#closed(1006, 'silent');
    }, SILENT_MS);
  }

  #later(run: () => void, ms: number): void {
    const timer = this.#timers.setTimeout(() => {
      this.#due.delete(timer);
      run();
    }, ms);
    this.#due.add(timer);
  }

  #clear(): void {
    this.#timers.clearTimeout(this.#silence);
    for (const timer of this.#due) this.#timers.clearTimeout(timer);
    this.#due.clear();
  }
}

/** A pong's `t1` in milliseconds: the protocol writes instants as RFC 3339. */
function toMs(t1: string | number): number {
  return typeof t1 === 'number' ? t1 : Date.parse(t1);
}
