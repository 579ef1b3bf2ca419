// Calls to the server, typed by its OpenAPI document, and who is signed in.

import createClient from 'openapi-fetch';
import type { ProblemBody } from '../room/frames.ts';
import type { components, paths } from './types.ts';
import { newKey } from './key.ts';
import type { Tabs } from './tabs.ts';
import { solve } from './work.ts';

export type Schemas = components['schemas'];
/** `key`: under which the refresh token is being spent; the same again where an answer was lost, by which the server knows it is ours. */
export type Session = { access_token: string; refresh_token?: string | null; key?: string | undefined; user?: Schemas['UserBody'] };

const STORE = 'mazad.session';
/** With these a server refuses a token; anything else is trouble, which passes. */
const REFUSALS = new Set([401, 403]);
const TOO_MANY = 429;

/** A "no" of the server, or a server that did not answer (`network`). */
export class Problem extends Error {
  readonly status: number;
  readonly body: ProblemBody;
  readonly code: string;

  constructor(status: number, body: ProblemBody | null) {
    super(body?.title ?? `HTTP ${status}`);
    this.status = status;
    this.body = body ?? {};
    this.code = this.body.code ?? '';
  }

  /** Whether it is trouble on the way there, which passes, and no answer to what was asked. */
  get passes(): boolean {
    return this.status === 0 || this.status === TOO_MANY || this.status >= 500 || !this.code;
  }
}

/** The content of an answer; a problem is thrown. */
export async function must<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let answer;
  try {
    answer = await call;
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(0, { code: 'network' });
  }
  if (answer.response.ok) return answer.data as T;
  throw new Problem(answer.response.status, (answer.error ?? null) as ProblemBody | null);
}

export interface ApiOptions {
  language: () => string;
  /** The session is over, by the server's word. */
  onSignedOut: () => void;
  /** The device works for a challenge, or is done. */
  onWork?: (busy: boolean) => void;
  baseUrl?: string;
  /** The other tabs of this browser. */
  tabs?: Tabs;
}

function stored(place: Storage | undefined): Session | null {
  try {
    return JSON.parse(place?.getItem(STORE) ?? 'null') as Session | null;
  } catch {
    return null;
  }
}

export class Api {
  #of: ApiOptions;
  #session: Session | null;
  #stays = false;
  #refreshing: Promise<boolean> | null = null;
  /** The typed client: `must(api.http.GET('/api/v1/…'))`. */
  readonly http;

  constructor(options: ApiOptions) {
    this.#of = options;
    // For this tab only, unless its reader stays signed in on this device: a shared telephone forgets who was here with the tab.
    this.#session = stored(sessionStorage);
    if (!this.#session && options.tabs) {
      this.#session = stored(localStorage);
      this.#stays = this.#session !== null;
    }
    options.tabs?.hear((was, session) => {
      if (!was || this.#session?.refresh_token !== was) return;
      this.#take(session);
      if (!session) options.onSignedOut();
    });
    this.http = createClient<paths>({ baseUrl: options.baseUrl ?? '', fetch: (request) => this.send(request) });
  }

  get session(): Session | null {
    return this.#session;
  }

  get signedIn(): boolean {
    return Boolean(this.#session?.access_token);
  }

  /** Whether who signs in next stays signed in on this device, or in this tab alone. */
  stay(stays: boolean): void {
    this.#stays = stays;
  }

  keep(session: Session | null): void {
    const was = this.#session?.refresh_token;
    this.#take(session);
    const now = this.#session;
    if (was && now?.refresh_token !== was) this.#of.tabs?.tell(was, now);
  }

  #take(session: Session | null): void {
    this.#session = session && { ...this.#session, ...session };
    if (!session) {
      sessionStorage.removeItem(STORE);
      if (this.#stays) localStorage.removeItem(STORE);
    } else (this.#stays ? localStorage : sessionStorage).setItem(STORE, JSON.stringify(this.#session));
  }

  /** An access token that was good when it was asked for: for the room, which checks it once. */
  async freshToken(): Promise<string> {
    const token = this.#session?.access_token ?? '';
    const [, claims] = token.split('.');
    const ends = claims ? (JSON.parse(atob(claims.replace(/-/g, '+').replace(/_/g, '/'))) as { exp?: number }).exp : undefined;
    if (ends !== undefined && ends * 1000 < Date.now() + 30_000 && this.#session?.refresh_token) await this.refresh();
    return this.#session?.access_token ?? '';
  }

  /** Sends a request as often as it takes: once more with work done, once more with new tokens. */
  async send(first: Request): Promise<Response> {
    const key = first.headers.get('Idempotency-Key') ?? newKey();
    let work: string | null = null;
    let token: string | undefined;
    const ask = () => {
      token = this.#session?.access_token;
      // A body can be read once, so what is sent is always a copy.
      return fetch(this.#dress(first.clone(), key, work));
    };
    let answer = await ask();
    if (answer.status === 428) {
      const content = (await answer.clone().json().catch(() => null)) as { challenge?: string; bits?: number } | null;
      if (content?.challenge && content.bits !== undefined) {
        this.#of.onWork?.(true);
        work = await solve({ challenge: content.challenge, bits: content.bits }).finally(() => this.#of.onWork?.(false));
        answer = await ask();
      }
    }
    // What a provider's answer is refused with says nothing of the session.
    if (answer.status !== 401 || !this.signedIn || first.url.includes('/api/v1/auth/oidc/')) return answer;
    // A token that is newer than the one that was refused came meanwhile, from another call or another tab.
    const newer = this.#session?.access_token !== token;
    return newer || (await this.refresh()) ? ask() : answer;
  }

  #dress(request: Request, key: string, work: string | null): Request {
    request.headers.set('Accept-Language', this.#of.language());
    if (this.signedIn) request.headers.set('Authorization', `Bearer ${this.#session?.access_token}`);
    if (request.method === 'POST') request.headers.set('Idempotency-Key', key);
    if (work) request.headers.set('Work-Answer', work);
    return request;
  }

  /**
   * A new pair of tokens; one refresh at a time, because a token that is spent twice ends the session. Where the server refuses one,
   * the session is over and `false` is the answer; a server that does not say is thrown, and says nothing of the session.
   */
  async refresh(): Promise<boolean> {
    if (!this.signedIn) return false;
    const mine = this.#session?.refresh_token;
    // Where another tab was first there is nothing left to spend.
    const once = async () => {
      const kept = this.#stays ? stored(localStorage) : null;
      if (kept && kept.refresh_token !== this.#session?.refresh_token) this.#take(kept);
      return this.#session?.refresh_token === mine ? this.#spend() : this.signedIn;
    };
    this.#refreshing ??= (this.#of.tabs?.inTurn(once) ?? once()).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #spend(): Promise<boolean> {
    const { refresh_token: token, key = newKey() } = this.#session ?? {};
    if (this.#session && token) this.#take({ ...this.#session, key });
    const answer = token ? await fetch(`${this.#of.baseUrl ?? ''}/api/v1/auth/refresh`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
      body: JSON.stringify({ refresh_token: token }),
    }).catch(() => null) : undefined;
    if (answer === null) throw new Problem(0, { code: 'network' });
    if (answer?.ok) {
      this.keep({ ...((await answer.json()) as Session), key: undefined });
      return true;
    }
    const problem = answer && new Problem(answer.status, (await answer.json().catch(() => null)) as ProblemBody | null);
    // What stands between may refuse as well, but knows none of the server's codes.
    if (problem && (problem.passes || !REFUSALS.has(problem.status))) throw problem;
    this.keep(null);
    this.#of.onSignedOut();
    return false;
  }
}
