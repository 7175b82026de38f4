import { join } from 'node:path';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the page works below any path.
  base: './',
  publicDir: false,
  build: {
    outDir: join(import.meta.dirname, '../dist/graphiql'),
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    // It is loaded in development only.
    chunkSizeWarningLimit: 2000,
    reportCompressedSize: false,
  },
});
