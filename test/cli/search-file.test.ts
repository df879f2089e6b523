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
  const said: string[] = [];
  const say = vi.spyOn(console, 'error').mockImplementation((line) => void said.push(line));
  const print = vi.spyOn(console, 'log').mockReturnValue();
  const session = {
    services,
    progress: createProgress({ quiet: true }),
    signal: new AbortController().signal,
  };
  await search(join(directory, 'clip.wav'), { genre: [], first: 3, json: false, ...options }, session);
  say.mockRestore();
  print.mockRestore();
  expect(HINT.test(said.join('\n')), said.join('\n')).toBe(isHintDue);
});
