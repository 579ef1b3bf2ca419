// Signing in with a provider in a real browser: a newcomer, an account that is connected to one, and an answer that nobody asked for.
// The provider is a real one (tests/oidc).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { WORDS, word } from '../src/words/index.ts';
import { Server, launch, open } from './server.mjs';

const START = new URL('../../tests/oidc/start.mjs', import.meta.url).pathname;
const t = WORDS.en;
let provider;
let server;
let browser;

/** A port that is free: the provider is told where its people go back to before the server is there. */
function freePort() {
  return new Promise((found) => {
    const listener = createServer().listen(0, '127.0.0.1', () => {
      const { port } = listener.address();
      listener.close(() => found(port));
    });
  });
}

before(async () => {
  const base = `http://127.0.0.1:${await freePort()}`;
  provider = spawn(process.execPath, [START, `${base}/api/v1/auth/oidc/test/callback`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const issuer = await new Promise((told, failed) => {
    provider.stdout.setEncoding('utf8').once('data', (text) => told(text.trim()));
    provider.once('exit', () => failed(new Error('the provider does not start: npm ci --prefix tests/oidc')));
  });
  server = new Server({ MAZAD__HTTP__ADDRESS: base.slice('http://'.length), MAZAD__AUTH__PUBLIC_URL: base }, `[[oidc]]
name = "test"
label = "Test"
issuer = "${issuer}"
client_id = "mazad"
client_secret = "a secret of this test"
scopes = ["email", "profile"]
`);
  await server.start();
  browser = await launch();
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  await server?.end();
  provider?.kill();
});

/** Whether it is our page that complains: the provider's want a font from elsewhere, and have no picture of their own. */
const own = (text) => !/fonts\.googleapis|ERR_NAME_NOT_RESOLVED|status of 404/.test(text);

/** Signs in on the provider's pages and agrees. */
async function agree(page, login) {
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

test('a newcomer proves a phone, and is let in without one the next time', { timeout: 60_000 }, async () => {
  const { context, page, complaints } = await open(browser, server, { lang: 'en', at: '/signin' });
  await page.getByRole('link', { name: word('en', 'signInWith', { name: 'Test' }) }).click();
  await agree(page, 'sara@mail.example');
  const before = server.texts;
  await page.getByLabel(t.phone).fill('0501111111');
  await page.getByRole('button', { name: t.sendCode }).click();
  await page.getByLabel(t.code).fill(await server.codeAfter(before));
  await page.getByRole('button', { name: t.confirm }).click();
  await page.getByRole('navigation').waitFor();
  await page.goto(`${server.url}/#/account`);
  await page.getByText('Person sara@mail.example').waitFor();
  await page.click('#leave');
  await page.getByRole('link', { name: word('en', 'signInWith', { name: 'Test' }) }).click();
  await page.getByRole('navigation').waitFor();
  assert.deepEqual(complaints.filter(own), []);
  await context.close();
});

test('who has an account connects one at a provider, and signs in with it', { timeout: 60_000 }, async () => {
  // Whoever has just proven a phone gets no other code for a minute; an administrator's account is made without one.
  const session = await server.admin('Noor', '0502222222');
  const { context, page, complaints } = await open(browser, server, { lang: 'en', session, at: '/sessions' });
  const way = page.getByRole('link', { name: word('en', 'connectTo', { name: 'Test' }) });
  const before = server.texts;
  await way.click();
  await agree(page, 'noor@mail.example');
  await page.getByLabel(t.code).fill(await server.codeAfter(before));
  await page.getByRole('button', { name: t.confirm }).click();
  await page.getByText(t.connected).waitFor();
  await page.getByText(t.thisDevice).waitFor();
  assert.equal(await page.locator('main section').first().locator('li').count(), 1, 'the sign-in from before has ended');
  await page.goto(`${server.url}/#/account`);
  await page.click('#leave');
  await page.getByRole('link', { name: word('en', 'signInWith', { name: 'Test' }) }).click();
  await page.getByRole('navigation').waitFor();
  await page.goto(`${server.url}/#/account`);
  await page.getByText('Noor', { exact: true }).waitFor();
  await page.goto(`${server.url}/#/sessions`);
  await page.getByRole('button', { name: word('en', 'disconnectFrom', { name: 'Test' }) }).click();
  await page.getByText(t.disconnected).waitFor();
  await way.waitFor();
  await page.goto(`${server.url}/#/account`);
  await page.click('#leave');
  await page.getByRole('link', { name: word('en', 'signInWith', { name: 'Test' }) }).click();
  await page.getByText(t.linkHint).waitFor();
  assert.deepEqual(complaints.filter(own), []);
  await context.close();
});

test('an answer that this tab did not ask for is not taken', { timeout: 60_000 }, async () => {
  const session = await server.person('customer', 'Huda', '0503333333');
  for (const [who, words] of [[session, t.connectFailed], [null, t.providerFailed]]) {
    const { context, page, complaints } = await open(browser, server, { lang: 'en', session: who });
    const sent = [];
    page.on('request', (request) => { if (request.url().endsWith('/link')) sent.push(request.url()); });
    // From elsewhere, as a link in a message.
    await page.goto(`${server.url}/health/live`);
    await page.goto(`${server.url}/#/oidc/test/${'A'.repeat(43)}`);
    await page.getByText(words).waitFor();
    assert.deepEqual([sent, complaints], [[], []]);
    await context.close();
  }
});
