// What goes wrong on the way, and must cost nobody their sign-in, their work or an order they did not mean.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WORDS } from '../src/words/index.ts';
import { PASSWORD, Server, launch, open, until } from './server.mjs';

const t = WORDS.en;
const server = new Server();
let browser;
let customer;
let merchant;

before(async () => {
  await server.start();
  browser = await launch();
  customer = await server.person('customer', 'Sara', '0501111111');
  merchant = await server.person('merchant', 'Noor', '0502222222');
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  await server.end();
});

/** Signed in, with an access token that is over. */
const tired = (session) => ({ ...session, access_token: session.access_token.replace(/\.[^.]*$/, '.bm8') });
const signIn = (phone) => server.call(null, 'POST', '/auth/login', { phone, password: PASSWORD });
const kept = (page) => page.evaluate(() => sessionStorage.getItem('mazad.session') !== null);

for (const [name, fail] of [
  ['is busy', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', json: { code: 'unavailable' } })],
  ['has had enough', (route) => route.fulfill({ status: 429, contentType: 'application/problem+json', json: { code: 'rate_limited' } })],
  ['is behind a proxy that knows better', (route) => route.fulfill({ status: 403, contentType: 'text/html', body: '<h1>no</h1>' })],
  ['cannot be reached', (route) => route.abort()],
  ['loses its answers', async (route) => { await route.fetch(); return route.abort(); }],
]) {
  test(`a server that ${name} signs nobody out, and what it kept back comes by itself`, { timeout: 60_000 }, async () => {
    const request = await server.request(customer, `Mirror of who ${name}`);
    const { context, page } = await open(browser, server, { lang: 'en', at: '/nowhere' });
    let tries = 0;
    let works = false;
    await page.route('**/api/v1/auth/refresh', (route) => {
      tries += 1;
      return works ? route.continue() : fail(route);
    });
    await page.evaluate((session) => sessionStorage.setItem('mazad.session', JSON.stringify(session)), tired(await signIn('0501111111')));
    await page.goto(`${server.url}/#/requests`);
    await page.reload();
    await page.getByText(t.failedTitle).waitFor();
    // Its socket asks too, again and again.
    await until('more tries', () => tries > 2);
    assert.ok(await kept(page));
    works = true;
    await page.getByText(`Mirror of who ${name}`).first().waitFor();
    await page.goto(`${server.url}/#/room/${request.id}`);
    await page.waitForSelector('.connection.live');
    await context.close();
  });
}

test('a sign-in that the server ended is over, and that is said once', { timeout: 60_000 }, async () => {
  const session = await signIn('0501111111');
  const request = await server.request(customer, 'Lamp');
  const { context, page } = await open(browser, server, { lang: 'en', session, at: `/room/${request.id}` });
  await page.waitForSelector('.connection.live');
  await server.call(session.access_token, 'POST', '/auth/logout');
  await page.getByRole('heading', { name: t.signIn }).waitFor();
  assert.equal(await kept(page), false);
  assert.deepEqual(await page.locator('.toast').allTextContents(), [t.signInAgain]);
  await context.close();
});

/** The next call that matches goes through, and its answer is lost. */
const loseAnswer = (page, pattern) => page.route(pattern, async (route) => {
  if (route.request().method() !== 'POST') return route.fallback();
  await route.fetch();
  return route.abort();
}, { times: 1 });

test('a request whose answer was lost is made once, as it was typed last', { timeout: 60_000 }, async () => {
  const sara = await server.person('customer', 'Sara', '0503333333');
  await server.call(sara.access_token, 'POST', '/users/vehicles', { brand_id: 1, model_id: 101, year: 2019 });
  const { context, page } = await open(browser, server, { lang: 'en', session: sara, at: '/new' });
  await page.getByLabel(t.partName, { exact: true }).fill('Bumper');
  await loseAnswer(page, '**/api/v1/orders/requests');
  await page.getByRole('button', { name: t.publish }).click();
  await page.getByText(t.network).waitFor();
  await page.getByLabel(t.partName, { exact: true }).fill('Front bumper');
  await page.getByRole('button', { name: t.publish }).click();
  await page.waitForSelector('.connection.live');
  const { data } = await server.call(sara.access_token, 'GET', '/orders/requests');
  assert.deepEqual(data.map(({ title, status }) => [title.split(' — ')[0], status]), [['Front bumper', 'bidding_open']]);
  await context.close();
});

/** An order for one lamp. */
async function bought(more = {}) {
  const request = await server.request(customer, 'Lamp', { rules: { allow_early_close: true } });
  const { bid } = await server.bid(merchant, request, '100.00', more);
  await server.call(customer.access_token, 'POST', `/orders/requests/${request.id}/close`);
  return server.call(customer.access_token, 'POST', `/orders/requests/${request.id}/accept`, { bid_id: bid.id });
}

test('a payment whose answer was lost is there once, and nothing is left to pay', { timeout: 60_000 }, async () => {
  const order = await bought();
  const { context, page } = await open(browser, server, { lang: 'en', session: customer, at: `/orders/${order.id}` });
  await page.getByRole('radio', { name: t.method_cash_on_delivery }).check();
  await loseAnswer(page, '**/api/v1/payments');
  const pay = page.getByRole('button', { name: t.confirm, exact: true });
  await pay.click();
  await pay.waitFor({ state: 'detached' });
  const { data } = await server.call(customer.access_token, 'GET', `/payments?order_id=${order.id}`);
  assert.deepEqual(data.map((one) => one.method), ['cash_on_delivery']);
  await context.close();
});

const submit = 'button[type=submit]';

async function register(page, phone) {
  await page.goto(`${server.url}/#/register`);
  await page.getByRole('heading', { name: t.register }).waitFor();
  await page.fill('input[autocomplete=name]', 'Huda');
  await page.fill('input[type=tel]', phone);
  await page.fill('input[type=password]', PASSWORD);
  await page.click(submit);
  await page.waitForSelector('input.code', { timeout: 90_000 });
}

test('the code is still asked for when the page was loaded anew while it was looked for', { timeout: 120_000 }, async () => {
  const { context, page } = await open(browser, server, { lang: 'en' });
  const before = server.texts;
  await register(page, '0504444444');
  const code = await server.codeAfter(before);
  await page.reload();
  await page.fill('input.code', code);
  await page.getByText('0504444444').waitFor();
  await page.click(submit);
  await page.getByRole('heading', { name: t.myRequests, exact: true }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('mazad.code')), null);
  await context.close();
});

test('whoever went away from the code is led back to it, by signing in and by registering again', { timeout: 120_000 }, async () => {
  const { context, page } = await open(browser, server, { lang: 'en' });
  const before = server.texts;
  await register(page, '0505555555');
  const code = await server.codeAfter(before);
  // Registering again is too soon; the code that was sent does.
  await page.getByRole('button', { name: t.changeNumber }).click();
  await page.getByRole('heading', { name: t.register }).waitFor();
  await page.click(submit);
  await page.waitForSelector('input.code', { timeout: 90_000 });
  await page.goto(`${server.url}/#/signin`);
  await page.fill('input[type=tel]', '+966 50 555 5555');
  await page.fill('input[type=password]', PASSWORD);
  await page.click(submit);
  await page.fill('input.code', code);
  await page.click(submit);
  await page.getByRole('heading', { name: t.myRequests, exact: true }).waitFor();
  await context.close();
});

test('the second tap of a double tap does nothing that the first did not mean', { timeout: 60_000 }, async () => {
  const request = await server.request(customer, 'Radiator');
  const { context, page } = await open(browser, server, { lang: 'en', session: merchant, at: `/room/${request.id}`, more: { hasTouch: true, isMobile: true } });
  await page.waitForSelector('.connection.live');
  const doubleTap = async (button) => {
    const { x, y, width, height } = await button.boundingBox();
    await Promise.all([1, 2].map(() => page.touchscreen.tap(x + width / 2, y + height / 2)));
  };
  await page.getByRole('button', { name: t.placeBid, exact: true }).tap();
  await page.locator('dialog[open] input').first().fill('90');
  await doubleTap(page.getByRole('button', { name: t.next }));
  await page.getByLabel(t.deliveryHours).waitFor();
  assert.equal(await page.locator('.verdict').textContent(), '', 'nothing is sent that nobody saw');
  // So low that the tabs of the page lie under it.
  await page.getByRole('button', { name: t.sendBid }).evaluate((button) => button.scrollIntoView({ block: 'end' }));
  await doubleTap(page.getByRole('button', { name: t.sendBid }));
  await page.locator('.verdict.good').waitFor();
  assert.equal(await page.evaluate(() => location.hash), `#/room/${request.id}`);
  await context.close();
});

test('a draft goes when that was meant', { timeout: 60_000 }, async () => {
  const vehicle = await server.call(customer.access_token, 'POST', '/users/vehicles', { brand_id: 1, model_id: 101, year: 2019 });
  const draft = await server.call(customer.access_token, 'POST', '/orders/requests', {
    vehicle_id: vehicle.id, title: 'Pads', items: [{ part_name: 'Pads', quantity: 1 }], bidding_duration_s: 7_200,
  });
  const { context, page } = await open(browser, server, { lang: 'en', session: customer, at: `/room/${draft.id}` });
  const drop = page.getByRole('button', { name: t.deleteDraft });
  await drop.click();
  await page.getByText(t.deleteDraftAsk).waitFor();
  await page.keyboard.press('Escape');
  await drop.click();
  await page.locator('dialog[open]').getByRole('button', { name: t.deleteDraft }).click();
  await page.getByRole('heading', { name: t.myRequests, exact: true }).waitFor();
  const left = await fetch(`${server.url}/api/v1/orders/requests/${draft.id}`, { headers: { Authorization: `Bearer ${customer.access_token}` } });
  assert.equal(left.status, 404);
  await context.close();
});

test('a request is still there when the page was loaded anew, or left and come back to, and gone once it was sent', { timeout: 90_000 }, async () => {
  const huda = await server.person('customer', 'Huda', '0506666666');
  const { context, page } = await open(browser, server, { lang: 'en', session: huda, at: '/new' });
  const pick = async (what, typed, name) => {
    await page.getByRole('searchbox', { name: what }).fill(typed);
    await page.getByRole('group', { name: what }).getByRole('button', { name, exact: true }).click();
  };
  const part = page.getByLabel(t.partName, { exact: true });
  await pick(t.brand_, 'toyota', 'Toyota');
  await pick(t.model, 'camry', 'Camry');
  await page.getByLabel(t.year).selectOption('2019');
  await part.fill('Bumper');
  await page.getByRole('button', { name: t.addPart }).click();
  await part.nth(1).fill('Lamp');
  await page.setInputFiles('input[type=file] >> nth=-1', { name: 'part.png', mimeType: 'image/png', buffer: await page.screenshot() });
  await page.getByRole('button', { name: t.removePhoto }).waitFor();
  await page.getByLabel(`${t.description} (${t.optional})`).fill('White');
  await page.getByRole('radio', { name: t.hours6 }).check();
  await page.reload();
  await page.getByRole('link', { name: t.navOrders }).click();
  await page.getByText(t.noOrders).waitFor();
  await page.goBack();
  await page.getByRole('button', { name: t.removePhoto }).waitFor();
  assert.deepEqual(await part.evaluateAll((all) => all.map((one) => one.value)), ['Bumper', 'Lamp']);
  await page.getByRole('button', { name: t.publish }).click();
  await page.waitForSelector('.connection.live');
  const { data: [made] } = await server.call(huda.access_token, 'GET', '/orders/requests');
  const request = await server.call(huda.access_token, 'GET', `/orders/requests/${made.id}`);
  assert.match(request.vehicle.full_name, /Camry.*2019/);
  assert.deepEqual([request.description, request.bidding_duration_s, request.images.length], ['White', 21_600, 1]);
  await page.goto(`${server.url}/#/new`);
  await part.waitFor();
  assert.equal(await part.inputValue(), '');
  await context.close();
});

test('the way back closes a sheet, and what was typed in it is still there', { timeout: 60_000 }, async () => {
  const request = await server.request(customer, 'Fender');
  const { context, page } = await open(browser, server, { lang: 'en', session: merchant, at: '/requests' });
  await page.goto(`${server.url}/#/room/${request.id}`);
  const place = page.getByRole('button', { name: t.placeBid, exact: true });
  const price = page.locator('dialog[open] input').first();
  await place.click();
  await price.fill('321');
  await page.goBack();
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
  await place.click();
  assert.equal(await price.inputValue(), '321');
  await page.reload();
  await place.click();
  assert.equal(await price.inputValue(), '321');
  // Closed by hand, twice, it leaves nothing behind.
  const closing = page.locator('dialog[open]').getByRole('button', { name: t.close, exact: true });
  await closing.click();
  await place.click();
  await closing.click();
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
  // Whoever goes on right after that stays there,
  await place.click();
  await closing.evaluate((button) => {
    button.click();
    setTimeout(() => setTimeout(() => { location.hash = '#/orders'; }));
  });
  await page.getByRole('heading', { name: t.sales, level: 1 }).waitFor();
  // a browser has gone back long since, had it been told to,
  await page.evaluate(() => new Promise((go) => { requestAnimationFrame(() => requestAnimationFrame(go)); }));
  assert.equal(new URL(page.url()).hash, '#/orders');
  // and back is where one came from.
  await page.goBack();
  await place.waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: t.openRequests }).waitFor();
  await context.close();
});
