// What every page shares: language, theme, digits, who is signed in, where one is, and what is said in passing.

import { Api, Problem, must, type Schemas } from './api/client.ts';
import { Tabs } from './api/tabs.ts';
import { amount, clockTime, count, date, money, percent, plain, points, short, shown, span, type Digits, type Lang, type Style } from './format.ts';
import { counted, isKey, problemTitle, word, type Blanks, type Key, type Noun } from './words/index.ts';

export type Theme = 'auto' | 'light' | 'dark';
export interface Toast { id: number; text: string; kind: 'good' | 'bad' }

const TOAST_MS = 6_000;

function remembered<T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
  const found = localStorage.getItem(`mazad.${name}`) as T | null;
  return found !== null && allowed.includes(found) ? found : otherwise;
}

class App {
  lang = $state<Lang>(remembered('lang', ['ar', 'en'], 'ar'));
  theme = $state<Theme>(remembered('theme', ['auto', 'light', 'dark'], 'auto'));
  digits = $state<Digits>(remembered('digits', ['latn', 'arab'], 'latn'));
  user = $state<Schemas['UserBody'] | null>(null);
  signedIn = $state(false);
  working = $state(false);
  route = $state<string[]>([]);
  /** What narrows the list that is shown; it stands in the address, behind the `?`. */
  query = $state.raw(new URLSearchParams());
  /** The list of requests as it was left, for the way back from a room. */
  list = $state('#/requests');
  toasts = $state<Toast[]>([]);
  /** The account is being erased: a socket that closes for it asks for no other token. */
  ending = false;
  /** Read aloud by screen readers. */
  said = $state('');
  /** What came back from a provider of sign-ins. */
  answer = $state<{ provider: string; token: string | null } | null>(null);
  /** The last time that a page set its title. */
  title = $state<string | null>(null);

  readonly style: Style = $derived({ lang: this.lang, digits: this.digits });
  readonly isMerchant = $derived(this.user?.type === 'merchant');
  readonly isAdmin = $derived(this.user?.type === 'admin');
  readonly api: Api;
  #toasts = 0;

  constructor() {
    this.api = new Api({
      language: () => this.lang,
      tabs: new Tabs(),
      onSignedOut: () => {
        this.toast(this.t('signInAgain'));
        void this.forget();
      },
      onWork: (busy) => {
        this.working = busy;
      },
    });
    this.signedIn = this.api.signedIn;
    this.user = this.api.session?.user ?? null;
  }

  t = (key: Key, blanks?: Blanks): string => word(this.lang, key, blanks, this.shown);
  /** A word that the server chose; its own where there is none. */
  named = (prefix: string, name: string): string => {
    const key = `${prefix}_${name}`;
    return isKey(key) ? this.t(key) : name;
  };
  counted = (noun: Noun, n: number): string => counted(this.lang, noun, n, count(n, this.style));
  money = (halalas: number | null | undefined): string => money(halalas, this.style);
  amount = (halalas: number): string => amount(halalas, this.style);
  points = (value: number, places?: number): string => points(value, this.style, places);
  count = (value: number): string => count(value, this.style);
  percent = (permille: number): string => percent(permille, this.style);
  short = (value: number): string => short(value, this.style);
  span = (seconds: number): string => span(seconds, this.style);
  plain = (value: number): string => plain(value, this.style);
  shown = (text: string): string => shown(text, this.style);
  clock = (iso: string, now?: number, seconds?: boolean): string => clockTime(iso, this.style, now, seconds);
  date = (iso: string): string => date(iso, this.style);

  problem = (error: unknown): string => {
    if (!(error instanceof Problem)) return this.t('unknownError');
    // What stands before a server that is away answers for it, without a code.
    return error.code === 'network' || (error.status >= 500 && !error.code) ? this.t('network') : problemTitle(this.lang, error.body);
  };

  fail = (error: unknown): void => {
    // Who is signed out has been told so.
    if (!(error instanceof Problem && error.status === 401 && !this.signedIn)) this.toast(this.problem(error));
    if (!(error instanceof Problem)) console.error(error);
  };

  toast = (text: string, kind: Toast['kind'] = 'bad'): void => {
    const id = ++this.#toasts;
    this.toasts.push({ id, text, kind });
    setTimeout(() => {
      this.toasts = this.toasts.filter((toast) => toast.id !== id);
    }, TOAST_MS);
  };

  say = (text: string): void => {
    // A region that is filled with the same text twice is not read twice.
    this.said = '';
    requestAnimationFrame(() => {
      this.said = text;
    });
  };

  go = (path: string): void => {
    location.hash = `#${path}`;
  };

  /** Narrows the list that is shown by one thing, or no longer by it. To go back is to leave the list. */
  narrow = (name: string, value: string): void => {
    const query = new URLSearchParams(this.query);
    if (value) query.set(name, value);
    else query.delete(name);
    this.#narrow(query);
  };

  /** The whole list again. */
  widen = (): void => this.#narrow(new URLSearchParams());

  #narrow(query: URLSearchParams): void {
    const path = location.hash.split('?')[0] || '#/requests';
    history.replaceState(history.state, '', [path, String(query)].filter(Boolean).join('?'));
    this.show(this.route, query);
  }

  /** Where one is now, by the address. */
  show(route: string[], query: URLSearchParams): void {
    this.route = route;
    this.query = query;
    if (location.hash.startsWith('#/requests')) this.list = location.hash;
  }

  choose<N extends 'lang' | 'theme' | 'digits'>(name: N, value: App[N]): void {
    localStorage.setItem(`mazad.${name}`, value);
    Object.assign(this, { [name]: value });
  }

  /** Signs in: in this tab alone, or to stay on this device. */
  enter(session: { access_token: string; refresh_token?: string | null; user?: Schemas['UserBody'] }, stays = false): void {
    this.api.keep(null);
    this.api.stay(stays);
    this.api.keep(session);
    this.user = session.user ?? null;
    this.signedIn = true;
  }

  /** What one changed of oneself. */
  know(user: Schemas['UserBody']): void {
    this.user = user;
    const session = this.api.session;
    if (session) this.api.keep({ ...session, user });
  }

  /** Forgets who was here: first the page, so that no socket of it takes the end for a token that is too old. */
  async forget(tell?: () => Promise<unknown>): Promise<void> {
    this.user = null;
    this.signedIn = false;
    // Whether or not the server hears of it, this tab forgets.
    await tell?.().catch(() => {});
    this.ending = false;
    this.list = '#/requests';
    this.api.keep(null);
    this.go('/signin');
  }

  leave(): Promise<void> {
    return this.forget(() => must(this.api.http.POST('/api/v1/auth/logout')));
  }

  /** Who the token is of, where a link brought one without saying. */
  async meet(): Promise<void> {
    if (this.signedIn && !this.user) await this.ask();
  }

  /** Asks again who one is: others change that too, an administrator who verifies for one. */
  async ask(): Promise<void> {
    const me = await must(this.api.http.GET('/api/v1/auth/me'));
    if (this.signedIn) this.know(me);
  }
}

export const app = new App();
