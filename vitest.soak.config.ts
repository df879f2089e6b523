import { defineConfig } from 'vitest/config';

/** The long tests, with Qdrant servers of their own: `npm run soak`. */
export default defineConfig({
  test: {
    include: ['test/soak/*.soak.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 2 * 60 * 60_000,
    reporters: ['verbose'],
  },
});
