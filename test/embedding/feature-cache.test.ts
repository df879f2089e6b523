import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FeatureExtraction } from '../../src/embedding/extract-features.ts';
import {
  createFeatureCache,
  decodeExtraction,
  encodeExtraction,
  type FeatureKey,
} from '../../src/embedding/feature-cache.ts';
import { SILENT_LOG } from '../retrieval/clip-fakes.ts';

const KEY: FeatureKey = {
  contentHash: 'c'.repeat(64),
  backbone: { id: 'lite-audio', sha256: 'b'.repeat(64) },
  rule: { segmentSeconds: 10, hopSeconds: 10 },
};
const EXTRACTION: FeatureExtraction = {
  segments: [0, 10].map((startSeconds) => ({
    modality: 'MUSIC',
    span: { startSeconds, endSeconds: startSeconds + 10 },
    backboneId: 'lite-audio',
    features: Float32Array.of(startSeconds, 0.1, -3e-20),
  })),
  peaks: Uint8Array.of(0, 50, 100),
  isSilent: false,
};

describe('the feature cache', () => {
  let directory: string;
  const open = () => createFeatureCache({ directory, log: SILENT_LOG });
  const files = async () =>
    (await readdir(directory, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  const unexpected = () => Promise.reject(new Error('extracted again'));

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'features-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('extracts once, over processes', async () => {
    expect(await open().remember(KEY, async () => EXTRACTION)).toEqual(EXTRACTION);
    expect(await open().remember(KEY, unexpected)).toEqual(EXTRACTION);
    expect(await files()).toHaveLength(1);
  });

  it('extracts once for concurrent calls, and again after a failure', async () => {
    const cache = open();
    let calls = 0;
    const extract = async () => {
      calls++;
      return EXTRACTION;
    };
    await expect(cache.remember(KEY, unexpected)).rejects.toThrow();
    await Promise.all([cache.remember(KEY, extract), cache.remember(KEY, extract)]);
    expect(calls).toBe(1);
  });

  it('tells apart all that features depend on', async () => {
    const cache = open();
    const keys: FeatureKey[] = [
      KEY,
      { ...KEY, contentHash: 'd'.repeat(64) },
      { ...KEY, backbone: { ...KEY.backbone, id: 'other' } },
      { ...KEY, backbone: { ...KEY.backbone, sha256: 'e'.repeat(64) } },
      { ...KEY, rule: { ...KEY.rule, hopSeconds: 5 } },
      { ...KEY, window: { startSeconds: 1, endSeconds: null } },
      { ...KEY, window: { startSeconds: null, endSeconds: 1 } },
    ];
    for (const key of keys) await cache.remember(key, async () => EXTRACTION);
    expect(await files()).toHaveLength(keys.length);
    const open_ = { ...KEY, window: { startSeconds: null, endSeconds: null } };
    await expect(cache.remember(open_, unexpected)).resolves.toEqual(EXTRACTION);
  });

  it.each<[string, (path: string) => Promise<void>]>([
    [
      'a flipped bit',
      async (path) => {
        const bytes = await readFile(path);
        bytes[bytes.length - 5] ^= 1;
        await writeFile(path, bytes);
      },
    ],
    ['a torn end', (path) => truncate(path, 100)],
    ['an empty file', (path) => truncate(path, 0)],
  ])('makes an entry with %s again', async (_title, damage) => {
    await open().remember(KEY, async () => EXTRACTION);
    const [path] = await files();
    await damage(path);
    const other = { ...EXTRACTION, peaks: null };
    expect(await open().remember(KEY, async () => other)).toEqual(other);
    expect(await open().remember(KEY, unexpected)).toEqual(other);
  });

  it('sweeps what killed processes left, once it is old', async () => {
    await open().remember(KEY, async () => EXTRACTION);
    const [path] = await files();
    const [dead, alive] = [`${path}.dead.draft`, `${path}.alive.draft`];
    for (const draft of [dead, alive]) await writeFile(draft, 'torn');
    const longAgo = new Date(Date.now() - 2 * 3_600_000);
    for (const old of [dead, path]) await utimes(old, longAgo, longAgo);
    await open().remember({ ...KEY, contentHash: 'f'.repeat(64) }, async () => EXTRACTION);
    const left = await files();
    expect(left).toHaveLength(3);
    expect(left).toEqual(expect.arrayContaining([path, alive]));
  });

  it('gives back every extraction as it was', () => {
    const modality = fc.constantFrom('MUSIC' as const, 'VIDEO' as const);
    const extraction = fc
      .record({ modality, dimension: fc.integer({ min: 1, max: 8 }), backboneId: fc.string() })
      .chain(({ modality, dimension, backboneId }) =>
        fc.record({
          segments: fc.array(
            fc.record({
              modality: fc.constant(modality),
              backboneId: fc.constant(backboneId),
              span: fc.record({
                startSeconds: fc.double({ min: 0, max: 1e4, noNaN: true }),
                endSeconds: fc.double({ min: 0, max: 1e4, noNaN: true }),
              }),
              features: fc.float32Array({ minLength: dimension, maxLength: dimension }),
            }),
            { minLength: 1, maxLength: 5 },
          ),
          peaks: fc.option(fc.uint8Array({ max: 100 })),
          isSilent: fc.boolean(),
        }),
      );
    fc.assert(
      fc.property(extraction, (given) => {
        const back = decodeExtraction(Buffer.from(encodeExtraction(given)));
        expect(back.segments.map(({ features }) => Buffer.from(features.buffer))).toEqual(
          given.segments.map(({ features }) => Buffer.from(features.slice().buffer)),
        );
        expect(JSON.stringify(back.segments.map(({ span }) => span))).toBe(
          JSON.stringify(given.segments.map(({ span }) => span)),
        );
        expect([back.peaks, back.isSilent]).toEqual([given.peaks, given.isSilent]);
      }),
    );
  });
});
