// What the whole auction does not show: an answer that nobody knows, a bid by keyboard alone, a request with photos against the
// clock, bids for some of the parts, and who the merchants are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAYS } from '../src/pages/hours.ts';
import { WORDS, word } from '../src/words/index.ts';
import { DESK, PICTURE_FILE, Server, open, stage, until } from './server.mjs';

const server = new Server();
let browser;
let customer;
let noor;
let amal;

stage(server, async (launched) => {
  browser = launched;
  customer = await server.person('customer', 'Sara', '0501111111');
  noor = await server.person('merchant', 'Noor', '0502222222');
  amal = await server.person('merchant', 'Amal', '0503333333', { verified: false });
});

test('a merchant who is not verified yet looks around, and is told what is missing', { timeout: 60_000 }, async () => {
  const t = WORDS.en;
  const request = await server.request(customer, 'Mirror');
  const { context, page, complaints } = await open(browser, server, { lang: 'en', session: amal, at: `/room/${request.id}` });
  await page.getByRole('heading', { name: 'Mirror' }).waitFor();
  await page.getByText(t.notVerifiedMore).waitFor();
  assert.equal(await page.getByRole('button', { name: t.placeBid }).count(), 0);
  await page.getByRole('link', { name: t.business_ }).click();
  await page.getByRole('heading', { name: t.business_ }).waitFor();
  // The list says so as well, and promises nothing.
  await page.goto(`${server.url}/#/requests`);
  await page.getByText(t.notVerifiedMore).waitFor();
  await page.getByRole('searchbox').first().fill('nothing like it');
  await page.getByText(t.noMatch).waitFor();
  // What is for those who may bid is refused, and the browser writes that down.
  assert.deepEqual(complaints.filter((text) => !text.includes('status of 403')), []);
  await context.close();
  server.verify('0503333333');
});

test('where nobody knows what came of a bid it is asked again under its own key, and stands once', { timeout: 60_000 }, async () => {
  const t = WORDS.en;
  const request = await server.request(customer, 'Gearbox');
  const { context, page } = await open(browser, server, { lang: 'en', session: noor });
  const keys = [];
  let unknown = 2;
  await page.routeWebSocket('**/live', (near) => {
    const far = near.connectToServer();
    const placed = new Set();
    near.onMessage((text) => {
      const frame = JSON.parse(text);
      if (frame.type === 'bid.place') {
        keys.push(frame.idempotency_key);
        placed.add(frame.id);
      }
      far.send(text);
    });
    far.onMessage((text) => {
      const frame = JSON.parse(text);
      // The bid came through; its answers do not.
      const lost = frame.type === 'reply' && placed.has(frame.id) && unknown > 0;
      if (lost) unknown -= 1;
      near.send(lost ? JSON.stringify({ type: 'reply', id: frame.id, problem: { code: 'outcome_unknown', status: 503 } }) : text);
    });
  });
  await page.goto(`${server.url}/#/room/${request.id}`);
  await page.waitForSelector('.connection.live');
  await page.getByRole('button', { name: t.placeBid, exact: true }).click();
  await page.locator('dialog[open] input').first().fill('900');
  await page.getByRole('button', { name: t.next }).click();
  await page.getByRole('button', { name: t.sendBid }).click();
  await page.locator('.verdict.wait', { hasText: t.checkingOutcome }).waitFor();
  await page.locator('.verdict.good').waitFor();
  assert.equal(keys.length, 3);
  assert.equal(new Set(keys).size, 1, 'one key for one bid');
  const { data } = await server.call(customer.access_token, 'GET', `/bidding/requests/${request.id}/bids`);
  assert.deepEqual(data.map((bid) => [bid.landed, bid.version]), [['900.00', 1]]);
  await context.close();
});

test('a bid is placed and lowered by keyboard alone, in the digits of an Arabic keyboard', { timeout: 90_000 }, async () => {
  const t = WORDS.ar;
  const request = await server.request(customer, 'صدام', { rules: { visibility: 'open' } });
  const { context, page, complaints } = await open(browser, server, { lang: 'ar', session: noor });
  await page.evaluate(() => localStorage.setItem('mazad.digits', 'arab'));
  await page.goto(`${server.url}/#/room/${request.id}`);
  await page.reload();
  await page.waitForSelector('.connection.live');
  const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
  const named = () => page.evaluate(() => {
    const at = document.activeElement;
    return at?.matches('a, button, input, select, textarea, summary') ? at.getAttribute('aria-label') || at.textContent.trim() : '';
  });
  /** Goes on with the tabulator until it stands on a name, as somebody does who sees nothing. */
  const reach = async (name) => {
    for (let steps = 0; steps < 60; steps++) {
      if ((await named()).includes(name)) return;
      await press('Tab');
    }
    throw new Error(`the keyboard does not get to ${name}`);
  };
  await reach(t.skip);
  await press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
  await reach(t.placeBid);
  await press('Enter');
  await page.waitForSelector('dialog[open]');
  await page.waitForFunction(() => document.activeElement?.matches('dialog input.amount'));
  await page.keyboard.type('١٢٠٫٥٠');
  await press('Enter');
  await page.waitForSelector('dialog[open] input[type=radio]');
  assert.equal(await page.getByLabel(t.deliveryHours).inputValue(), '٤٨', 'what stands there already is in the same digits');
  await page.getByLabel(t.deliveryHours).fill('٢٤');
  await page.getByLabel(t.warrantyDays).fill('٣٠');
  await reach(t.sendBid);
  await press('Enter');
  await page.locator('.verdict.good').waitFor();
  await page.locator('.standing:not(.pending)', { hasText: '١٢٠٫٥٠' }).waitFor();
  // The focus comes back to where it was, so that the next step is one key away.
  await page.waitForFunction(() => document.activeElement?.closest('.moves') !== null);
  await reach(word('ar', 'cutStep', { amount: '' }).trim());
  await press('Enter');
  await page.waitForFunction(() => document.activeElement?.matches('dialog button[type=submit]'));
  await press('Enter');
  await page.locator('.standing:not(.pending)', { hasText: '١١٨٫٥٠' }).waitFor();
  const [mine] = (await server.call(customer.access_token, 'GET', `/bidding/requests/${request.id}/bids`)).data;
  assert.deepEqual([mine.landed, mine.delivery_hours, mine.warranty_days], ['118.50', 24, 30]);
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
  await reach(t.withdraw);
  await press('Enter');
  await page.waitForSelector('dialog[open]');
  await press('Escape');
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
  assert.ok((await named()).includes(t.withdraw), 'whoever thinks better of it is back at the button');
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a request with a VIN, two parts and two photos of a telephone takes under a minute, as a draft or at once', { timeout: 120_000 }, async () => {
  const t = WORDS.ar;
  const { context, page, complaints } = await open(browser, server, { lang: 'ar', session: customer, at: '/new' });
  const began = Date.now();
  await page.getByRole('radio', { name: t.newCar }).check();
  await page.getByLabel(t.vin).fill('4T1BF1FK7KU123456');
  await page.getByText(t.vinDoubt).waitFor();
  await page.getByLabel(t.vin).fill('4t1 bf1fk2-ku12345');
  await page.getByLabel(t.vin).pressSequentially('٦');
  await page.locator('.told', { hasText: '2019' }).waitFor();
  assert.equal(await page.getByText(t.vinDoubt).count(), 0);
  await page.getByRole('button', { name: `${t.brand_}: تويوتا` }).waitFor();
  await page.getByRole('searchbox', { name: t.model }).fill('كامري');
  await page.getByRole('group', { name: t.model }).getByRole('button', { name: 'كامري', exact: true }).click();
  assert.equal(await page.getByLabel(t.year).inputValue(), '2019', 'the VIN knows the year');
  await page.getByLabel(t.partName).fill('صدام أمامي');
  await page.getByLabel(t.quantity).fill('٢');
  await page.getByRole('button', { name: t.addPart }).click();
  await page.getByLabel(t.partName).nth(1).fill('مصباح');
  await page.getByLabel(t.quantity).nth(1).fill('صفر');
  // Pictures as a telephone takes them: millions of points, some megabytes.
  await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [3_000, 2_250];
    const paper = canvas.getContext('2d');
    for (let n = 0; n < 6_000; n++) {
      paper.fillStyle = `hsl(${(n * 47) % 360} 70% ${30 + (n % 40)}%)`;
      paper.fillRect((n * 173) % 3_000, (n * 311) % 2_250, 90, 70);
    }
    const blob = await new Promise((made) => { canvas.toBlob(made, 'image/jpeg', 1); });
    const files = new DataTransfer();
    for (const n of [1, 2]) files.items.add(new File([blob], `IMG_${n}.jpeg`, { type: 'image/jpeg' }));
    globalThis.taken = blob.size;
    const input = [...document.querySelectorAll('input[type=file]')].at(-1);
    input.files = files.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  assert.ok(await page.locator('button[type=submit]').isDisabled(), 'nothing is published without the photos that were chosen');
  // The lamp has one of its own.
  const lamp = page.getByRole('group', { name: word('ar', 'partPhotos', { name: 'مصباح' }) });
  await lamp.locator('input').setInputFiles(PICTURE_FILE);
  await lamp.getByRole('button', { name: t.removePhoto }).waitFor();
  // Whoever takes a part away waits for no photo of it.
  let release;
  const sent = new Promise((go) => { release = go; });
  await page.route('**/api/v1/files', async (route) => { await sent; await route.continue(); }, { times: 1 });
  await page.getByRole('button', { name: t.addPart }).click();
  await page.getByLabel(t.partName).nth(2).fill('مرآة');
  await page.getByRole('group', { name: word('ar', 'partPhotos', { name: 'مرآة' }) }).locator('input').setInputFiles(PICTURE_FILE);
  await page.getByRole('group', { name: word('ar', 'partPhotos', { name: 'مرآة' }) }).getByText(t.photoBusy).waitFor();
  assert.ok(await page.locator('button[type=submit]').isDisabled());
  await page.getByRole('button', { name: word('ar', 'removePart', { name: 'مرآة' }) }).click();
  const whole = page.getByRole('group', { name: t.photos, exact: true });
  await whole.getByRole('button', { name: t.removePhoto }).nth(1).waitFor();
  assert.ok(await page.locator('button[type=submit]').isEnabled());
  release();
  await page.getByRole('button', { name: t.publish }).click();
  await page.getByText(t.badNumber).waitFor();
  await page.getByLabel(t.quantity).nth(1).fill('١');
  await page.getByRole('checkbox', { name: t.urgentAsk }).check();
  await page.getByText(t.moreChoices).click();
  await page.getByRole('radio', { name: t.counts_speed }).check();
  await page.getByRole('checkbox', { name: t.allowPartial }).check();
  await page.getByRole('button', { name: t.saveDraft }).click();
  await page.getByText(t.draftMore).waitFor();
  assert.ok(Date.now() - began < 60_000, `${Date.now() - began} ms`);
  const id = await page.evaluate(() => location.hash.split('/')[2]);
  const read = () => server.call(customer.access_token, 'GET', `/orders/requests/${id}`);
  const draft = await read();
  assert.deepEqual([draft.status, draft.urgency_level, draft.items.map((item) => item.quantity), draft.images.length], ['draft', 'urgent', [2, 1], 2]);
  assert.deepEqual(draft.items.map((item) => item.images.length), [0, 1]);
  await page.locator('.parts li', { hasText: 'مصباح' }).getByRole('button', { name: word('ar', 'partPhoto', { name: 'مصباح', n: 1 }) }).waitFor();
  assert.deepEqual([draft.rules.weights, draft.rules.allow_partial], [{ price: 40, merchant: 20, delivery: 40 }, true]);
  const car = (await server.call(customer.access_token, 'GET', '/users/vehicles')).data.find((one) => one.vin);
  assert.deepEqual([car.vin, car.year], ['4T1BF1FK2KU123456', 2019]);
  const { bytes, width, taken } = await page.evaluate(async ([url, token]) => {
    const blob = await (await fetch(url, { headers: { Authorization: `Bearer ${token}` } })).blob();
    return { bytes: blob.size, width: (await createImageBitmap(blob)).width, taken: globalThis.taken };
  }, [draft.images[0].url, customer.access_token]);
  assert.ok(width === 2_048 && bytes < taken / 2, `${taken} bytes became ${bytes}, ${width} wide`);

  // The draft is changed, keeps what was not touched, and is published.
  await page.getByRole('link', { name: t.editDraft }).click();
  await lamp.locator('img[src^="blob:"]').waitFor();
  await whole.locator('img[src^="blob:"]').nth(1).waitFor();
  assert.deepEqual(await page.getByLabel(t.partName).evaluateAll((all) => all.map((one) => one.value)), ['صدام أمامي', 'مصباح']);
  await whole.getByRole('button', { name: t.removePhoto }).first().click();
  await page.getByRole('radio', { name: t.minutes30 }).check();
  await page.getByRole('button', { name: t.publish }).click();
  await page.waitForSelector('.connection.live');
  const made = await read();
  assert.deepEqual(made.items.map((item) => item.images.length), [0, 1]);
  assert.deepEqual([made.status, made.bidding_duration_s, made.images.length, made.urgency_level, made.rules.weights.delivery], ['bidding_open', 1_800, 1, 'urgent', 40]);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('bids for some of the parts, side by side, with the best split and who the merchants are', { timeout: 90_000 }, async () => {
  const t = WORDS.en;
  const request = await server.request(customer, 'Front end', {
    items: [{ part_name: 'Bumper', quantity: 1, condition: 'new_original' }, { part_name: 'Lamp', quantity: 2 }],
    rules: { allow_partial: true, allow_early_close: true },
  });
  const whole = await server.bid(amal, request, '300.00', { warranty_days: 120 });
  // A merchant who has no lamp leaves it out.
  const { context: shop, page: phone } = await open(browser, server, { lang: 'en', session: noor, at: `/room/${request.id}` });
  await phone.waitForSelector('.connection.live');
  await phone.getByRole('button', { name: t.placeBid, exact: true }).click();
  await phone.getByText(t.leaveOut).waitFor();
  await phone.getByRole('button', { name: t.next }).click();
  assert.equal(await phone.locator('dialog [aria-invalid=true]').count(), 1, 'nothing at all is no bid');
  await phone.getByLabel('Lamp × 2').fill('100');
  await phone.getByLabel(word('en', 'offeredAs', { part: 'Lamp' })).selectOption('used');
  await phone.getByRole('button', { name: t.next }).click();
  await phone.getByRole('button', { name: t.sendBid }).click();
  await phone.locator('.verdict.good').waitFor();
  await shop.close();

  await server.call(customer.access_token, 'POST', `/orders/requests/${request.id}/close`);
  const { context, page, complaints } = await open(browser, server, { lang: 'en', session: customer, at: `/room/${request.id}`, viewport: DESK });
  const table = page.getByRole('table', { name: t.sideBySide });
  const row = (name) => table.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) });
  await row('Lamp').getByText('100.00').waitFor();
  const bumper = await row('Bumper').textContent();
  assert.ok(bumper.includes('300.00') && bumper.includes(t.notOffered), bumper);
  assert.match(await row('Lamp').locator('td.best').textContent(), new RegExp(`100\\.00.*${t.isBest}.*${t.condition_used}`));
  assert.equal(await row(t.orderTotal).locator('td.best').count(), 0, 'a total without the bumper is no better total');
  await page.getByText(word('en', 'lacks', { parts: 'Bumper' })).waitFor();
  assert.match(await row(t.warranty).locator('td.best').textContent(), /120 days/);
  // 300 for the bumper and 200 for the lamps, against 900 for everything from one.
  await page.locator('details[open]', { hasText: t.splitTitle }).getByText(word('en', 'splitSaves', { amount: '400.00 SAR' })).waitFor();

  // What is bought of whom adds up to it.
  const split = page.locator('.split li');
  await split.filter({ hasText: 'Lamp' }).getByText('200.00').waitFor();
  assert.match(await split.filter({ hasText: 'Lamp' }).textContent(), /2 × 100\.00/);
  assert.match(await split.filter({ hasText: 'Bumper' }).textContent(), /300\.00/);
  assert.ok((await row('Lamp').getByRole('rowheader').textContent()).includes(t.unitPrice), 'the table compares what one costs');

  // Whose bid it is: what others said, and when it is open.
  const always = Object.fromEntries(DAYS.map((day) => [day, [{ opens: '00:00', closes: '24:00' }]]));
  await server.call(amal.access_token, 'PUT', '/users/merchant-profile', { business_name: 'Amal', business_hours: always });
  await table.getByRole('button', { name: word('en', 'meet', { name: 'Amal' }) }).click();
  await page.locator('dialog[open]').getByText(t.unrated).waitFor();
  await page.locator('dialog[open] summary', { hasText: t.openNow }).click();
  assert.deepEqual(await page.locator('dialog[open] dd:visible').allInnerTexts(), DAYS.map(() => '00:00 – 24:00'));
  await page.keyboard.press('Escape');
  await table.getByRole('button', { name: word('en', 'chooseOf', { name: 'Amal' }) }).click();
  await page.getByRole('button', { name: t.acceptYes }).click();
  await page.getByRole('heading', { name: t.order }).waitFor();
  const [order] = (await server.call(amal.access_token, 'GET', '/orders')).data;
  for (const step of ['confirm', 'prepare', 'ship', 'deliver']) await server.call(amal.access_token, 'POST', `/orders/${order.id}/${step}`);
  await server.call(customer.access_token, 'POST', `/orders/${order.id}/review`, { stars: 4, comment: 'Fitted at once' });
  await until('the rating', async () => (await server.call(customer.access_token, 'GET', `/users/merchants/${amal.user.id}`)).rated_orders === 1);
  assert.equal(whole.bid.landed, '900.00');
  await page.goto(`${server.url}/#/room/${request.id}`);
  await page.locator('ol.board').getByRole('button', { name: word('en', 'meet', { name: 'Amal' }) }).click();
  await page.locator('dialog[open]').getByText('Fitted at once').waitFor();
  await page.locator('dialog[open]').getByRole('img', { name: word('en', 'starsOf', { n: '4.0' }) }).first().waitFor();
  await page.getByRole('button', { name: t.block }).click();
  await page.getByText(t.isBlocked).waitFor();
  const blocks = async () => (await server.call(customer.access_token, 'GET', '/users/blocks')).data.map((one) => one.merchant_id);
  assert.deepEqual(await blocks(), [amal.user.id]);
  await page.getByRole('button', { name: t.unblock }).click();
  await page.getByRole('button', { name: t.block }).waitFor();
  assert.deepEqual(await blocks(), []);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('past the deadline a room is closing until the server says that it closed', { timeout: 60_000 }, async () => {
  const t = WORDS.ar;
  const request = await server.request(customer, 'مرآة');
  const { context, page, complaints } = await open(browser, server, { lang: 'ar', session: customer });
  let tell = null;
  await page.routeWebSocket('**/live', (near) => {
    const far = near.connectToServer();
    far.onMessage((text) => {
      const frame = JSON.parse(text);
      // As if the deadline had been a second ago and the word of the close were on its way.
      if (frame.type === 'snapshot') {
        tell = () => near.send(JSON.stringify({ type: 'room.closed', epoch: frame.epoch, seq: frame.seq + 1, server_time: frame.server_time, cause: 'deadline' }));
        near.send(JSON.stringify({ ...frame, closes_at: new Date(Date.parse(frame.server_time) - 1_000).toISOString() }));
      } else near.send(text);
    });
  });
  await page.goto(`${server.url}/#/room/${request.id}`);
  await page.locator('.timer', { hasText: t.closing }).waitFor();
  tell();
  await page.getByText(t.ended).waitFor();
  assert.equal(await page.locator('.timer').count(), 0);
  assert.deepEqual(complaints, []);
  await context.close();
});
