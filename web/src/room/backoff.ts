// When to come back, and whether.

const BASE_MS = 400;
const MAX_MS = 20_000;

/** What a close code asks for: back with jitter, back at once, sign in first, or stay away. */
export type AfterClose = 'retry' | 'rejoin' | 'signin' | 'stop';

const STAY_AWAY = new Set([1002, 1003, 1007, 1008, 1009, 4403, 4404]);

export function afterClose(code: number): AfterClose {
  if (code === 4401) return 'signin';
  if (code === 4408) return 'rejoin';
  return STAY_AWAY.has(code) ? 'stop' : 'retry';
}

/** The wait in milliseconds that a restarting server asked for in its goodbye; null where it did not. */
export function askedWait(code: number, reason: string | undefined): number | null {
  const asked = code === 1012 ? /\bretry_ms=(\d{1,5})\b/.exec(reason ?? '') : null;
  return asked ? Number(asked[1]) : null;
}

/** Anything up to a bound that doubles, so that a restarted server is not met by everybody at once. */
export function wait(attempt: number, random: () => number = Math.random): number {
  const bound = Math.min(MAX_MS, BASE_MS * 2 ** attempt);
  return Math.round(bound * (0.25 + 0.75 * random()));
}
