import { describe, expect, it } from 'vitest';
import { send } from '../../http/start-server.ts';
import { CHROMIUM_PATH, openPlayground, readTabTitles, runTab } from '../../web/playground-check.ts';
import { runExamples } from '../../web/run-examples.ts';
import type { MadeDemo } from './made-demo.ts';

export function describePlayground(demo: () => MadeDemo): void {
  describe('the playground', () => {
    it('has examples that all run and find something', async () => {
      const runs = await runExamples(demo().server.url);
      expect(runs.filter(({ errors }) => errors)).toEqual([]);
      expect(runs).toHaveLength(9);
      const { data } = runs.find(({ title }) => title === 'MusicForVideo') ?? {};
      expect(data.searchMusic.hits.edges).toHaveLength(5);
    });

    it('is where / leads', async () => {
      const { status, headers } = await send(demo().server.url, { path: '/' });
      expect([Math.floor(status / 100), headers.location]).toEqual([3, expect.stringMatching(/playground/)]);
    });

    it.skipIf(!CHROMIUM_PATH)(
      'runs in a browser from its own files alone (skipped without Chromium: set CHROMIUM_PATH)',
      async () => {
        const { page, foreignRequests, consoleErrors, close } = await openPlayground(demo().server.url);
        try {
          expect(await readTabTitles(page)).toHaveLength(9);
          // biome-ignore lint/suspicious/noExplicitAny: whatever the tab selects
          const { data } = (await runTab(page, 'MusicForVideo')) as any;
          expect(data.searchMusic.hits.edges).toHaveLength(5);
          expect(foreignRequests).toEqual([]);
          expect(consoleErrors).toEqual([]);
        } finally {
          await close();
        }
      },
    );
  });
}
