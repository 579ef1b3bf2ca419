// Where one is stands behind the `#`: the server has one page, and what a provider or a demonstration hands over there never reaches it.

import { app } from './app.svelte.ts';
import { cameFrom } from './provider.ts';

/** `#token=…&request=…` signs in and goes straight to a room; the token leaves the address bar at once. */
function takeLink(): void {
  const given = new URLSearchParams(location.hash.slice(1));
  const token = given.get('token');
  if (!token) return;
  app.enter({ access_token: token, refresh_token: given.get('refresh') });
  const request = given.get('request');
  history.replaceState(null, '', request ? `#/room/${encodeURIComponent(request)}` : '#/requests');
}

/** `#/oidc/PROVIDER/TOKEN` comes from a provider, to sign in or to be connected; the token leaves the address bar at once. */
function takeAnswer(): void {
  const [, page, provider, token] = location.hash.split('/');
  if (page !== 'oidc') return;
  history.replaceState(null, '', app.signedIn ? '#/sessions' : '#/signin');
  if (!provider) return;
  const name = decodeURIComponent(provider);
  app.answer = { provider: name, token: cameFrom(name) && token && token !== 'failed' ? token : null };
}

function look(): void {
  takeLink();
  takeAnswer();
  // What a payment gateway hangs on behind the way back narrows nothing, and says nothing that is believed here.
  const [path = '', query] = location.hash.split('?');
  app.show(path.split('/').slice(1).map(decodeURIComponent), new URLSearchParams(query));
  app.title = null;
  void app.meet().catch(app.fail);
}

/** Reads where one is, now and whenever it changes. */
export function follow(): void {
  look();
  // The worker says where a notification leads that was clicked on.
  navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ open?: string }>) => {
    if (data?.open?.startsWith('#/')) location.hash = data.open;
  });
  addEventListener('hashchange', () => {
    look();
    scrollTo(0, 0);
    document.getElementById('main')?.focus({ preventScroll: true });
  });
}
