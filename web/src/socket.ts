// What the page's sockets have in common: where they go, as whom, and what they do when their token is refused.

import { app } from './app.svelte.ts';

/** A socket at this path of the page's own server, as whoever is signed in. */
export const socketAt = (path: string) => ({
  url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`,
  credential: async () => ({ token: await app.api.freshToken() }),
});

/** A line whose token was refused goes on with a new one, or, where nobody could be asked for one, later. */
export async function renew(line: { open: () => unknown; postpone: () => void }): Promise<void> {
  const fresh = await app.api.refresh().catch(() => null);
  if (fresh) line.open();
  else if (fresh === null) line.postpone();
}
