// Staying signed in: on a device for whoever wants it, in several tabs that share one sign-in, and for nobody else. And the page over
// plain HTTP from another machine, where browsers keep half of what they can do to themselves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WORDS } from '../src/words/index.ts';
import { PASSWORD, Server, launch, open, stage, until } from './server.mjs';

const t = WORDS.en;
const server = new Server();
let browser;

stage(server, async (launched) => {
  browser = launched;
  await server.person('customer', 'Sara', '0501111111');
});

async function signIn(page, stays) {
  await page.fill('input[type=tel]', '0501111111');
  await page.fill('input[type=password]', PASSWORD);
  if (stays) await page.getByRole('checkbox', { name: t.staySignedIn }).check();
  await page.click('button[type=submit]');
  await page.getByRole('heading', { name: t.myRequests, exact: true }).waitFor();
}
const another = async (context, at = '/requests') => {
  const page = await context.newPage();
  await page.goto(`${server.url}/#${at}`);
  return page;
};

test('two tabs of one sign-in spend its token once, and end together', { timeout: 60_000 }, async () => {
  const { context, page: one } = await open(browser, server, { lang: 'en' });
  await signIn(one, true);
  const two = await another(context);
  await two.getByRole('heading', { name: t.myRequests, exact: true }).waitFor();
  const spent = [];
  context.on('response', (answer) => { if (answer.url().endsWith('/auth/refresh')) spent.push(answer.status()); });
  // As if both slept until their token was too old: neither hears of it before both have asked.
  const asleep = new Set([one, two]);
  let wake;
  const awake = new Promise((woken) => { wake = woken; });
  for (const page of [one, two]) {
    await page.route('**/api/v1/orders/requests?*', async (route) => {
      if (!asleep.delete(page)) return route.continue();
      if (asleep.size === 0) wake();
      await awake;
      return route.fulfill({ status: 401, contentType: 'application/problem+json', json: { code: 'token_expired' } });
    });
  }
  const listed = (page) => page.waitForResponse((answer) => answer.url().includes('/orders/requests?') && answer.status() === 200);
  await Promise.all([one, two].flatMap((page) => [listed(page), page.getByRole('button', { name: t.refresh }).click()]));
  await until('a new token', () => spent.length > 0);
  for (const page of [one, two]) assert.ok(await page.getByRole('heading', { name: t.myRequests, exact: true }).isVisible());
  await one.goto(`${server.url}/#/account`);
  await one.click('#leave');
  await two.getByRole('heading', { name: t.signIn }).waitFor();
  const three = await another(context);
  await three.getByRole('heading', { name: t.signIn }).waitFor();
  assert.deepEqual(spent, [200]);
  await context.close();
});

test('whoever does not ask for it stays signed in in one tab, and leaves nothing on the device', { timeout: 60_000 }, async () => {
  const { context, page } = await open(browser, server, { lang: 'en' });
  await signIn(page, false);
  const other = await another(context);
  await other.getByRole('heading', { name: t.signIn }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem('mazad.session')), null);
  await context.close();
});

test('the page works over plain HTTP from another machine', { timeout: 60_000 }, async () => {
  const elsewhere = await launch(['--host-resolver-rules=MAP mazad.test 127.0.0.1']);
  try {
    const { port } = new URL(server.url);
    const { page, complaints } = await open(elsewhere, { url: `http://mazad.test:${port}` }, { lang: 'en' });
    assert.deepEqual(await page.evaluate(() => [isSecureContext, typeof crypto.randomUUID]), [false, 'undefined']);
    await signIn(page, true);
    await page.getByRole('link', { name: t.newRequest }).first().click();
    await page.getByRole('searchbox', { name: t.brand_ }).fill('toyota');
    await page.getByRole('group', { name: t.brand_ }).getByRole('button', { name: 'Toyota', exact: true }).click();
    await page.getByRole('searchbox', { name: t.model }).fill('camry');
    await page.getByRole('group', { name: t.model }).getByRole('button', { name: 'Camry', exact: true }).click();
    await page.getByLabel(t.year).selectOption('2019');
    await page.getByLabel(t.partName, { exact: true }).fill('Bumper');
    await page.getByRole('button', { name: t.publish }).click();
    await page.waitForSelector('.connection.live');
    assert.deepEqual(complaints, []);
  } finally {
    await elsewhere.close();
  }
});
