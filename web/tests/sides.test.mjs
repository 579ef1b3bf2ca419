// What a page says to whom: terms in everybody's own language, ways of paying that there are, and pages of an administrator.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WORDS } from '../src/words/index.ts';
import { Server, launch, open } from './server.mjs';

const t = WORDS.en;
const server = new Server();
let browser;
let customer;
let merchant;
let order;

before(async () => {
  await server.start();
  browser = await launch();
  customer = await server.person('customer', 'Sara bint Abdulrahman Al-Mutairi of the Eastern Province', '0501111111');
  merchant = await server.person('merchant', 'Noor', '0502222222');
  const request = await server.request(customer, 'Lamp', { rules: { allow_early_close: true } });
  const { bid } = await server.bid(merchant, request, '100.00', { payment_terms: 'bank_transfer' });
  await server.call(customer.access_token, 'POST', `/orders/requests/${request.id}/close`);
  order = await server.call(customer.access_token, 'POST', `/orders/requests/${request.id}/accept`, { bid_id: bid.id });
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  await server.end();
});

test('how a merchant means to be paid is chosen in one language and read in the other', { timeout: 60_000 }, async () => {
  const request = await server.request(customer, 'Radiator');
  const { context, page } = await open(browser, server, { lang: 'en', session: merchant, at: `/room/${request.id}` });
  await page.getByRole('button', { name: t.placeBid, exact: true }).click();
  await page.locator('dialog[open] input').first().fill('90');
  await page.getByRole('button', { name: t.next }).click();
  await page.getByRole('radio', { name: t.method_bank_transfer }).check();
  await page.getByRole('button', { name: t.sendBid }).click();
  await page.locator('.verdict.good').waitFor();
  const { data: [{ bid }] } = await server.call(customer.access_token, 'GET', `/bidding/requests/${request.id}/bids`);
  assert.equal((await server.call(merchant.access_token, 'GET', `/bidding/bids/${bid}`)).payment_terms, 'bank_transfer');
  await page.click('#lang');
  await page.getByRole('button', { name: WORDS.ar.reviseBid, exact: true }).click();
  await page.getByRole('button', { name: WORDS.ar.next }).click();
  assert.ok(await page.getByRole('radio', { name: WORDS.ar.method_bank_transfer }).isChecked());
  await context.close();
});

test('an order is paid as its bid says, and in no way that the server does not take', { timeout: 60_000 }, async () => {
  const { context, page } = await open(browser, server, { lang: 'ar', session: customer, at: `/orders/${order.id}` });
  const { method_bank_transfer: transfer, method_card: card, confirm } = WORDS.ar;
  await page.locator('.terms', { hasText: transfer }).waitFor();
  await page.getByRole('radio', { name: transfer }).waitFor();
  assert.ok(await page.getByRole('radio', { name: transfer }).isChecked());
  assert.equal(await page.getByRole('radio', { name: card }).count(), 0);
  await page.locator('form', { hasText: transfer }).getByRole('button', { name: confirm, exact: true }).click();
  await page.locator('form', { hasText: transfer }).waitFor({ state: 'detached' });
  const { data } = await server.call(customer.access_token, 'GET', `/payments?order_id=${order.id}`);
  assert.deepEqual(data.map((one) => one.method), ['bank_transfer']);
  await context.close();
});

test('an administrator is asked and offered nothing that is for those who buy', { timeout: 60_000 }, async () => {
  const admin = await server.admin('Noura', '0504444444');
  for (const step of ['confirm', 'prepare', 'ship', 'deliver']) await server.call(merchant.access_token, 'POST', `/orders/${order.id}/${step}`);
  const { context, page } = await open(browser, server, { lang: 'en', session: admin, at: `/orders/${order.id}` });
  await page.getByRole('heading', { name: t.contact }).waitFor();
  assert.equal(await page.getByRole('button', { name: t.sendReview }).count(), 0);
  await page.goto(`${server.url}/#/orders`);
  await page.getByRole('heading', { name: t.sales, exact: true }).waitFor();
  await page.goto(`${server.url}/#/notices`);
  await page.getByText(t.noNoticesAdmin).waitFor();
  await page.goto(`${server.url}/#/preferences`);
  await page.getByRole('group', { name: t.notice_payment }).waitFor();
  for (const name of [t.notice_new_bid, t.notice_question, t.notice_outbid]) assert.equal(await page.getByRole('group', { name, exact: true }).count(), 0, name);
  // A dash for a city stands where a city would.
  await server.request(customer, 'Wheel');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.click('#lang');
  await page.goto(`${server.url}/#/desk/rooms`);
  const city = page.locator('tbody tr', { hasText: 'Wheel' }).locator('td', { hasText: '—' }).first();
  assert.equal(await city.evaluate((cell) => getComputedStyle(cell).direction), 'rtl');
  await context.close();
});

test('nothing is wider than a small phone, or than half of a phone, where letters are twice as large', { timeout: 120_000 }, async () => {
  const request = await server.request(customer, 'صدام أمامي لكامري', { rules: { visibility: 'open' } });
  await server.bid(merchant, request, '1250.00');
  const wide = [];
  for (const lang of ['ar', 'en']) {
    for (const [session, at] of [
      [customer, '/requests'], [customer, `/room/${request.id}`], [merchant, `/room/${request.id}`], [customer, '/account'], [customer, '/preferences'], [merchant, '/preferences'], [customer, `/orders/${order.id}`], [customer, '/new'], [merchant, '/requests'], [merchant, '/bids'],
    ]) {
      const { context, page } = await open(browser, server, { lang, session, at, viewport: { width: 195, height: 420 } });
      await page.waitForLoadState('networkidle');
      for (const width of [195, 320]) {
        await page.setViewportSize({ width, height: 600 });
        const over = await page.evaluate(() => {
          const most = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= most) return null;
          return [document.documentElement.scrollWidth, ...[...document.querySelectorAll('main *, header *, nav *')].filter((one) => { const { left, right } = one.getBoundingClientRect(); return (right > most + 1 || left < -1); }).map((one) => `${one.tagName}.${one.className}:${one.textContent.slice(0, 20)}`).slice(0, 12)];
        });
        // A long name leaves the round face round, and a number of pieces stays in one line.
        const odd = await page.evaluate(() => [...document.querySelectorAll('.face, .pieces')].filter((one) => (
          one.className.includes('face') ? one.clientWidth !== one.clientHeight : one.getClientRects().length > 1)).map((one) => one.textContent));
        if (odd.length) wide.push([lang, at, width, ...odd].join(' | '));
        if (over) wide.push([lang, at, width, ...over].join(' | '));
      }
      await context.close();
    }
  }
  assert.deepEqual(wide, []);
});
