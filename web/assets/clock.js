// The server's clock, as seen from here. A device may be minutes wrong; a deadline is not.

const SAMPLES = 12;
// What has been measured goes stale: quartz drifts by some 50 ms an hour.
const STALE_MS = 10 * 60_000;

/** Estimates the offset of the server's clock from ping answers; trusts the quickest of the last few. */
export class ServerClock {
  /** @param {() => number} local Milliseconds since the epoch, as the device believes. */
  constructor(local = () => Date.now()) {
    this.local = local;
    this.samples = [];
  }

  /**
   * Takes a pong: sent at `t0` and received at `t2` on the device's clock, answered at `t1` on the server's.
   * The error is at most half the round trip, so the quickest round trip is the best witness.
   */
  sample(t0, t1, t2) {
    const rtt = t2 - t0;
    if (!Number.isFinite(t1) || rtt < 0) return;
    this.samples.push({ rtt, offset: t1 - (t0 + t2) / 2, at: t2 });
    if (this.samples.length > SAMPLES) this.samples.shift();
  }

  /** Takes a server's time that came unasked: better than nothing until the first pong. */
  hint(serverMs) {
    if (this.samples.length === 0 && Number.isFinite(serverMs)) this.rough = serverMs - this.local();
  }

  get best() {
    const fresh = this.samples.filter((s) => this.local() - s.at < STALE_MS);
    return (fresh.length ? fresh : this.samples).reduce((a, b) => (a && a.rtt <= b.rtt ? a : b), null);
  }

  /** Milliseconds to add to the device's clock. */
  get offset() {
    return this.best?.offset ?? this.rough ?? 0;
  }

  /** The largest error there can be, in milliseconds; null before the first pong. */
  get error() {
    return this.best ? this.best.rtt / 2 : null;
  }

  /** The server's time, in milliseconds since the epoch. */
  now() {
    return this.local() + this.offset;
  }
}
