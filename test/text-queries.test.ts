import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, createApi } from '../src/api.ts';
import { adoptBundle } from '../src/bundle/adopt-bundle.ts';
import { readBundle } from '../src/bundle/read-bundle.ts';
import { loadConfig } from '../src/config/config.ts';
import { createServices, loadBundle, SEGMENT_RULE, type Services } from '../src/services.ts';
import { createRandom } from '../src/shared/random.ts';
import { dot } from '../src/shared/vector-math.ts';
import { type TrainedBundle, trainBundle } from '../src/training/train-bundle.ts';
import type { TrainingPair } from '../src/training/training-set.ts';
import { createEntries } from './support/api.ts';
import { fillStore } from './support/fill-store.ts';
import { installBackbone } from './support/install-backbone.ts';
import { largestDifference, REFERENCE_DIR, referencePath } from './support/reference.ts';
import { TINY_CLIP, TINY_MERT } from './support/tiny-backbones.ts';
import { installTinyClip, tinyText } from './support/tiny-text.ts';

const LABELS = ['calm', 'wild', 'electric guitar'];
const AUDIO_DIMENSION = 32;
const VISION_DIMENSION = 24;

/** Pairs of music and pictures that share what their label looks and sounds like. */
function createPairs(): TrainingPair[] {
  const random = createRandom(3);
  const draw = (width: number) => Float32Array.from({ length: width }, () => random.normal());
  const centres = LABELS.map((label) => ({
    label,
    music: draw(AUDIO_DIMENSION),
    video: draw(VISION_DIMENSION),
  }));
  const near = (centre: Float32Array) => centre.map((value) => value + 0.5 * random.normal());
  return Array.from({ length: 90 }, (_, i) => {
    const { label, music, video } = centres[i % centres.length];
    return {
      id: `v${i}`,
      trackId: `t${i}`,
      source: null,
      componentKey: `${i}`,
      split: i < 60 ? ('train' as const) : ('test' as const),
      labels: [label],
      music: [near(music)],
      video: [near(video)],
    };
  });
}

describe.skipIf(!REFERENCE_DIR)('texts, from training to the API (skipped: set REFERENCE_DIR)', () => {
  const pairs = createPairs();
  let directory: string;
  let services: Services;
  let bundle: TrainedBundle;
  let api: Api;

  const train = async () => {
    const [music, video] = [
      await services.backbones.open(TINY_MERT.id),
      await services.backbones.open(TINY_CLIP.id),
    ];
    return trainBundle({
      set: { pairs },
      options: { steps: 60, hiddenDimension: 32, outputDimension: 16 },
      backbones: { MUSIC: music, VIDEO: video },
      text: await services.backbones.openText(TINY_CLIP.id),
      provenance: {
        segmentRule: SEGMENT_RULE,
        labelField: 'genres',
        profile: 'paper',
        dataSha256: 'd'.repeat(64),
        splits: null,
      },
      bundlesDirectory: services.config.directories.bundles,
    });
  };

  const index = async () => {
    const { embedder } = await loadBundle(bundle.id, services);
    const store = await services.openStore();
    const [template] = createEntries(1);
    const entries = await Promise.all(
      pairs.map(async ({ trackId, labels, music }) => {
        const [vectors] = await embedder.project('MUSIC', music);
        const record = { ...template.record, id: trackId, title: trackId, genres: [...labels] };
        const segments = [{ startSeconds: 0, endSeconds: 10, ...vectors }];
        return { ...template, record, segments, fingerprint: trackId };
      }),
    );
    await fillStore(store, bundle.id, entries, { dimensions: embedder.dimensions });
    await embedder.close();
  };

  const ask = async (text: string, alpha = 1) => {
    const { body } = await api.graphqlServer.executeOperation(
      {
        query: `query ($text: String!, $alpha: Float) {
          system { bundle { supportsText } }
          searchMusic(query: { text: $text }, alpha: $alpha) {
            ... on MusicSearch {
              id by querySpan { startSeconds }
              hits(first: 10) { run { device embedMs } edges { score node { id genres } } }
            }
          }
        }`,
        variables: { text, alpha },
      },
      { contextValue: api.createContext({}) },
    );
    if (body.kind !== 'single') throw new Error('The API answers in one piece.');
    expect(body.singleResult.errors).toBeUndefined();
    // biome-ignore lint/suspicious/noExplicitAny: as it was selected above
    return body.singleResult.data as any;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'control-mvr-texts-'));
    services = createServices(loadConfig({ DATA_DIR: directory, DEVICE: 'cpu', LOG_LEVEL: 'silent' }));
    const { backbones } = services.config.directories;
    installTinyClip(backbones);
    installBackbone(backbones, TINY_MERT, referencePath('mert/layer_means.onnx'));
    bundle = await train();
    await index();
    api = await createApi(services);
  }, 120_000);
  afterAll(async () => {
    await api?.close();
    await services.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('are recorded in the bundle by tower and vocabulary, and the same again by the same training', async () => {
    const { tokenizer } = tinyText();
    const reader = await services.backbones.openText(TINY_CLIP.id);
    const { manifest, textHeads } = await readBundle(bundle.directory);
    expect(manifest.identity.text).toEqual({
      file: 'text-heads.onnx',
      sha256: expect.any(String),
      towerSha256: reader?.sha256,
      tokenizerSha256: tokenizer.sha256,
      gapClosing: 'linear',
    });
    expect(textHeads?.length).toBeGreaterThan(1_000);
    expect((await train()).id).toBe(bundle.id);
  });

  it('are measured on their own: labels as texts, in both libraries', () => {
    const rows = bundle.report?.text;
    expect(Object.keys(rows ?? {})).toEqual(['MUSIC', 'VIDEO']);
    for (const modality of ['MUSIC', 'VIDEO'] as const) {
      expect(rows?.[modality]).toHaveLength(11);
      for (const { pair, label } of rows?.[modality] ?? []) {
        expect(pair).toBeNull();
        expect(label).toMatchObject({ queries: 3, baseRate: expect.closeTo(1 / 3, 10) });
      }
    }
    // The tower's weights are random: it is the linear map that makes labels find what carries them.
    expect(rows?.MUSIC[10].label?.precisionAt10).toBeGreaterThan(0.8);
  });

  it.each(LABELS)('find by the API what carries the label: %s', async (label) => {
    const { system, searchMusic } = await ask(label);
    expect(system.bundle.supportsText).toBe(true);
    expect(searchMusic).toMatchObject({ by: null, querySpan: null });
    expect(searchMusic.hits.run).toEqual({ device: 'CPU', embedMs: expect.any(Number) });
    const found = searchMusic.hits.edges.filter(
      ({ node }: { node: { genres: string[] } }) => node.genres[0] === label,
    );
    expect(found.length).toBeGreaterThan(6);
  });

  it('score a hit as its text and its music embedded by themselves do', async () => {
    const { embedder } = await loadBundle(bundle.id, services);
    const [text, same] = (await embedder.embedTexts?.(['a calm evening', '  A CALM\nevening '])) ?? [];
    expect(largestDifference(text.ssl ?? [], same.ssl ?? [])).toBeLessThan(1e-5);
    const { searchMusic } = await ask('a calm evening', 0);
    const [{ score, node }] = searchMusic.hits.edges;
    const [track] = await embedder.project(
      'MUSIC',
      pairs.find(({ trackId }) => trackId === node.id)?.music ?? [],
    );
    expect(dot(text.ssl ?? [], track.ssl ?? [])).toBeCloseTo(score, 5);
    await embedder.close();
  });

  it('move with a bundle that is copied, and are refused where the tower is another', async () => {
    const elsewhere = join(directory, 'elsewhere');
    await adoptBundle(await readBundle(bundle.directory), elsewhere);
    expect((await readBundle(join(elsewhere, bundle.id))).textHeads).not.toBeNull();
    await writeFile(join(elsewhere, bundle.id, 'text-heads.onnx'), 'damaged');
    await expect(readBundle(join(elsewhere, bundle.id))).rejects.toThrow(/text-heads.onnx has SHA-256/);

    const config = loadConfig({ DATA_DIR: directory, DEVICE: 'cpu', LOG_LEVEL: 'silent' });
    const { backbones } = config.directories;
    for (const changes of [{ masked: true }, { input: { ...tinyText().input, contextLength: 12 } }]) {
      const other = createServices(config);
      try {
        installTinyClip(backbones, changes);
        await expect(loadBundle(bundle.id, other)).rejects.toThrow(
          `Bundle ${bundle.id} was trained with another text tower of the backbone ${TINY_CLIP.id}.`,
        );
      } finally {
        installTinyClip(backbones);
        await other.close();
      }
    }
  });
});
