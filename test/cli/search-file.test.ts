import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createProgress } from '../../src/cli/progress.ts';
import { type SearchArguments, search } from '../../src/cli/search.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createServices, type Services } from '../../src/services.ts';
import { sine, toWav } from '../media/make-media.ts';
import { createEntries, DIMENSION } from '../support/api.ts';
import { fillStore } from '../support/fill-store.ts';
import { writeRandomBundle } from '../support/random-bundle.ts';

const HINT = /no music in the store; index --soundtracks/;

let directory: string;
let services: Services;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'search-file-'));
  services = createServices(loadConfig({ DATA_DIR: directory, DEVICE: 'cpu', LOG_LEVEL: 'silent' }));
  const videos = createEntries(1).filter(({ record }) => record.modality === 'VIDEO');
  await fillStore(await services.openStore(), await writeRandomBundle(services, DIMENSION), videos);
  const sound = { sampleRateHz: 24_000, channels: [sine(440, 3, 24_000)] };
  await writeFile(join(directory, 'clip.wav'), toWav(sound));
});
afterAll(async () => {
  await services.close();
  await rm(directory, { recursive: true, force: true });
});

it.each<[string, Partial<SearchArguments>, boolean]>([
  ['music', { target: 'music' }, true],
  ['music of a genre', { target: 'music', genre: ['jazz'] }, false],
  ['videos', { target: 'video' }, false],
  ['videos of a genre that no video has', { target: 'video', genre: ['none'] }, false],
])('a store without tracks, asked for %s', async (_, options, isHintDue) => {
  const { said } = await searchByClip(options);
  expect(HINT.test(said), said).toBe(isHintDue);
});

it('says what a misspelt genre may have meant', async () => {
  const { said } = await searchByClip({ target: 'video', genre: ['jaz'] });
  expect(said).toContain('No item has the genre "jaz". There is: jazz.');
});

it('rounds α for people and not for programs', async () => {
  const options = { target: 'video', alpha: 0.1234 } as const;
  expect((await searchByClip(options)).said).toContain('α 0.12, 3 of 20');
  expect(JSON.parse((await searchByClip({ ...options, json: true })).printed).alpha).toBe(0.1234);
});

async function searchByClip(options: Partial<SearchArguments>): Promise<{ said: string; printed: string }> {
  const said: string[] = [];
  const printed: string[] = [];
  const say = vi.spyOn(console, 'error').mockImplementation((line) => void said.push(line));
  const print = vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(line));
  const session = {
    services,
    progress: createProgress({ quiet: true }),
    signal: new AbortController().signal,
  };
  await search(join(directory, 'clip.wav'), { genre: [], first: 3, json: false, ...options }, session);
  say.mockRestore();
  print.mockRestore();
  return { said: said.join('\n'), printed: printed.join('\n') };
}
