// What the page's sockets have in common: where they go, as whom, and what they do when their token is refused.

import { app } from './app.svelte.ts';

/** A socket at this path of the page's own server, as whoever is signed in. */
export const socketAt = (path: string) => ({
  url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`,
  credential: async () => ({ token: await app.api.freshToken() }),
});

/** Whether there are new tokens by now; if not, the sign-in has ended. */
export const renewed = async (): Promise<boolean> => Boolean(app.api.session?.refresh_token) && (await app.api.refresh().catch(() => false));
