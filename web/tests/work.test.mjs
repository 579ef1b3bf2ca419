import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Api, must } from '../src/api/client.ts';
import { sha256, solve, zeroBits } from '../src/api/work.ts';

const hex = (words) => [...words].map((word) => word.toString(16).padStart(8, '0')).join('');

test('the digest is SHA-256, whatever the length', () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, n) => (n * 37 + length) % 256);
    assert.equal(hex(sha256(bytes)), createHash('sha256').update(bytes).digest('hex'), `${length} bytes`);
  }
});

test('an answer begins with as many zero bits as were asked for', async () => {
  const answer = await solve({ challenge: 'a.b.c', bits: 15 });
  assert.match(answer, /^a\.b\.c\.\d+$/);
  const digest = createHash('sha256').update(answer).digest();
  assert.ok(digest.readUInt32BE(0) < 2 ** 17, digest.toString('hex'));
  assert.ok(zeroBits(answer) >= 15);
});

/** A tab's memory, and a server that answers what `answer` says to the n-th call. */
function setup(session, answer) {
  let kept = session ? JSON.stringify(session) : null;
  globalThis.sessionStorage = { getItem: () => kept, setItem: (_, text) => { kept = text; }, removeItem: () => { kept = null; } };
  const sent = [];
  globalThis.fetch = async (request, options) => {
    const whole = new Request(request, options);
    sent.push({ path: new URL(whole.url).pathname, headers: Object.fromEntries(whole.headers), body: await whole.text() });
    const { status, content } = answer(sent.length, sent.at(-1));
    return new Response(JSON.stringify(content ?? {}), { status, headers: { 'Content-Type': 'application/json' } });
  };
  let out = 0;
  const api = new Api({ language: () => 'en', onSignedOut: () => { out += 1; }, baseUrl: 'http://x' });
  return { api, sent, kept: () => JSON.parse(kept), out: () => out };
}
const register = { name: 'n', phone: '0500000000', password: 'p', type: 'customer' };

test('a call that costs work is repeated with it, once, under its own key', async () => {
  const { api, sent } = setup(null, (n) => ({ status: 428, content: { code: 'work_needed', challenge: `c${n}`, bits: 4 } }));
  await assert.rejects(must(api.http.POST('/api/v1/auth/register', { body: register })), (problem) => problem.code === 'work_needed');
  assert.equal(sent.length, 2);
  assert.equal(sent[0].headers['work-answer'], undefined);
  assert.match(sent[1].headers['work-answer'], /^c1\.\d+$/);
  assert.equal(sent[0].headers['idempotency-key'], sent[1].headers['idempotency-key']);
  assert.deepEqual(JSON.parse(sent[1].body), register);
});

test('an old token is renewed once for all that wait, and the call is sent again', async () => {
  const fresh = { access_token: 'new', refresh_token: 'r2' };
  const { api, sent, kept } = setup({ access_token: 'old', refresh_token: 'r1', user: { id: 'u' } }, (_, one) => {
    if (one.path.endsWith('/refresh')) return { status: 200, content: fresh };
    return one.headers.authorization === 'Bearer new' ? { status: 200, content: { data: [] } } : { status: 401, content: { code: 'token_expired' } };
  });
  await Promise.all([must(api.http.GET('/api/v1/orders')), must(api.http.GET('/api/v1/bidding/bids'))]);
  assert.equal(sent.filter((one) => one.path.endsWith('/refresh')).length, 1, 'a token that is spent twice ends the session');
  assert.deepEqual(kept(), { ...fresh, user: { id: 'u' } });
});

test('a session that cannot be renewed is over; a server that is gone says nothing of it', async () => {
  const over = setup({ access_token: 'old', refresh_token: 'r1' }, () => ({ status: 401, content: { code: 'refresh_refused' } }));
  await assert.rejects(must(over.api.http.GET('/api/v1/orders')), (problem) => problem.status === 401);
  assert.deepEqual([over.kept(), over.out(), over.api.signedIn], [null, 1, false]);
  const gone = setup({ access_token: 'old', refresh_token: 'r1' }, (n) => { if (n > 1) throw new TypeError('gone'); return { status: 401 }; });
  await assert.rejects(must(gone.api.http.GET('/api/v1/orders')), (problem) => problem.code === 'network');
  assert.deepEqual([gone.out(), gone.api.signedIn], [0, true]);
});
