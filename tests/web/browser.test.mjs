// The page in a real browser against the real server: getting in and out, and watching a room, in both languages.
//
// Any Chromium does; CHROMIUM names one that is not on the path.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { WORDS } from '../../web/assets/words.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const BINARY = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug/mazad');
const PASSWORD = 'correct horse battery';
const data = mkdtempSync(join(tmpdir(), 'mazad-page-'));
const settings = {
  ...process.env,
  MAZAD__HTTP__ADDRESS: '127.0.0.1:0', MAZAD__HTTP__WORKERS: '1', MAZAD__LOG__FORMAT: 'json',
  MAZAD__DATABASE__URL: `sqlite://${join(data, 'mazad.sqlite')}`, MAZAD__AUTH__KEY_DIR: data,
};
let server;
let url;
let browser;
let log = '';

function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
  const places = (process.env.PATH ?? '').split(delimiter).flatMap((dir) => names.map((name) => join(dir, name)));
  const found = [process.env.CHROMIUM, ...places].find((path) => {
    try { accessSync(path, constants.X_OK); return true; } catch { return false; }
  });
  assert.ok(found, 'these tests need a Chromium: install one (Debian: apt install chromium), or name it in CHROMIUM');
  return found;
}

before(async () => {
  try { accessSync(BINARY, constants.X_OK); } catch { assert.fail(`there is no ${BINARY}: cargo build`); }
  server = spawn(BINARY, ['serve'], { env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
  server.stderr.setEncoding('utf8').on('data', (text) => { log += text; });
  url = await new Promise((found, failed) => {
    server.stdout.setEncoding('utf8').on('data', (text) => {
      const told = text.match(/http:\/\/[\d.:]+/);
      if (told) found(told[0]);
    });
    server.on('exit', (code) => failed(new Error(`the server ended with ${code}\n${log}`)));
  });
  // Its own sandbox needs rights that the root of a container has not; the pages are ours.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  browser = await chromium.launch({ executablePath: findChromium(), args });
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  if (server && server.exitCode === null) {
    const gone = new Promise((ended) => { server.on('exit', ended); });
    server.kill('SIGTERM');
    await gone;
  }
  rmSync(data, { recursive: true, force: true });
});

/** What a condition gives once it gives something. */
async function until(what, look) {
  for (const began = Date.now(); Date.now() - began < 15_000;) {
    const seen = look();
    if (seen) return seen;
    await new Promise((go) => { setTimeout(go, 20); });
  }
  throw new Error(`${what} did not come\n${log}`);
}

/** The code that the development log shows for the message after so many. */
const codeAfter = (count) => until('a code', () => {
  const texts = log.split('\n').slice(0, -1).map((line) => JSON.parse(line)['sms.text']).filter(Boolean);
  return texts.slice(count).map((text) => text.match(/\b\d{6}\b/)?.[0]).find(Boolean);
});
const codesSent = () => (log.match(/"sms\.text"/g) ?? []).length;

async function call(token, method, path, body, key = crypto.randomUUID()) {
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(`${url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const content = await answer.json().catch(() => null);
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${JSON.stringify(content)}`);
  return content;
}

/** A tab of its own, and what it complains of. */
async function open(lang) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints = [];
  page.on('console', (line) => { if (['error', 'warning'].includes(line.type())) complaints.push(line.text()); });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  await page.goto(`${url}/`);
  if (lang === 'en') await page.click('#lang');
  await page.waitForSelector(`html[lang=${lang}][dir=${lang === 'ar' ? 'rtl' : 'ltr'}]`);
  return { context, page, complaints };
}

const submit = 'button[type=submit]';

/** Registers in the page and enters the code from the log. */
async function register(page, lang, phone) {
  const t = WORDS[lang];
  await page.getByRole('link', { name: t.noAccount }).click();
  await page.getByRole('heading', { name: t.register }).waitFor();
  await page.fill('input[autocomplete=name]', lang === 'ar' ? 'سارة' : 'Sara');
  await page.fill('input[type=tel]', phone);
  await page.fill('input[type=password]', PASSWORD);
  const before = codesSent();
  await page.click(submit);
  await page.waitForSelector('input.code');
  await page.fill('input.code', await codeAfter(before));
  await page.click(submit);
  await page.getByRole('heading', { name: t.myRequests }).waitFor();
}

for (const [lang, phone] of [['ar', '٠٥٠١٢٣٤٥٦٧'], ['en', '050 765 4321']]) {
  test(`somebody gets in, out and in again, and watches a room (${lang})`, { timeout: 120_000 }, async () => {
    const t = WORDS[lang];
    const { context, page, complaints } = await open(lang);
    await register(page, lang, phone);
    assert.equal(await page.locator('li.empty').textContent(), t.noRequests);
    await page.click('#leave');
    await page.getByRole('heading', { name: t.signIn }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0, 'the tab remembers nobody');
    await page.fill('input[type=tel]', phone);
    await page.fill('input[type=password]', PASSWORD);
    await page.click(submit);
    await page.getByRole('heading', { name: t.myRequests }).waitFor();

    // A request of hers is published, and she watches a merchant's bid come.
    const token = await page.evaluate(() => JSON.parse(sessionStorage.getItem('mazad.session')).access_token);
    const vehicle = await call(token, 'POST', '/users/vehicles', { brand_id: 1, model_id: 101, year: 2019 });
    const title = lang === 'ar' ? 'صدام أمامي' : 'Front bumper';
    const draft = await call(token, 'POST', '/orders/requests', {
      vehicle_id: vehicle.id, title, items: [{ part_name: title, quantity: 1 }], bidding_duration_s: 3_600,
    });
    await call(token, 'POST', `/orders/requests/${draft.id}/publish`, {});
    await page.getByRole('button', { name: t.refresh }).click();
    await page.getByRole('link', { name: title }).click();
    await page.waitForSelector('.live.live');
    assert.equal(await page.locator('ol.board > li').count(), 0);
    await call(await merchant(), 'POST', `/bidding/requests/${draft.id}/bids`, {
      items: [{ request_item_id: draft.items[0].id, quantity: 1, unit_price: '125.50' }],
      delivery_hours: 24, warranty_days: 30, payment_terms: 'cash',
    });
    await page.locator('ol.board > li').first().waitFor();
    assert.match(await page.locator('ol.board > li').first().textContent(), lang === 'ar' ? /125\.50|١٢٥٫٥٠/ : /125\.50/);
    assert.match(await page.locator('.timer').textContent(), /\d/);
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

let known = null;
/** A verified merchant's token; one merchant for both languages. */
async function merchant() {
  if (known) return known;
  const before = codesSent();
  const body = { name: 'Noor', phone: '0509999999', password: PASSWORD, type: 'merchant' };
  const { user_id } = await call(null, 'POST', '/auth/register', body);
  const entered = await call(null, 'POST', '/auth/verify-otp', { user_id, otp_code: await codeAfter(before) });
  execFileSync(BINARY, ['verify-merchant', '0509999999'], { env: settings, stdio: 'pipe' });
  known = entered.access_token;
  return known;
}

test('the fourth registration within the hour costs the browser some work', { timeout: 120_000 }, async () => {
  const { context, page, complaints } = await open('en');
  const sent = [];
  page.on('response', (answer) => { if (answer.url().endsWith('/register')) sent.push(answer.status()); });
  await register(page, 'en', '0508888888');
  assert.deepEqual(sent, [428, 201]);
  // The browser itself writes the one answer down that was no success.
  assert.deepEqual(complaints.filter((text) => !text.includes('status of 428')), []);
  await context.close();
});
