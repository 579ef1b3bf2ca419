// Every page in both languages and both themes: no serious finding of axe, nothing wider than the screen, and a picture in
// web/screenshots for people to look at.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { DESK, PHONE, Server, launch, open } from './server.mjs';

const FOLDER = new URL('../screenshots/', import.meta.url);
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SETTLED_MS = 900;

const server = new Server();
let browser;
let customer;
let merchant;
let pages;

before(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  await server.start();
  browser = await launch();
  customer = await server.person('customer', 'سارة الشمري', '0501111111');
  merchant = await server.person('merchant', 'ورشة نور', '0502222222');
  const others = [await server.person('merchant', 'Najd Auto Parts', '0503333333')];
  const items = [{ part_name: 'صدام أمامي', quantity: 1, condition: 'new_original' }, { part_name: 'مصباح أمامي', quantity: 2 }];
  const words = { items, description: 'بعد حادث بسيط. اللون أبيض لؤلؤي.', rules: { allow_early_close: true } };

  const opened = await server.request(customer, 'صدام ومصابيح أمامية — كامري 2019', words);
  await server.bid(merchant, opened, '640.00', { delivery_hours: 24, warranty_days: 90 });
  await server.bid(others[0], opened, '610.50', { delivery_hours: 72, warranty_days: 30 });
  await server.call(others[0].access_token, 'POST', `/bidding/requests/${opened.id}/questions`, { question: 'هل القطعة مصبوغة؟' });

  const free = await server.request(customer, 'Alternator', { ...words, rules: { visibility: 'sealed' } });

  const review = await server.request(customer, 'مكينة مستعملة لباترول', words);
  await server.bid(merchant, review, '3900.00', { notes: 'مع التركيب' });
  await server.bid(others[0], review, '3650.00', { delivery_hours: 96 });
  await server.call(customer.access_token, 'POST', `/orders/requests/${review.id}/close`);

  const bought = await server.request(customer, 'دينامو', words);
  const { bid } = await server.bid(merchant, bought, '450.00');
  await server.call(customer.access_token, 'POST', `/orders/requests/${bought.id}/close`);
  const order = await server.call(customer.access_token, 'POST', `/orders/requests/${bought.id}/accept`, { bid_id: bid.id });
  await server.call(merchant.access_token, 'POST', `/orders/${order.id}/confirm`);

  const vehicle = (await server.call(customer.access_token, 'GET', '/users/vehicles')).data[0];
  const draft = await server.call(customer.access_token, 'POST', '/orders/requests', {
    vehicle_id: vehicle.id, title: 'فحمات', items: [{ part_name: 'فحمات خلفية', quantity: 1 }], bidding_duration_s: 7_200,
  });

  const sheet = async (page) => {
    await page.locator('.moves button').last().click();
    await page.waitForSelector('dialog[open]');
  };
  const terms = async (page) => {
    await page.locator('.moves button').first().click();
    for (const input of await page.locator('dialog[open] input').all()) await input.fill('120.00');
    await page.locator('dialog[open] button[type=submit]').click();
    await page.waitForSelector('dialog[open] input[type=radio]');
  };
  pages = [
    ['signin', null, '/signin'], ['register', null, '/register'], ['forgot', null, '/forgot'],
    ['requests', customer, '/requests'], ['new', customer, '/new'], ['draft', customer, `/room/${draft.id}`],
    ['room', customer, `/room/${opened.id}`], ['choose', customer, `/room/${review.id}`], ['bought', customer, `/room/${bought.id}`],
    ['purchases', customer, '/orders'], ['purchase', customer, `/orders/${order.id}`], ['account', customer, '/account'],
    ['nowhere', customer, '/nowhere'],
    ['feed', merchant, '/requests'], ['merchant-room', merchant, `/room/${opened.id}`], ['merchant-free', merchant, `/room/${free.id}`],
    ['merchant-won', merchant, `/room/${bought.id}`], ['bids', merchant, '/bids'], ['sales', merchant, '/orders'], ['sale', merchant, `/orders/${order.id}`],
    ['merchant-withdraw', merchant, `/room/${opened.id}`, sheet], ['merchant-terms', merchant, `/room/${free.id}`, terms],
  ];
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await server.end();
});

async function look(page, name, findings) {
  await page.waitForTimeout(SETTLED_MS);
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  for (const { impact, id, nodes } of violations) {
    if (impact === 'serious' || impact === 'critical') findings.push(`${name}: ${id} ${nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ''}`).slice(0, 3).join(' | ')}`);
  }
  const { wide, tall } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth, tall: document.documentElement.scrollHeight,
  }));
  if (wide > 0) findings.push(`${name}: ${wide} px wider than the screen`);
  const { width, height } = page.viewportSize();
  // As tall as the page, so that what stands at the end of the screen stands at the end of the picture.
  if (tall > height && !(await page.locator('dialog[open]').count())) await page.setViewportSize({ width, height: tall });
  await page.screenshot({ path: new URL(`${name}.png`, FOLDER).pathname });
  await page.setViewportSize({ width, height });
}

for (const [lang, theme, size, viewport] of [
  ['ar', 'light', 'phone', PHONE], ['ar', 'dark', 'phone', PHONE], ['en', 'light', 'phone', PHONE], ['en', 'dark', 'phone', PHONE],
  ['ar', 'light', 'desk', DESK], ['en', 'dark', 'desk', DESK],
]) {
  test(`every page (${lang}, ${theme}, ${size})`, { timeout: 240_000 }, async () => {
    const findings = [];
    for (const session of [null, customer, merchant]) {
      const { context, page, complaints } = await open(browser, server, { lang, theme, session, viewport });
      for (const [name, who, at, act] of pages) {
        if (who !== session) continue;
        await page.goto(`${server.url}/#${at}`);
        await page.waitForFunction(() => !document.querySelector('.skeleton'));
        if (at.startsWith('/room/') && name !== 'draft') await page.waitForSelector('.connection.live');
        if (act) await act(page);
        await look(page, `${name}-${lang}-${theme}-${size}`, findings);
        if (act) await page.keyboard.press('Escape');
      }
      assert.deepEqual(complaints, []);
      await context.close();
    }
    assert.deepEqual(findings, []);
  });
}
