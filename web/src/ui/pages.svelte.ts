// A list that comes a page at a time.

import { Problem } from '../api/client.ts';

export class Pages<T> {
  rows = $state<T[]>([]);
  cursor = $state<string | null>(null);
  loading = $state(true);
  error = $state<Problem | null>(null);
  #ask: (cursor: string | undefined) => Promise<{ data: T[]; next_cursor?: string | null }>;
  #turn = 0;

  constructor(ask: (cursor: string | undefined) => Promise<{ data: T[]; next_cursor?: string | null }>) {
    this.#ask = ask;
  }

  /** The first page, quietly where something is shown already. */
  start = (quiet = false): Promise<void> => {
    if (!quiet) this.loading = true;
    return this.#load(undefined);
  };

  more = (): Promise<void> => this.#load(this.cursor ?? undefined);

  async #load(cursor: string | undefined): Promise<void> {
    // An answer that a later question has overtaken is dropped.
    const turn = ++this.#turn;
    try {
      const page = await this.#ask(cursor);
      if (turn !== this.#turn) return;
      this.rows = cursor === undefined ? page.data : [...this.rows, ...page.data];
      this.cursor = page.next_cursor ?? null;
      this.error = null;
    } catch (error) {
      if (turn === this.#turn) this.error = error instanceof Problem ? error : new Problem(0, null);
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }
}
