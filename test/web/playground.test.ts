import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

describe.skipIf(!CHROMIUM_PATH)('the playground (skipped without Chromium: set CHROMIUM_PATH)', () => {
  let webDirectory: string;
  let server: PlaygroundServer | null = null;
  let playground: OpenPlayground | null = null;

  beforeAll(async () => {
    webDirectory = await mkdtemp(join(tmpdir(), 'web-'));
    await build({ configFile: WEB_CONFIG, logLevel: 'error', build: { outDir: webDirectory } });
  });
  afterAll(async () => {
    await playground?.close();
    await server?.close();
    await rm(webDirectory, { recursive: true, force: true });
  });

  it('shows examples that run, from its own files alone, and asks for a key where one is needed', async () => {
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

    await page.reload();
    expect(await readTabTitles(page)).toEqual(titles);
    await page.locator('#restore-examples').click();
    expect(await readTabTitles(page)).toEqual(titles);

    expect(foreignRequests).toEqual([]);
    // Chromium itself reports the two refusals that led to the key.
    expect(consoleErrors.filter((text) => !/status of 401/.test(text))).toEqual([]);
  });
});
