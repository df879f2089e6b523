import type { SpaceVectors } from '../head/head.ts';
import { MODALITIES, type Modality } from '../media/media.ts';
import { createBootstrap } from './bootstrap.ts';
import type { EvaluationItem, EvaluationQuery, EvaluationSet } from './items.ts';
import { ALPHAS, rankQueries, toRow } from './protocol.ts';
import type { Row } from './tables.ts';

/** A text with its vectors. */
export interface TextQuery {
  text: string;
  vectors: SpaceVectors;
}

/** What labels find when they are asked for as texts, by what is searched; WEIGHTED, at every α. */
export type TextRows = Record<Modality, Row[]>;

/** The labels of a set's items, sorted: the texts that are asked. */
export function labelsToAsk({
  tracks,
  videos,
}: Record<'tracks' | 'videos', readonly Pick<EvaluationItem, 'labels'>[]>): string[] {
  return [...new Set([...tracks, ...videos].flatMap(({ labels }) => labels))].sort();
}

/** Ranks the labelled items of each kind by each label as a text; relevant is what carries the label. */
export function evaluateTexts({ tracks, videos }: EvaluationSet, texts: readonly TextQuery[]): TextRows {
  const galleries = { MUSIC: tracks, VIDEO: videos };
  const [music, video] = MODALITIES.map((modality) => {
    const gallery = galleries[modality].filter(({ labels }) => labels.length > 0);
    const queries = texts
      .map((text) => toQuery(text, gallery))
      .filter(({ overlaps }) => [...(overlaps?.values() ?? [])].some((overlap) => overlap > 0));
    const bootstrap =
      queries.length > 0 ? createBootstrap(queries.map(({ item }) => item.resampleUnit)) : null;
    return ALPHAS.map((alpha) => toRow(alpha, rankQueries(queries, alpha, 'WEIGHTED'), bootstrap));
  });
  return { MUSIC: music, VIDEO: video };
}

function toQuery({ text, vectors }: TextQuery, gallery: readonly EvaluationItem[]): EvaluationQuery {
  return {
    item: { id: text, segments: [vectors], labels: [text], source: null, resampleUnit: text },
    gallery,
    partners: new Set(),
    overlaps: new Map(gallery.map(({ id, labels }) => [id, labels.includes(text) ? 1 : 0])),
  };
}
