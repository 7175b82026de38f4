import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vite';

const outDir = join(import.meta.dirname, '../dist/admin');

/** Writes a compressed copy of each file, which the service sends to clients that accept it. */
const compressed: Plugin = {
  name: 'compressed-copies',
  apply: 'build',
  async closeBundle() {
    const assets = join(outDir, 'assets');
    for (const name of await readdir(assets)) {
      const content = await readFile(join(assets, name));
      await writeFile(join(assets, `${name}.gz`), await promisify(gzip)(content, { level: 9 }));
    }
  },
};

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the console works below any path.
  base: './',
  publicDir: false,
  build: {
    outDir,
    emptyOutDir: true,
    // The Content-Security-Policy allows neither inline scripts nor fonts in data URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One chunk may be larger than Vite's default; test/unit/console-size.spec.ts limits the sum.
    chunkSizeWarningLimit: 1500,
    reportCompressedSize: false,
  },
  plugins: [compressed],
  server: {
    // npm run dev:admin, beside npm start.
    proxy: { '/v1': 'http://127.0.0.1:3000', '/readyz': 'http://127.0.0.1:3000' },
  },
});
