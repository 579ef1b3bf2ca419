// One's own account, a merchant's business, cars, payments and the rest of the request form, in a real browser.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { WORDS, word } from '../src/words/index.ts';
import { PASSWORD, Server, open, stage, until } from './server.mjs';

const t = WORDS.en;

const KNOCK = 'a secret of the tests';

/** Stands in for the gateway: makes a page to pay on, knocks once somebody paid there, and says so when asked. */
class Gateway {
  #invoices = new Map();
  #listener = createServer((request, answer) => void this.#serve(request, answer));
  url = '';

  async start() {
    await new Promise((ready) => { this.#listener.listen(0, '127.0.0.1', ready); });
    this.url = `http://127.0.0.1:${this.#listener.address().port}`;
  }

  end() { this.#listener.close(); }

  async #serve(request, answer) {
    const [, what, id, done] = new URL(request.url, this.url).pathname.split('/');
    if (what === 'invoices' && request.method === 'POST') {
      let text = '';
      for await (const part of request) text += part;
      const asked = JSON.parse(text);
      const made = { id: `inv_${this.#invoices.size}`, status: 'initiated', payments: [], ...asked };
      made.url = `${this.url}/pay/${made.id}`;
      this.#invoices.set(made.id, made);
      return json(answer, 201, made);
    }
    const invoice = this.#invoices.get(id);
    if (what === 'pay' && done) {
      invoice.status = 'paid';
      invoice.payments = [{ id: 'chg_1', status: 'paid', amount: invoice.amount, currency: 'SAR', fee: 0, refunded: 0, captured: 0 }];
      answer.writeHead(303, { location: invoice.success_url });
      answer.end();
      const event = { id: `event_${id}`, type: 'payment_paid', secret_token: KNOCK, data: { id: 'chg_1', invoice_id: id, metadata: invoice.metadata } };
      await fetch(`${server.url}/api/v1/payments/webhooks/moyasar`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) });
      return undefined;
    }
    if (what === 'pay') {
      answer.writeHead(200, { 'content-type': 'text/html' });
      return answer.end(`<link rel="icon" href="data:,"><a href="/pay/${id}/done">Pay ${invoice.amount}</a>`);
    }
    return invoice ? json(answer, 200, invoice) : json(answer, 404, {});
  }
}

function json(answer, status, body) {
  answer.writeHead(status, { 'content-type': 'application/json' });
  answer.end(JSON.stringify(body));
}

const gateway = new Gateway();
await gateway.start();
const server = new Server({ MAZAD__PAYMENTS__MOYASAR_KEY: 'sk_test_0123456789', MAZAD__PAYMENTS__MOYASAR_WEBHOOK_SECRET: KNOCK, MAZAD__PAYMENTS__MOYASAR_ENDPOINT: gateway.url });
let browser;
let customer;
let merchant;

stage(server, async (launched) => {
  browser = launched;
  customer = await server.person('customer', 'Sara', '0501111111');
  merchant = await server.person('merchant', 'Noor', '0502222222');
});
after(() => gateway.end());

test('one changes what one is called and how one is told, ends other sign-ins, and changes the password', { timeout: 60_000 }, async () => {
  const other = await server.call(null, 'POST', '/auth/login', { phone: '0501111111', password: PASSWORD });
  const { context, page, complaints } = await open(browser, server, { lang: 'en', session: customer, at: '/account' });
  await page.getByRole('link', { name: t.profile }).click();
  await page.getByLabel(t.name).fill('Sara A');
  await page.getByLabel(t.email).fill('not an address');
  await page.getByRole('radio', { name: 'English' }).check();
  await page.getByRole('button', { name: t.save }).click();
  await page.locator('[aria-invalid=true]').waitFor();
  await page.getByLabel(t.email).fill('sara@example.com');
  await page.getByRole('button', { name: t.save }).click();
  await page.getByText(t.saved).waitFor();
  const me = await server.call(customer.access_token, 'GET', '/auth/me');
  assert.deepEqual([me.name, me.email, me.locale], ['Sara A', 'sara@example.com', 'en']);

  await page.goto(`${server.url}/#/sessions`);
  await page.getByText(t.thisDevice).waitFor();
  assert.equal(await page.locator('main section').first().locator('li').count(), 2);
  await page.getByRole('button', { name: /^End the sign-in/ }).click();
  await page.getByText(t.sessionEnded).waitFor();
  await assert.rejects(server.call(other.access_token, 'GET', '/auth/me'), /401/);
  await page.getByLabel(t.currentPassword).fill('wrong one');
  await page.getByLabel(t.newPassword, { exact: true }).fill('another battery');
  await page.getByRole('button', { name: t.changePassword }).click();
  await page.locator('[aria-invalid=true]').waitFor();
  await page.getByLabel(t.currentPassword).fill(PASSWORD);
  await page.getByRole('button', { name: t.changePassword }).click();
  await page.getByText(t.passwordChanged).waitFor();
  await server.call(null, 'POST', '/auth/login', { phone: '0501111111', password: 'another battery' });
  // The browser itself writes refusals down.
  assert.deepEqual(complaints.filter((text) => !text.includes('status of 422')), []);
  await context.close();
});

test('a merchant sees what is missing, gives it, and says what it deals in', { timeout: 90_000 }, async () => {
  const newcomer = await server.person('customer', 'Noor 2', '0503333333').then(() => server.call(null, 'POST', '/auth/login', { phone: '0502222222', password: PASSWORD }));
  const { context, page, complaints } = await open(browser, server, { lang: 'en', session: newcomer, at: '/business' });
  await page.getByText(t.need_document).waitFor();
  await page.getByLabel(t.vatNumber).fill('12');
  const sunday = page.getByRole('group', { name: 'Sunday' });
  await sunday.getByRole('checkbox', { name: 'Sunday' }).check();
  await sunday.getByLabel(`Sunday: ${t.to}`).fill('07:00');
  await page.getByRole('button', { name: t.save }).click();
  await page.getByLabel(t.vatNumber).and(page.locator('[aria-invalid=true]')).waitFor();
  await sunday.getByRole('alert').waitFor();
  await sunday.getByLabel(`Sunday: ${t.to}`).fill('12:00');
  await sunday.getByRole('button', { name: word('en', 'addHours', { day: 'Sunday' }) }).click();
  await sunday.getByLabel(`Sunday: ${t.to}`).last().fill('00:00');
  await page.getByRole('button', { name: word('en', 'hoursSame', { from: 'Monday', to: 'Thursday' }) }).click();
  await page.getByLabel(t.vatNumber).fill('310122393500003');
  await page.getByLabel(t.license).fill('1010123456');
  await page.getByText(t.reverify).waitFor();
  await page.getByRole('button', { name: t.addDocument }).click();
  await page.getByLabel(t.documentNumber).fill('1010123456');
  await page.setInputFiles('input[type=file]', { name: 'cr.png', mimeType: 'image/png', buffer: await page.screenshot() });
  await page.getByText(t.attached).waitFor();
  await page.getByText(t.addBrand).first().click();
  await page.getByRole('searchbox', { name: t.addBrand }).fill('toyota');
  await page.getByRole('group', { name: t.addBrand }).getByRole('button', { name: 'Toyota', exact: true }).click();
  await page.getByRole('button', { name: word('en', 'remove', { name: 'Toyota' }) }).waitFor();
  await page.getByRole('checkbox', { name: t.group_brakes }).check();
  await page.getByLabel(t.addCity).first().fill('Jeddah');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: t.save }).click();
  await page.getByText(t.sentBack).waitFor();
  await page.getByText(t.nothingMissing).waitFor();
  const kept = await server.call(newcomer.access_token, 'GET', '/users/merchant-profile');
  assert.deepEqual([kept.business_license, kept.vat_number, kept.service_areas], ['1010123456', '310122393500003', ['Jeddah']]);
  assert.deepEqual(kept.specializations, [{ brand_id: 1 }, { part_group: 'brakes' }]);
  assert.match(kept.verification_documents[0].file_id, /^fil_/);
  const hours = [{ opens: '08:00', closes: '12:00' }, { opens: '16:00', closes: '24:00' }];
  assert.deepEqual([kept.business_hours.sunday, kept.business_hours.thursday, kept.business_hours.friday], [hours, hours, []]);
  assert.deepEqual(complaints.filter((text) => !text.includes('status of 422')), []);
  await context.close();
  server.verify('0502222222');
});

test('a request names part numbers, a budget and merchants; a car is added with its trim', { timeout: 90_000 }, async () => {
  customer = await server.call(null, 'POST', '/auth/login', { phone: '0501111111', password: 'another battery' });
  const { context, page, complaints } = await open(browser, server, { lang: 'en', session: customer, at: '/cars' });
  await page.getByText(t.noCars).waitFor();
  await page.getByRole('button', { name: t.addCar }).click();
  const dialog = page.locator('dialog[open]');
  await dialog.getByRole('searchbox', { name: t.brand_ }).fill('toyota');
  await dialog.getByRole('group', { name: t.brand_ }).getByRole('button', { name: 'Toyota', exact: true }).click();
  await dialog.getByRole('searchbox', { name: t.model }).fill('camry');
  await dialog.getByRole('group', { name: t.model }).getByRole('button', { name: 'Camry', exact: true }).click();
  await dialog.getByLabel(t.year).selectOption('2019');
  const trims = dialog.getByRole('group', { name: t.trim });
  const all = await until('trims', async () => (await trims.getByRole('button').allTextContents()).length > 1 && trims.getByRole('button').allTextContents());
  await dialog.getByRole('searchbox', { name: t.trim }).fill(all[1].toLowerCase());
  await trims.getByRole('button', { name: all[1], exact: true }).click();
  await dialog.getByRole('button', { name: t.addCar }).click();
  await page.locator('main li', { hasText: `Camry ${all[1]}` }).waitFor();

  await page.goto(`${server.url}/#/new/${merchant.user.id}`);
  const noor = page.getByRole('button', { name: word('en', 'remove', { name: 'Noor' }) });
  await noor.click();
  await page.getByLabel(t.partName, { exact: true }).fill('Brake pads');
  await page.getByLabel(t.partNumber).fill('04465-33471');
  await page.getByLabel(t.budget).fill('many');
  await page.getByRole('button', { name: t.publish }).click();
  await page.getByText(t.badAmount).waitFor();
  await page.getByLabel(t.budget).fill('450');
  await page.getByRole('checkbox', { name: t.budgetHard }).check();
  await page.getByLabel(t.inviteCode).fill('usr_0000000000001');
  await page.getByRole('button', { name: t.inviteAdd, exact: true }).click();
  await page.getByText(t.inviteNobody).waitFor();
  await page.getByLabel(t.inviteCode).fill(merchant.user.id);
  await page.getByRole('button', { name: t.inviteAdd, exact: true }).click();
  await noor.waitFor();
  await page.getByRole('checkbox', { name: t.inviteOnly }).check();
  await page.getByRole('button', { name: t.publish }).click();
  await page.waitForSelector('.connection.live');
  const id = await page.evaluate(() => location.hash.split('/')[2]);
  const made = await server.call(customer.access_token, 'GET', `/orders/requests/${id}`);
  assert.deepEqual([made.items[0].part_number, made.budget_max, made.rules.enforce_budget_max, made.rules.invite_only], ['04465-33471', '450.00', true, true]);
  merchant = await server.call(null, 'POST', '/auth/login', { phone: '0502222222', password: PASSWORD });
  await server.bid(merchant, made, '400.00');
  assert.deepEqual(complaints.filter((text) => !text.includes('status of 404')), []);
  await context.close();
});

/** An order of the customer's by the merchant, confirmed. */
async function order(title) {
  const request = await server.request(customer, title, { rules: { allow_early_close: true } });
  const { bid } = await server.bid(merchant, request, '300.00');
  await server.call(customer.access_token, 'POST', `/orders/requests/${request.id}/close`);
  const made = await server.call(customer.access_token, 'POST', `/orders/requests/${request.id}/accept`, { bid_id: bid.id });
  await server.call(merchant.access_token, 'POST', `/orders/${made.id}/confirm`);
  return made;
}

test('by card: to the gateway’s page, back, and the money is seen to go back', { timeout: 90_000 }, async () => {
  const bought = await order('Alternator');
  const { context, page, complaints } = await open(browser, server, { lang: 'en', session: customer, at: `/orders/${bought.id}` });
  await page.getByRole('heading', { name: t.payTitle }).waitFor();
  await page.getByText('Alternator').first().waitFor();
  await page.getByRole('radio', { name: t.method_card }).check();
  await page.getByRole('button', { name: /^Pay 300\.00/ }).click();
  await page.getByRole('link', { name: 'Pay 30000' }).click();
  await page.getByText(t.paidThanks).waitFor();
  await page.getByRole('link', { name: t.toOrderOf }).click();
  await page.locator('.status', { hasText: t.payment_paid }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Pay / }).count(), 0, 'once is enough');
  await page.goto(`${server.url}/#/payments`);
  await page.locator('main li', { hasText: t.payment_paid }).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test('in cash: the merchant says that it came, gives a part back, and the invoice is there', { timeout: 90_000 }, async () => {
  const bought = await order('Radiator');
  const { context, page, complaints } = await open(browser, server, { lang: 'en', session: customer, at: `/orders/${bought.id}` });
  await page.getByRole('radio', { name: t.method_cash_on_delivery }).check();
  await page.getByRole('button', { name: t.confirm, exact: true }).click();
  await page.locator('.status', { hasText: t.payment_pending }).waitFor();
  for (const step of ['prepare', 'ship', 'deliver']) await server.call(merchant.access_token, 'POST', `/orders/${bought.id}/${step}`);
  const sale = await open(browser, server, { lang: 'en', session: merchant, at: `/orders/${bought.id}` });
  await sale.page.getByRole('button', { name: t.cashGot }).click();
  await sale.page.locator('.status', { hasText: t.payment_paid }).waitFor();
  // The customer's page hears of it by itself.
  await page.locator('.status', { hasText: t.payment_paid }).waitFor();
  await sale.page.getByRole('button', { name: t.giveBack }).click();
  await sale.page.getByLabel(t.giveBackHow).fill('50');
  await sale.page.locator('dialog[open] button.primary').click();
  await sale.page.getByText(t.givenBack).waitFor();
  await page.getByText(t.refundedSum).waitFor();
  await page.reload();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /^Download invoice no/ }).click()]);
  assert.match(await readFile(await download.path(), 'utf8'), /310122393500003/);
  assert.deepEqual([...complaints, ...sale.complaints], []);
  await context.close();
  await sale.context.close();
});

test('one takes a copy of one’s data, and is erased once nothing is open', { timeout: 60_000 }, async () => {
  const session = await server.person('customer', 'Huda', '0504444444');
  const draft = await server.request(session, 'Bumper');
  const { context, page, complaints } = await open(browser, server, { lang: 'en', session, at: '/privacy' });
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: t.exportGet }).click()]);
  assert.match(await readFile(await download.path(), 'utf8'), /Huda/);
  await page.getByRole('button', { name: t.eraseTitle }).click();
  await page.getByLabel(t.currentPassword).fill(PASSWORD);
  await page.getByRole('button', { name: t.eraseYes }).click();
  await page.getByText(/^End what is open first: requests 1/).waitFor();
  await server.call(session.access_token, 'POST', `/orders/requests/${draft.id}/cancel`, {});
  await page.getByRole('button', { name: t.eraseYes }).click();
  await page.getByRole('heading', { name: t.signIn }).waitFor();
  await assert.rejects(server.call(null, 'POST', '/auth/login', { phone: '0504444444', password: PASSWORD }), /401/);
  assert.deepEqual(complaints.filter((text) => !text.includes('status of 409')), []);
  await context.close();
});
