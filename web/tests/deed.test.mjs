import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../src/api/client.ts';
import { Deed } from '../src/api/deed.ts';

/** What a call is answered with, in this order; a Problem is thrown. */
function calls(...answers) {
  const keys = [];
  const call = async ({ headers }) => {
    keys.push(headers['Idempotency-Key']);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { keys, call };
}

for (const [name, problem, same] of [
  ['a lost answer', new Problem(0, { code: 'network' }), true],
  ['an answer that says nothing', new Problem(502, null), true],
  ['a first call that still runs', new Problem(409, { code: 'key_in_progress' }), true],
  ['a refusal', new Problem(422, { code: 'validation_failed' }), false],
]) {
  test(`after ${name} the same is ${same ? 'the same deed' : 'another deed'}`, async () => {
    const deed = new Deed();
    const { keys, call } = calls(problem, 'made');
    await assert.rejects(deed.run({ n: 1 }, call));
    assert.deepEqual(deed.open, same ? { n: 1 } : null);
    assert.equal(await deed.run({ n: 1 }, call), 'made');
    assert.equal(keys[0] === keys[1], same);
    assert.equal(deed.open, null);
  });
}

test('what was done is done: the same again, or something else, is another deed', async () => {
  const deed = new Deed();
  const { keys, call } = calls('made', 'made', new Problem(0, { code: 'network' }), 'made');
  await deed.run({ n: 1 }, call);
  await deed.run({ n: 1 }, call);
  await assert.rejects(deed.run({ n: 2 }, call));
  await deed.run({ n: 3 }, call);
  assert.equal(new Set(keys).size, 4);
});
