import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RoomLink, ServerClock, afterClose, askedWait, wait } from '../src/room/index.ts';
import { FakeSocket } from './socket.mjs';

/** Lets promises that are settled say so. */
const settle = () => new Promise((go) => { setImmediate(go); });

async function setup(position = () => null, credential = () => ({ token: 'tok' })) {
  FakeSocket.all = [];
  let now = 1_000;
  const due = [];
  const timers = {
    setTimeout: (run, ms) => { due.push({ run, at: now + ms, id: due.length + 1 }); return due.length; },
    clearTimeout: (id) => { const timer = due.find((t) => t.id === id); if (timer) timer.gone = true; },
  };
  const pass = async (ms) => {
    const until = now + ms;
    for (;;) {
      const next = due.filter((t) => !t.gone && t.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      next.gone = true;
      now = next.at;
      next.run();
      await settle();
    }
    now = until;
  };
  const clock = new ServerClock(() => now);
  const frames = [];
  const states = [];
  const link = new RoomLink({
    url: 'ws://x', credential, clock, position, timers, Socket: FakeSocket,
    onFrame: (frame) => frames.push(frame), onStatus: (status) => states.push(status),
  });
  await link.open();
  return { link, clock, frames, states, pass, socket: () => FakeSocket.all.at(-1) };
}
const SNAPSHOT = { type: 'snapshot', epoch: 'e', seq: 1, server_time: '2026-11-22T10:00:00.000000Z' };

test('close codes say what to do', async () => {
  for (const [code, what] of [[1000, 'retry'], [1001, 'retry'], [1006, 'retry'], [1012, 'retry'], [1008, 'stop'], [1009, 'stop'],
    [4401, 'signin'], [4403, 'stop'], [4404, 'stop'], [4408, 'rejoin']]) {
    assert.equal(afterClose(code), what, String(code));
  }
});

test('waits double up to a bound and are spread out', async () => {
  assert.equal(wait(0, () => 1), 400);
  assert.equal(wait(3, () => 1), 3_200);
  assert.equal(wait(30, () => 1), 20_000);
  assert.equal(wait(3, () => 0), 800);
});

test('says who it is, then joins, and is live after the snapshot', async () => {
  const room = await setup();
  room.socket().open();
  assert.deepEqual(room.socket().sent.map((frame) => frame.type), ['auth', 'join']);
  assert.equal(room.socket().sent[0].token, 'tok');
  assert.equal(room.socket().sent[1].since, undefined);
  room.socket().hear(SNAPSHOT);
  assert.deepEqual(room.states, ['connecting', 'live']);
  assert.equal(room.frames.length, 1);
});

test('comes back with what it has seen', async () => {
  const room = await setup(() => ({ epoch: 'e', seq: 7 }));
  room.socket().open();
  room.socket().hear(SNAPSHOT);
  room.socket().close(1012);
  assert.equal(room.states.at(-1), 'waiting');
  await room.pass(20_000);
  assert.equal(FakeSocket.all.length, 2);
  room.socket().open();
  assert.deepEqual(room.socket().said('join')[0].since, { epoch: 'e', seq: 7 });
});

test('a command that was not answered is asked again under its own key', async () => {
  const room = await setup();
  room.socket().open();
  room.socket().hear(SNAPSHOT);
  const answer = room.link.command({ type: 'bid.place', idempotency_key: 'k1', bid: {} });
  const [first] = room.socket().said('bid.place');
  room.socket().close(1006);
  await room.pass(1_000);
  room.socket().open();
  assert.equal(room.socket().said('bid.place').length, 0, 'not before it is back in the room');
  room.socket().hear(SNAPSHOT);
  const [second] = room.socket().said('bid.place');
  assert.deepEqual(second, first);
  room.socket().hear({ type: 'reply', id: second.id, ok: { rank: 1 } });
  assert.deepEqual((await answer).ok, { rank: 1 });
  room.socket().close(1006);
  await room.pass(1_000);
  room.socket().open();
  room.socket().hear(SNAPSHOT);
  assert.equal(room.socket().said('bid.place').length, 0, 'answered once, never again');
});

test('does not come back where it is not wanted', async () => {
  for (const [code, status] of [[4403, 'stopped'], [4401, 'signin']]) {
    const room = await setup();
    room.socket().open();
    room.socket().close(code);
    await room.pass(60_000);
    assert.equal(room.states.at(-1), status);
    assert.equal(FakeSocket.all.length, 1);
  }
});

test('a silent line is given up', async () => {
  const room = await setup();
  room.socket().open();
  room.socket().hear(SNAPSHOT);
  await room.pass(41_000);
  assert.ok(room.states.includes('waiting'));
  await room.pass(20_000);
  assert.equal(FakeSocket.all.length, 2);
});

test('after sleep a dead line is given up within seconds, and one that lives stays', async () => {
  const dead = await setup(() => ({ epoch: 'e', seq: 7 }));
  dead.socket().open();
  dead.socket().hear(SNAPSHOT);
  dead.link.hurry();
  await dead.pass(3_000);
  assert.equal(dead.states.at(-1), 'live', 'it gets time to answer');
  await dead.pass(2_000);
  assert.equal(FakeSocket.all.length, 2);
  dead.socket().open();
  assert.deepEqual(dead.socket().said('join')[0].since, { epoch: 'e', seq: 7 });
  // Also one that never came through on the network that is gone.
  dead.link.hurry();
  await dead.pass(6_000);
  assert.equal(FakeSocket.all.length, 3);

  const living = await setup();
  living.socket().open();
  living.socket().hear(SNAPSHOT);
  living.link.hurry();
  living.socket().hear({ type: 'pong', t0: 1_000, t1: '2026-11-22T10:00:00.000000Z' });
  await living.pass(9_000);
  assert.deepEqual([living.states, FakeSocket.all.length], [['connecting', 'live'], 1]);
});

test('a ticket comes in by the url, and the snapshot comes unasked', async () => {
  const room = await setup(() => null, async () => ({ ticket: 'a b' }));
  assert.equal(room.socket().url, 'ws://x?ticket=a%20b');
  room.socket().open();
  assert.deepEqual(room.socket().sent, []);
  room.socket().hear(SNAPSHOT);
  assert.equal(room.states.at(-1), 'live');
});

test('a server that gives no credential is asked again', async () => {
  let asked = 0;
  const room = await setup(() => null, () => { asked += 1; if (asked === 1) throw new Error('gone'); return { token: 't' }; });
  assert.equal(room.states.at(-1), 'waiting');
  await room.pass(1_000);
  assert.equal(asked, 2);
  assert.equal(FakeSocket.all.length, 1);
});

test('what the room refuses is told, and a crowded room is not', async () => {
  const room = await setup();
  room.socket().open();
  const { id } = room.socket().said('join')[0];
  room.socket().hear({ type: 'reply', id, problem: { code: 'busy' } });
  assert.equal(room.states.at(-1), 'connecting');
  room.socket().hear({ type: 'reply', id, problem: { code: 'not_eligible' } });
  assert.equal(room.states.at(-1), 'refused');
});

test('the clock trusts the quickest answer', async () => {
  let now = 10_000;
  const clock = new ServerClock(() => now);
  clock.hint(17_000);
  assert.equal(clock.now(), 17_000);
  clock.sample(10_000, 15_400, 10_800); // 800 ms there and back: 5 000 ± 400
  clock.sample(11_000, 16_010, 11_020); // 20 ms: 5 000 ± 10
  clock.sample(12_000, 17_300, 12_400);
  now = 20_000;
  assert.equal(clock.now(), 25_000);
  assert.equal(clock.error, 10);
});

test('a stale sample gives way to a fresh one', async () => {
  let now = 0;
  const clock = new ServerClock(() => now);
  clock.sample(0, 1_000, 2);
  now = 11 * 60_000;
  clock.sample(now - 100, now + 2_000, now);
  assert.equal(Math.round(clock.offset), 2_050);
});

test('a restarting server says when to come back', async () => {
  assert.equal(askedWait(1012, 'restart retry_ms=1834'), 1834);
  for (const [code, reason] of [[1012, 'restart'], [1012, undefined], [1006, 'restart retry_ms=5'], [1012, 'retry_ms=x']]) {
    assert.equal(askedWait(code, reason), null, `${code} ${reason}`);
  }
});
