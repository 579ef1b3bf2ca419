// A whole auction in three browsers: a customer and two merchants, a network that is cut, a server that restarts, a soft close, and
// the order that comes of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WORDS, word } from '../src/words/index.ts';
import { DESK, PHONE, Server, launch, open, until } from './server.mjs';
import { Wire } from './wire.mjs';

/** The window of the soft close and what it adds, in seconds: the shortest that three browsers on two cores can meet. */
const SOFT_CLOSE_S = 8;
const DURATION_S = 60;

const rows = (page) => page.locator('ol.board > li');
const live = (page) => page.waitForSelector('.connection.live');

/** Places a bid by hand, in two screens. */
async function place(page, t, price) {
  await page.getByRole('button', { name: t.placeBid, exact: true }).click();
  await page.locator('dialog[open] input').first().fill(price);
  await page.getByRole('button', { name: t.next }).click();
  await page.getByRole('button', { name: t.sendBid }).click();
}

/** The smallest cut that the rules take. */
async function cut(page, t) {
  await page.locator('.moves button').first().click();
  await page.getByRole('button', { name: t.sendBid }).click();
}

const verdict = (page, kind) => page.waitForSelector(`.verdict.${kind}`);

describe('a whole auction', { concurrency: 2 }, () => {
  for (const lang of ['ar', 'en']) {
    test(`from the request to the delivered order (${lang})`, { timeout: 300_000 }, async () => {
      const t = WORDS[lang];
      const server = new Server();
      const wire = new Wire();
      await server.start();
      await wire.start(() => server.url);
      const browser = await launch();
      try {
        const customer = await server.person('customer', 'Sara', '0501111111');
        const noor = await server.person('merchant', 'Noor', '0502222222');
        const amal = await server.person('merchant', 'Amal', '0503333333');
        const request = await server.request(customer, 'Bumper', {
          bidding_duration_s: DURATION_S, rules: { soft_close_s: SOFT_CLOSE_S, visibility: 'open' },
        });
        const at = `/room/${request.id}`;
        const tab = (session, where, viewport) => open(browser, where, { lang, session, at, viewport });
        const host = (await tab(customer, server, DESK)).page;
        const one = (await tab(noor, wire, PHONE)).page;
        const two = (await tab(amal, server, DESK)).page;
        await Promise.all([host, one, two].map(live));

        // A first bid is seen by everybody.
        await place(two, t, '120.00');
        await verdict(two, 'good');
        await Promise.all([host, one].map((page) => rows(page).first().waitFor()));
        assert.equal(await rows(host).first().locator('.who strong').textContent(), 'Amal', 'the customer reads names');
        assert.doesNotMatch(await rows(one).first().textContent(), /Amal/, 'a merchant does not');

        // The line is cut under one merchant, who bids all the same; the other goes on meanwhile.
        const moves = () => one.locator('.moves').evaluate((box) => box.getBoundingClientRect().top + scrollY);
        const stood = await moves();
        wire.cut();
        await one.waitForSelector('.connection.waiting, .connection.offline, .connection.connecting');
        assert.equal(await moves(), stood, 'no button moves from under a finger');
        await place(one, t, '110.00');
        await verdict(one, 'wait');
        await cut(two, t);
        await two.locator('.standing', { hasText: '118.00' }).waitFor();
        assert.equal(await rows(one).count(), 1, 'nothing comes through');
        wire.mend();
        await live(one);
        await verdict(one, 'good');
        await rows(one).nth(1).waitFor();
        await one.locator('.feed li', { hasText: '118.00' }).waitFor();
        await until('both bids', async () => (await rows(host).count()) === 2);
        const feed = await host.locator('.feed li').allTextContents();
        assert.equal(feed.filter((line) => line.includes('110.00')).length, 1, 'sent again, counted once');

        // A question, and its answer, while they watch.
        await one.getByLabel(t.ask).fill('Painted?');
        await one.getByRole('button', { name: t.sendQuestion }).click();
        await host.getByText('Painted?').waitFor();
        await host.getByLabel(t.answer).fill('White');
        await host.getByRole('button', { name: t.sendAnswer }).click();
        await two.getByText('White').waitFor();

        // From one network to another: no close ever comes, and the page finds out by itself.
        wire.change();
        await cut(two, t);
        await two.locator('.standing', { hasText: '116.00' }).waitFor();
        await verdict(two, 'good');
        assert.equal(await rows(one).filter({ hasText: '116.00' }).count(), 0, 'nothing comes through');
        await one.evaluate(() => dispatchEvent(new Event('online')));
        await rows(one).filter({ hasText: '116.00' }).waitFor();
        await live(one);

        // The server goes and comes; everybody is back without a hand's move.
        await server.stop();
        await Promise.all([host, one, two].map((page) => page.waitForSelector('.connection:not(.live)')));
        await server.start();
        await Promise.all([host, one, two].map(live));
        assert.equal(await rows(host).count(), 2);

        // A leading bid in the last moments moves the deadline, and the page says so.
        const read = () => server.call(customer.access_token, 'GET', `/orders/requests/${request.id}`);
        const left = async () => {
          const now = await read();
          return Date.parse(now.closes_at) - Date.parse(now.server_time);
        };
        const before = (await read()).closes_at;
        for (let ms = await left(); ms > (SOFT_CLOSE_S - 2) * 1_000; ms = await left()) {
          await new Promise((go) => { setTimeout(go, Math.min(ms - (SOFT_CLOSE_S - 2) * 1_000, 1_000)); });
        }
        const trailing = (await rows(host).first().locator('.who strong').textContent()) === 'Noor' ? two : one;
        const clock = () => one.locator('.clock').evaluate((box) => box.offsetHeight);
        const tall = await clock();
        await trailing.getByRole('button', { name: t.priceToLead }).click();
        await trailing.locator('.verdict.wait button').click();
        await trailing.getByRole('button', { name: t.sendBid }).click();
        await Promise.all([host, one, two].map((page) => page.locator('.extended', { hasText: t.cause_soft_close }).waitFor()));
        assert.equal(await clock(), tall, 'nor here');
        assert.ok(Date.parse((await read()).closes_at) > Date.parse(before));

        // It closes; the customer compares and buys; the merchant is told, and fulfils.
        await host.getByRole('heading', { name: t.compare }).waitFor({ timeout: 60_000 });
        await host.getByRole('button', { name: t.accept }).nth(1).waitFor();
        assert.equal(await host.getByRole('button', { name: t.accept }).count(), 2);
        const price = await host.locator('ol li .price bdi').first().textContent();
        await host.getByRole('button', { name: t.accept }).first().click();
        await host.getByRole('button', { name: t.acceptYes }).click();
        await host.getByRole('heading', { name: t.order }).waitFor();
        assert.ok((await host.locator('.lines .sum').textContent()).includes(price));
        await trailing.getByText(t.won).waitFor();
        const losing = trailing === one ? two : one;
        await losing.getByText(t.lost).waitFor();
        await trailing.locator('.outcome a').click();
        await trailing.locator('main ul a').first().click();
        for (const step of ['confirm', 'prepare', 'ship', 'deliver']) {
          await trailing.getByRole('button', { name: t[`step_${step}`] }).click();
        }
        await trailing.getByText(t.order_delivered).first().waitFor();
        await host.getByRole('button', { name: t.step_complete }).click();
        await host.locator('.status.completed').waitFor();
        await host.getByRole('radio', { name: word(lang, 'stars', { n: 4 }) }).check();
        await host.getByRole('button', { name: t.sendReview }).click();
        await host.getByText(t.reviewed).waitFor();
      } finally {
        await browser.close();
        await wire.end();
        await server.end();
      }
    });
  }
});
