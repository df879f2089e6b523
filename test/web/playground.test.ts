import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  CHROMIUM_PATH,
  type OpenPlayground,
  openPlayground,
  readTabTitles,
  runTab,
} from './playground-check.ts';
import { type PlaygroundServer, startPlaygroundServer } from './playground-server.ts';

const WEB_CONFIG = resolve(import.meta.dirname, '../../src/web/vite.config.ts');
const KEY = 'the key';

/** A browser on a busy machine. */
const TIMEOUT_MS = 180_000;

describe.skipIf(!CHROMIUM_PATH)('the playground (skipped without Chromium: set CHROMIUM_PATH)', () => {
  let webDirectory: string;
  let server: PlaygroundServer | null = null;
  let playground: OpenPlayground | null = null;

  beforeAll(async () => {
    webDirectory = await mkdtemp(join(tmpdir(), 'web-'));
    await build({ configFile: WEB_CONFIG, logLevel: 'error', build: { outDir: webDirectory } });
  });
  afterEach(async () => {
    await playground?.close();
    await server?.close();
  });
  afterAll(async () => {
    await rm(webDirectory, { recursive: true, force: true });
  });

  it(
    'shows examples that run, from its own files alone, and asks for a key where one is needed',
    async () => {
      server = await startPlaygroundServer({ webDirectory, apiKeys: [KEY] });
      playground = await openPlayground(server.url);
      const { page, foreignRequests, consoleErrors } = playground;

      const dialog = page.locator('#key-dialog');
      const enterKey = async (key: string) => {
        await page.locator('#key-input').fill(key);
        await dialog.locator('button').click();
      };
      await dialog.waitFor({ state: 'visible' });
      await enterKey('a wrong key');
      await page.getByText('The server refused that key').waitFor();
      await enterKey(KEY);

      const titles = await readTabTitles(page);
      expect(titles[0]).toBe('MusicForVideo');
      expect(titles).toHaveLength(9);
      const answer = (await runTab(page, 'MusicForVideo')) as {
        data: { searchMusic: { hits: { edges: { rank: number }[] } } };
      };
      expect(answer.data.searchMusic.hits.edges.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
      await page.locator('.result-window', { hasText: 'matchedSpan' }).waitFor();

      expect((await runTab(page, 'RawVectors')).errors).toBeUndefined();

      for (const width of [1280, 1024]) {
        await page.setViewportSize({ width, height: 800 });
        const strip = page.locator('.graphiql-tabs');
        expect(await strip.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
      }

      await page.reload();
      expect(await readTabTitles(page)).toEqual(titles);
      await page.locator('#restore-examples').click();
      expect(await readTabTitles(page)).toEqual(titles);

      expect(foreignRequests).toEqual([]);
      // Chromium itself reports the two refusals that led to the key.
      expect(consoleErrors.filter((text) => !/status of 401/.test(text))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'waits for a server that is not ready, says why, and goes on by itself',
    async () => {
      server = await startPlaygroundServer({ webDirectory });
      let state: 'away' | 'starting' | 'ready' = 'away';
      const starting = { status: 'not ready', reasons: ['The server is starting.'] };
      playground = await openPlayground(server.url, (page) =>
        page.route('**/graphql', (route) => {
          if (state === 'away') return route.abort();
          return state === 'ready' ? route.continue() : route.fulfill({ status: 503, json: starting });
        }),
      );
      const { page } = playground;
      await page.getByText(/It can’t be reached\. Trying again in \d+ s/).waitFor();
      state = 'starting';
      await page.getByText(/The server is starting\. Trying again in \d+ s/).waitFor();
      state = 'ready';
      expect(await readTabTitles(page)).toHaveLength(9);
      expect(await page.getByText('Trying again').count()).toBe(0);
    },
    TIMEOUT_MS,
  );
});
