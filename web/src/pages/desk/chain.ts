// The chain of hashes of a room, computed anew. What is hashed, and how, is docs/audit.md.

export interface Entry { seq: number; at: string; kind: string; payload?: string | null; hash: string; fits: boolean }
export interface Head { seq: number; hash: string }
/** What is wrong with an entry: it is not there, its bytes, its kind, the end of the chain, or the server says so. */
export type Fault = 'missing' | 'changed' | 'kind' | 'head' | 'hidden';
/** `hidden`: entries whose text is not shown, for which the server vouches. `computed`: the hash of the first that does not fit. */
export type Verdict = { whole: true; entries: number; hidden: number; head: string }
  | { whole: false; seq: number; fault: Fault; computed: string | null };

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const GENESIS = new Uint8Array(32);

/** The number of `req_…`. */
export function numberOf(id: string): bigint {
  const digits = /^[a-z]+_([0-9a-z]{13})$/.exec(id)?.[1];
  if (!digits) throw new RangeError(`${id} is no id`);
  let number = 0n;
  for (const digit of digits) {
    const value = ALPHABET.indexOf(digit);
    if (value < 0) throw new RangeError(`${id} is no id`);
    number = number * 32n + BigInt(value);
  }
  return number;
}

/** Microseconds since 1970 of an instant with six digits behind the second; `Date` keeps three of them. */
export function microsOf(at: string): bigint {
  const parts = /^(.*T\d\d:\d\d:\d\d)\.(\d{6})Z$/.exec(at);
  const seconds = Date.parse(`${parts?.[1]}Z`) / 1000;
  return parts && Number.isInteger(seconds) ? BigInt(seconds) * 1_000_000n + BigInt(parts[2]!) : 0n;
}

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** SHA-256 of the predecessor's hash, request, place, instant and text. */
async function seal(prev: Uint8Array, request: bigint, entry: Entry, payload: string): Promise<Uint8Array> {
  const text = new TextEncoder().encode(payload);
  const bytes = new Uint8Array(prev.length + 24 + text.length);
  bytes.set(prev);
  const view = new DataView(bytes.buffer);
  [request, BigInt(entry.seq), microsOf(entry.at)].forEach((number, at) => { view.setBigInt64(prev.length + 8 * at, number); });
  bytes.set(text, prev.length + 24);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** Checks a journal as it comes, a page at a time. */
export class Chain {
  #request: bigint;
  #prev: Uint8Array = GENESIS;
  #seq = 0;
  #hidden = 0;
  #atHead: string | null = null;
  #broken: Verdict | null = null;

  constructor(request: string) {
    this.#request = numberOf(request);
  }

  get seq(): number {
    return this.#seq;
  }

  /** The entries behind those that were taken; nothing is looked at behind the first that does not fit. */
  async take(entries: Entry[], head: Head): Promise<void> {
    for (const entry of entries) {
      if (this.#broken) return;
      const expected = this.#seq + 1;
      if (entry.seq !== expected) return this.#breaks(expected, 'missing');
      const payload = entry.payload ?? null;
      const computed = payload === null ? null : hexOf(await seal(this.#prev, this.#request, entry, payload));
      if (payload === null) {
        if (!entry.fits) return this.#breaks(expected, 'hidden');
        this.#hidden += 1;
      } else if (computed !== entry.hash) return this.#breaks(expected, 'changed', computed);
      else if (!payload.startsWith(`{"v":1,"kind":"${entry.kind}"`)) return this.#breaks(expected, 'kind', computed);
      if (entry.seq === head.seq && entry.hash !== head.hash) return this.#breaks(expected, 'head', computed);
      this.#prev = bytesOf(entry.hash);
      this.#seq = entry.seq;
      this.#atHead = entry.hash;
    }
  }

  #breaks(seq: number, fault: Fault, computed: string | null = null): void {
    this.#broken = { whole: false, seq, fault, computed };
  }

  /** What came of it, once there are no more entries. What was written meanwhile may lie behind `head`. */
  verdict(head: Head): Verdict {
    if (this.#broken) return this.#broken;
    if (this.#seq < head.seq || this.#atHead === null) return { whole: false, seq: this.#seq + 1, fault: 'missing', computed: null };
    return { whole: true, entries: this.#seq, hidden: this.#hidden, head: this.#atHead };
  }
}
