import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FeedLink } from '../src/feed/link.ts';
import { FakeSocket } from './socket.mjs';

async function setup() {
  FakeSocket.all = [];
  let due = [];
  const timers = {
    setTimeout: (run, ms) => { const timer = { run, ms }; due.push(timer); return timer; },
    clearTimeout: (timer) => { due = due.filter((one) => one !== timer); },
  };
  /** Runs what waits for less than the silence that gives a line up. */
  const pass = async () => {
    const now = due.filter(({ ms }) => ms < 30_000);
    due = due.filter((one) => !now.includes(one));
    for (const { run } of now) run();
    await new Promise((go) => { setImmediate(go); });
  };
  const told = [];
  const link = new FeedLink({
    url: 'ws://x?lang=ar', credential: () => ({ token: 'tok' }), timers, Socket: FakeSocket,
    onNotice: ({ id }) => told.push(id), onUnread: (count) => told.push(count), onReload: () => told.push('reload'), onStatus: (status) => told.push(status),
  });
  await link.open();
  const socket = () => FakeSocket.all.at(-1);
  socket().open();
  return { link, told, pass, socket };
}
const notice = (id) => ({ type: 'notice', notice: { id } });

test('a feed says who it is, joins from now on, and counts', async () => {
  const { told, socket } = await setup();
  assert.equal(socket().url, 'ws://x?lang=ar');
  assert.deepEqual(socket().sent.map(({ type, token, since }) => [type, token, since]), [['auth', 'tok', undefined], ['join', undefined, undefined]]);
  socket().hear({ type: 'unread', count: 3 });
  assert.deepEqual(told, ['connecting', 3, 'live']);
});

test('a feed goes on behind the last that came, and nothing comes twice', async () => {
  const { told, pass, socket } = await setup();
  socket().hear({ type: 'unread', count: 0 });
  socket().hear(notice('ntc_1'));
  socket().hear(notice('ntc_2'));
  socket().close(1006);
  await pass();
  socket().open();
  assert.equal(socket().said('join')[0].since, 'ntc_2');
  // A join may repeat some.
  for (const id of ['ntc_2', 'ntc_3']) socket().hear(notice(id));
  assert.deepEqual(told.filter((one) => String(one).startsWith('ntc')), ['ntc_1', 'ntc_2', 'ntc_3']);
});

test('where too much was missed the list is read, and the feed goes on from there', async () => {
  const { told, pass, socket } = await setup();
  socket().hear(notice('ntc_1'));
  socket().close(4408);
  await pass();
  socket().open();
  socket().hear({ type: 'reload' });
  assert.ok(told.includes('reload'));
  socket().close(1006);
  await pass();
  socket().open();
  assert.equal(socket().said('join')[0].since, undefined, 'what the server has forgotten is not asked for again');
});

test('a feed whose sign-in ended asks for another, and comes back with it', async () => {
  const { link, told, pass, socket } = await setup();
  socket().hear({ type: 'unread', count: 0 });
  socket().close(4401);
  await pass();
  assert.deepEqual([told.at(-1), FakeSocket.all.length], ['signin', 1]);
  await link.open();
  assert.equal(FakeSocket.all.length, 2);
});

test('every way that a notice leads is a page', () => {
  const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const links = [...read('../../src/wire/notice/mod.rs').matchAll(/"\/#\/(\w+)/g)].map(([, word]) => word);
  const pages = [...read('../src/App.svelte').matchAll(/page === '(\w+)'|'', '(requests)'/g)].map(([, word, other]) => word ?? other);
  const more = [...read('../src/pages/more.ts').matchAll(/\['(\w+)'/g)].map(([, word]) => word);
  assert.ok(links.length >= 5, String(links));
  assert.deepEqual(links.filter((word) => ![...pages, ...more].includes(word)), []);
});
