// Calls to the server, and who is signed in.

import { solve } from './work.js';

const STORE = 'mazad.session';

/** A "no" of the server. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.title ?? `HTTP ${status}`);
    this.status = status;
    this.body = body ?? {};
    this.code = this.body.code ?? '';
  }
}

export class Api {
  /** `language()` tells the page's language; `onSignedOut()` is called when a session is over. */
  constructor(language, onSignedOut) {
    this.language = language;
    this.onSignedOut = onSignedOut;
    // For this tab only: a shared telephone forgets who was here when the tab is closed.
    try { this.session = JSON.parse(sessionStorage.getItem(STORE)); } catch { this.session = null; }
  }

  get signedIn() { return Boolean(this.session?.access_token); }
  get user() { return this.session?.user ?? null; }
  token() { return this.session?.access_token ?? ''; }

  keep(session) {
    this.session = session && { ...this.session, ...session };
    if (session) sessionStorage.setItem(STORE, JSON.stringify(this.session));
    else sessionStorage.removeItem(STORE);
  }

  async get(path) { return this.call('GET', path); }
  async post(path, body, key = crypto.randomUUID()) { return this.call('POST', path, body, key); }

  async call(method, path, body, key, again = true, work = null) {
    const headers = { 'Accept-Language': this.language(), Accept: 'application/json' };
    if (this.signedIn) headers.Authorization = `Bearer ${this.token()}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (key) headers['Idempotency-Key'] = key;
    if (work) headers['Work-Answer'] = work;
    const answer = await fetch(`/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const content = await answer.json().catch(() => null);
    if (answer.ok) return content;
    // Many codes were asked for from here: this one costs a second of the device's time.
    if (answer.status === 428 && content?.challenge && !work) {
      return this.call(method, path, body, key, again, await solve(content));
    }
    if (answer.status === 401 && again && this.session?.refresh_token && (await this.refresh())) {
      return this.call(method, path, body, key, false, work);
    }
    const problem = new Problem(answer.status, content);
    if (answer.status === 401 && this.signedIn) {
      this.keep(null);
      this.onSignedOut(problem);
    }
    throw problem;
  }

  /** A new pair of tokens; one refresh at a time, because a token that is spent twice ends the session. */
  refresh() {
    this.refreshing ??= this.spend().finally(() => { this.refreshing = null; });
    return this.refreshing;
  }

  async spend() {
    const answer = await fetch('/api/v1/auth/refresh', {
      method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() },
      body: JSON.stringify({ refresh_token: this.session.refresh_token }),
    }).catch(() => null);
    if (!answer?.ok) return false;
    this.keep(await answer.json());
    return true;
  }
}
