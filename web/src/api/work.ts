// Work that the server asks for before it sends many codes: a number behind a text, so that the digest begins with zeroes.
//
// `crypto.subtle` is not for this: it answers by a promise, and a quarter of a million promises take longer than the digests.

// Typed arrays that are never read past their end.
const ROUND = new Uint32Array(64) as unknown as number[];
const START = new Uint32Array(8);

/** The constants of FIPS 180-4 are the first bits of roots of primes; computed, they cannot be mistyped. */
function prepare() {
  const bits = (root: number) => Math.floor((root - Math.floor(root)) * 2 ** 32);
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    ROUND[found] = bits(Math.cbrt(n));
    if (found < 8) START[found] = bits(Math.sqrt(n));
    found++;
  }
}
prepare();

const W = new Uint32Array(64) as unknown as number[];

/** SHA-256 of bytes, as eight words. */
export function sha256(bytes: Uint8Array): Uint32Array {
  const length = bytes.length;
  const padded = new Uint8Array(Math.ceil((length + 9) / 64) * 64);
  padded.set(bytes);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, length * 8);
  view.setUint32(padded.length - 8, Math.floor(length / 2 ** 29));
  const state = START.slice();
  for (let at = 0; at < padded.length; at += 64) block(state, view, at);
  return state;
}

function block(state: Uint32Array, view: DataView, at: number) {
  for (let t = 0; t < 16; t++) W[t] = view.getUint32(at + 4 * t);
  for (let t = 16; t < 64; t++) {
    const x = W[t - 15]!, y = W[t - 2]!;
    const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
    const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
    W[t] = W[t - 16]! + s0 + W[t - 7]! + s1;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let t = 0; t < 64; t++) {
    const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
    const one = h + s1 + (e & f ^ ~e & g) + ROUND[t]! + W[t]! | 0;
    const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
    const two = s0 + (a & b ^ a & c ^ b & c) | 0;
    h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, n) => { state[n] = state[n]! + word; });
}

/** With how many zero bits the digest of a text begins. */
export function zeroBits(text: string): number {
  let bits = 0;
  for (const word of sha256(new TextEncoder().encode(text))) {
    bits += Math.clz32(word);
    if (word !== 0) break;
  }
  return bits;
}

/** Digests between two breaths: some tens of milliseconds, in which the page answers nobody. */
const BREATH = 10_000;

/** The answer to a challenge; the page goes on living meanwhile. */
export async function solve({ challenge, bits }: { challenge: string; bits: number }): Promise<string> {
  for (let number = 0; ; number++) {
    const answer = `${challenge}.${number}`;
    if (zeroBits(answer) >= bits) return answer;
    if (number % BREATH === BREATH - 1) await new Promise((go) => { setTimeout(go); });
  }
}
