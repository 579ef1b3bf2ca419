import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

// `npm run dev` beside a server: MAZAD=http://127.0.0.1:8080 npm run dev
const target = process.env['MAZAD'] ?? 'http://127.0.0.1:8080';
// A room takes only pages of its own server, so the browser's origin becomes that one.
const proxy = { '/api': { target, ws: true, changeOrigin: true, headers: { origin: target } } };

const COMMON = /node_modules\/(svelte|openapi-fetch)\/|\/src\/(ui|room|api|feed)\/|\/src\/(app\.svelte|format|notices\.svelte)\.ts|\/src\/words\/(?!desk|figures|own)/;

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
    rolldownOptions: {
      input: { page: 'index.html', sw: 'src/sw.ts' },
      // A worker looks after nothing above itself, and browsers ask for it by one name.
      output: {
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        // What every page needs comes in one piece: left to itself the bundler cuts off each part that two pages share, and the first
        // load asks for a dozen crumbs. Charts, the desk and their words stay apart, because most people never open them.
        codeSplitting: { groups: [{ name: 'common', test: COMMON }] },
      },
    },
    assetsInlineLimit: 0,
    // Beside them lie the icons of `public/`, kept for ever by browsers as well: a new picture gets a new number.
  },
  server: { proxy },
  preview: { proxy },
});
