import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { embed } from '../../src/cli/embed.ts';
import { evaluate } from '../../src/cli/evaluate.ts';
import { index } from '../../src/cli/index-library.ts';
import { inspect } from '../../src/cli/inspect.ts';
import { createProgress } from '../../src/cli/progress.ts';
import { scan } from '../../src/cli/scan.ts';
import { search } from '../../src/cli/search.ts';
import type { Session } from '../../src/cli/session.ts';
import { train } from '../../src/cli/train.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createServices, findBundleId, loadBundle, type Services } from '../../src/services.ts';
import { UsageError } from '../../src/shared/errors.ts';
import { sine, toWav } from '../media/make-media.ts';
import { writeRandomBundle } from '../support/random-bundle.ts';

/** What commands refuse before they begin any work. */
describe('commands', () => {
  let directory: string;
  let services: Services;
  let session: Session;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'commands-'));
    services = createServices(loadConfig({ DATA_DIR: directory, DEVICE: 'cpu', LOG_LEVEL: 'silent' }));
    session = { services, progress: createProgress({ quiet: true }), signal: new AbortController().signal };
    await writeFile(join(directory, 'library.csv'), 'kind,path\nmusic,a.mp3\n');
  });
  afterAll(async () => {
    await services.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('search and embed refuse alike what is no file', async () => {
    const commands = [
      (path: string) => search(path, { genre: [], first: 1, json: true }, session),
      (path: string) => embed(path, { json: true }, session),
    ];
    for (const command of commands) {
      for (const [path, message] of [
        [directory, 'is a folder'],
        [join(directory, 'gone'), 'There is no file'],
        [join(directory, 'library.csv', 'below'), 'ENOTDIR'],
        ['/dev/null', 'is no file'],
      ]) {
        await expect(command(path), path).rejects.toThrow(UsageError);
        await expect(command(path), path).rejects.toThrow(message);
      }
    }
  });

  it('search refuses more hits than a page holds before it opens anything', async () => {
    const openStore = vi.spyOn(services, 'openStore');
    const path = join(directory, 'library.csv');
    for (const options of [{ path }, { path: undefined, text: 'rain' }]) {
      const refused = search(options.path, { ...options, genre: [], first: 101, json: true }, session);
      await expect(refused).rejects.toThrow(UsageError);
      await expect(refused).rejects.toThrow('--first is 100 at most, not 101.');
    }
    expect(openStore).not.toHaveBeenCalled();
    openStore.mockRestore();
  });

  it('train refuses a backbone for the other side before it reads any media', async () => {
    const refusals = [
      [{ audioBackbone: 'lite-vision-1' }, 'lite-vision-1 reads pictures; one that reads sound'],
      [{ visionBackbone: 'lite-audio-1' }, 'lite-audio-1 reads sound; one that reads pictures'],
    ] as const;
    for (const [backbone, message] of refusals) {
      const refused = train(directory, { label: 'genres', ...backbone }, session);
      await expect(refused).rejects.toThrow(UsageError);
      await expect(refused).rejects.toThrow(message);
    }
  });

  it('train looks for the files it was given before it reads the library', async () => {
    for (const name of ['grid', 'options']) {
      const training = train(join(directory, 'none'), { label: 'genres', [name]: '/nowhere.json' }, session);
      await expect(training).rejects.toThrow('There is no file /nowhere.json.');
    }
  });

  it('train and evaluate refuse a folder that can’t be made before they look for a backbone or a bundle', async () => {
    const folder = join(directory, 'library.csv', 'below');
    const options = { split: 'test' as const, baselines: false, json: true, bundle: 'none', report: folder };
    const refusals = [
      [() => train(directory, { label: 'genres', out: folder, audioBackbone: 'none' }, session), 'bundle'],
      [() => evaluate(directory, options, session), 'report'],
    ] as const;
    for (const [command, what] of refusals) {
      const refused = command();
      await expect(refused).rejects.toThrow(UsageError);
      await expect(refused).rejects.toThrow(`No ${what} can be written to ${folder} (ENOTDIR).`);
    }
  });

  it('ffprobe that is none ends a run: the files are not to blame', async () => {
    const folder = join(directory, 'sound');
    await mkdir(folder);
    await writeFile(join(folder, 'a.wav'), toWav({ sampleRateHz: 24_000, channels: [sine(440, 1, 24_000)] }));
    await writeFile(join(folder, 'library.csv'), 'kind,path\nmusic,a.wav\n');
    const settings = { DATA_DIR: directory, DEVICE: 'cpu', LOG_LEVEL: 'silent', FFPROBE_PATH: 'true' };
    const others = createServices(loadConfig(settings));
    try {
      const bundle = await writeRandomBundle(others, 4);
      const withOthers = { ...session, services: others };
      for (const command of [
        () => inspect(folder, { label: 'genres', json: true }, withOthers),
        () => train(folder, { label: 'genres' }, withOthers),
        () =>
          index(
            folder,
            { bundle, shard: null, soundtracks: false, discardEdits: false, restore: false },
            withOthers,
          ),
        () => scan(folder, { force: true, audioset: [] }, withOthers),
      ]) {
        const run = command();
        await expect(run).rejects.toThrow(UsageError);
        await expect(run).rejects.toThrow('true is no ffprobe: it prints no report.');
      }
    } finally {
      await others.close();
    }
  });

  it('scan names some of the files that are neither music nor video', async () => {
    const folder = join(directory, 'mixed');
    await mkdir(folder);
    await writeFile(join(folder, 'a.wav'), toWav({ sampleRateHz: 24_000, channels: [sine(440, 1, 24_000)] }));
    for (const name of ['b.txt', 'c.mp3', 'd.txt', 'e.txt']) await writeFile(join(folder, name), 'text');
    const say = vi.spyOn(console, 'error').mockReturnValue();
    await scan(folder, { force: false, audioset: [] }, session);
    const said = say.mock.calls.flat();
    say.mockRestore();
    expect(said).toContain('  4 files are neither music nor video, such as b.txt, c.mp3, d.txt');
  });

  it('train names every backbone that is missing, and how each one is had', async () => {
    const paper = { audioBackbone: 'mert-v1-95m', visionBackbone: 'clip-vit-b32' };
    const refused = train(directory, { label: 'genres', ...paper }, session);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      /mert-v1-95m is not published[\s\S]*python export\/export_mert\.py --out .*\/mert-v1-95m\n[\s\S]*models pull clip-vit-b32$/,
    );
    const unknown = train(
      directory,
      { label: 'genres', audioBackbone: 'none', visionBackbone: 'nil' },
      session,
    );
    await expect(unknown).rejects.toThrow(
      /backbone none\.[\s\S]*backbone nil\. There are: lite-audio-1, lite-vision-1\./,
    );
  });

  it('evaluate refuses a column that is not there before it looks for a bundle', async () => {
    const options = { split: 'test' as const, baselines: false, json: true, bundle: 'none' };
    await expect(evaluate(directory, { ...options, resampleBy: 'tempo' }, session)).rejects.toThrow(
      '"tempo"',
    );
    await expect(evaluate(directory, { ...options, resampleBy: 'artist' }, session)).rejects.toThrow(
      '"none"',
    );
  });

  it('a bundle is named by its id, the start of it, or the path of its folder', async () => {
    const id = await writeRandomBundle(services, 4);
    const { config } = services;
    expect(await findBundleId(id.slice(0, 6), config)).toBe(id);
    const folder = join(config.directories.bundles, id);
    for (const path of [folder, `${folder}/`, `./${relative(process.cwd(), folder)}`]) {
      const loaded = await loadBundle(await findBundleId(path, config), services);
      expect(loaded.bundle).toMatchObject({ id, directory: folder });
      expect(loaded.embedder.bundleId).toBe(id);
      await loaded.embedder.close();
    }
    await expect(findBundleId(`${directory}/`, config)).rejects.toThrow(UsageError);
    await expect(findBundleId('', config)).rejects.toThrow('An empty name names no bundle.');
  });

  it('evaluate --compare finds both bundles, which are two, before it reads any media', async () => {
    const id = await writeRandomBundle(services, 4);
    const compare = (other: string) =>
      evaluate(directory, { split: 'test', baselines: false, json: true, compare: [id, other] }, session);
    for (const same of [id.slice(0, 6), join(services.config.directories.bundles, id)]) {
      await expect(compare(same)).rejects.toThrow(UsageError);
      await expect(compare(same)).rejects.toThrow(`--compare takes two bundles: both are ${id}.`);
    }
    await expect(compare('none')).rejects.toThrow('No bundle starts with "none"');
  });
});
