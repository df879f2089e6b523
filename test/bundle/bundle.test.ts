import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adoptBundle } from '../../src/bundle/adopt-bundle.ts';
import { readCurrentBundle, writeCurrentBundle } from '../../src/bundle/current-bundle.ts';
import { canonicalJson, createIdentity, toBundleId } from '../../src/bundle/identity.ts';
import { readBundle } from '../../src/bundle/read-bundle.ts';
import { type BundleParts, writeBundle } from '../../src/bundle/write-bundle.ts';
import { IntegrityError } from '../../src/shared/errors.ts';

const ONNX = { MUSIC: Uint8Array.of(1, 2, 3), VIDEO: Uint8Array.of(4, 5) };

function parts(onnx = ONNX, createdAt = '2026-01-31T09:00:00.000Z'): BundleParts {
  const backbone = { backboneId: 'some-backbone', backboneSha256: 'a'.repeat(64), featureDimension: 3 };
  const identity = createIdentity(
    { MUSIC: { onnx: onnx.MUSIC, ...backbone }, VIDEO: { onnx: onnx.VIDEO, ...backbone } },
    {
      sslDimension: 2,
      supDimension: 2,
      segmentRule: { segmentSeconds: 10, hopSeconds: 10 },
      normalisation: 'unit',
      labelField: 'genres',
    },
  );
  return {
    identity,
    heads: onnx,
    description: {
      createdAt,
      profile: 'lite',
      labels: ['jazz'],
      seed: 1,
      dataSha256: 'b'.repeat(64),
      splits: { key: 'train' },
      similarityDeviation: { ssl: 0.2, sup: 0.3 },
      balancedAlpha: 0.4,
      recommendedAlpha: 0.4,
      recommendedAlphaRule: 'balanced',
      tradeOff: [],
      training: {},
    },
    reports: { 'evaluation.json': `{"at":"${createdAt}"}` },
  };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a bundle', () => {
  it('is read as it was written, and leaves nothing else behind', async () => {
    const written = await writeBundle(folder, parts());
    const bundle = await readBundle(written.directory);
    expect(bundle.id).toBe(written.id);
    expect(bundle.manifest).toEqual(written.manifest);
    expect(bundle.heads).toEqual(ONNX);
    expect(await readdir(folder)).toEqual([written.id]);
    expect((await readdir(written.directory)).sort()).toEqual([
      'evaluation.json',
      'manifest.json',
      'music-heads.onnx',
      'video-heads.onnx',
    ]);
  });

  it('has an id that depends on its heads and not on when it was made', async () => {
    const first = await writeBundle(folder, parts());
    const later = await writeBundle(folder, parts(ONNX, '2027-01-01T00:00:00.000Z'));
    const other = await writeBundle(folder, parts({ ...ONNX, VIDEO: Uint8Array.of(9) }));
    expect(later.id).toBe(first.id);
    expect(other.id).not.toBe(first.id);
    expect((await readBundle(first.directory)).manifest.createdAt).toBe('2027-01-01T00:00:00.000Z');
    expect(await readFile(join(first.directory, 'evaluation.json'), 'utf8')).toContain('2027');
    expect((await readdir(folder)).sort()).toEqual([first.id, other.id].sort());
  });

  it.each(['music-heads.onnx', 'video-heads.onnx'])(
    'is refused with a changed byte or without %s',
    async (file) => {
      const { directory } = await writeBundle(folder, parts());
      const path = join(directory, file);
      const bytes = await readFile(path);
      bytes[0] ^= 1;
      await writeFile(path, bytes);
      await expect(readBundle(directory)).rejects.toThrow(IntegrityError);
      await expect(readBundle(directory)).rejects.toThrow(path);
      await rm(path);
      await expect(readBundle(directory)).rejects.toThrow(path);
    },
  );

  it('is refused with a changed identity, a manifest that is none, and without one', async () => {
    const { directory } = await writeBundle(folder, parts());
    const path = join(directory, 'manifest.json');
    const text = await readFile(path, 'utf8');
    const texts = [
      text.replace('"genres"', '"mood"'),
      text.replace('"balancedAlpha": 0.4', '"balancedAlpha": 4'),
      '{',
    ];
    for (const wrong of texts) {
      await writeFile(path, wrong);
      await expect(readBundle(directory)).rejects.toThrow(IntegrityError);
      await expect(readBundle(directory)).rejects.toThrow('manifest.json');
    }
    await rm(path);
    await expect(readBundle(directory)).rejects.toThrow(IntegrityError);
    await expect(readBundle(directory)).rejects.toThrow(
      `${path} is gone: put the bundle's folder back, or train`,
    );
  });

  it('is never read from outside of its folder', async () => {
    const { directory } = await writeBundle(folder, parts());
    await writeFile(join(folder, 'stray.onnx'), ONNX.MUSIC);
    const path = join(directory, 'manifest.json');
    const manifest = JSON.parse(await readFile(path, 'utf8'));
    manifest.identity.heads.MUSIC.file = '../stray.onnx';
    manifest.id = toBundleId(manifest.identity);
    await writeFile(path, JSON.stringify(manifest));
    await expect(readBundle(directory)).rejects.toThrow(IntegrityError);
  });

  it('is made whole where a damaged one stands in its place', async () => {
    const { directory } = await writeBundle(folder, parts());
    await writeFile(join(directory, 'music-heads.onnx'), 'damaged');
    await writeBundle(folder, parts());
    expect((await readBundle(directory)).heads).toEqual(ONNX);
    expect(await readdir(folder)).toHaveLength(1);
  });
});

describe('the current bundle', () => {
  it('is none, then the last one written', async () => {
    expect(await readCurrentBundle(folder)).toBeNull();
    for (const id of ['1'.repeat(64), '2'.repeat(64)]) {
      await writeCurrentBundle(folder, id);
      expect(await readCurrentBundle(folder)).toBe(id);
    }
    expect(await readdir(folder)).toEqual(['current-bundle']);
  });

  it('is refused where the file holds something else', async () => {
    await writeFile(join(folder, 'current-bundle'), '../../etc');
    await expect(readCurrentBundle(folder)).rejects.toThrow(IntegrityError);
  });
});

/** Some time longer than any writing takes. */
const LONG_AGO = new Date(Date.now() - 2 * 3_600_000);

describe('what killed writers left', () => {
  it('goes with the next writing once it is old, and stays while it may be in work', async () => {
    const names = ['.writing-dead', '.writing-dead-damaged', '.writing-alive'];
    for (const name of names) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'manifest.json'), '{}');
    }
    for (const name of ['current-bundle.123', 'current-bundle.alive', 'mine'])
      await writeFile(join(folder, name), '');
    for (const name of ['.writing-dead', '.writing-dead-damaged', 'current-bundle.123', 'mine']) {
      await utimes(join(folder, name), LONG_AGO, LONG_AGO);
    }
    const { id } = await writeBundle(folder, parts());
    await writeCurrentBundle(folder, id);
    expect((await readdir(folder)).sort()).toEqual(
      ['.writing-alive', 'current-bundle', 'current-bundle.alive', 'mine', id].sort(),
    );
  });
});

describe('a bundle from elsewhere', () => {
  it('is adopted whole, and one that is at home stays as it is', async () => {
    const elsewhere = join(folder, 'elsewhere');
    const home = join(folder, 'home');
    const { id, directory } = await writeBundle(elsewhere, parts());
    await adoptBundle(await readBundle(directory), home);
    const adopted = await readBundle(join(home, id));
    expect(adopted).toEqual({ ...(await readBundle(directory)), directory: join(home, id) });
    expect((await readdir(adopted.directory)).sort()).toEqual((await readdir(directory)).sort());
    const report = join(adopted.directory, 'evaluation.json');
    expect(await readFile(report, 'utf8')).toBe(await readFile(join(directory, 'evaluation.json'), 'utf8'));
    const { ino } = await stat(report);
    await adoptBundle(adopted, home);
    expect((await stat(report)).ino).toBe(ino);
  });
});

describe('canonical JSON', () => {
  it('does not depend on the order of keys', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
    expect(canonicalJson({ a: null, b: [{ c: 2, d: 1 }] })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
  });
});
