import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHubClient } from '../../../src/backbone/hub/hub-client.ts';
import { type InstallOptions, installBackbone } from '../../../src/backbone/hub/install-backbone.ts';
import { type BackbonePin, readPins } from '../../../src/backbone/hub/models-lock.ts';
import { parseRepository, planFromRepository, planPublished } from '../../../src/backbone/hub/plan-pull.ts';
import { findDifferences } from '../../../src/backbone/hub/verify-backbone.ts';
import { BusyError, IntegrityError, UnavailableError, UsageError } from '../../../src/shared/errors.ts';
import { type FakeHub, type Fault, sha256Of, startFakeHub } from './fake-hub.ts';
import { COMMIT, createTinyBackbone, toBytes, toFolderRepository, toPublished } from './tiny-backbone.ts';

const RETRY_RULE = { maxAttempts: 3, firstPauseMs: 1, maxPauseMs: 5_000 };

const tiny = createTinyBackbone('tiny');
const published = toPublished(tiny);

describe('installing a backbone from the hub', () => {
  let hub: FakeHub;
  let directory: string;
  let signal = new AbortController().signal;

  beforeAll(async () => {
    hub = await startFakeHub();
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hub-'));
    signal = new AbortController().signal;
    hub.requests.length = 0;
    for (const key of Object.keys(hub.faults)) delete hub.faults[key];
    for (const key of Object.keys(hub.claims)) delete hub.claims[key];
    hub.repositories['acme/published'] = published.repository;
    hub.repositories['acme/tiny'] = toFolderRepository(tiny);
  });
  afterEach(async () => {
    vi.unstubAllGlobals();
    await rm(directory, { recursive: true, force: true });
  });
  afterAll(() => hub.close());

  const toTools = (token: string | null = null) => ({
    hub: createHubClient({ baseUrl: hub.url, token, idleTimeoutMs: 500 }),
    retryRule: RETRY_RULE,
    signal,
  });
  const install = async (options: Partial<InstallOptions> = {}, token: string | null = null) => {
    const tools = toTools(token);
    const plan = await planPublished(published.entry, null, tools);
    return installBackbone(plan, { directory, replaces: false, ...options }, tools);
  };
  const planFolder = (pin: BackbonePin | null = null) =>
    planFromRepository('tiny', parseRepository('acme/tiny'), pin, toTools());
  const downloads = (path: string) =>
    hub.requests.filter(
      ({ method, url, host }) => method === 'GET' && url.endsWith(path) && host === 'storage',
    );
  const names = async () => (await readdir(directory)).sort();
  const expectInstalled = async () => {
    for (const [name, bytes] of Object.entries(tiny.files)) {
      expect(sha256Of(await readFile(join(directory, 'tiny', name))), name).toBe(sha256Of(bytes));
    }
    expect(await findDifferences(directory, 'tiny', (await readPins(directory)).tiny, signal)).toEqual([]);
  };

  it('puts the files, the manifest and their pins in place, and the token nowhere but to the hub', async () => {
    hub.repositories['acme/published'] = { ...published.repository, token: 'secret' };
    expect(await install({}, 'secret')).toBe('installed');
    await expectInstalled();
    expect(await names()).toEqual(['models-lock.json', 'tiny']);
    expect((await readdir(join(directory, 'tiny'))).sort()).toEqual(
      [...Object.keys(tiny.files), 'manifest.json'].sort(),
    );
    expect(JSON.parse(await readFile(join(directory, 'tiny', 'manifest.json'), 'utf8'))).toEqual(
      tiny.manifest,
    );
    expect((await readPins(directory)).tiny).toEqual({
      repository: 'acme/published',
      revision: COMMIT,
      requestedRevision: COMMIT,
      files: Object.fromEntries(
        Object.entries(tiny.files).map(([name, bytes]) => [
          name,
          { sizeBytes: bytes.length, sha256: sha256Of(bytes) },
        ]),
      ),
    });
    const authorizations = { hub: new Set(), storage: new Set() };
    for (const { host, headers } of hub.requests) authorizations[host].add(headers.authorization);
    expect(authorizations).toEqual({ hub: new Set(['Bearer secret']), storage: new Set([undefined]) });

    hub.requests.length = 0;
    expect(await install({}, 'secret')).toBe('there');
    expect(hub.requests.filter(({ method }) => method === 'GET')).toEqual([]);
  });

  /** A connection that breaks once the file has so many bytes. */
  const cutAt = (sizeBytes: number, afterBytes = sizeBytes): Fault => ({
    kind: 'cut',
    afterBytes,
    async until() {
      const partial = join(directory, '.tiny.pull', 'backbone.onnx.partial');
      while ((await stat(partial)).size < sizeBytes) await pause(5);
    },
  });

  it('goes on where a connection was cut, asking for the rest of the same entity', async () => {
    hub.faults['onnx/vision.onnx'] = [cutAt(100_000), cutAt(150_000, 50_000)];
    await install();
    await expectInstalled();
    const [first, second, third] = downloads('onnx/vision.onnx').map(({ headers }) => headers);
    expect(first.range).toBeUndefined();
    expect(second.range).toBe('bytes=100000-');
    expect(third.range).toBe('bytes=150000-');
    expect(second['if-range']).toMatch(/^"[0-9a-f]{64}"$/);
    expect(third['if-range']).toBe(second['if-range']);
  });

  it('goes on when a server falls silent', async () => {
    hub.faults['onnx/vision.onnx'] = [{ kind: 'silence', afterBytes: 100_000 }];
    await install();
    await expectInstalled();
    expect(downloads('onnx/vision.onnx')[1].headers.range).toBe('bytes=100000-');
  });

  it.each<[string, Fault, (string | undefined)[]]>([
    ['ignores the range', { kind: 'whole' }, [undefined, 'bytes=100000-']],
    [
      'sends the rest under another entity tag',
      { kind: 'other', etag: '"another"' },
      [undefined, 'bytes=100000-', undefined],
    ],
  ])('begins the file again where the server %s', async (_what, fault, ranges) => {
    hub.faults['onnx/vision.onnx'] = [cutAt(100_000), fault];
    await install();
    await expectInstalled();
    expect(downloads('onnx/vision.onnx').map(({ headers }) => headers.range)).toEqual(ranges);
  });

  it('counts an answer without a byte as a failed attempt', async () => {
    const nothing: Fault[] = Array.from({ length: RETRY_RULE.maxAttempts - 1 }, () => ({ kind: 'empty' }));
    hub.faults['onnx/vision.onnx'] = [cutAt(100_000), ...nothing];
    await expect(install()).rejects.toThrow(UnavailableError);
    expect(downloads('onnx/vision.onnx')).toHaveLength(RETRY_RULE.maxAttempts);
    await install();
    await expectInstalled();
    expect(downloads('onnx/vision.onnx').at(-1)?.headers.range).toBe('bytes=100000-');
  });

  it('says so where a server compresses what it sends', async () => {
    hub.faults['onnx/vision.onnx'] = [{ kind: 'compressed' }];
    const failing = install();
    await expect(failing).rejects.toThrow(UsageError);
    await expect(failing).rejects.toThrow(/vision\.onnx is sent compressed \(Content-Encoding: gzip\)/);
  });

  it('keeps nothing of a file that changes in mid-download', async () => {
    const changed = toBytes(99, tiny.files['backbone.onnx'].length);
    const other: Fault = { kind: 'other', etag: '"another"', bytes: changed };
    hub.faults['onnx/vision.onnx'] = [cutAt(100_000), other, other, other];
    await expect(install()).rejects.toThrow(IntegrityError);
    expect(await readdir(join(directory, '.tiny.pull'))).toEqual([]);
    expect(await names()).toEqual(['.tiny.pull']);
  });

  it('whatever goes wrong on the way, installs the right bytes or fails as away', async () => {
    const size = tiny.files['backbone.onnx'].length;
    const fault = fc.oneof(
      fc.record({ kind: fc.constant('cut' as const), afterBytes: fc.integer({ min: 0, max: size }) }),
      fc.record({ kind: fc.constant('status' as const), status: fc.constantFrom(408, 429, 500, 503) }),
      fc.constant<Fault>({ kind: 'whole' }),
      fc.record({ kind: fc.constant('other' as const), etag: fc.constantFrom('"a"', '"b"', 'W/"c"') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 6 }), async (faults) => {
        hub.faults['onnx/vision.onnx'] = [...faults];
        try {
          await install();
        } catch (error) {
          expect(error).toBeInstanceOf(UnavailableError);
          hub.faults['onnx/vision.onnx'] = [];
          await install();
        }
        await expectInstalled();
        await rm(join(directory, 'tiny'), { recursive: true });
      }),
      { numRuns: 25 },
    );
  });

  it('keeps nothing of a file with another content, and installs nothing', async () => {
    const wrong = {
      ...published.repository.files,
      'onnx/text.onnx': toBytes(99, tiny.files['text.onnx'].length),
    };
    hub.repositories['acme/published'] = { ...published.repository, files: wrong };
    hub.claims['onnx/text.onnx'] = { sha256: sha256Of(tiny.files['text.onnx']) };
    const failing = install();
    await expect(failing).rejects.toThrow(IntegrityError);
    await expect(failing).rejects.toThrow(/onnx\/text\.onnx .* SHA-256 .*, not /);
    expect(await names()).toEqual(['.tiny.pull']);
    expect(await readdir(join(directory, '.tiny.pull'))).toEqual(['backbone.onnx']);

    // What was right is not downloaded again.
    hub.repositories['acme/published'] = published.repository;
    hub.requests.length = 0;
    await install();
    await expectInstalled();
    expect(downloads('onnx/vision.onnx')).toEqual([]);
  });

  it('refuses what the hub itself says is another file before any byte of it', async () => {
    hub.claims['onnx/text.onnx'] = { sha256: '0'.repeat(64) };
    await expect(install()).rejects.toThrow(IntegrityError);
    hub.claims['onnx/text.onnx'] = { sizeBytes: 7 };
    await expect(install()).rejects.toThrow(/its size is 7, not 120000/);
    expect(hub.requests.filter(({ method }) => method === 'GET')).toEqual([]);
  });

  it.each([
    ['more', 300_001],
    ['fewer', 299_999],
  ])('refuses a file of %s bytes, whether or not the server says so', async (_what, size) => {
    const bytes = toBytes(1, size);
    for (const fault of [
      { kind: 'unmeasured', bytes } as const,
      { kind: 'other', etag: '"x"', bytes } as const,
    ]) {
      hub.faults['onnx/vision.onnx'] = [fault];
      await expect(install()).rejects.toThrow(/has (more than )?\d+ bytes, not 300000/);
      expect(await readdir(join(directory, '.tiny.pull'))).toEqual([]);
    }
  });

  it('names what is not there, and how access is had', async () => {
    const { [tiny.manifest.text?.tokenizer.file ?? '']: _gone, ...files } = published.repository.files;
    hub.repositories['acme/published'] = { ...published.repository, files };
    await expect(install()).rejects.toThrow(/has no tokenizer\.json in acme\/published/);
    hub.repositories['acme/published'] = { ...published.repository, token: 'secret' };
    for (const [token, message] of [
      [null, /denied \(HTTP 401\).*set MODELS_TOKEN/],
      ['wrong', /denied \(HTTP 401\).*MODELS_TOKEN may not read it/],
    ] as const) {
      const failing = install({}, token);
      await expect(failing).rejects.toThrow(UsageError);
      await expect(failing).rejects.toThrow(message);
    }
    expect(await planFromRepository('tiny', parseRepository('acme/none'), null, toTools())).toBeNull();
    expect(await names()).toEqual([]);
  });

  it('waits as long as a busy server asks for, but not for ever', async () => {
    const busy = (seconds: string): Fault => ({
      kind: 'status',
      status: 429,
      headers: { 'retry-after': seconds },
    });
    hub.faults['onnx/vision.onnx'] = [busy('1')];
    expect(await install()).toBe('installed');
    await rm(join(directory, 'tiny'), { recursive: true });

    hub.faults['onnx/vision.onnx'] = [busy('3600')];
    await expect(install()).rejects.toMatchObject({ name: 'UnavailableError', retryAfterMs: 3_600_000 });
    hub.faults['onnx/vision.onnx'] = Array.from(
      { length: 3 },
      () => ({ kind: 'status', status: 503 }) as const,
    );
    hub.requests.length = 0;
    await expect(install()).rejects.toThrow(UnavailableError);
    expect(downloads('onnx/vision.onnx')).toHaveLength(RETRY_RULE.maxAttempts);
  });

  it('follows no redirect from https to http, with a password, to nowhere, nor one without end', async () => {
    const asked: { url: string; authorization: string | null }[] = [];
    const redirects: Record<string, string> = {
      'https://hub.test/a/b/resolve/main/safe': 'http://storage.test/safe',
      'https://hub.test/a/b/resolve/main/secret': 'https://user:word@storage.test/secret',
      'https://hub.test/a/b/resolve/main/signed': 'https://storage.test/signed?signature=secret',
      'https://hub.test/a/b/resolve/main/endless': 'https://hub.test/a/b/resolve/main/endless',
    };
    vi.stubGlobal('fetch', async ({ url, headers }: Request) => {
      asked.push({ url, authorization: headers.get('authorization') });
      return new Response(null, { status: 302, headers: { location: redirects[url] ?? '' } });
    });
    const client = createHubClient({ baseUrl: 'https://hub.test', token: 'secret', idleTimeoutMs: 500 });
    const inspect = (path: string) => client.inspect({ repository: 'a/b', revision: 'main', path }, signal);
    await expect(inspect('safe')).rejects.toThrow(
      /redirects to http:\/\/storage\.test, which is not followed/,
    );
    await expect(inspect('endless')).rejects.toThrow(/more than 10 times/);
    await expect(inspect('secret')).rejects.toThrow(/redirects to https:\/\/storage\.test, which is not/);
    expect(asked.every(({ url }) => url.startsWith('https://hub.test/'))).toBe(true);
    // What grants access to a file is not for a log.
    await expect(inspect('signed')).rejects.toThrow(/^https:\/\/storage\.test\/signed redirects to/);
    expect(asked.at(-1)).toEqual({
      url: redirects['https://hub.test/a/b/resolve/main/signed'],
      authorization: null,
    });
  });

  it('says so where nobody answers', async () => {
    const away = {
      ...toTools(),
      hub: createHubClient({ baseUrl: 'http://127.0.0.1:9', token: null, idleTimeoutMs: 500 }),
    };
    await expect(planPublished(published.entry, null, away)).rejects.toThrow(/127\.0\.0\.1:9 broke off/);
  });

  it('leaves what is here when it is interrupted, and completes it', async () => {
    const interruption = new AbortController();
    signal = interruption.signal;
    hub.faults['onnx/vision.onnx'] = [{ kind: 'silence', afterBytes: 100_000 }];
    const onProgress = (done: number) => done >= 100_000 && interruption.abort(new Error('interrupted'));
    await expect(install({ onProgress })).rejects.toThrow('interrupted');
    expect(await names()).toEqual(['.tiny.pull']);

    signal = new AbortController().signal;
    const progress: number[][] = [];
    await install({ onProgress: (done, total) => progress.push([done, total]) });
    await expectInstalled();
    expect(downloads('onnx/vision.onnx').at(-1)?.headers.range).toBe('bytes=100000-');
    const rest = 425_000 - 100_000;
    expect(progress.at(-1)).toEqual([rest, rest]);
  });

  it('completes no part that was damaged meanwhile', async () => {
    hub.faults['onnx/vision.onnx'] = [
      cutAt(100_000),
      ...Array.from({ length: 3 }, () => ({ kind: 'status', status: 503 }) as const),
    ];
    await expect(install()).rejects.toThrow(UnavailableError);
    await writeFile(join(directory, '.tiny.pull', 'backbone.onnx.partial'), toBytes(7, 90_000));
    await install();
    await expectInstalled();
  });

  it('one of two pulls at once does the work, the other says who is at it', async () => {
    const both = await Promise.allSettled([install(), install()]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { reason } = both.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(BusyError);
    await expectInstalled();
    expect(await names()).toEqual(['models-lock.json', 'tiny']);
  });

  it('is not kept out by what a killed process left', async () => {
    const left = { token: 'x', host: hostname(), processId: process.pid };
    await writeFile(join(directory, '.pull.lock'), JSON.stringify(left));
    await install();
    await expectInstalled();
  });

  it('downloads nothing that the disk has no room for', async () => {
    const failing = install({ measureFreeBytes: async () => 64 * 1024 * 1024 + 424_999 });
    await expect(failing).rejects.toThrow(UsageError);
    await expect(failing).rejects.toThrow(/MB left/);
    expect(hub.requests.filter(({ method }) => method === 'GET')).toEqual([]);
    await install({ measureFreeBytes: async () => 64 * 1024 * 1024 + 425_000 });
    await expectInstalled();
  });

  it('replaces a damaged backbone, and another build only when told to', async () => {
    await install();
    await appendFile(join(directory, 'tiny', 'text.onnx'), 'x');
    expect(await install()).toBe('installed');
    await expectInstalled();

    const other = toPublished(createTinyBackbone('tiny', 40));
    hub.repositories['acme/published'] = other.repository;
    const tools = toTools();
    const plan = await planPublished(other.entry, null, tools);
    await expect(installBackbone(plan, { directory, replaces: false }, tools)).rejects.toThrow(
      /another build/,
    );
    await expectInstalled();
    await installBackbone(plan, { directory, replaces: true }, tools);
    expect(await findDifferences(directory, 'tiny', plan.pin, signal)).toEqual([]);
    expect(await names()).toEqual(['models-lock.json', 'tiny']);
  });

  describe('out of a repository with its folder', () => {
    it('takes all files of the commit that the branch stood for', async () => {
      const plan = await planFolder();
      if (!plan) throw new Error('no plan');
      await installBackbone(plan, { directory, replaces: false }, toTools());
      await expectInstalled();
      const asked = hub.requests
        .filter(({ host }) => host === 'hub')
        .map(({ url }) => url.split('/').slice(-2).join('/'));
      expect(asked[0]).toBe('main/manifest.json');
      expect(asked.slice(1).every((url) => url.startsWith(`${COMMIT}/`))).toBe(true);
      expect(plan.pin).toMatchObject({ repository: 'acme/tiny', revision: COMMIT });
    });

    it('holds a second machine to the pins of the first', async () => {
      const pin = (await planFolder())?.pin ?? null;
      expect((await planFolder(pin))?.pin).toEqual(pin);
      hub.repositories['acme/tiny'] = toFolderRepository(createTinyBackbone('tiny', 50));
      await expect(planFolder(pin)).rejects.toThrow(IntegrityError);
      await expect(planFolder(pin)).rejects.toThrow(
        /models-lock\.json holds it to:[\s\S]*backbone\.onnx: [\s\S]*--update/,
      );
      expect(await planFolder()).not.toBeNull();
    });

    const text = tiny.manifest.text as NonNullable<typeof tiny.manifest.text>;
    it.each([
      ['a path out of the folder', { text: { ...text, file: '../../text.onnx' } }, 'text.file'],
      [
        'an absolute path',
        { weightFiles: [{ file: '/etc/weights', sha256: text.sha256 }] },
        'weightFiles.0.file',
      ],
      ['a hidden file', { text: { ...text, file: '.bashrc' } }, 'text.file'],
      ['an id that is a path', { id: '../tiny' }, 'id'],
      ['a file that is called as a part', { text: { ...text, file: 'w.bin.Partial' } }, 'w.bin.partial'],
      [
        'a file that is called as a part’s note',
        { weightFiles: [{ file: 'w.partial.json', sha256: text.sha256 }] },
        'w.partial.json',
      ],
      ['keys that move the cursor', { 'a\u001b[2K\u202eb': 1 }, '"a [2K b"'],
      ['two files of one name', { text: { ...text, file: 'Manifest.json' } }, /manifest\.json/i],
      ['another backbone', { id: 'other' }, 'is of other, not of tiny'],
    ])('refuses a manifest with %s', async (_what, change, fault) => {
      const manifest = Buffer.from(JSON.stringify({ ...tiny.manifest, ...change }));
      const repository = toFolderRepository(tiny);
      hub.repositories['acme/tiny'] = {
        ...repository,
        files: { ...repository.files, 'manifest.json': manifest },
      };
      await expect(planFolder()).rejects.toThrow(IntegrityError);
      await expect(planFolder()).rejects.toThrow(fault);
    });

    it.each(['acme', '../tiny', 'acme/../x', 'acme/tiny@../x', 'acme/tiny@', 'a/b/c', ''])(
      'refuses "%s" for a repository',
      (reference) => {
        expect(() => parseRepository(reference)).toThrow(UsageError);
      },
    );
  });
});
