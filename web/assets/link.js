// The live connection: joins, resumes, reconnects as the close code says, and repeats what was not answered.

const PING_MS = 10_000;
const FIRST_PINGS_MS = [0, 150, 400, 1_000, 2_500];
// The server pings every 15 s and gives up after 40; so does this side.
const SILENT_MS = 40_000;
const WAIT_BASE_MS = 400;
const WAIT_MAX_MS = 20_000;

/** What a close code asks for: `retry` (with jitter), `rejoin` (at once), `signin`, or `stop`. */
export function afterClose(code) {
  if (code === 4401) return 'signin';
  if (code === 4403 || code === 4404 || code === 1008 || code === 1009 || code === 1002 || code === 1003 || code === 1007) return 'stop';
  if (code === 4408) return 'rejoin';
  return 'retry';
}

/** The wait in milliseconds that a restarting server asked for in its goodbye; null where it did not. */
export function askedWait(code, reason) {
  const asked = code === 1012 && /\bretry_ms=(\d{1,5})\b/.exec(reason ?? '');
  return asked ? Number(asked[1]) : null;
}

/** Full jitter: anything up to a bound that doubles, so that a restarted server is not met by everybody at once. */
export function wait(attempt, random = Math.random) {
  const bound = Math.min(WAIT_MAX_MS, WAIT_BASE_MS * 2 ** attempt);
  return Math.round(bound * (0.25 + 0.75 * random()));
}

/**
 * One room's connection.
 *
 * Calls `onFrame(frame)` for frames of the room, `onStatus(status, detail)` with `connecting`, `live`, `waiting`,
 * `offline`, `signin`, `stopped`. `position()` tells `{epoch, seq}` to resume from, or null.
 */
export class RoomLink {
  constructor({ url, token, clock, position, onFrame, onStatus, Socket = globalThis.WebSocket, timers = globalThis }) {
    Object.assign(this, { url, token, clock, position, onFrame, onStatus, Socket, timers });
    this.attempt = 0;
    this.number = 0;
    this.pending = new Map();
    this.timersSet = new Set();
    this.stopped = false;
  }

  open() {
    this.clear();
    if (this.stopped) return;
    this.onStatus('connecting');
    this.joined = false;
    const socket = new this.Socket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.heard();
      this.post({ type: 'auth', token: this.token() });
      this.join();
    };
    socket.onmessage = (event) => {
      if (socket === this.socket) this.take(event.data);
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.closed(event.code, event.reason);
    };
  }

  /** Asks for what was missed, or for everything. */
  join(afresh = false) {
    const since = afresh ? null : this.position();
    this.post(since ? { type: 'join', since } : { type: 'join' });
  }

  take(data) {
    this.heard();
    let frame;
    try { frame = JSON.parse(data); } catch { return; }
    if (frame.type === 'pong') {
      this.clock.sample(frame.t0, toMs(frame.t1), this.clock.local());
      return;
    }
    if (frame.server_time) this.clock.hint(Date.parse(frame.server_time));
    if (frame.type === 'reply') this.reply(frame);
    else this.onFrame(frame);
    if (!this.joined && (frame.type === 'snapshot' || frame.seq !== undefined)) this.live();
  }

  live() {
    if (this.joined) return;
    this.joined = true;
    this.attempt = 0;
    this.onStatus('live');
    for (const ms of FIRST_PINGS_MS) this.later(() => this.ping(), ms);
    const again = () => { this.ping(); this.later(again, PING_MS); };
    this.later(again, PING_MS);
    // Whatever was under way when the line broke is asked again under its own key: the answer is then the true one.
    for (const { frame } of this.pending.values()) this.write(frame);
  }

  ping() { this.post({ type: 'ping', t0: this.clock.local() }); }

  /** Sends a command and resolves with its reply; survives a reconnect. */
  command(frame) {
    return new Promise((resolve) => {
      const whole = { ...frame, id: this.id() };
      this.pending.set(whole.id, { frame: whole, resolve });
      if (this.joined) this.write(whole);
    });
  }

  reply(frame) {
    const joinProblem = frame.id === this.joinId && frame.problem;
    if (frame.id === this.joinId && !frame.problem) this.live();
    if (joinProblem && frame.problem.code !== 'busy') this.onStatus('refused', frame.problem);
    const waiting = this.pending.get(frame.id);
    if (!waiting) return;
    this.pending.delete(frame.id);
    waiting.resolve(frame);
  }

  closed(code, reason) {
    this.clear();
    this.joined = false;
    if (this.stopped) return;
    const what = afterClose(code);
    if (what === 'signin') return this.onStatus('signin', { code, reason });
    if (what === 'stop') return this.onStatus('stopped', { code, reason });
    const asked = this.attempt === 0 ? askedWait(code, reason) : null;
    const ms = what === 'rejoin' && this.attempt === 0 ? 50 : (asked ?? wait(this.attempt));
    this.attempt += 1;
    this.onStatus(globalThis.navigator?.onLine === false ? 'offline' : 'waiting', { code, ms });
    this.later(() => this.open(), ms);
  }

  /** Tries at once: the network is back, or the page is looked at again. */
  hurry() {
    if (!this.stopped && !this.joined && this.socket?.readyState !== 0) this.open();
  }

  stop() {
    this.stopped = true;
    this.clear();
    this.socket?.close(1000);
  }

  id() { return String(++this.number); }

  post(frame) {
    const whole = { ...frame, id: this.id() };
    if (frame.type === 'join') this.joinId = whole.id;
    this.write(whole);
  }

  write(frame) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  heard() {
    this.timers.clearTimeout(this.silence);
    // A dead line closes slowly, if ever; its close must not wait for the operating system.
    this.silence = this.timers.setTimeout(() => {
      const dead = this.socket;
      this.socket = null;
      dead?.close();
      this.closed(1006, 'silent');
    }, SILENT_MS);
  }

  later(run, ms) {
    const timer = this.timers.setTimeout(() => { this.timersSet.delete(timer); run(); }, ms);
    this.timersSet.add(timer);
  }

  clear() {
    this.timers.clearTimeout(this.silence);
    for (const timer of this.timersSet) this.timers.clearTimeout(timer);
    this.timersSet.clear();
  }
}

/** A pong's `t1` in milliseconds: the protocol writes instants as RFC 3339. */
export function toMs(t1) {
  return typeof t1 === 'number' ? t1 : Date.parse(t1);
}
