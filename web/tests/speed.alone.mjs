// A room with 500 bids and ten updates a second, and what the first load costs. Frames are counted where the browser paints them;
// work is counted in time of the processor, because machines that test are busy with other things. It runs when no other test does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DESK, PHONE, Server, open, stage } from './server.mjs';

const BIDS = 500;
const UPDATES_PER_S = 10;
const WATCHED_MS = 5_000;
/** At 60 frames a second one takes 16.7 ms; some are late. */
const FRAME_MS = 1_000 / 60 + 4;
/** What the page may take of each second of a processor. */
const WORK_MS = 250;
/** Another program may take the processor for a while: it is looked again before anybody is blamed. */
const TRIES = 3;
/** The first load, packed. */
const SCRIPT_BYTES = 150_000;
/** What is called good for the first contentful paint. */
const PAINT_MS = 1_800;

const server = new Server();
let browser;
let customer;
let request;

stage(server, async (launched) => {
  browser = launched;
  customer = await server.person('customer', 'Sara', '0501111111');
  request = await server.request(customer, 'Bumper');
});

/** A room as busy as one gets, told by the protocol: what the server sends, without five hundred merchants. */
class Room {
  #seq = 0;
  #prices = new Map();
  #frames = 0;

  #bid(n) {
    return `bid_${String(n).padStart(13, '0')}`;
  }

  #top() {
    const best = [...this.#prices].sort((a, b) => a[1] - b[1]).slice(0, 5);
    return best.map(([n, halalas], at) => ({
      rank: at + 1, bid: this.#bid(n), alias: `B${n}`, version: 1, landed: (halalas / 100).toFixed(2), delivery_hours: 24 + n % 48, warranty_days: 90,
      score: { price: 100 - at * 4.2, merchant: 70 + n % 30, delivery: 60 + n % 40, total: 90 - at * 2.5 }, merchant: `usr_${String(n).padStart(13, '0')}`, merchant_name: `Merchant ${n}`,
    }));
  }

  #now = () => new Date().toISOString();

  snapshot() {
    const at = Date.now();
    return {
      type: 'snapshot', epoch: 'e', seq: 0, server_time: this.#now(), request_id: request.id, state: 'bidding_open', paused: false, visibility: 'open',
      opens_at: new Date(at - 60_000).toISOString(), closes_at: new Date(at + 3_600_000).toISOString(), currency: 'SAR', board: [], live_bids: 0,
      you: { role: 'host' }, watchers: 40,
    };
  }

  /** A bid, and the board behind it. */
  next(type = 'bid.revised') {
    const n = type === 'bid.placed' ? this.#prices.size : (this.#frames * 37) % BIDS;
    this.#frames += 1;
    // Everybody cuts somewhat; who leads changes all the time.
    this.#prices.set(n, Math.max(1_000, (this.#prices.get(n) ?? 200_000 + n * 10) - 900 - (this.#frames * 7) % 400));
    const landed = (this.#prices.get(n) / 100).toFixed(2);
    this.#seq += 1;
    const at = { epoch: 'e', seq: this.#seq, server_time: this.#now() };
    const bid = { id: this.#bid(n), alias: `B${n}`, merchant_name: `Merchant ${n}`, version: 2, landed, delivery_hours: 24, warranty_days: 90, rank: 3 };
    const top = this.#top();
    return [{ type, ...at, bid }, { type: 'board', ...at, top, live_bids: this.#prices.size, best_landed: top[0].landed }];
  }
}

/** How long frames take while a page is watched, and the processor's time that it took in a second, all in milliseconds. */
async function watch(page, ms) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busy = async () => (await devtools.send('Performance.getMetrics')).metrics.find((one) => one.name === 'TaskDuration').value * 1_000;
  const before = await busy();
  const frames = await page.evaluate((ms) => new Promise((done) => {
    const deltas = [];
    let last = null;
    const began = performance.now();
    requestAnimationFrame(function frame(now) {
      if (last !== null) deltas.push(now - last);
      last = now;
      if (now - began < ms) requestAnimationFrame(frame);
      else done(deltas);
    });
  }), ms);
  const work = (await busy()) - before;
  await devtools.detach();
  const sorted = [...frames].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { frames: frames.length, p50: at(0.5), p95: at(0.95), max: sorted.at(-1), work: work / (ms / 1_000) };
}

const told = (name, { frames, p50, p95, max, work }) =>
  console.log(`${name}: ${frames} frames, p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, max ${max.toFixed(1)} ms, ${work.toFixed(0)} ms of work a second`);

for (const [name, viewport] of [['phone', PHONE], ['desk', DESK]]) {
  test(`a room with ${BIDS} bids and ${UPDATES_PER_S} updates a second keeps its frames (${name})`, { timeout: 90_000 }, async () => {
    const { context, page, complaints } = await open(browser, server, { lang: 'ar', session: customer, viewport });
    const room = new Room();
    let send = null;
    await page.routeWebSocket('**/live', (socket) => {
      send = (frames) => frames.forEach((frame) => socket.send(JSON.stringify(frame)));
      socket.onMessage((text) => {
        const frame = JSON.parse(text);
        if (frame.type === 'ping') socket.send(JSON.stringify({ type: 'pong', t0: frame.t0, t1: new Date().toISOString() }));
        if (frame.type === 'join') send([room.snapshot()]);
      });
    });
    await page.goto(`${server.url}/#/room/${request.id}`);
    await page.waitForSelector('.connection.live');
    for (let n = 0; n < BIDS; n++) send(room.next('bid.placed'));
    await page.waitForSelector('canvas');
    await page.waitForFunction(() => document.querySelectorAll('ol.board > li').length === 5);
    await page.waitForTimeout(1_000);
    let rest;
    let fed;
    for (let tries = 0; tries < TRIES; tries++) {
      rest = await watch(page, WATCHED_MS / 2);
      const feeding = setInterval(() => send(room.next()), 1_000 / UPDATES_PER_S);
      fed = await watch(page, WATCHED_MS).finally(() => clearInterval(feeding));
      told(`${name}, at rest`, rest);
      told(`${name}, fed`, fed);
      if (fed.p95 <= FRAME_MS) break;
    }
    assert.ok(fed.work <= WORK_MS, `${fed.work} ms of work a second`);
    // Where not even a page that rests is painted in time there is no processor left, and frames tell nothing of the page.
    assert.ok(fed.p95 <= Math.max(FRAME_MS, 1.5 * rest.p95), `a frame in twenty takes ${fed.p95} ms, at rest ${rest.p95} ms`);
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test('the first page is there soon, does not jump, and asks for little', { timeout: 60_000 }, async () => {
  let seen;
  for (let tries = 0; tries < TRIES; tries++) {
    seen = await firstLoad();
    console.log(`first load: ${seen.asked.length} answers, ${(seen.bytes / 1_000).toFixed(1)} kB of script, painted after ${seen.paint.toFixed(0)} ms, moved by ${seen.shift.toFixed(3)}`);
    if (seen.paint <= PAINT_MS) break;
  }
  assert.ok(seen.bytes > 0 && seen.bytes <= SCRIPT_BYTES, `${seen.bytes} bytes of script`);
  assert.ok(seen.paint <= PAINT_MS, `painted after ${seen.paint} ms`);
  assert.ok(seen.shift <= 0.1, `it moves by ${seen.shift}`);
  assert.ok(seen.asked.length <= 12, seen.asked.join('\n'));
});

/** What a browser that was never here asks for, and what its reader sees. */
async function firstLoad() {
  const context = await browser.newContext({ viewport: PHONE });
  const page = await context.newPage();
  const asked = [];
  page.on('response', (answer) => asked.push(answer.url()));
  await page.goto(server.url);
  await page.waitForSelector('h1');
  await page.waitForLoadState('networkidle');
  const seen = await page.evaluate(() => new Promise((done) => {
    let shift = 0;
    new PerformanceObserver((list) => { for (const one of list.getEntries()) shift += one.hadRecentInput ? 0 : one.value; }).observe({ type: 'layout-shift', buffered: true });
    const scripts = performance.getEntriesByType('resource').filter((one) => one.name.endsWith('.js'));
    setTimeout(() => done({
      shift, paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity, bytes: scripts.reduce((sum, one) => sum + one.encodedBodySize, 0),
    }), 300);
  }));
  await context.close();
  return { ...seen, asked };
}
