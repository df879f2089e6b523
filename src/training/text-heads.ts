import type { Space } from '../head/head.ts';
import type { HeadWeights } from '../head/head-weights.ts';
import { type FeatureStatistics, measureFeatures, standardise } from '../head/initial-weights.ts';
import { perSpace } from './head-set.ts';
import { fitRidge } from './ridge-map.ts';

/** Texts as features, and what pictures some of them stand for. */
export interface TextExamples {
  /** At least two texts of many kinds: they say where texts lie, not what they mean. */
  texts: readonly Float32Array[];
  /** Texts that stand for labels, with the mean video features of what carries the label. May be empty. */
  labelled: readonly { text: Float32Array; video: Float32Array }[];
}

/** Of 0.1, 1, 3 and 10 what served labels and all else best together: bench/text-gap.ts. */
const RIDGE_SHARE = 1;

/**
 * The video heads, made to read features of texts in place of features of pictures. Texts lie apart from pictures: their
 * mean is brought onto that of the pictures, and their spread onto the pictures' spread. Then a linear map brings the
 * texts of labels to the pictures that carry them, by a ridge regression towards the identity, so that what no label
 * speaks of stays where it is. All of it becomes part of the heads' own weights.
 */
export function toTextHeads(
  video: Record<Space, HeadWeights>,
  { texts, labelled }: TextExamples,
  ridgeShare = RIDGE_SHARE,
): Record<Space, HeadWeights> {
  const { mean } = measureFeatures(texts);
  const spread = measureSpread(texts, { mean, deviation: video.ssl.deviation });
  const deviation = video.ssl.deviation.map((value) => value * spread);
  const centred = perSpace((space): HeadWeights => ({ ...video[space], mean, deviation }));
  if (labelled.length === 0) return centred;
  const map = fitRidge(
    labelled.map(({ text }) => standardise(text, centred.ssl)),
    labelled.map((example) => standardise(example.video, video.ssl)),
    ridgeShare,
  );
  return perSpace((space) => precede(map, centred[space]));
}

/** The root mean square of standardised features, before they are clipped: 1 for those that were standardised by. */
function measureSpread(rows: readonly Float32Array[], { mean, deviation }: FeatureStatistics): number {
  let squares = 0;
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) squares += ((row[i] - mean[i]) / deviation[i]) ** 2;
  }
  const spread = Math.sqrt(squares / (rows.length * mean.length));
  return spread > 0 ? spread : 1;
}

/** A head that multiplies its standardised features with a matrix first. */
function precede(map: readonly Float32Array[], head: HeadWeights): HeadWeights {
  const { dimension: d, hiddenDimension: h, outputDimension: o } = head;
  const outputWeights = head.outputWeights.slice();
  outputWeights.set(multiply(map, head.outputWeights.subarray(0, d * o), o));
  return { ...head, hiddenWeights: multiply(map, head.hiddenWeights, h), outputWeights };
}

/** A matrix in rows times one of `columns` columns in row-major order. */
function multiply(rows: readonly Float32Array[], matrix: Float32Array, columns: number): Float32Array {
  const product = new Float32Array(rows.length * columns);
  const sum = new Float64Array(columns);
  rows.forEach((row, i) => {
    sum.fill(0);
    row.forEach((weight, k) => {
      for (let j = 0; j < columns; j++) sum[j] += weight * matrix[k * columns + j];
    });
    product.set(sum, i * columns);
  });
  return product;
}
