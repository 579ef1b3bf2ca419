// Which page is shown, in which language and theme.

import { Api } from './api.js';
import { setText, toast } from './dom.js';
import { problemTitle, word } from './words.js';
import { signInView } from './view-signin.js';
import { requestsView } from './view-requests.js';
import { roomView } from './view-room.js';
import { h } from './dom.js';

const LANG = 'mazad.lang';
const THEME = 'mazad.theme';
const main = document.getElementById('main');

const app = {
  lang: localStorage.getItem(LANG) === 'en' ? 'en' : 'ar',
  t: (key, blanks) => word(app.lang, key, blanks),
  go: (hash) => { if (location.hash === hash) show(); else location.hash = hash; },
  problem: (error) => problemTitle(app.lang, error.body ?? { title: app.t('network') }),
  fail: (error) => toast(app.problem(error)),
};
app.api = new Api(() => app.lang, () => { toast(app.t('signInAgain')); app.go('#/signin'); });

let leaveView = null;

/** `#token=…&request=…` signs in and goes straight to a room; the token leaves the address bar at once. */
function takeLink() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (!given.has('token')) return;
  app.api.keep(null);
  app.api.keep({ access_token: given.get('token'), refresh_token: given.get('refresh') });
  const request = given.get('request');
  history.replaceState(null, '', request ? `#/room/${encodeURIComponent(request)}` : '#/requests');
}

/** `#/oidc/PROVIDER/TOKEN` comes from a provider; the token leaves the address bar at once. */
function takeAnswer() {
  const [, , provider, token] = location.hash.split('/');
  history.replaceState(null, '', '#/signin');
  if (app.api.signedIn || !provider) return;
  app.answer = { provider: decodeURIComponent(provider), token: token === 'failed' ? null : token };
}

function show() {
  takeLink();
  leaveView?.();
  leaveView = null;
  const [, page, id] = location.hash.split('/');
  document.getElementById('leave').hidden = !app.api.signedIn;
  main.replaceChildren();
  if (page === 'oidc') takeAnswer();
  if (!app.api.signedIn) leaveView = signInView(app, main, page);
  else if (page === 'room' && id) leaveView = roomView(app, main, decodeURIComponent(id));
  else if (!page || page === 'oidc' || page === 'requests' || page === 'signin' || page === 'register') leaveView = requestsView(app, main);
  else main.append(h('p.card', app.t('notFound')));
}

function dress() {
  const root = document.documentElement;
  root.lang = app.lang;
  root.dir = app.lang === 'ar' ? 'rtl' : 'ltr';
  document.title = app.t('title');
  for (const element of document.querySelectorAll('[data-t]')) setText(element, app.t(element.dataset.t));
  for (const element of document.querySelectorAll('[data-t-label]')) {
    element.setAttribute('aria-label', app.t(element.dataset.tLabel));
    element.title = app.t(element.dataset.tLabel);
  }
  const other = document.getElementById('lang');
  other.textContent = app.t('otherLanguage');
  other.lang = app.lang === 'ar' ? 'en' : 'ar';
  const theme = localStorage.getItem(THEME);
  if (theme) root.dataset.theme = theme;
}

document.getElementById('lang').addEventListener('click', () => {
  app.lang = app.lang === 'ar' ? 'en' : 'ar';
  localStorage.setItem(LANG, app.lang);
  dress();
  show();
});
document.getElementById('theme').addEventListener('click', () => {
  const dark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  localStorage.setItem(THEME, dark ? 'light' : 'dark');
  dress();
});
document.getElementById('leave').addEventListener('click', async () => {
  const refresh_token = app.api.session?.refresh_token;
  // Whether or not the server hears of it, this tab forgets.
  if (refresh_token) await app.api.post('/auth/logout', { refresh_token }).catch(() => {});
  app.api.keep(null);
  app.go('#/signin');
});
addEventListener('hashchange', () => { show(); main.focus({ preventScroll: true }); scrollTo(0, 0); });
dress();
show();
