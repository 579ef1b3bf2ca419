// The chain of a room's journal, computed anew by the definition in docs/audit.md, and what shows that it was changed.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Chain, microsOf, numberOf } from '../src/pages/desk/chain.ts';

const REQUEST = 'req_0000000000zz7';
const KINDS = ['published', 'opened', 'bid_placed', 'bid_placed', 'closed', 'reviewing'];
const AT = '2026-11-22T09:00:00.123456Z';

/** A journal as the server seals it: written here once more, and with other means. */
function journal(change = () => {}) {
  let prev = Buffer.alloc(32);
  const entries = KINDS.map((kind, n) => {
    const entry = { seq: n + 1, at: AT, kind, payload: `{"v":1,"kind":"${kind}","قطعة":${n}}`, fits: true };
    const numbers = Buffer.alloc(24);
    [numberOf(REQUEST), BigInt(entry.seq), microsOf(entry.at)].forEach((number, at) => numbers.writeBigInt64BE(number, 8 * at));
    prev = createHash('sha256').update(prev).update(numbers).update(entry.payload).digest();
    return { ...entry, hash: prev.toString('hex') };
  });
  const whole = { data: entries, head: { seq: entries.length, hash: prev.toString('hex') } };
  change(whole);
  return whole;
}

async function verdictOf({ data, head }, size = 4) {
  const chain = new Chain(REQUEST);
  for (let at = 0; at < data.length; at += size) await chain.take(data.slice(at, at + size), head);
  return chain.verdict(head);
}

test('a journal that nobody changed is whole, page by page', async () => {
  const { head } = journal();
  for (const size of [1, 4, 100]) {
    assert.deepEqual(await verdictOf(journal(), size), { whole: true, entries: 6, hidden: 0, head: head.hash });
  }
});

test('the bytes are those of the definition, written out', async () => {
  const chain = new Chain('req_0000000000001');
  const entry = { seq: 1, at: '1970-01-01T00:00:00.000001Z', kind: 'opened', payload: '{"v":1,"kind":"opened"}', fits: true };
  const bytes = Buffer.concat([Buffer.alloc(32), Buffer.from('000000000000000100000000000000010000000000000001', 'hex'), Buffer.from(entry.payload)]);
  const hash = createHash('sha256').update(bytes).digest('hex');
  await chain.take([{ ...entry, hash }], { seq: 1, hash });
  assert.equal(chain.verdict({ seq: 1, hash }).whole, true);
});

test('whatever was changed, the first entry that shows it is named', async () => {
  const broken = async (change) => {
    const { whole, seq, fault } = await verdictOf(journal(change));
    return whole ? 'whole' : `${seq} ${fault}`;
  };
  for (let n = 0; n < KINDS.length; n++) {
    const at = n + 1;
    assert.equal(await broken(({ data }) => { data[n].payload = data[n].payload.replace(`:${n}}`, `:${n + 10}}`); }), `${at} changed`);
    assert.equal(await broken(({ data }) => { data[n].at = '2026-11-22T09:00:00.123457Z'; }), `${at} changed`);
    assert.equal(await broken(({ data }) => { data[n].hash = data[n].hash.replace(/^./, (c) => (c === '0' ? '1' : '0')); }), `${at} changed`);
    assert.equal(await broken(({ data }) => { data[n].kind = 'cancelled'; }), `${at} kind`);
    assert.equal(await broken(({ data }) => { data.splice(n, 1); }), `${at} missing`);
    // A text that is not shown stands on the server's word.
    assert.equal(await broken(({ data }) => { data[n] = { ...data[n], payload: null, fits: false }; }), `${at} hidden`);
    assert.equal(await broken(({ data }) => { data[n] = { ...data[n], payload: null }; }), 'whole');
  }
  assert.equal(await broken(({ data }) => { [data[2], data[3]] = [data[3], data[2]]; }), '3 missing');
  assert.equal(await broken(({ data }) => { [data[2].payload, data[3].payload] = [data[3].payload, data[2].payload]; }), '3 changed');
  assert.equal(await broken(({ head }) => { head.hash = '0'.repeat(64); }), '6 head');
  assert.equal(await broken(({ head }) => { head.seq = 7; }), '7 missing');
  assert.equal(await broken(({ data }) => { data.length = 0; }), '1 missing');
  // What is written while it is read lies behind the head.
  assert.equal(await broken((of) => { of.head = { seq: 4, hash: of.data[3].hash }; }), 'whole');
});

test('numbers of ids and instants keep every digit', () => {
  assert.equal(numberOf('req_7zzzzzzzzzzzz'), 2n ** 63n - 1n);
  assert.equal(microsOf('2026-11-22T09:00:00.000001Z') - microsOf('2026-11-22T08:59:59.999999Z'), 2n);
  assert.throws(() => numberOf('req_il'), RangeError);
  assert.throws(() => numberOf('req_uuuuuuuuuuuuu'), RangeError);
});
