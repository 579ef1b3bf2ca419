// An OpenID provider on loopback. Prints its issuer, serves until its standard input ends.
// Arguments: the redirect address of the one client. Whoever signs in as X has the proven address X, if X is one.

import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [redirect] = process.argv.slice(2);
let answer = (_, response) => response.writeHead(503).end();
const server = createServer((request, response) => answer(request, response));

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'mazad',
      client_secret: 'a secret of this test',
      redirect_uris: [redirect],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    pkce: { required: () => true },
    cookies: { keys: ['of this test alone'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id, name: `Person ${id}`,
        ...(id.includes('@') && { email: id.replace('unproven-', ''), email_verified: !id.startsWith('unproven-') }),
      }),
    }),
  });
  answer = provider.callback();
  console.log(issuer);
  // Nobody reads on, and a closed pipe would end the process.
  console.info = console.log = console.warn = () => {};
});

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
