import { resolve } from 'node:path';
import { defineConfig } from 'vite';

/** Builds the pages to dist/web. Addresses are relative, so that they hold under any path prefix. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  build: {
    outDir: resolve(import.meta.dirname, '../../dist/web'),
    emptyOutDir: true,
    assetsDir: 'playground/assets',
    // Monaco, the editor, is one large piece.
    chunkSizeWarningLimit: 8_000,
    rolldownOptions: {
      input: resolve(import.meta.dirname, 'playground/index.html'),
      onLog(level, log, handle) {
        // React's libraries mark every module "use client", which means nothing here.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
});
