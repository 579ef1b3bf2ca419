// The real server for the tests of the page, and what a test needs around it. Any Chromium does; CHROMIUM names one that is not
// on the path.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createECDH } from 'node:crypto';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { solve } from '../src/api/work.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const BINARY = process.env.MAZAD_BINARY ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug/mazad');
export const PASSWORD = 'correct horse battery';
const PATIENCE_MS = 20_000;
export const PICTURE_FILE = new URL('picture.png', import.meta.url).pathname;

/** What a condition gives once it gives something. */
export async function until(what, look) {
  for (const began = Date.now(); Date.now() - began < PATIENCE_MS;) {
    const seen = await look();
    if (seen) return seen;
    await new Promise((go) => { setTimeout(go, 20); });
  }
  throw new Error(`${what} did not come`);
}

function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
  const places = (process.env.PATH ?? '').split(delimiter).flatMap((dir) => names.map((name) => join(dir, name)));
  const found = [process.env.CHROMIUM, ...places].find((path) => {
    try { accessSync(path, constants.X_OK); return true; } catch { return false; }
  });
  assert.ok(found, 'these tests need a Chromium: install one (Debian: apt install chromium), or name it in CHROMIUM');
  return found;
}

/** A pair of keys as push services know servers by (VAPID), both in base64url. */
export function pushKeys() {
  const pair = createECDH('prime256v1');
  pair.generateKeys();
  // 32 octets, of which the first may be nought.
  const secret = Buffer.from(pair.getPrivateKey('hex').padStart(64, '0'), 'hex');
  return { secret: secret.toString('base64url'), open: pair.getPublicKey('base64url') };
}

/** A server with a database of its own, which may be stopped and started again on the same port. */
export class Server {
  #data = mkdtempSync(join(tmpdir(), 'mazad-page-'));
  #process = null;
  #port = 0;
  #merchants = 0;
  #more;
  log = '';
  url = '';

  /** With settings of a test's own, such as `MAZAD__PUSH__VAPID_KEY`, and a file of those that are no variables. */
  constructor(more = {}, file = '') {
    const path = join(this.#data, 'mazad.toml');
    writeFileSync(path, file);
    this.#more = { ...more, MAZAD_CONFIG: path };
  }

  get #settings() {
    return {
      ...process.env,
      MAZAD__HTTP__ADDRESS: `127.0.0.1:${this.#port}`, MAZAD__HTTP__WORKERS: '1', MAZAD__LOG__FORMAT: 'json',
      MAZAD__DATABASE__URL: `sqlite://${join(this.#data, 'mazad.sqlite')}`, MAZAD__AUTH__KEY_DIR: this.#data,
      MAZAD__FILES__PATH: join(this.#data, 'files'), ...this.#more,
    };
  }

  async start() {
    try { accessSync(BINARY, constants.X_OK); } catch { assert.fail(`there is no ${BINARY}: cargo build`); }
    const server = spawn(BINARY, ['serve'], { env: this.#settings, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = server;
    server.stderr.setEncoding('utf8').on('data', (text) => { this.log += text; });
    this.url = await new Promise((found, failed) => {
      server.stdout.setEncoding('utf8').on('data', (text) => {
        const told = text.match(/http:\/\/[\d.:]+/);
        if (told) found(told[0]);
      });
      server.on('exit', (code) => failed(new Error(`the server ended with ${code}\n${this.log}`)));
    });
    this.#port = Number(new URL(this.url).port);
  }

  async stop() {
    const server = this.#process;
    if (!server || server.exitCode !== null) return;
    const gone = new Promise((ended) => { server.on('exit', ended); });
    server.kill('SIGTERM');
    await gone;
  }

  async end() {
    await this.stop();
    rmSync(this.#data, { recursive: true, force: true });
  }

  /** How many texts were sent so far. */
  get texts() { return (this.log.match(/"sms\.text"/g) ?? []).length; }

  /** The code that the development log shows for the text after so many. */
  codeAfter(count) {
    return until('a code', () => {
      const texts = this.log.split('\n').slice(0, -1).map((line) => JSON.parse(line)['sms.text']).filter(Boolean);
      return texts.slice(count).map((text) => text.match(/\b\d{6}\b/)?.[0]).find(Boolean);
    });
  }

  async call(token, method, path, body, key = crypto.randomUUID()) {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
    if (token) headers.Authorization = `Bearer ${token}`;
    const ask = () => fetch(`${this.url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    let answer = await ask();
    let content = await answer.json().catch(() => null);
    if (answer.status === 428) {
      headers['Work-Answer'] = await solve(content);
      answer = await ask();
      content = await answer.json().catch(() => null);
    }
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${JSON.stringify(content)}`);
    return content;
  }

  /** Somebody who is signed in; a merchant is verified. */
  async person(type, name, phone, { verified = type === 'merchant' } = {}) {
    const before = this.texts;
    const { user_id } = await this.call(null, 'POST', '/auth/register', { name, phone, password: PASSWORD, type });
    const session = await this.call(null, 'POST', '/auth/verify-otp', { user_id, otp_code: await this.codeAfter(before) });
    if (verified) execFileSync(BINARY, ['verify-merchant', phone], { env: this.#settings, stdio: 'pipe' });
    return session;
  }

  /** A small picture of somebody's, and its id. */
  async upload(session, name) {
    const body = new FormData();
    body.append('file', new Blob([readFileSync(PICTURE_FILE)], { type: 'image/png' }), name);
    const headers = { Authorization: `Bearer ${session.access_token}`, 'Idempotency-Key': crypto.randomUUID() };
    const answer = await fetch(`${this.url}/api/v1/files`, { method: 'POST', headers, body });
    assert.ok(answer.ok, `${answer.status}`);
    return (await answer.json()).id;
  }

  /** Has everything counted that analytics show. */
  count() {
    execFileSync(BINARY, ['analytics', 'rebuild'], { env: this.#settings, stdio: 'pipe' });
  }

  /** An administrator, who does not register. */
  admin(name, phone) {
    execFileSync(BINARY, ['admin', 'create', '--phone', phone, '--name', name], { env: { ...this.#settings, MAZAD_ADMIN_PASSWORD: PASSWORD }, stdio: 'pipe' });
    return this.call(null, 'POST', '/auth/login', { phone, password: PASSWORD });
  }

  verify(phone) {
    execFileSync(BINARY, ['verify-merchant', phone], { env: this.#settings, stdio: 'pipe' });
  }

  /** A published request with one part, and its id. */
  async request(session, title, more = {}) {
    const token = session.access_token;
    const vehicle = await this.call(token, 'POST', '/users/vehicles', { brand_id: 1, model_id: 101, year: 2019 });
    const draft = await this.call(token, 'POST', '/orders/requests', {
      vehicle_id: vehicle.id, title, items: [{ part_name: title, quantity: 1 }], bidding_duration_s: 3_600, ...more,
    });
    await this.call(token, 'POST', `/orders/requests/${draft.id}/publish`);
    return draft;
  }

  bid(session, draft, unit_price, more = {}) {
    return this.call(session.access_token, 'POST', `/bidding/requests/${draft.id}/bids`, {
      items: draft.items.map((item) => ({ request_item_id: item.id, quantity: item.quantity, unit_price })),
      delivery_hours: 24, warranty_days: 30, payment_terms: 'cash', ...more,
    });
  }
}

/** A server and a browser for the tests of a file: there before the first of them, with what `prepare` adds, and gone after the last. */
export function stage(server, prepare, { timeout = 60_000 } = {}) {
  let browser;
  before(async () => {
    await server.start();
    browser = await launch();
    await prepare(browser);
  }, { timeout });
  after(async () => {
    await browser?.close();
    await server.end();
  });
}

export function launch(args = []) {
  // Its own sandbox needs rights that the root of a container has not; the pages are ours.
  return chromium.launch({ executablePath: findChromium(), args: [...args, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])] });
}

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 860 };

/** A tab of its own, and what it complains of. */
export async function open(browser, server, { lang = 'ar', theme = 'light', session = null, viewport = PHONE, at = '/', more = {} } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: theme, ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints = [];
  page.on('console', (line) => { if (['error', 'warning'].includes(line.type())) complaints.push(line.text()); });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => {
    // A question that a newer one replaced, or that the page did not stay for.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${request.failure()?.errorText}`);
  });
  await page.addInitScript(([chosen, kept]) => {
    if (!localStorage.getItem('mazad.lang')) localStorage.setItem('mazad.lang', chosen);
    if (kept && !sessionStorage.getItem('mazad.seeded')) {
      sessionStorage.setItem('mazad.seeded', '1');
      sessionStorage.setItem('mazad.session', kept);
    }
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  }, [lang, session && JSON.stringify(session)]);
  await page.goto(`${server.url}/#${at}`);
  await page.waitForSelector(`html[lang=${lang}][dir=${lang === 'ar' ? 'rtl' : 'ltr'}] main`);
  return { context, page, complaints };
}
