// One sign-in in several tabs. A refresh token may be spent once (decision 0010), so tabs that have the same one, because a tab was
// duplicated or because its reader stays signed in on this device, take turns and tell each other what they got.

import type { Session } from './client.ts';

const CHANNEL = 'mazad.session';
const LOCK = 'mazad.refresh';
/** What another tab tells just before it lets go of the lock comes this soon, in milliseconds. */
const TOLD_MS = 50;

/** The session that had the refresh token `was`, as it is now; null for none. */
interface Told { was: string; session: Session | null }

export class Tabs {
  #channel = new BroadcastChannel(CHANNEL);

  /** Hears of sessions that another tab renewed or ended. */
  hear(ear: (was: string, session: Session | null) => void): void {
    this.#channel.onmessage = ({ data: { was, session } }: MessageEvent<Told>) => ear(was, session);
  }

  tell(was: string, session: Session | null): void {
    this.#channel.postMessage({ was, session } satisfies Told);
  }

  /** Runs `work` in one tab at a time. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    // There are no locks where the page came over plain HTTP from another machine: then two tabs may cross, and one signs in again.
    if (!navigator.locks) return work();
    return navigator.locks.request(LOCK, async () => {
      await new Promise((go) => { setTimeout(go, TOLD_MS); });
      return work();
    });
  }
}
