// The client's types, from the OpenAPI document of the server:
//   node scripts/types.mjs --from target/debug/mazad
//   node scripts/types.mjs http://127.0.0.1:8080
//
// The document is cut to what the page calls, so that a change elsewhere changes no line here; words for people are left out.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';

export const FILE = new URL('../src/api/types.ts', import.meta.url);

/** The paths that the page calls, as its sources name them. */
const CALLED = [
  /^\/api\/v1\/auth\/(login|logout|me|register|resend-otp|verify-otp|forgot-password|reset-password|refresh|tickets|profile|change-password|change-phone(\/verify)?|sessions(\/\{id\})?)$/,
  /^\/api\/v1\/auth\/oidc(\/links|\/\{provider\}\/link)?$/,
  /^\/api\/v1\/analytics\//,
  /^\/api\/v1\/bidding\//,
  /^\/api\/v1\/catalog\//,
  /^\/api\/v1\/files(\/\{id\}(\/thumbnail)?)?$/,
  /^\/api\/v1\/notifications(\/(push-key|preferences|read-all|devices.*|dead-letters.*|\{id\}\/read))?$/,
  /^\/api\/v1\/orders/,
  /^\/api\/v1\/payments(\/\{id\}.*)?$/,
  /^\/api\/v1\/users\/(vehicles|blocks|merchant-profile$|me(\/|$)|merchants\/\{id\}(\/(verify|reject|reviews))?$)/,
  /^\/api\/v1\/users(\/\{id\}(\/(suspend|reinstate))?)?$/,
];

/** What is said to people: no type comes of it. */
const WORDS = new Set(['description', 'example', 'examples', 'summary', 'tags', 'security']);

function bare(node, inNames = false) {
  if (Array.isArray(node)) return node.map((one) => bare(one));
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(Object.entries(node).filter(([name]) => inNames || !WORDS.has(name))
    .map(([name, value]) => [name, bare(value, ['properties', 'schemas', 'responses', 'paths'].includes(name) && !inNames)]));
}

function slim(document) {
  const paths = Object.fromEntries(Object.entries(document.paths).filter(([path]) => CALLED.some((called) => called.test(path))));
  for (const operations of Object.values(paths)) {
    for (const operation of Object.values(operations)) {
      if (!operation.responses) continue;
      // Whatever is no success is one and the same document.
      const fine = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
      // A table is saved as it comes and never read.
      for (const [, answer] of fine) if (answer.content?.['application/json']) delete answer.content['text/csv'];
      const problem = { description: '', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
      operation.responses = { ...Object.fromEntries(fine), default: problem };
      // The client adds these to every call.
      operation.parameters = operation.parameters?.filter((one) => one.in !== 'header');
    }
  }
  const schemas = structuredClone(document.components.schemas);
  // A new code is no other type: the server says every code in both languages.
  schemas.Problem.properties.code = { type: 'string' };
  const kept = {};
  const reach = (node) => {
    for (const [, name] of JSON.stringify(node).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (kept[name]) continue;
      kept[name] = schemas[name];
      reach(schemas[name]);
    }
  };
  reach(paths);
  const sorted = Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1)));
  return bare({ openapi: document.openapi, info: { title: 'mazad', version: '' }, paths, components: { schemas: sorted } });
}

/** The file's text for a document. */
export async function typesOf(document) {
  const nodes = await openapiTS(slim(document), { alphabetize: true, defaultNonNullable: false });
  return `// Written by scripts/types.mjs from the server's OpenAPI document; \`make types\` writes it anew.\n\n${astToString(nodes)}`;
}

/** The document of a server that runs, or of a binary that is started for it. */
async function documentOf(server) {
  return (await fetch(`${server}/api/openapi.json`)).json();
}

async function documentFrom(binary) {
  const folder = mkdtempSync(join(tmpdir(), 'mazad-types-'));
  const settings = { MAZAD__HTTP__ADDRESS: '127.0.0.1:0', MAZAD__DATABASE__URL: `sqlite://${join(folder, 'db')}`, MAZAD__AUTH__KEY_DIR: folder };
  const server = spawn(binary, ['serve'], { env: { ...process.env, ...settings }, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise((done) => { server.on('exit', done); });
  try {
    const url = await new Promise((found, failed) => {
      server.stdout.setEncoding('utf8').on('data', (text) => {
        const told = text.match(/http:\/\/[\d.:]+/);
        if (told) found(told[0]);
      });
      server.on('error', failed).on('exit', (code) => failed(new Error(`${binary} ended with ${code}`)));
    });
    return await documentOf(url);
  } finally {
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [, , from = 'http://127.0.0.1:8080', binary] = process.argv;
  writeFileSync(FILE, await typesOf(from === '--from' ? await documentFrom(binary) : await documentOf(from)));
}
