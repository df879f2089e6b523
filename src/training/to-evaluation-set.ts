import type { FeatureGallery, FeatureItem } from '../evaluation/baselines.ts';
import type { EvaluationItem, EvaluationSet } from '../evaluation/items.ts';
import type { SpaceVectors } from '../head/head.ts';
import type { Modality } from '../media/media.ts';
import { featuresOf } from './head-set.ts';
import type { TrainingPair } from './training-set.ts';

/** Embeds rows of features of one modality, in order. */
export type Project = (
  modality: Modality,
  features: readonly Float32Array[],
) => Promise<SpaceVectors[]> | SpaceVectors[];

/** Every segment of a gallery through its heads. */
export async function embedGallery(
  { tracks, videos, pairs }: FeatureGallery,
  project: Project,
): Promise<EvaluationSet> {
  return {
    tracks: await embedItems(tracks, 'MUSIC', project),
    videos: await embedItems(videos, 'VIDEO', project),
    pairs,
  };
}

/** The items of these pairs and no others; a track of several pairs is one item. */
export function toPairGallery(pairs: readonly TrainingPair[]): FeatureGallery {
  const onePerTrack = [...new Map(pairs.map((pair) => [pair.trackId, pair])).values()];
  return {
    tracks: onePerTrack.map((pair) => toItem(pair, 'MUSIC')),
    videos: pairs.map((pair) => toItem(pair, 'VIDEO')),
    pairs: pairs.map(({ id, trackId }) => ({ videoId: id, trackId })),
  };
}

function toItem(pair: TrainingPair, modality: Modality): FeatureItem {
  const id = modality === 'MUSIC' ? pair.trackId : pair.id;
  const { labels, source } = pair;
  return { id, labels, source, resampleUnit: source ?? id, features: featuresOf(pair, modality) };
}

async function embedItems(
  items: readonly FeatureItem[],
  modality: Modality,
  project: Project,
): Promise<EvaluationItem[]> {
  if (items.length === 0) return [];
  const vectors = await project(
    modality,
    items.flatMap(({ features }) => features),
  );
  let end = 0;
  return items.map(({ features, ...item }) => {
    const start = end;
    end += features.length;
    return { ...item, segments: vectors.slice(start, end) };
  });
}
