import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PROFILES } from '../../src/backbone/registry.ts';
import { createProgress } from '../../src/cli/progress.ts';
import { type SearchArguments, search } from '../../src/cli/search.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createServices, loadBundle, type Services } from '../../src/services.ts';
import { UsageError } from '../../src/shared/errors.ts';
import { dot } from '../../src/shared/vector-math.ts';
import { createEntries, DIMENSION } from '../support/api.ts';
import { fillStore } from '../support/fill-store.ts';
import { writeRandomBundle } from '../support/random-bundle.ts';
import { REFERENCE_DIR } from '../support/reference.ts';
import { TINY_CLIP } from '../support/tiny-backbones.ts';
import { installTinyClip } from '../support/tiny-text.ts';

const TEXT = 'calm piano';
const OPTIONS: SearchArguments = { genre: [], first: 100, json: true };

describe('search --text', () => {
  const entries = createEntries(1);
  let directory: string;
  let services: Services;
  let bundleId: string;
  let printed: string[];

  const fill = async (vision: string) => {
    bundleId = await writeRandomBundle(services, DIMENSION, { ...PROFILES.lite, VIDEO: vision });
    await fillStore(await services.openStore(), bundleId, entries);
  };
  const run = (path: string | undefined, options: Partial<SearchArguments>) =>
    search(
      path,
      { ...OPTIONS, ...options },
      { services, progress: createProgress({ quiet: true }), signal: new AbortController().signal },
    );

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'control-mvr-search-text-'));
    services = createServices(loadConfig({ DATA_DIR: directory, DEVICE: 'cpu', LOG_LEVEL: 'silent' }));
    printed = [];
    vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(line));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
    await services.close();
    await rm(directory, { recursive: true, force: true });
  });

  describe.skipIf(!REFERENCE_DIR)('with a bundle that reads texts (skipped: set REFERENCE_DIR)', () => {
    it.each([
      [undefined, 'MusicSearch', 'MUSIC'],
      ['music', 'MusicSearch', 'MUSIC'],
      ['video', 'VideoSearch', 'VIDEO'],
    ] as const)('--target %s: ranks by the words’ vectors', async (target, type, modality) => {
      installTinyClip(services.config.directories.backbones);
      await fill(TINY_CLIP.id);
      await run(undefined, { text: TEXT, alpha: 0, ...(target && { target }) });
      const answer = JSON.parse(printed.join('\n'));
      expect(answer).toMatchObject({ __typename: type, alpha: 0, by: null, querySpan: null });

      const { embedder } = await loadBundle(bundleId, services);
      const [{ ssl: asked }] = (await embedder.embedTexts?.([TEXT])) ?? [];
      await embedder.close();
      const ssl = entries
        .filter(({ record }) => record.modality === modality)
        .flatMap(({ record, segments }) => {
          const found = segments.flatMap((segment) =>
            segment.ssl && asked ? [dot(segment.ssl, asked)] : [],
          );
          return found.length > 0 ? [{ id: record.id, score: Math.max(...found) }] : [];
        })
        .sort((a, b) => b.score - a.score);
      const hits = answer.hits.edges.slice(0, ssl.length);
      expect(hits.map(({ node }: { node: { id: string } }) => node.id)).toEqual(ssl.map(({ id }) => id));
      hits.forEach(({ score }: { score: number }, i: number) => {
        expect(score).toBeCloseTo(ssl[i].score, 5);
      });
      expect(process.exitCode).toBeUndefined();
    });

    it('refuses a text without a word', async () => {
      installTinyClip(services.config.directories.backbones);
      await fill(TINY_CLIP.id);
      await expect(run(undefined, { text: '  ' })).rejects.toThrow(UsageError);
      await expect(run(undefined, { text: '  ' })).rejects.toThrow('at least one word');
    });
  });

  it('says what to do, and fails, where the bundle reads none', async () => {
    const message = 'The bundle reads no texts: train one with PROFILE=paper, or search with a file.';
    const said = vi.spyOn(console, 'error').mockReturnValue();
    await fill(PROFILES.lite.VIDEO);
    await run(undefined, { text: TEXT });
    expect(JSON.parse(printed.join('\n'))).toEqual({ __typename: 'QueryNotSupported', message });
    expect(process.exitCode).toBe(1);
    await run(undefined, { text: TEXT, json: false });
    expect(said.mock.calls).toEqual([[message]]);
  });

  it('takes a file or words, not both and not neither', async () => {
    for (const [path, options] of [
      [undefined, {}],
      ['clip.mp4', { text: TEXT }],
    ] as const) {
      await expect(run(path, options)).rejects.toThrow(UsageError);
      await expect(run(path, options)).rejects.toThrow('--text WORDS, one of them');
    }
  });
});
