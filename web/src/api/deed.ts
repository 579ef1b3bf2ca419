// Something that must be done once, however often its button is pressed.

import { Problem } from './client.ts';
import { newKey } from './key.ts';

/** Keeps its key until the server's answer is known: the same again after a lost answer is the same deed. */
export class Deed<Body> {
  /** What was sent last, while nobody knows what came of it. */
  open: Body | null = null;
  #key = '';

  async run<T>(body: Body, call: (sent: { headers: { 'Idempotency-Key': string }; body: Body }) => Promise<T>): Promise<T> {
    if (this.open === null || JSON.stringify(this.open) !== JSON.stringify(body)) this.#key = newKey();
    this.open = body;
    try {
      const made = await call({ headers: { 'Idempotency-Key': this.#key }, body });
      this.open = null;
      return made;
    } catch (error) {
      // The first call may still run.
      if (error instanceof Problem && !error.passes && error.code !== 'key_in_progress') this.open = null;
      throw error;
    }
  }
}
