// A form on its way: locked while it is, and the server's words beside the fields that they are about.

import { app } from '../app.svelte.ts';
import { Problem } from '../api/client.ts';
import { problemTitle } from '../words/index.ts';

export class Form {
  busy = $state(false);
  faults = $state<Record<string, string>>({});

  /** Runs `work`; what it throws is shown. Tells whether it went well. */
  run = async (work: () => Promise<void>): Promise<boolean> => {
    if (this.busy) return false;
    this.busy = true;
    this.faults = {};
    try {
      await work();
      return true;
    } catch (error) {
      this.take(error);
      return false;
    } finally {
      this.busy = false;
    }
  };

  take(error: unknown): void {
    const errors = error instanceof Problem ? (error.body.errors ?? []) : [];
    for (const { field, code, message } of errors) this.faults[field] = message ?? problemTitle(app.lang, { code });
    app.fail(error);
  }
}
