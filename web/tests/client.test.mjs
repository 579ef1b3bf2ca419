// Who is signed in, without a browser: what becomes of calls whose token is too old.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Api } from '../src/api/client.ts';

const storage = () => {
  const kept = new Map();
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, text) => kept.set(name, text), removeItem: (name) => kept.delete(name) };
};
const json = (status, body = {}) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

test('a call that hears late of its old token takes the new one that another call got', async (context) => {
  Object.assign(globalThis, { sessionStorage: storage(), localStorage: storage() });
  const asked = [];
  const held = [];
  context.mock.method(globalThis, 'fetch', async (request, init) => {
    const { pathname } = new URL(request.url ?? request, 'http://server.test');
    const token = request.headers?.get('Authorization');
    asked.push(`${pathname.split('/').at(-1)} ${token ?? init.method}`);
    if (pathname.endsWith('/refresh')) return json(200, { access_token: 'new', refresh_token: 'second' });
    if (token === 'Bearer new') return json(200);
    if (pathname.endsWith('/late')) await new Promise((go) => held.push(go));
    return json(401, { code: 'token_expired' });
  });
  const api = new Api({ language: () => 'en', onSignedOut: () => assert.fail('nobody is signed out') });
  api.keep({ access_token: 'old', refresh_token: 'first' });
  const call = (name) => api.send(new Request(`http://server.test/${name}`));
  const late = call('late');
  assert.equal((await call('soon')).status, 200);
  held[0]();
  assert.equal((await late).status, 200);
  assert.deepEqual(asked, ['late Bearer old', 'soon Bearer old', 'refresh POST', 'soon Bearer new', 'late Bearer new']);
});
