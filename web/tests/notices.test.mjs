// Being told in a real browser: the bell and the list by the live feed, what is chosen, and pushes through the service worker.
//
// Chromium takes no subscription in a private context and none without its maker's service, so `PushManager` is stood in for
// where the page subscribes; the worker itself is real, and is handed its pushes by the browser.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { WORDS, word } from '../src/words/index.ts';
import { Server, open, pushKeys, stage, until } from './server.mjs';

const KEYS = pushKeys();
const server = new Server({ MAZAD__PUSH__VAPID_KEY: KEYS.secret });
let browser;
let customer;
let merchant;

stage(server, async (launched) => {
  browser = launched;
  customer = await server.person('customer', 'Sara', '0501111111');
  merchant = await server.person('merchant', 'Noor', '0502222222');
});

for (const lang of ['ar', 'en']) {
  test(`the bell rings, the list fills by itself and leads to what it is about (${lang})`, { timeout: 90_000 }, async () => {
    const t = WORDS[lang];
    const { context, page, complaints } = await open(browser, server, { lang, session: customer, at: '/notices' });
    const feed = await open(browser, server, { lang, session: merchant, at: '/requests' });
    await feed.page.getByRole('heading', { name: t.openRequests }).waitFor();
    const asked = [];
    feed.page.on('request', (request) => { if (request.url().includes('/orders/requests?')) asked.push(Date.now()); });
    const title = `Radiator ${lang}`;
    const draft = await server.request(customer, title);
    // A request that fits comes to the merchant's list without asking again and again.
    await feed.page.locator('main li', { hasText: title }).waitFor();
    await feed.page.locator('.peek', { hasText: title }).waitFor();
    assert.ok(asked.length <= 2, `${asked.length} looks at the list`);

    await server.bid(merchant, draft, '99.00');
    const row = page.locator('main li', { hasText: title }).first();
    await row.waitFor();
    await page.locator('.bell .badge').waitFor();
    const unread = (await server.call(customer.access_token, 'GET', '/notifications')).unread_count;
    await page.getByRole('link', { name: word(lang, 'noticesUnread', { n: unread }) }).waitFor();
    assert.match(await row.textContent(), lang === 'ar' ? /[\u0600-\u06ff]/ : /bid/i, 'in the language of the page, not of the browser');
    await row.locator('a').click();
    await page.waitForSelector('.connection.live');
    assert.equal(await page.evaluate(() => location.hash), `#/room/${draft.id}`);
    await until('one less to be read', async () => (await server.call(customer.access_token, 'GET', '/notifications')).unread_count === unread - 1);
    await page.goBack();
    if (unread > 1) {
      await page.getByRole('button', { name: t.readAll }).click();
      await page.getByRole('link', { name: t.notices, exact: true }).waitFor();
    }
    await page.locator('.badge').waitFor({ state: 'detached' });
    await page.getByRole('radio', { name: t.noticesNew }).check();
    await page.getByText(t.noUnread).waitFor();
    assert.deepEqual([...complaints, ...feed.complaints], []);
    await context.close();
    await feed.context.close();
  });
}

test('a merchant narrows its list: the address keeps it, and what comes live fits', { timeout: 90_000 }, async () => {
  const t = WORDS.en;
  const kia = await server.call(customer.access_token, 'POST', '/users/vehicles', { brand_id: 3, model_id: 301, year: 2020 });
  const published = (title, more) => server.request(customer, title, more);
  await published('Mirror of a Toyota', { city: 'Jeddah' });
  await published('Mirror of a Kia', { vehicle_id: kia.id, city: 'Riyadh' });
  const { context, page, complaints } = await open(browser, server, { lang: 'en', session: merchant, at: '/requests' });
  const rows = page.locator('main .list > li');
  /** Once the list shows these and no others, the newest first. */
  const shows = (...titles) => until(`${titles}`, async () => String(await rows.locator('strong').allTextContents()) === String(titles));
  await rows.filter({ hasText: 'Mirror of a Toyota' }).waitFor();
  await page.getByText(t.narrow).click();
  await page.getByRole('searchbox', { name: t.brand_ }).fill('kia');
  await page.getByRole('group', { name: t.brand_ }).getByRole('button', { name: 'Kia', exact: true }).click();
  await shows('Mirror of a Kia');

  // The bell has both that come now; the list has the one that fits.
  await published('Lamp of a Toyota');
  await page.locator('.peek', { hasText: 'Lamp of a Toyota' }).waitFor();
  await published('Lamp of a Kia', { vehicle_id: kia.id, city: 'Jeddah' });
  await shows('Lamp of a Kia', 'Mirror of a Kia');

  await page.getByLabel(t.partName).fill('mirror');
  await shows('Mirror of a Kia');
  assert.equal(new URL(page.url()).hash, '#/requests?brand=3&part=mirror');
  await page.reload();
  await page.getByRole('button', { name: `${t.brand_}: Kia` }).waitFor();
  assert.equal(await page.getByLabel(t.partName).inputValue(), 'mirror');
  await rows.first().locator('a').click();
  await page.waitForSelector('.connection.live');
  await page.getByRole('link', { name: t.openRequests }).click();
  await shows('Mirror of a Kia');
  await page.getByLabel(t.city).fill('Jeddah');
  await page.getByText(t.noMatch).waitFor();
  await page.getByRole('button', { name: `${t.brand_}: Kia` }).click();
  await page.getByLabel(t.partName).fill('');
  await shows('Lamp of a Kia', 'Mirror of a Toyota');
  await page.getByRole('button', { name: t.widen }).click();
  await rows.filter({ hasText: 'Mirror of a Kia' }).waitFor();
  assert.equal(await page.getByLabel(t.city).inputValue(), '');
  assert.equal(new URL(page.url()).hash, '#/requests');
  assert.deepEqual(complaints, []);
  await context.close();
});

test('what is chosen is kept', { timeout: 60_000 }, async () => {
  const t = WORDS.en;
  const { context, page, complaints } = await open(browser, server, { lang: 'en', session: merchant, at: '/preferences' });
  const outbid = page.getByRole('group', { name: t.notice_outbid });
  await outbid.getByRole('checkbox', { name: t.channel_sms }).check();
  await page.getByRole('radio', { name: t.digest_daily }).check();
  await page.getByRole('checkbox', { name: t.quietUse }).check();
  await page.getByLabel(t.from, { exact: true }).fill('23:15');
  await page.getByLabel(t.to, { exact: true }).fill('06:30');
  await page.getByLabel(t.to, { exact: true }).blur();
  const kept = await until('the wish', async () => {
    const found = await server.call(merchant.access_token, 'GET', '/notifications/preferences');
    return found.quiet_hours?.to === '06:30' ? found : null;
  });
  assert.deepEqual([kept.quiet_hours, kept.digest], [{ from: '23:15', to: '06:30' }, 'daily']);
  const differs = kept.events.filter((one) => JSON.stringify(one.channels) !== JSON.stringify(one.usual));
  assert.deepEqual(differs.map((one) => [one.type, one.channels.sms]), [['outbid', true]], 'that one, and nothing else');
  assert.ok(await page.getByRole('group', { name: t.notice_suspicious_sign_in }).getByRole('checkbox', { name: t.channel_sms }).isDisabled());
  assert.equal(await page.getByRole('group', { name: t.notice_new_bid }).count(), 0, 'only what concerns a merchant');
  await page.getByRole('checkbox', { name: t.quietUse }).uncheck();
  await until('no quiet hours', async () => (await server.call(merchant.access_token, 'GET', '/notifications/preferences')).quiet_hours === null);
  await page.reload();
  await page.getByRole('radio', { name: t.digest_daily, checked: true }).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

/** Stands in for what Chromium does not give here; everything behind it is the page's own. */
function standIn(p256dh, auth) {
  let made = null;
  globalThis.PushManager.prototype.getSubscription = async () => made;
  globalThis.PushManager.prototype.subscribe = async (options) => {
    globalThis.subscribedWith = { visible: options.userVisibleOnly, key: [...options.applicationServerKey] };
    made = {
      endpoint: 'https://push.example.com/one', options,
      toJSON: () => ({ endpoint: 'https://push.example.com/one', expirationTime: null, keys: { p256dh, auth } }),
      unsubscribe: async () => { made = null; return true; },
    };
    return made;
  };
}

test('a device is asked for by a button, known to the server, and taken away again', { timeout: 60_000 }, async () => {
  const t = WORDS.en;
  const { context, page, complaints } = await open(browser, server, { lang: 'en', session: customer });
  await context.grantPermissions(['notifications'], { origin: server.url });
  await page.addInitScript(`(${standIn})('${KEYS.open}', '${randomBytes(16).toString('base64url')}')`);
  await page.goto(`${server.url}/#/preferences`);
  await page.reload();
  const devices = async () => (await server.call(customer.access_token, 'GET', '/notifications/devices')).data;
  assert.equal((await context.serviceWorkers()).length, 0, 'nothing before somebody asks');
  await page.getByRole('button', { name: t.pushTurnOn }).click();
  await page.getByText(t.pushOn).waitFor();
  const { key, visible } = await page.evaluate(() => globalThis.subscribedWith);
  assert.deepEqual([visible, Buffer.from(key).toString('base64url')], [true, KEYS.open], 'the key of this server');
  const [device] = await devices();
  assert.match(`${device.platform} ${device.name}`, /^web Chrome, /);
  await page.getByRole('button', { name: t.pushTurnOff }).click();
  await page.getByRole('button', { name: t.pushTurnOn }).waitFor();
  assert.deepEqual(await devices(), []);
  // Whoever signs out leaves no device behind.
  await page.getByRole('button', { name: t.pushTurnOn }).click();
  await page.getByText(t.pushOn).waitFor();
  assert.equal((await devices()).length, 1);
  const again = await server.call(null, 'POST', '/auth/login', { phone: '0501111111', password: 'correct horse battery' });
  await page.goto(`${server.url}/#/account`);
  await page.click('#leave');
  await page.getByRole('heading', { name: t.signIn }).waitFor();
  customer = again;
  assert.deepEqual(await devices(), []);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a push is shown by the worker in its language, and a click leads to what it is about', { timeout: 60_000 }, async () => {
  const { context, page, complaints } = await open(browser, server, { lang: 'ar', session: customer, at: '/account' });
  await context.grantPermissions(['notifications'], { origin: server.url });
  const cdp = await context.newCDPSession(page);
  const known = new Promise((found) => {
    cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => { if (registrations[0]) found(registrations[0].registrationId); });
  });
  await cdp.send('ServiceWorker.enable');
  const started = context.waitForEvent('serviceworker');
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/sw.js');
    await navigator.serviceWorker.ready;
  });
  const [registrationId, worker] = await Promise.all([known, started]);
  // Chromium forgets what it has written down and not yet shown when somebody asks what is shown, so nobody asks before it is.
  await worker.evaluate(() => {
    const show = registration.showNotification.bind(registration);
    globalThis.shows = 0;
    registration.showNotification = async (...given) => {
      await show(...given);
      globalThis.shows += 1;
    };
  });
  let pushes = 0;
  const push = async (data) => {
    pushes += 1;
    await cdp.send('ServiceWorker.deliverPushMessage', { origin: server.url, registrationId, data });
    await until('a notification', () => worker.evaluate((wanted) => globalThis.shows === wanted, pushes));
  };
  const shown = () => page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications())
    .map(({ title, body, tag, lang, dir, data }) => ({ title, body, tag, lang, dir, url: data.url })));
  const pushed = { title: 'عرض جديد', body: 'وصل عرض على صدام أمامي', url: `${server.url}/#/notices`, tag: 'new_bid-req_1', lang: 'ar', dir: 'rtl' };
  await push(JSON.stringify(pushed));
  assert.deepEqual(await shown(), [pushed]);
  // The same thing again takes the place of the first; what is no message of ours is shown all the same.
  await push(JSON.stringify({ ...pushed, body: 'وصل عرض أفضل' }));
  assert.deepEqual((await shown()).map(({ body }) => body), ['وصل عرض أفضل']);
  await push('not JSON');
  assert.equal((await shown()).length, 2);
  const click = (url) => worker.evaluate((to) => {
    const event = new Event('notificationclick');
    Object.assign(event, { notification: { close() {}, data: { url: to } }, waitUntil: (work) => work.catch(() => {}) });
    globalThis.dispatchEvent(event);
  }, url);
  await click(`${server.url}/#/notices`);
  await page.waitForFunction(() => location.hash === '#/notices');
  await click('https://elsewhere.example/#/orders');
  await page.waitForFunction(() => location.hash === '#/orders');
  assert.equal(new URL(page.url()).origin, server.url, 'never anywhere else');
  assert.deepEqual(complaints, []);
  await context.close();
});
