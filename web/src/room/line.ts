// A connection that stays: comes in, says who it is, joins, hears whether the line lives, and reconnects as the close code says.

import { afterClose, askedWait, wait } from './backoff.ts';
import type { ProblemBody, Reply } from './frames.ts';

const PING_MS = 10_000;
// The server pings every 15 s and gives up after 40; so does this side.
const SILENT_MS = 40_000;
// After sleep, or on another network, a line may be dead and never close: an answer to a ping must come this soon.
const DOUBT_MS = 4_000;

/**
 * - `connecting`, `live`, `waiting` (it comes back by itself), `offline` (the same, and the device says it has no network);
 * - `signin`: the credentials are over; call `open` when there are new ones, `postpone` when nobody could be asked for them;
 * - `refused`: it may not be joined; `stopped`: the server does not want this client again.
 */
export type LinkStatus = 'connecting' | 'live' | 'waiting' | 'offline' | 'signin' | 'refused' | 'stopped';

/** How a client comes in: an access token, which may resume, or a one-time ticket, which has joined already. */
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

export interface LineOptions {
  /** `wss://…`; asked before every connection where it may change. */
  url: string | (() => string);
  /** Asked before every connection. */
  credential: () => Credential | Promise<Credential>;
  onStatus: (status: LinkStatus, detail?: { code?: number; problem?: ProblemBody }) => void;
  Socket?: new (url: string) => SocketLike;
  timers?: Timers;
}

const CONNECTING = 0;
const OPEN = 1;

export abstract class Line<Frame extends { type: string }> {
  #of: LineOptions;
  #timers: Timers;
  #socket: SocketLike | null = null;
  #attempt = 0;
  #number = 0;
  #due = new Set<unknown>();
  #silence: unknown;
  #joined = false;
  #joinId = '';
  #stopped = false;
  #opening = false;

  constructor(options: LineOptions) {
    this.#of = options;
    // The browser's own timers want to be called on the window.
    this.#timers = options.timers ?? {
      setTimeout: (run, ms) => globalThis.setTimeout(run, ms), clearTimeout: (timer) => globalThis.clearTimeout(timer),
    };
  }

  /** Where the client stands, for `since`; null for nothing yet. */
  protected abstract since(): unknown;
  /** Takes a frame that is not the answer to a `join`, and tells whether it shows that this client has joined. */
  protected abstract take(frame: Frame | Reply): boolean;
  /** In local milliseconds, for a `ping`. */
  protected abstract local(): number;
  /** It is in. */
  protected joined(): void {}

  /** Whether it is in. */
  protected get isJoined(): boolean {
    return this.#joined;
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
      this.#opening = false;
      return this.postpone();
    }
    this.#opening = false;
    if (!this.#stopped) this.#connect(credential);
  }

  #connect(credential: Credential): void {
    const byTicket = 'ticket' in credential;
    const base = typeof this.#of.url === 'string' ? this.#of.url : this.#of.url();
    const url = byTicket ? `${base}${base.includes('?') ? '&' : '?'}ticket=${encodeURIComponent(credential.ticket)}` : base;
    const socket: SocketLike = new (this.#of.Socket ?? WebSocket)(url);
    this.#socket = socket;
    this.#heard();
    socket.onopen = () => {
      if (byTicket) return;
      this.post({ type: 'auth', token: credential.token });
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
    const since = afresh ? null : this.since();
    this.#joinId = this.post(since ? { type: 'join', since } : { type: 'join' });
  }

  /** Lengthens the stay with a new token of the same sign-in. */
  renew(token: string): void {
    this.post({ type: 'auth', token });
  }

  /** It cannot say who it is, because nobody answers: the same as a connection that failed. */
  postpone(): void {
    this.#closed(1006, '');
  }

  /** Looks at once: the network is back or another one, or the page is looked at again. */
  hurry(): void {
    if (this.#stopped) return;
    const at = this.#socket?.readyState;
    if (this.#joined) this.ping();
    else if (at !== CONNECTING && this.#due.size > 0) return void this.open();
    if (at === CONNECTING || at === OPEN) this.#expect(DOUBT_MS);
  }

  ping(): void {
    this.post({ type: 'ping', t0: this.local() });
  }

  stop(): void {
    this.#stopped = true;
    this.#clear();
    this.#socket?.close(1000);
  }

  #take(data: string): void {
    this.#heard();
    let frame: Frame | Reply;
    try {
      frame = JSON.parse(data) as Frame | Reply;
    } catch {
      return;
    }
    if (frame.type === 'reply' && (frame as Reply).id === this.#joinId) {
      const { problem } = frame as Reply;
      if (!problem) this.#live();
      else if (problem.code !== 'busy') this.#of.onStatus('refused', { problem });
    } else if (this.take(frame)) {
      this.#live();
    }
  }

  #live(): void {
    if (this.#joined) return;
    this.#joined = true;
    this.#attempt = 0;
    this.#of.onStatus('live');
    const again = () => {
      this.ping();
      this.later(again, PING_MS);
    };
    this.later(again, PING_MS);
    this.joined();
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
    this.later(() => void this.open(), ms);
  }

  /** The next id of a frame. */
  protected id(): string {
    this.#number += 1;
    return String(this.#number);
  }

  /** Sends a frame under an id of its own. */
  protected post(frame: object): string {
    const id = this.id();
    this.write({ ...frame, id });
    return id;
  }

  /** Sends a frame as it is; nothing where the line is down. */
  protected write(frame: object): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #heard(): void {
    this.#expect(SILENT_MS);
  }

  /** Gives the line up unless something is heard in time. */
  #expect(ms: number): void {
    this.#timers.clearTimeout(this.#silence);
    // A dead line closes slowly, if ever; its close must not wait for the operating system.
    this.#silence = this.#timers.setTimeout(() => {
      const dead = this.#socket;
      this.#socket = null;
      dead?.close();
      this.#closed(1006, 'silent');
    }, ms);
  }

  /** Runs something later, unless the line breaks before. */
  protected later(run: () => void, ms: number): void {
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
