import type { Backbone } from '../backbone/backbone.ts';
import type { Embedder } from '../embedding/embedding.ts';
import { MODALITIES, type Modality } from '../media/media.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { Edition } from '../store/vector-store.ts';
import type { Serving } from './serving.ts';

type Stage = 'extract' | 'project';
/** What is embedded. Texts go through tower and heads in one call, which is counted as an extraction. */
type Kind = Modality | 'TEXT';
type Meter = Pick<Metrics, 'observeSearch' | 'observeEmbed' | 'watchQueue'>;
export type ServingWithBackbones = Serving & { backbones: Record<Modality, Backbone> };

/**
 * Returns what wraps each serving, so that its searches and its work on the device are timed and counted. Counts
 * go on over a swap of bundles, since bundles share backbones.
 */
export function measureServings(metrics: Meter): <S extends ServingWithBackbones>(serving: S) => S {
  const counts = new Map<string, number>();
  const queues = (['extract', 'project'] as const).flatMap((stage) =>
    MODALITIES.map((modality) => toQueue(stage, modality)),
  );
  for (const queue of [...queues, toQueue('extract', 'TEXT')]) {
    counts.set(queue, 0);
    metrics.watchQueue(queue, () => counts.get(queue) ?? 0);
  }
  const add = (queue: string, count: number) => counts.set(queue, (counts.get(queue) ?? 0) + count);

  const embed = async <Result>(
    stage: Stage,
    modality: Kind,
    count: number,
    work: () => Promise<Result>,
  ): Promise<Result> => {
    const queue = toQueue(stage, modality);
    const startedMs = performance.now();
    add(queue, count);
    try {
      const result = await work();
      metrics.observeEmbed({ stage, modality, durationMs: performance.now() - startedMs });
      return result;
    } finally {
      add(queue, -count);
    }
  };
  const measureBackbone = (backbone: Backbone): Backbone => ({
    ...backbone,
    extract: (segments, signal) =>
      embed('extract', backbone.modality, segments.length, () => backbone.extract(segments, signal)),
  });
  const measureEmbedder = (embedder: Embedder): Embedder => ({
    ...embedder,
    project: (modality, features, signal) =>
      embed('project', modality, features.length, () => embedder.project(modality, features, signal)),
    ...(embedder.embedTexts && { embedTexts: measureTexts(embedder.embedTexts) }),
  });
  const measureTexts =
    (embedTexts: NonNullable<Embedder['embedTexts']>): Embedder['embedTexts'] =>
    (texts, signal) =>
      embed('extract', 'TEXT', texts.length, () => embedTexts(texts, signal));
  const measureEdition = (edition: Edition): Edition => ({
    ...edition,
    async search(requests) {
      const startedMs = performance.now();
      const pages = await edition.search(requests);
      const durationMs = performance.now() - startedMs;
      for (const target of new Set(requests.map((request) => request.target))) {
        metrics.observeSearch({ target, durationMs });
      }
      return pages;
    },
  });

  return (serving) => ({
    ...serving,
    edition: measureEdition(serving.edition),
    embedder: measureEmbedder(serving.embedder),
    backbones: {
      MUSIC: measureBackbone(serving.backbones.MUSIC),
      VIDEO: measureBackbone(serving.backbones.VIDEO),
    },
  });
}

const toQueue = (stage: Stage, modality: Kind) => `${stage}-${modality.toLowerCase()}`;
