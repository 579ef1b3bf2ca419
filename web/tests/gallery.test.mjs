// Every page in both languages and both themes: no serious finding of axe, nothing wider than the screen, and a picture in
// web/screenshots for people to look at.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { analytics, letters } from './pictured.mjs';
import { DESK, PASSWORD, PHONE, Server, open, pushKeys, stage, until } from './server.mjs';

const FOLDER = new URL('../screenshots/', import.meta.url);
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Nobody goes there; it has a button. */
const PROVIDER = '[[oidc]]\nname = "example"\nlabel = "Example"\nissuer = "https://id.example"\nclient_id = "mazad"\nclient_secret = "none"\n';
const server = new Server({ MAZAD__PUSH__VAPID_KEY: pushKeys().secret, MAZAD__AUTH__PUBLIC_URL: 'https://mazad.example' }, PROVIDER);
let browser;
let customer;
let merchant;
let waiting;
let admin;
let pages;

stage(server, async (launched) => {
  browser = launched;
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  customer = await server.person('customer', 'سارة الشمري', '0501111111');
  merchant = await server.person('merchant', 'ورشة نور', '0502222222', { verified: false });
  const whole = {
    business_license: '1010654321', vat_number: '310122393500003', service_areas: ['الرياض', 'الدرعية'], specializations: [{ brand_id: 1 }, { brand_id: 3 }],
    business_hours: { sunday: [{ opens: '08:00', closes: '12:00' }, { opens: '16:00', closes: '22:00' }], monday: [{ opens: '09:00', closes: '24:00' }] },
    verification_documents: [{ kind: 'commercial_registration', number: '1010654321', expires_on: '2028-12-31', file_id: await server.upload(merchant, 'scan.png') }],
  };
  await server.call(merchant.access_token, 'PUT', '/users/merchant-profile', { business_name: 'ورشة نور', ...whole });
  server.verify('0502222222');
  merchant = await server.call(null, 'POST', '/auth/login', { phone: '0502222222', password: PASSWORD });
  const others = [await server.person('merchant', 'Najd Auto Parts', '0503333333')];
  await server.call(others[0].access_token, 'PUT', '/users/merchant-profile', { business_name: 'Najd Auto Parts', business_hours: whole.business_hours });
  const items = [{ part_name: 'صدام أمامي', quantity: 1, condition: 'new_original' }, { part_name: 'مصباح أمامي', quantity: 2 }];
  const words = { items, description: 'بعد حادث بسيط. اللون أبيض لؤلؤي.', rules: { allow_early_close: true, allow_partial: true } };

  const photos = await Promise.all([1, 2, 3].map((n) => server.upload(customer, `${n}.png`)));
  const opened = await server.request(customer, 'صدام ومصابيح أمامية — كامري 2019', {
    ...words, images: photos.slice(0, 1), items: items.map((item, n) => ({ ...item, images: n ? [] : photos.slice(1) })),
  });
  await server.bid(merchant, opened, '640.00', { delivery_hours: 24, warranty_days: 90 });
  await server.bid(others[0], opened, '610.50', { delivery_hours: 72, warranty_days: 30 });
  await server.call(others[0].access_token, 'POST', `/bidding/requests/${opened.id}/questions`, { question: 'هل القطعة مصبوغة؟' });

  const free = await server.request(customer, 'Alternator', { ...words, rules: { visibility: 'sealed' } });

  const review = await server.request(customer, 'مكينة مستعملة لباترول', words);
  await server.bid(merchant, review, '3900.00', { notes: 'مع التركيب' });
  await server.bid(others[0], review, '3650.00', { delivery_hours: 96, payment_terms: 'تحويل بنكي' });
  const third = await server.person('merchant', 'مركز الشرق لقطع الغيار', '0507777777');
  await server.bid(third, review, '3300.00', {
    items: [{ request_item_id: review.items[0].id, quantity: 1, unit_price: '3300.00', condition: 'new_original' }], delivery_hours: 48, warranty_days: 365, payment_terms: 'الدفع عند الاستلام',
  });
  await server.call(customer.access_token, 'POST', `/orders/requests/${review.id}/close`);

  const bought = await server.request(customer, 'دينامو', words);
  const { bid } = await server.bid(merchant, bought, '450.00');
  await server.call(customer.access_token, 'POST', `/orders/requests/${bought.id}/close`);
  const order = await server.call(customer.access_token, 'POST', `/orders/requests/${bought.id}/accept`, { bid_id: bid.id });
  await server.call(merchant.access_token, 'POST', `/orders/${order.id}/confirm`);

  const reviewed = await server.request(customer, 'ضوء خلفي', { ...words, items: [{ part_name: 'ضوء خلفي', quantity: 1 }] });
  const light = await server.bid(others[0], reviewed, '220.00');
  await server.call(customer.access_token, 'POST', `/orders/requests/${reviewed.id}/close`);
  const delivered = await server.call(customer.access_token, 'POST', `/orders/requests/${reviewed.id}/accept`, { bid_id: light.bid.id });
  for (const step of ['confirm', 'prepare', 'ship', 'deliver']) await server.call(others[0].access_token, 'POST', `/orders/${delivered.id}/${step}`);
  await server.call(customer.access_token, 'POST', `/orders/${delivered.id}/review`, { stars: 4, comment: 'وصلت قبل موعدها ومطابقة تمامًا، والتغليف ممتاز.' });

  const vehicle = (await server.call(customer.access_token, 'GET', '/users/vehicles')).data[0];
  const draft = await server.call(customer.access_token, 'POST', '/orders/requests', {
    vehicle_id: vehicle.id, title: 'فحمات', bidding_duration_s: 7_200,
    items: [{ part_name: 'فحمات خلفية', quantity: 1, images: [await server.upload(customer, 'pads.png')] }, { part_name: 'هوبات', quantity: 2 }],
  });

  admin = await server.admin('نورة المشرفة', '0504444444');
  waiting = await server.person('merchant', 'تشاليح الرياض', '0505555555', { verified: false });
  const scan = await server.upload(waiting, 'scan.png');
  await server.call(waiting.access_token, 'PUT', '/users/merchant-profile', {
    business_name: 'تشاليح الرياض', business_license: '1010123456', vat_number: '310122393500003', service_areas: ['الرياض', 'الخرج'],
    verification_documents: [
      { kind: 'commercial_registration', number: '1010123456', expires_on: '2028-12-31', file_id: scan },
      { kind: 'municipal_license', number: '440012', expires_on: '2027-01-31' },
    ],
  });
  await server.person('merchant', 'Old Town Garage', '0506666666', { verified: false });
  const quarrel = await server.request(customer, 'رديتر مكيف', words);
  const sold = await server.bid(merchant, quarrel, '300.00', { floor: '250.00' });
  await server.call(customer.access_token, 'POST', `/orders/requests/${quarrel.id}/close`);
  const disputed = await server.call(customer.access_token, 'POST', `/orders/requests/${quarrel.id}/accept`, { bid_id: sold.bid.id });
  const cash = await server.call(customer.access_token, 'POST', '/payments', { order_id: disputed.id, method: 'cash_on_delivery' });
  for (const step of ['confirm', 'prepare', 'ship']) await server.call(merchant.access_token, 'POST', `/orders/${disputed.id}/${step}`);
  await server.call(merchant.access_token, 'POST', `/payments/${cash.id}/confirm`);
  await server.call(merchant.access_token, 'POST', `/payments/${cash.id}/refund`, { amount: '50.00' });
  await server.call(customer.access_token, 'POST', `/orders/${disputed.id}/dispute`, { reason: 'القطعة لا تطابق الوصف' });

  // A month of figures and an undelivered message, which a server that has just started cannot have.
  const figures = (page) => page.route('**/api/v1/analytics/**', analytics);
  const undelivered = (page) => page.route('**/api/v1/notifications/dead-letters*', letters(customer.user.id));
  const changed = (page) => page.route('**/journal?*', async (route) => {
    const answer = await route.fetch();
    const journal = await answer.json();
    journal.data[3].payload = journal.data[3].payload?.replace('"hours":24', '"hours":12') ?? journal.data[3].payload;
    journal.data[2].payload = journal.data[2].payload?.replace('"hours":24', '"hours":12') ?? journal.data[2].payload;
    await route.fulfill({ response: answer, json: journal });
  });
  const prices = async (page) => {
    const part = page.locator('section', { has: page.locator('.band, form') }).last();
    await part.locator('input').first().fill('صدام');
    await part.locator('.option').first().click();
    await part.locator('button.primary').click();
    await page.waitForSelector('.band');
  };
  const car = async (page) => {
    await page.locator('.head button').click();
    await page.locator('dialog[open] .option').first().waitFor();
  };
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
  const press = (name) => async (page) => {
    await page.locator(name).first().click();
    await page.waitForSelector('dialog[open]');
    await page.waitForFunction(() => !document.querySelector('.skeleton'));
  };
  const rules = async (page) => {
    await page.locator('summary').last().click();
    await page.locator('input[inputmode=decimal]').fill('٤٥٠');
  };
  pages = [
    ['signin', null, '/signin'], ['register', null, '/register'], ['forgot', null, '/forgot'],
    ['requests', customer, '/requests'], ['new', customer, '/new'], ['new-more', customer, '/new', (page) => page.locator('summary').click()], ['draft', customer, `/room/${draft.id}`],
    ['room', customer, `/room/${opened.id}`], ['choose', customer, `/room/${review.id}`], ['bought', customer, `/room/${bought.id}`],
    ['purchases', customer, '/orders'], ['purchase', customer, `/orders/${order.id}`], ['account', customer, '/account'],
    ['notices', customer, '/notices'], ['preferences', customer, '/preferences'], ['profile', customer, '/profile'],
    ['cars', customer, '/cars'], ['cars-add', customer, '/cars', car], ['sessions', customer, '/sessions'], ['privacy', customer, '/privacy'],
    ['payments', customer, '/payments'], ['payment', customer, `/payments/${cash.id}`], ['nowhere', customer, '/nowhere'],
    ['feed', merchant, '/requests'], ['feed-narrow', merchant, '/requests?brand=1&part=%D8%B5%D8%AF%D8%A7%D9%85', (page) => page.evaluate(() => { document.querySelector('.folded').open = true; })], ['merchant-room', merchant, `/room/${opened.id}`], ['merchant-free', merchant, `/room/${free.id}`],
    ['merchant-won', merchant, `/room/${bought.id}`], ['bids', merchant, '/bids'], ['sales', merchant, '/orders'], ['sale', merchant, `/orders/${order.id}`],
    ['figures', customer, '/figures', null, figures], ['merchant-figures', merchant, '/figures', null, figures],
    ['desk', admin, '/desk', null, figures], ['desk-verify', admin, `/desk/verify/${waiting.user.id}`], ['desk-queue', admin, '/desk/verify'],
    ['desk-people', admin, '/desk/people'], ['desk-person', admin, `/desk/people/${merchant.user.id}`],
    ['desk-suspend', admin, `/desk/people/${customer.user.id}`, async (page) => { await page.locator('.acts .danger').last().click(); await page.waitForSelector('dialog[open]'); }],
    ['desk-rooms', admin, '/desk/rooms'], ['desk-room', admin, `/room/${opened.id}`], ['desk-requests', admin, '/desk/requests'],
    ['desk-disputes', admin, '/desk/disputes'], ['desk-dispute', admin, `/orders/${disputed.id}`], ['desk-disputes-none', admin, '/desk/disputes/return_requested'],
    ['desk-letters-none', admin, '/desk/letters'], ['desk-journal', admin, '/desk/journal'],
    ['desk-letters', admin, '/desk/letters', null, undelivered],
    ['desk-journal-whole', admin, `/desk/journal/${quarrel.id}`, (page) => page.waitForSelector('.verdict.good')],
    ['desk-journal-sealed', admin, `/desk/journal/${free.id}`],
    ['desk-journal-changed', admin, `/desk/journal/${bought.id}`, (page) => page.waitForSelector('.verdict.bad'), changed],
    ['desk-market', admin, '/desk/market', prices, figures], ['desk-figures', admin, `/desk/people/${merchant.user.id}/figures`, null, figures],
    ['merchant-notices', merchant, '/notices'], ['merchant-preferences', merchant, '/preferences'], ['business', merchant, '/business'], ['business-waiting', waiting, '/business'], ['merchant-account', merchant, '/account'],
    ['merchant-withdraw', merchant, `/room/${opened.id}`, sheet], ['merchant-terms', merchant, `/room/${free.id}`, terms],
    ['merchant-prices', merchant, `/room/${free.id}`, press('.moves button')], ['who', customer, `/room/${reviewed.id}`, async (page) => { await press('.meet')(page); await page.locator('dialog[open] summary').click(); }],
    ['new-rules', customer, '/new', rules], ['edit', customer, `/new/${draft.id}`],
  ];
}, { timeout: 120_000 });

/** What a page has asked for and has no answer to yet. */
function asks(page) {
  const open = new Set();
  page.on('request', (request) => open.add(request));
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => open.delete(request));
  return open;
}

/** Until everything has come that was asked for, and stands there for two frames without asking for more. */
async function settled(page, asked) {
  const painted = () => {
    globalThis.painted = document.querySelector('.skeleton') ? 0 : (globalThis.painted ?? 0) + 1;
    return globalThis.painted > 2 && !(globalThis.painted = 0);
  };
  do {
    // A frame comes after what a change of the address has set off.
    await page.waitForFunction(painted);
    await until('the last answer', () => asked.size === 0);
  } while (await page.waitForFunction(painted).then(() => asked.size > 0));
}

async function find(page, name, findings) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  for (const { impact, id, nodes } of violations) {
    if (impact === 'serious' || impact === 'critical') findings.push(`${name}: ${id} ${nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ''}`).slice(0, 3).join(' | ')}`);
  }
}

async function look(page, name, findings) {
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

// axe takes half of the time. Each language, each theme and each size is in one of the three where it runs.
const AXED = ['ar-light-phone', 'en-dark-phone', 'en-dark-desk'];

// Two at a time: while one waits for the server or is packed into a picture, the other is laid out.
describe('every page', { concurrency: 2 }, () => {
  for (const [lang, theme, size, viewport] of [
    ['ar', 'light', 'phone', PHONE], ['ar', 'dark', 'phone', PHONE], ['en', 'dark', 'phone', PHONE], ['en', 'light', 'phone', PHONE],
    ['en', 'dark', 'desk', DESK], ['ar', 'light', 'desk', DESK],
  ]) {
    const as = `${lang}-${theme}-${size}`;
    test(as, { timeout: 240_000 }, async () => {
      const findings = [];
      for (const session of [null, customer, merchant, waiting, admin]) {
        const { context, page, complaints } = await open(browser, server, { lang, theme, session, viewport, more: { reducedMotion: 'reduce' } });
        const asked = asks(page);
        await context.grantPermissions(['notifications'], { origin: server.url });
        for (const [name, who, at, act, pretend] of pages) {
          if (who !== session || !name.startsWith(process.env.ONLY ?? '')) continue;
          await pretend?.(page);
          await page.goto(`${server.url}/#${at}`);
          await settled(page, asked);
          if (at.startsWith('/room/') && name !== 'draft') await page.waitForSelector('.connection.live');
          if (act) await act(page);
          await settled(page, asked);
          if (AXED.includes(as)) await find(page, `${name}-${as}`, findings);
          await look(page, `${name}-${as}`, findings);
          if (act) await page.keyboard.press('Escape');
          await page.unrouteAll({ behavior: 'wait' });
        }
        assert.deepEqual(complaints, []);
        await context.close();
      }
      assert.deepEqual(findings, []);
    });
  }
});
