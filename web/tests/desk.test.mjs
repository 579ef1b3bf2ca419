// What administrators do in the page, against the real server: verifying, suspending, cancelling, settling, auditing, and figures.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DESK as WORDS } from '../src/words/desk.ts';
import { FIGURES } from '../src/words/figures.ts';
import { WORDS as COMMON } from '../src/words/index.ts';
import { letters } from './pictured.mjs';
import { DESK, PASSWORD, Server, open, stage } from './server.mjs';

const t = WORDS.en;
const f = FIGURES.en;
const server = new Server();
let browser;
let tab;
let admin;
let customer;
let merchant;

stage(server, async (launched) => {
  browser = launched;
  customer = await server.person('customer', 'Sara', '0501111111');
  merchant = await server.person('merchant', 'Noor Garage', '0502222222');
  admin = await server.admin('Nora', '0504444444');
  tab = await open(browser, server, { lang: 'en', session: admin, viewport: DESK });
});

/** A page of the desk, once it shows what it is about. */
async function go(at) {
  await tab.page.goto(`${server.url}/#/desk${at}`);
  await tab.page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('.skeleton'));
  return tab.page;
}
const said = (text) => tab.page.locator('.toast', { hasText: text }).waitFor();
const press = (name) => tab.page.getByRole('button', { name, exact: true }).click();
/** Says yes to what is asked, with a reason where there is one. */
async function decide(name, reason) {
  const dialog = tab.page.locator('dialog[open]');
  if (reason) await dialog.locator('textarea').fill(reason);
  await dialog.getByRole('button', { name, exact: true }).click();
}

test('a merchant is seen with its papers, verified without them for a reason alone, and refused with one', { timeout: 60_000 }, async () => {
  const first = await server.person('merchant', 'First', '0505555551', { verified: false });
  const second = await server.person('merchant', 'Second', '0505555552', { verified: false });
  const scan = await server.upload(first, 'scan.png');
  await server.call(first.access_token, 'PUT', '/users/merchant-profile', {
    business_name: 'First Parts', business_license: '1010123456', verification_documents: [{ kind: 'commercial_registration', number: '1010123456', file_id: scan }],
  });
  const page = await go('/verify');
  await page.locator('.queue a', { hasText: 'First Parts' }).click();
  await page.getByRole('img', { name: t.document_commercial_registration }).waitFor();
  assert.match(await page.locator('.one').textContent(), /1010123456/);
  await press(t.approve);
  await decide(t.approve);
  await said(t.approved);
  // The queue goes on with who is left.
  await page.waitForURL(`**/#/desk/verify/${second.user.id}`);
  await press(t.approve);
  await decide(t.approve);
  await page.locator('dialog[open]', { hasText: t.approveMissing }).waitFor();
  await page.keyboard.press('Escape');
  await press(t.refuse);
  await decide(t.refuse, 'No papers at all');
  await said(t.refused);
  await page.getByText(t.queueEmpty).waitFor();
  const of = async (who) => (await server.call(who.access_token, 'GET', '/users/merchant-profile')).verification;
  assert.equal((await of(first)).status, 'verified');
  assert.deepEqual([(await of(second)).status, (await of(second)).reason], ['rejected', 'No papers at all']);
});

test('an account is found, suspended, and let in again', { timeout: 60_000 }, async () => {
  await server.person('customer', 'Troublemaker', '0505555553');
  const page = await go('/people');
  await page.getByRole('searchbox').fill('trouble');
  await page.locator('tbody tr').filter({ hasNotText: 'Sara' }).first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  await page.getByRole('link', { name: 'Troublemaker' }).click();
  await press(t.suspend);
  await decide(t.suspend, 'Fake requests');
  await said(t.suspendedNow);
  await page.getByText('Fake requests').waitFor();
  const login = () => fetch(`${server.url}/api/v1/auth/login`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ phone: '0505555553', password: PASSWORD }),
  });
  assert.equal((await login()).status, 403);
  await press(t.reinstate);
  await decide(t.reinstate);
  await said(t.reinstated);
  assert.equal((await login()).status, 200);
  await go(`/people/${admin.user.id}`);
  await page.getByText(t.ownAccount).waitFor();
});

test('rooms are seen while they run, and a request is cancelled with a reason', { timeout: 60_000 }, async () => {
  const open = await server.request(customer, 'Left mirror');
  await server.bid(merchant, open, '150.00');
  const page = await go('/rooms');
  const row = page.locator('tbody tr', { hasText: 'Left mirror' });
  assert.match(await row.textContent(), /150\.00/);
  await row.getByRole('link', { name: COMMON.en.openRoom }).click();
  await page.locator('ol.board', { hasText: 'Noor Garage' }).waitFor();
  await go('/requests');
  await page.locator('tbody tr', { hasText: 'Left mirror' }).getByRole('link', { name: 'Sara' }).waitFor();
  // Only cars of one brand.
  const brand = async (name) => {
    await page.getByRole('searchbox', { name: t.brand }).fill(name);
    await page.getByRole('group', { name: t.brand }).getByRole('button', { name, exact: true }).click();
  };
  await page.getByText(t.brand, { exact: true }).first().click();
  await brand('Nissan');
  await page.getByText(t.noRequests).waitFor();
  assert.equal(new URL(page.url()).hash, '#/desk/requests?brand=4', 'a link shows the same');
  await page.getByRole('button', { name: `${t.brand}: Nissan` }).click();
  await brand('Toyota');
  await page.locator('tbody tr', { hasText: 'Left mirror' }).getByRole('button', { name: t.cancel, exact: true }).click();
  await decide(COMMON.en.cancelRequest, 'Against the rules');
  await said(t.cancelled);
  await page.locator('tbody tr', { hasText: COMMON.en.state_cancelled }).waitFor();
  assert.equal((await server.call(customer.access_token, 'GET', `/orders/requests/${open.id}`)).status, 'cancelled');
  await go('/rooms');
  await page.getByText(t.noRooms).waitFor();
});

/** A request of which an order came; the merchant has a floor. */
async function sold(title) {
  const request = await server.request(customer, title, { rules: { allow_early_close: true } });
  const { bid } = await server.bid(merchant, request, '300.00', { floor: '251.00' });
  await server.bid(merchant, request, '300.00').catch(() => {});
  await server.call(customer.access_token, 'POST', `/orders/requests/${request.id}/close`);
  const order = await server.call(customer.access_token, 'POST', `/orders/requests/${request.id}/accept`, { bid_id: bid.id });
  for (const step of ['confirm', 'prepare', 'ship']) await server.call(merchant.access_token, 'POST', `/orders/${order.id}/${step}`);
  return { request, order };
}

test('a dispute is settled', { timeout: 60_000 }, async () => {
  const { order } = await sold('Radiator');
  await server.call(customer.access_token, 'POST', `/orders/${order.id}/dispute`, { reason: 'It leaks' });
  const page = await go('/disputes');
  await page.locator('tbody tr', { hasText: 'Radiator' }).getByRole('link', { name: t.decide }).click();
  await page.getByText('It leaks').waitFor();
  // Both sides can be called.
  await page.getByText('Noor Garage').first().waitFor();
  await page.getByText('Sara').first().waitFor();
  await press(COMMON.en.step_resolve);
  await decide(COMMON.en.step_resolve, 'Half of the price goes back');
  await page.locator('.status.resolved').waitFor();
  const { history } = await server.call(customer.access_token, 'GET', `/orders/${order.id}`);
  assert.deepEqual([history.at(-1).actor, history.at(-1).reason], ['admin', 'Half of the price goes back']);
  await go('/disputes');
  await page.getByText(t.noDisputes).waitFor();
});

test('the journal of a room is computed anew, and the first entry that was changed is named', { timeout: 60_000 }, async () => {
  const { request } = await sold('Gearbox');
  const page = await go(`/journal/${request.id}`);
  await page.waitForSelector('.verdict.good');
  assert.match(await page.locator('.verdict').textContent(), /private floor of a merchant: 1\./);
  assert.doesNotMatch(await page.content(), /25100/);
  const { data } = await server.call(admin.access_token, 'GET', `/orders/requests/${request.id}/journal`);
  const closed = data.find((entry) => entry.kind === 'closed');
  // The server's answer, changed on its way: what a journal that was changed gives is the same.
  for (const [change, seq, fault] of [
    [(entry) => { entry.payload = entry.payload.replace('early', 'deadline'); }, closed.seq, t.fault_changed],
    [(entry) => { entry.seq += 100; }, closed.seq, t.fault_missing],
  ]) {
    await page.route('**/journal?*', async (route) => {
      const answer = await route.fetch();
      const journal = await answer.json();
      change(journal.data.find((entry) => entry.seq === closed.seq));
      await route.fulfill({ response: answer, json: journal });
    });
    await go('');
    await go(`/journal/${request.id}`);
    await page.waitForSelector('.verdict.bad');
    const verdict = await page.locator('.verdict').textContent();
    assert.ok(verdict.includes(`no. ${seq}`) && verdict.includes(fault), verdict);
    await page.unrouteAll({ behavior: 'wait' });
  }
  const sealed = await server.request(customer, 'Sealed', { rules: { visibility: 'sealed' } });
  await go(`/journal/${sealed.id}`);
  await page.getByText(t.shut).waitFor();
});

test('undelivered messages are tried again or given up', { timeout: 60_000 }, async () => {
  const page = tab.page;
  const sent = [];
  await page.route('**/api/v1/notifications/dead-letters**', (route) => {
    const request = route.request();
    if (request.method() === 'GET') return letters(customer.user.id)(route);
    sent.push(new URL(request.url()).pathname.split('/').slice(-2).join(' '));
    return route.fulfill({ status: 204 });
  });
  await go('/letters');
  const sms = page.locator('tbody tr', { hasText: t.channel_sms });
  assert.ok((await sms.textContent()).includes(COMMON.en.notice_order_step));
  assert.ok((await sms.textContent()).includes(t.undelivered_too_late));
  await page.getByText('connection refused').waitFor();
  await page.locator('tbody tr', { hasText: t.channel_sms }).getByRole('button', { name: t.again }).click();
  await said(t.sentAgain);
  await page.locator('tbody tr', { hasText: t.channel_email }).getByRole('button', { name: t.drop }).click();
  await decide(t.drop);
  await said(t.dropped);
  assert.equal(await page.locator('tbody tr').count(), 1);
  assert.deepEqual(sent, ['ntc_0000000000001.sms retry', 'ntc_0000000000002.email drop']);
  await page.unrouteAll({ behavior: 'wait' });
});

test('figures are those of the server, for the market, a merchant and a customer, and go into a file', { timeout: 90_000 }, async () => {
  server.count();
  const page = await go('/market');
  const tile = (label) => page.locator('dl .card', { has: page.locator('dt', { hasText: label }) }).locator('dd').first();
  await tile(f.requests).waitFor();
  const dashboard = await server.call(admin.access_token, 'GET', '/analytics/dashboard');
  assert.equal(await tile(f.requests).textContent(), String(dashboard.total_requests));
  assert.equal(await tile(f.bids).textContent(), String(dashboard.total_bids));
  await page.locator('canvas').first().waitFor();
  const kept = page.waitForEvent('download');
  await press(f.csv);
  const file = await kept;
  assert.equal(file.suggestedFilename(), 'requests-by-day.csv');
  assert.match(readFileSync(await file.path(), 'utf8'), /^date,requests,/);
  // A filter asks the server again.
  await page.getByLabel(f.city).fill('Tabuk');
  await page.getByText(f.nothing).waitFor();

  for (const session of [merchant, customer]) {
    const own = await open(browser, server, { lang: 'en', session, at: '/figures' });
    await own.page.getByRole('heading', { name: f.mine }).waitFor();
    await own.page.locator('canvas').first().waitFor();
    const figures = await server.call(session.access_token, 'GET', `/analytics/${session === merchant ? 'merchants' : 'customers'}/${session.user.id}`);
    const shown = await own.page.locator('dl').textContent();
    if (session === merchant) assert.ok(shown.includes(`${figures.won} / ${figures.bids}`), shown);
    else assert.match(shown, new RegExp(`${f.requests} ?${figures.requests} `));
    assert.deepEqual(own.complaints, []);
    await own.context.close();
  }
});

test('nobody else gets to the desk, and what the page complained of was asked for', { timeout: 60_000 }, async () => {
  const other = await open(browser, server, { lang: 'en', session: customer, at: '/desk/people' });
  await other.page.getByText(COMMON.en.notFound).waitFor();
  assert.deepEqual(other.complaints, []);
  await other.context.close();
  // The one "no" was papers that are missing.
  assert.deepEqual(tab.complaints.filter((text) => !text.includes('status of 409')), []);
  assert.equal(tab.complaints.length, 1, String(tab.complaints));
});
