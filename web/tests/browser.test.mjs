// The page in a real browser against the real server: getting in and out, publishing, and watching a room, in both languages.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FILE, typesOf } from '../scripts/types.mjs';
import { WORDS } from '../src/words/index.ts';
import { PASSWORD, Server, open, stage, until } from './server.mjs';

const server = new Server();
let browser;

stage(server, (launched) => { browser = launched; });

const submit = 'button[type=submit]';

/** Registers in the page and enters the code from the log. */
async function register(page, lang, phone, kind = 'customer') {
  const t = WORDS[lang];
  await page.getByRole('link', { name: t.noAccount }).click();
  await page.getByRole('heading', { name: t.register }).waitFor();
  await page.getByRole('radio', { name: t[kind] }).check();
  await page.fill('input[autocomplete=name]', lang === 'ar' ? 'سارة' : 'Sara');
  await page.fill('input[type=tel]', phone);
  await page.fill('input[type=password]', PASSWORD);
  const before = server.texts;
  await page.click(submit);
  await page.waitForSelector('input.code', { timeout: 90_000 });
  await page.fill('input.code', await server.codeAfter(before));
  await page.click(submit);
  await page.getByRole('heading', { name: t[kind === 'merchant' ? 'openRequests' : 'myRequests'], exact: true }).waitFor();
}

test('the types of the client are those of the server', async () => {
  const document = await (await fetch(`${server.url}/api/openapi.json`)).json();
  assert.equal(readFileSync(FILE, 'utf8'), await typesOf(document), 'the API has changed: make types');
});

test('the first load is small, packed, kept for ever, and nothing of it stands in the page', async () => {
  const page = await fetch(`${server.url}/`);
  const html = await page.text();
  assert.doesNotMatch(html, /<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|https?:\/\//);
  assert.equal(page.headers.get('cache-control'), 'no-cache');
  const [script] = html.match(/\/assets\/[\w-]+\.js/);
  const answer = await fetch(`${server.url}${script}`, { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(answer.headers.get('content-encoding'), 'gzip');
  assert.match(answer.headers.get('cache-control'), /immutable/);
  const plain = await fetch(`${server.url}${script}`, { headers: { 'Accept-Encoding': 'identity' } });
  assert.equal(plain.headers.get('content-encoding'), null);
  assert.equal(await plain.text(), await answer.text());
  // What the page names is loaded at once; the rest when it is opened.
  const first = [...html.matchAll(/\/assets\/([\w.-]+\.js)/g)].map((m) => m[1]);
  const kilobytes = first.reduce((sum, name) => sum + gzipSync(readFileSync(new URL(`../dist/assets/${name}`, import.meta.url))).length, 0) / 1000;
  assert.ok(kilobytes <= 150, `${kilobytes} kB of script`);
  // On the home screen it is an application, with a picture of every size that it names.
  const manifest = await fetch(new URL(html.match(/rel="manifest" href="([^"]+)"/)[1], server.url));
  assert.match(manifest.headers.get('content-type'), /manifest\+json/);
  assert.match(page.headers.get('content-security-policy'), /manifest-src 'self'/);
  const { display, icons } = await manifest.json();
  assert.equal(display, 'standalone');
  for (const picture of [...icons.map(({ src }) => src), html.match(/rel="apple-touch-icon" href="([^"]+)"/)[1]]) {
    assert.equal((await fetch(new URL(picture, server.url))).headers.get('content-type'), 'image/png', picture);
  }
  const worker = await fetch(`${server.url}/sw.js`);
  assert.deepEqual([worker.status, worker.headers.get('cache-control')], [200, 'no-cache']);
  assert.match(worker.headers.get('content-type'), /javascript/);
  assert.doesNotMatch(await worker.text(), /^(import|export)\b/m, 'a worker is one script');
});

for (const [lang, phone, title] of [['ar', '٠٥٠١٢٣٤٥٦٧', 'صدام أمامي'], ['en', '050 765 4321', 'Front bumper']]) {
  test(`somebody gets in, out and in again, publishes and watches a room (${lang})`, { timeout: 180_000 }, async () => {
    const t = WORDS[lang];
    const { context, page, complaints } = await open(browser, server, { lang: 'ar' });
    if (lang === 'en') await page.click('#lang');
    await page.waitForSelector(`html[lang=${lang}]`);
    await register(page, lang, phone);
    await page.getByText(t.noRequests).waitFor();
    await page.getByRole('link', { name: t.navAccount }).click();
    await page.click('#leave');
    await page.getByRole('heading', { name: t.signIn }).waitFor();
    await until('a tab that remembers nobody', () => page.evaluate(() => sessionStorage.getItem('mazad.session') === null));
    await page.fill('input[type=tel]', phone);
    await page.fill('input[type=password]', PASSWORD);
    await page.click(submit);
    await page.getByRole('heading', { name: t.myRequests, exact: true }).waitFor();

    // A request by hand: a car that is new here, one part with a photo.
    await page.getByRole('link', { name: t.newRequest }).first().click();
    await page.getByRole('searchbox', { name: t.brand_ }).fill(lang === 'ar' ? 'تويوتا' : 'toyota');
    await page.getByRole('group', { name: t.brand_ }).getByRole('button', { name: lang === 'ar' ? 'تويوتا' : 'Toyota', exact: true }).click();
    await page.getByRole('searchbox', { name: t.model }).fill(lang === 'ar' ? 'كامري' : 'camry');
    await page.getByRole('group', { name: t.model }).getByRole('button', { name: lang === 'ar' ? 'كامري' : 'Camry', exact: true }).click();
    await page.getByLabel(t.year).selectOption('2019');
    await page.click(submit);
    assert.equal(await page.getByText(t.needPart).count(), 1, 'says what is missing');
    await page.getByLabel(t.partName, { exact: true }).fill(title);
    await page.getByRole('group', { name: t.photos, exact: true }).locator('input').setInputFiles({ name: 'part.png', mimeType: 'image/png', buffer: await page.screenshot() });
    await page.getByRole('button', { name: t.removePhoto }).waitFor();
    await page.click(submit);

    // She watches a merchant's bid come.
    await page.waitForSelector('.connection.live');
    await page.getByText(t.noBids).waitFor();
    await page.locator('.photos img[src^="blob:"]').waitFor();
    const id = await page.evaluate(() => location.hash.split('/')[2]);
    const session = await page.evaluate(() => JSON.parse(sessionStorage.getItem('mazad.session')));
    const draft = await server.call(session.access_token, 'GET', `/orders/requests/${id}`);
    await server.bid(await merchant(), draft, '125.50');
    const first = page.locator('ol.board > li').first();
    await first.waitFor();
    assert.match(await first.textContent(), /125\.50/);
    assert.match(await page.locator('.timer').textContent(), /\d/);
    // Digits are the reader's choice.
    await page.getByRole('link', { name: t.navAccount }).click();
    await page.getByRole('radio', { name: '١٢٣' }).check();
    await page.goBack();
    await page.locator('ol.board > li', { hasText: lang === 'ar' ? '١٢٥٫٥٠' : '١٢٥' }).waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

let known = null;
/** A verified merchant; one for both languages. */
const merchant = async () => (known ??= await server.person('merchant', 'Noor', '0509999999'));

test('the fourth registration within the hour costs the browser some work', { timeout: 120_000 }, async () => {
  const { context, page, complaints } = await open(browser, server, { lang: 'en' });
  const sent = [];
  page.on('response', (answer) => { if (answer.url().endsWith('/register')) sent.push(answer.status()); });
  await register(page, 'en', '0508888888', 'merchant');
  assert.deepEqual(sent, [428, 201]);
  // The browser itself writes the one answer down that was no success.
  assert.deepEqual(complaints.filter((text) => !text.includes('status of 428')), []);
  await context.close();
});

test('a link with a token goes straight to a room, and leaves the address bar', { timeout: 60_000 }, async () => {
  const customer = await server.call(null, 'POST', '/auth/login', { phone: '0501234567', password: PASSWORD });
  const { data: [mine] } = await server.call(customer.access_token, 'GET', '/orders/requests');
  const { context, page } = await open(browser, server, { lang: 'en', at: '/signin' });
  await page.goto(`${server.url}/#token=${customer.access_token}&request=${mine.id}`);
  await page.waitForSelector('.connection.live');
  assert.equal(await page.evaluate(() => location.hash), `#/room/${mine.id}`);
  await page.goto(`${server.url}/#/nowhere`);
  await page.getByText(WORDS.en.notFound).waitFor();
  await context.close();
});
