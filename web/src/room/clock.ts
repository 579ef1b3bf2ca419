// The server's clock, as seen from here. A device may be minutes wrong; a deadline is not.

const SAMPLES = 12;
// What has been measured goes stale: quartz drifts by some 50 ms an hour.
const STALE_MS = 10 * 60_000;

interface Sample { rtt: number; offset: number; at: number }

/** Estimates the offset of the server's clock from answers to pings; trusts the quickest of the last few. */
export class ServerClock {
  #samples: Sample[] = [];
  #rough: number | null = null;
  /** Milliseconds since the epoch, as the device believes. */
  readonly local: () => number;

  constructor(local: () => number = () => Date.now()) {
    this.local = local;
  }

  /**
   * Takes a pong: sent at `t0` and received at `t2` on the device's clock, answered at `t1` on the server's.
   * The error is at most half the round trip, so the quickest round trip is the best witness.
   */
  sample(t0: number, t1: number, t2: number): void {
    const rtt = t2 - t0;
    if (!Number.isFinite(t1) || !(rtt >= 0)) return;
    this.#samples.push({ rtt, offset: t1 - (t0 + t2) / 2, at: t2 });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** Takes a server's time that came unasked: better than nothing until the first pong. */
  hint(serverMs: number): void {
    if (this.#samples.length === 0 && Number.isFinite(serverMs)) this.#rough = serverMs - this.local();
  }

  get #best(): Sample | null {
    const fresh = this.#samples.filter((sample) => this.local() - sample.at < STALE_MS);
    return (fresh.length ? fresh : this.#samples).reduce<Sample | null>((a, b) => (a && a.rtt <= b.rtt ? a : b), null);
  }

  /** Milliseconds to add to the device's clock. */
  get offset(): number {
    return this.#best?.offset ?? this.#rough ?? 0;
  }

  /** The largest error there can be, in milliseconds; null before the first pong. */
  get error(): number | null {
    const best = this.#best;
    return best ? best.rtt / 2 : null;
  }

  /** The server's time, in milliseconds since the epoch. */
  now(): number {
    return this.local() + this.offset;
  }
}
