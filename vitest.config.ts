import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Vite would take graphql's second, ES module build, whose classes are not those that Apollo's errors are made of.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
