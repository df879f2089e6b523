import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CATALOGUE, type CatalogueEntry, type PublishedBackbone } from '../../src/backbone/hub/catalogue.ts';
import { readPins } from '../../src/backbone/hub/models-lock.ts';
import { findDifferences } from '../../src/backbone/hub/verify-backbone.ts';
import type { BackboneManifestFile, FramesInput } from '../../src/backbone/manifest.ts';
import { listBackbones, verifyBackbones } from '../../src/cli/models.ts';
import { createProgress } from '../../src/cli/progress.ts';
import { type PullArguments, type PullSurroundings, pullBackbones } from '../../src/cli/pull-backbones.ts';
import type { Session } from '../../src/cli/session.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { UsageError } from '../../src/shared/errors.ts';
import { type FakeHub, sha256Of, startFakeHub } from '../backbone/hub/fake-hub.ts';
import {
  COMMIT,
  createTinyBackbone,
  toFolderRepository,
  toPublished,
} from '../backbone/hub/tiny-backbone.ts';
import { buildExampleVisionGraph, readExampleManifest } from '../support/example-backbones.ts';
import { installBackbone as installInto } from '../support/install-backbone.ts';

const { REFERENCE_DIR } = process.env;
const CLI = resolve(import.meta.dirname, '../../src/cli.ts');

describe('models', () => {
  let hub: FakeHub;
  let directory: string;
  let session: Session;
  let lines: string[];
  const backbones = () => session.services.config.directories.backbones;

  beforeAll(async () => {
    hub = await startFakeHub();
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'models-'));
    hub.requests.length = 0;
    for (const key of Object.keys(hub.faults)) delete hub.faults[key];
    for (const key of Object.keys(hub.repositories)) delete hub.repositories[key];
    session = createSession();
    lines = [];
    vi.spyOn(console, 'log').mockImplementation((line) => lines.push(String(line)));
    vi.spyOn(console, 'error').mockImplementation((line) => lines.push(String(line)));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
    await session.services.close();
    await rm(directory, { recursive: true, force: true });
  });
  afterAll(() => hub.close());

  function createSession(environment: Record<string, string> = {}): Session {
    const base = { DATA_DIR: directory, DEVICE: 'cpu', LOG_LEVEL: 'silent', MODELS_URL: hub.url };
    const services = createServices(loadConfig({ ...base, ...environment }));
    return { services, progress: createProgress({ quiet: true }), signal: new AbortController().signal };
  }

  const pull = (
    ids: string[],
    options: Partial<PullArguments> = {},
    surroundings: Partial<PullSurroundings> = {},
  ) =>
    pullBackbones(ids, { yes: false, update: false, ...options }, session, {
      catalogue: CATALOGUE,
      retryRule: { maxAttempts: 2, firstPauseMs: 1, maxPauseMs: 100 },
      idleTimeoutMs: 500,
      ask: null,
      ...surroundings,
    });
  const offer = (id: string, seed?: number) => {
    const tiny = createTinyBackbone(id, seed);
    hub.repositories[`acme/${id}`] = toFolderRepository(tiny);
    return tiny;
  };
  const listed = async () => {
    lines = [];
    await listBackbones({ json: true }, session);
    return JSON.parse(lines.join('\n')) as { id: string; state: string; sizeBytes: number | null }[];
  };
  const downloads = () => hub.requests.filter(({ method, host }) => method === 'GET' && host === 'storage');

  it('pull shows the licence and asks before it downloads', async () => {
    offer('tiny');
    const questions: string[] = [];
    const answer = (text: string) => async (question: string) => {
      questions.push(question);
      return text;
    };
    await pull(['tiny'], { from: 'acme/tiny' }, { ask: answer('no') });
    expect(lines.join('\n')).toContain('CC-BY-NC-4.0: The weights are for non-commercial use only.');
    expect(questions).toEqual(['Accept the licence and download? [y/N] ']);
    expect(process.exitCode).toBe(1);
    expect(downloads()).toEqual([]);

    await expect(pull(['tiny'], { from: 'acme/tiny' })).rejects.toThrow(UsageError);
    await expect(pull(['tiny'], { from: 'acme/tiny' })).rejects.toThrow('--yes');
    expect(downloads()).toEqual([]);
    expect((await listed()).map(({ id }) => id)).not.toContain('tiny');

    await pull(['tiny'], { from: 'acme/tiny' }, { ask: answer('Y') });
    expect((await listed()).find(({ id }) => id === 'tiny')).toMatchObject({
      state: 'installed',
      sizeBytes: 425_000,
      licence: 'CC-BY-NC-4.0',
      hasText: true,
    });
    // What is there needs neither a licence nor the hub, unless another revision is named.
    hub.requests.length = 0;
    await pull(['tiny'], { from: 'acme/tiny' });
    expect(lines.at(-1)).toBe('tiny is there already, and whole.');
    expect(hub.requests).toEqual([]);
    await expect(pull(['tiny'], { from: 'acme/tiny@v2' })).rejects.toThrow('it has no manifest.json');
  });

  it('pull without an id brings the profile’s, and says how the rest is made', async () => {
    const { entry, repository } = toPublished(createTinyBackbone('clip-vit-b32'));
    hub.repositories['acme/published'] = repository;
    const mert = CATALOGUE.find(({ kind }) => kind === 'exported') as CatalogueEntry;
    session = createSession({ PROFILE: 'paper' });
    const surroundings = { catalogue: [entry, mert] };
    const failing = pull([], { yes: true }, surroundings);
    await expect(failing).rejects.toThrow(UsageError);
    await expect(failing).rejects.toThrow(
      /mert-v1-95m is not published as ONNX[\s\S]*python export\/export_mert\.py --out .*\/mert-v1-95m\n/,
    );
    expect((await listed()).map(({ id, state }) => `${id} ${state}`)).toEqual([
      'clip-vit-b32 installed',
      'lite-audio-1 built-in',
      'lite-vision-1 built-in',
      'mert-v1-95m to-export',
    ]);

    // A mirror may hold what somebody exported.
    hub.repositories['control-mvr/mert-v1-95m'] = toFolderRepository(createTinyBackbone('mert-v1-95m', 9));
    await pull([], { yes: true }, surroundings);
    expect((await listed()).find(({ id }) => id === 'mert-v1-95m')?.state).toBe('installed');

    // Once both are there, as after an export, nobody is asked.
    await rm(join(backbones(), 'models-lock.json'));
    hub.requests.length = 0;
    await pull([], {}, surroundings);
    expect(lines.slice(-2)).toEqual([
      'mert-v1-95m is there already, and whole.',
      'clip-vit-b32 is there already, and whole.',
    ]);
    expect(hub.requests).toEqual([]);
  });

  it('pull asks a host whose name is unknown only once, and says which and what sets it', async () => {
    session = createSession({ MODELS_URL: 'http://nowhere.invalid' });
    // A second attempt would come after the test's own end.
    const retryRule = { maxAttempts: 2, firstPauseMs: 100_000, maxPauseMs: 100_000 };
    const failing = pull(['tiny'], { from: 'acme/tiny' }, { retryRule });
    await expect(failing).rejects.toThrow(/The host nowhere\.invalid is not found .*MODELS_URL/);
  });

  it('what a repository wrote of its licence can’t move the cursor', async () => {
    const tiny = createTinyBackbone('tiny');
    const manifest = { ...tiny.manifest, licenceNotice: 'Free\u001b[2K\r', source: 'a\nlicence  \u202eTIM' };
    hub.repositories['acme/tiny'] = toFolderRepository({ ...tiny, manifest });
    await pull(['tiny'], { from: 'acme/tiny' }, { ask: async () => '' });
    const shown = lines.find((line) => line.startsWith('tiny\n')) ?? '';
    expect(shown).toContain('CC-BY-NC-4.0: Free [2K');
    expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(shown.split('\n')).toHaveLength(5);
  });

  it('pull asks the public hub for no repository that is nobody’s', async () => {
    session = createSession({ MODELS_URL: 'https://huggingface.co' });
    await expect(pull(['mert-v1-95m'], { yes: true })).rejects.toThrow('is not published as ONNX');
  });

  it('pull refuses what it does not know, and --from without the one id', async () => {
    await expect(pull(['none'])).rejects.toThrow(/has no backbone none; it has clip-vit-b32/);
    await expect(pull([], { from: 'acme/tiny' })).rejects.toThrow(UsageError);
    await expect(pull(['tiny'], { from: 'acme/tiny' })).rejects.toThrow('it has no manifest.json');
    await pull(['lite-audio-1']);
    expect(lines.at(-1)).toBe('lite-audio-1 is built in: there is nothing to pull.');
  });

  it('the lock file holds another machine to the same files, until --update', async () => {
    offer('tiny');
    await pull(['tiny'], { from: 'acme/tiny', yes: true });
    await rm(join(backbones(), 'tiny'), { recursive: true });
    const moved = offer('tiny', 70);
    await expect(pull(['tiny'], { from: 'acme/tiny', yes: true })).rejects.toThrow('models-lock.json');
    expect(await readdir(backbones())).toEqual(['models-lock.json']);
    await pull(['tiny'], { from: 'acme/tiny', yes: true, update: true });
    const onnx = await readFile(join(backbones(), 'tiny', 'backbone.onnx'));
    expect(sha256Of(onnx)).toBe(moved.manifest.sha256);
    const { tiny: pin } = await readPins(backbones());
    expect(await findDifferences(backbones(), 'tiny', pin, session.signal)).toEqual([]);
  });

  it('another revision than the installed one is looked at', async () => {
    offer('tiny');
    await pull(['tiny'], { from: `acme/tiny@${COMMIT}`, yes: true });
    hub.requests.length = 0;
    await pull(['tiny'], { from: 'acme/tiny' });
    expect(hub.requests).not.toEqual([]);
    expect(lines.at(-1)).toBe('tiny is there already, and whole.');
    offer('tiny', 70);
    await pull(['tiny'], { from: 'acme/tiny' }); // the same branch as before
    await pull(['tiny'], { from: `acme/tiny@${COMMIT}` });
    await rm(join(backbones(), 'models-lock.json'));
    const other = pull(['tiny'], { from: 'acme/tiny', yes: true });
    await expect(other).rejects.toThrow('another build');
  });

  it('verify names every difference and fails', async () => {
    offer('tiny');
    await pull(['tiny'], { from: 'acme/tiny', yes: true });
    await appendFile(join(backbones(), 'tiny', 'text.onnx'), 'x');
    await rm(join(backbones(), 'tiny', 'tokenizer.json'));
    lines = [];
    await verifyBackbones(undefined, session);
    expect(process.exitCode).toBe(1);
    expect(lines.slice(0, 3)).toEqual(['lite-audio-1\tok', 'lite-vision-1\tok', 'tiny\tdiffers']);
    expect(lines.slice(3).map((line) => line.replaceAll(/[0-9a-f]{64}/g, '…'))).toEqual([
      '  text.onnx has the SHA-256 …, and manifest.json says …',
      '  text.onnx has the SHA-256 …, and models-lock.json says …',
      '  tokenizer.json is missing',
    ]);

    await writeFile(join(backbones(), 'tiny', 'manifest.json'), '{');
    lines = [];
    await verifyBackbones('tiny', session);
    expect(lines.join('\n')).toMatch(/^tiny\tdiffers\n.*manifest\.json is no JSON/);
    expect((await listed()).find(({ id }) => id === 'tiny')?.state).toBe('damaged');
    await expect(verifyBackbones('none', session)).rejects.toThrow(UsageError);
  });

  it('verify opens what is whole, and says where a graph is not as its manifest has it', async () => {
    const manifest = readExampleManifest('example-vision') as BackboneManifestFile & { input: FramesInput };
    installInto(backbones(), manifest, buildExampleVisionGraph());
    await verifyBackbones(undefined, session);
    expect(lines).toEqual(['example-vision\tok', 'lite-audio-1\tok', 'lite-vision-1\tok']);
    expect(process.exitCode).toBeUndefined();

    const wider = { ...manifest, id: 'wider', input: { ...manifest.input, widthPixels: 104 } };
    installInto(backbones(), wider, buildExampleVisionGraph());
    offer('tiny');
    await pull(['tiny'], { from: 'acme/tiny', yes: true });
    lines = [];
    await verifyBackbones('wider', session);
    expect(lines[0]).toBe('wider\tdiffers');
    expect(lines.join('\n')).toContain('96 along width, not 104');
    await verifyBackbones('tiny', session);
    expect(lines.join('\n')).toMatch(/tiny\tdiffers\n.*backbone\.onnx is no /);
    expect(process.exitCode).toBe(1);
  });

  describe('as a process', () => {
    const start = (...options: string[]) =>
      spawn(process.execPath, [CLI, 'models', 'pull', 'tiny', '--from', 'acme/tiny', ...options], {
        env: { PATH: process.env.PATH, DATA_DIR: directory, MODELS_URL: hub.url },
        stdio: 'ignore',
      });
    const partial = () => join(backbones(), '.tiny.pull', 'backbone.onnx.partial');
    const sizeOfPart = () =>
      stat(partial()).then(
        ({ size }) => size,
        () => 0,
      );
    const stopAt = async (sizeBytes: number, signal: 'SIGINT' | 'SIGKILL') => {
      const child = start('--yes');
      while ((await sizeOfPart()) < sizeBytes) {
        if (child.exitCode !== null) throw new Error('It ended before it was to be stopped.');
        await pause(20);
      }
      child.kill(signal);
      return (await once(child, 'exit')) as [number | null, string | null];
    };

    it('pull goes on where it was interrupted, and where it was killed', async () => {
      const tiny = offer('tiny');
      hub.faults['backbone.onnx'] = [
        { kind: 'silence', afterBytes: 100_000 },
        { kind: 'silence', afterBytes: 50_000 },
      ];
      expect(await stopAt(100_000, 'SIGINT')).toEqual([1, null]);
      expect(await readdir(backbones())).toEqual(['.tiny.pull']);
      expect(await stopAt(150_000, 'SIGKILL')).toEqual([null, 'SIGKILL']);
      expect((await readdir(backbones())).sort()).toEqual(['.pull.lock', '.tiny.pull']);
      expect(await once(start('--yes'), 'exit')).toEqual([0, null]);

      const ranges = downloads().filter(({ url }) => url.endsWith('/backbone.onnx'));
      expect(ranges.map(({ headers }) => headers.range)).toEqual([
        undefined,
        'bytes=100000-',
        'bytes=150000-',
      ]);
      for (const [name, bytes] of Object.entries(tiny.files)) {
        expect(sha256Of(await readFile(join(backbones(), 'tiny', name))), name).toBe(sha256Of(bytes));
      }
      expect((await readdir(backbones())).sort()).toEqual(['models-lock.json', 'tiny']);
    });

    it('says where nothing more can be written, and keeps what is there', async () => {
      offer('tiny');
      // In blocks of 512 or 1024 bytes; the file has 300,000.
      const child = spawn(
        '/bin/sh',
        [
          '-c',
          'ulimit -f 200; exec "$@"',
          'sh',
          process.execPath,
          CLI,
          'models',
          'pull',
          'tiny',
          '--from',
          'acme/tiny',
          '--yes',
        ],
        {
          env: { PATH: process.env.PATH, DATA_DIR: directory, MODELS_URL: hub.url },
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
      expect(said).toMatch(/Nothing more can be written to .*backbones \(EFBIG\)/);
      expect(said).not.toMatch(/^\s+at /m);
      expect(code).toBe(2);
      expect(await sizeOfPart()).toBeGreaterThan(0);
      expect(await once(start('--yes'), 'exit')).toEqual([0, null]);
    });

    it('exits with 2 where nobody can be asked for the licence', async () => {
      offer('tiny');
      expect(await once(start(), 'exit')).toEqual([2, null]);
      expect(downloads()).toEqual([]);
    });
  });

  describe.skipIf(!REFERENCE_DIR)('with real graphs (needs REFERENCE_DIR)', () => {
    it('what was pulled opens', async () => {
      const folder = join(REFERENCE_DIR ?? '', 'clip');
      const files = {
        'backbone.onnx': await readFile(join(folder, 'vision_model.onnx')),
        'text.onnx': await readFile(join(folder, 'text_model.onnx')),
        'tokenizer.json': await readFile(join(folder, 'tokenizer', 'tokenizer.json')),
      };
      const published = CATALOGUE.find(({ manifest }) => manifest.id === 'clip-vit-b32') as PublishedBackbone;
      const text = published.manifest.text as NonNullable<typeof published.manifest.text>;
      const manifest = {
        ...published.manifest,
        sha256: sha256Of(files['backbone.onnx']),
        output: { ...published.manifest.output, dimension: 24 },
        text: {
          ...text,
          sha256: sha256Of(files['text.onnx']),
          tokenizer: { ...text.tokenizer, sha256: sha256Of(files['tokenizer.json']) },
        },
      };
      const { entry, repository } = toPublished({ files, manifest });
      hub.repositories['acme/published'] = repository;
      await pull(['clip-vit-b32'], { yes: true }, { catalogue: [entry] });
      const backbone = await session.services.backbones.open('clip-vit-b32');
      expect(backbone).toMatchObject({ id: 'clip-vit-b32', modality: 'VIDEO', dimension: 24 });
    });
  });
});
