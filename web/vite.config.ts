import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

// `npm run dev` beside a server: MAZAD=http://127.0.0.1:8080 npm run dev
const target = process.env['MAZAD'] ?? 'http://127.0.0.1:8080';
// A room takes only pages of its own server, so the browser's origin becomes that one.
const proxy = { '/api': { target, ws: true, changeOrigin: true, headers: { origin: target } } };

/** Packs scripts and styles once, where they are made; the server sends them so. */
function packed(): Plugin {
  let out = '';
  return {
    name: 'packed',
    apply: 'build',
    configResolved: (config) => { out = join(config.root, config.build.outDir, config.build.assetsDir); },
    closeBundle() {
      for (const name of readdirSync(out)) {
        if (/\.(js|css|svg)$/.test(name)) writeFileSync(join(out, `${name}.gz`), gzipSync(readFileSync(join(out, name)), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [svelte(), packed()],
  build: {
    target: 'es2023',
    // The policy of the page takes nothing that stands in its text (http/gate/security.rs): nothing becomes a data url
    // but what is drawn, and no script is written into the page.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: { proxy },
  preview: { proxy },
});
