import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Api } from '../../web/assets/api.js';
import { sha256, solve, zeroBits } from '../../web/assets/work.js';

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

test('a call that costs work is repeated with it, once', async () => {
  globalThis.sessionStorage ??= { getItem: () => null, setItem() {}, removeItem() {} };
  const sent = [];
  globalThis.fetch = async (_, { headers }) => {
    sent.push(headers['Work-Answer']);
    return { ok: false, status: 428, json: async () => ({ code: 'work_needed', challenge: `c${sent.length}`, bits: 4 }) };
  };
  const api = new Api(() => 'en', () => {});
  await assert.rejects(api.post('/auth/register', {}), (problem) => problem.code === 'work_needed');
  assert.equal(sent.length, 2);
  assert.equal(sent[0], undefined);
  assert.match(sent[1], /^c1\.\d+$/);
});
