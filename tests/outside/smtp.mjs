// An SMTP server on loopback. Prints its port, then a line of JSON for every letter that it took, read by a parser that is not
// ours. Serves until its standard input ends. Argument: JSON of { tls: 'none' | 'always' | 'starttls', key, cert, user, pass }.
// A recipient such as 451@example.com is answered with that number.

import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

const { tls, key, cert, user, pass } = JSON.parse(process.argv[2]);

const server = new SMTPServer({
  secure: tls === 'always',
  ...(key && { key, cert }),
  hideSTARTTLS: tls !== 'starttls',
  authOptional: !user,
  disabledCommands: user ? [] : ['AUTH'],
  logger: false,
  disableReverseLookup: true,
  onAuth: (given, _, done) =>
    given.username === user && given.password === pass ? done(null, { user }) : done(new Error('no')),
  onRcptTo: (to, _, done) => {
    const code = Number(to.address.split('@')[0]);
    done(code ? Object.assign(new Error(`not ${to.address}`), { responseCode: code }) : null);
  },
  onData: async (stream, session, done) => {
    const letter = await simpleParser(stream);
    // Taking it makes the session forget for whom.
    const told = JSON.stringify({
      from: letter.from.text,
      to: session.envelope.rcptTo.map((to) => to.address),
      subject: letter.subject,
      id: letter.messageId,
      text: letter.text,
      html: letter.html,
      headers: Object.fromEntries(letter.headerLines.map(({ key, line }) => [key, line.slice(key.length + 2)])),
      secure: session.secure,
      user: session.user ?? null,
    });
    done();
    console.log(told);
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => console.log(server.server.address().port));

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
