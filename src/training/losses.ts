import { divideByTemperature, innerProducts } from '../head/operations.ts';
import { differentiable, type Scalar, type Tensor, type Tensor2D, tf } from '../head/tensorflow.ts';

/** What the losses ask of the pairs in a batch. */
export interface PairTraits {
  /** Pairs of one source are no negatives of each other; null is a source of its own. */
  source: string | null;
  /** Pairs of one track likewise. */
  trackId: string;
  /** Empty: unlabelled. */
  labels: readonly string[];
}

/** What a batch of n pairs shall look like, as [n, n] in row-major order: anchors by row, in either direction. */
export interface ContrastiveTargets {
  /** Weight of each cross entropy term; a row sums to its share of the loss, 0 for a row that is left out. */
  weights: Float32Array;
  /** 0, or a large negative number where a column is left out of a row's softmax. */
  mask: Float32Array;
}

/** Far below every logit, so that its softmax is exactly 0 in float32. */
const MASKED = -1e9;

/** Targets of L_ssl: each row its own pair; others of the same source or track are masked. */
export function toSslTargets(pairs: readonly PairTraits[]): ContrastiveTargets {
  const n = pairs.length;
  const weights = new Float32Array(n * n);
  const mask = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    weights[i * n + i] = 1 / n;
    for (let j = 0; j < n; j++) {
      if (i !== j && belongTogether(pairs[i], pairs[j])) mask[i * n + j] = MASKED;
    }
  }
  return { weights, mask };
}

/**
 * Targets of L_sup over the labelled pairs: w_ij = |Y_i ∩ Y_j| / |Y_i ∪ Y_j|, divided by the row's sum P_i and by the
 * number of anchors. With `excludeOwnPair` w_ii = 0, and an anchor without another positive is skipped. All weights
 * are 0 where fewer than two pairs are labelled.
 */
export function toSupTargets(pairs: readonly PairTraits[], excludeOwnPair: boolean): ContrastiveTargets {
  const n = pairs.length;
  const labels = pairs.map((pair) => new Set(pair.labels));
  const isLabelled = labels.map((set) => set.size > 0);
  const mask = Float32Array.from({ length: n * n }, (_, at) => (isLabelled[at % n] ? 0 : MASKED));
  const weights = new Float32Array(n * n);
  if (isLabelled.filter(Boolean).length < 2) return { weights, mask };

  const rowSums = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (!isLabelled[i] || !isLabelled[j] || (excludeOwnPair && i === j)) continue;
      weights[i * n + j] = jaccard(labels[i], labels[j]);
      rowSums[i] += weights[i * n + j];
    }
  }
  const anchors = rowSums.filter((sum) => sum > 0).length;
  for (let at = 0; at < weights.length; at++) {
    if (weights[at] > 0) weights[at] /= rowSums[Math.floor(at / n)] * anchors;
  }
  return { weights, mask };
}

/**
 * ½ (video → music + music → video) of −Σ_ij weights_ij · log softmax_j(⟨video_i, music_j⟩ / τ + mask_ij), for unit
 * rows [n, d]. τ is given as its logarithm, so that it may be learned.
 */
export function contrastiveLoss(
  video: Tensor2D,
  music: Tensor2D,
  logTemperature: Scalar,
  { weights, mask }: ContrastiveTargets,
): Scalar {
  const shape = [video.shape[0], video.shape[0]] as [number, number];
  const logits = divideByTemperature(innerProducts(video, music), logTemperature);
  return twoWayCrossEntropy(logits, tf.tensor2d(weights, shape), tf.tensor2d(mask, shape));
}

/** Cross entropy by rows and by columns, in equal parts. The gradient by rows is Σ_j weights_ij · softmax − weights. */
function twoWayCrossEntropy(logits: Tensor2D, weights: Tensor2D, mask: Tensor2D): Scalar {
  return differentiable<Scalar>(
    [logits],
    () => {
      const byRow = crossEntropy(logits, weights, mask);
      const byColumn = crossEntropy(tf.transpose(logits), weights, mask);
      const slope = tf.mul(0.5, tf.add(byRow.slope, tf.transpose(byColumn.slope)));
      return { value: tf.mul(0.5, tf.add(byRow.value, byColumn.value)), saved: [slope] };
    },
    (gradient, [slope]) => [tf.mul(gradient, slope)],
  );
}

function crossEntropy(logits: Tensor2D, weights: Tensor2D, mask: Tensor2D): { value: Tensor; slope: Tensor } {
  const masked = tf.add(logits, mask);
  const shifted = tf.sub(masked, tf.max(masked, 1, true));
  const logSoftmax = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
  const rowWeights = tf.sum(weights, 1, true);
  return {
    value: tf.neg(tf.sum(tf.mul(weights, logSoftmax))),
    slope: tf.sub(tf.mul(rowWeights, tf.exp(logSoftmax)), weights),
  };
}

function belongTogether(a: PairTraits, b: PairTraits): boolean {
  return a.trackId === b.trackId || (a.source !== null && a.source === b.source);
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = a.intersection(b).size;
  return shared / (a.size + b.size - shared);
}
