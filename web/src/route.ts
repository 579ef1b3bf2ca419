// Where one is stands behind the `#`: the server has one page, and what a provider or a demonstration hands over there never reaches it.

import { app } from './app.svelte.ts';

/** `#token=…&request=…` signs in and goes straight to a room; the token leaves the address bar at once. */
function takeLink(): void {
  const given = new URLSearchParams(location.hash.slice(1));
  const token = given.get('token');
  if (!token) return;
  app.enter({ access_token: token, refresh_token: given.get('refresh') });
  const request = given.get('request');
  history.replaceState(null, '', request ? `#/room/${encodeURIComponent(request)}` : '#/requests');
}

/** `#/oidc/PROVIDER/TOKEN` comes from a provider; the token leaves the address bar at once. */
function takeAnswer(): void {
  const [, page, provider, token] = location.hash.split('/');
  if (page !== 'oidc') return;
  history.replaceState(null, '', '#/signin');
  if (app.signedIn || !provider) return;
  app.answer = { provider: decodeURIComponent(provider), token: !token || token === 'failed' ? null : token };
}

function look(): void {
  takeLink();
  takeAnswer();
  app.route = location.hash.split('/').slice(1).map(decodeURIComponent);
  app.title = null;
  void app.meet().catch(app.fail);
}

/** Reads where one is, now and whenever it changes. */
export function follow(): void {
  look();
  addEventListener('hashchange', () => {
    look();
    scrollTo(0, 0);
    document.getElementById('main')?.focus({ preventScroll: true });
  });
}
