import { measureFeatures, standardise } from '../head/initial-weights.ts';

/** An item by the mean of its segments' features. */
export interface FeatureRow {
  id: string;
  features: Float32Array;
}

/** Items of which each is nearly another one of the group. */
export interface NearDuplicates {
  ids: string[];
  /** The greatest distance that joined two of them. */
  distance: number;
}

/**
 * Items as near as this are taken for one. A distance is the squared difference of two items' standardised features over
 * its mean over any two items: 0 for equal features, 1 for what is usual in this library, whatever the backbone. So one
 * number serves for all.
 */
export const NEAR_DISTANCE = 0.03;

/** With fewer items nobody can tell what is usual. */
export const LEAST_ITEMS = 10;

/**
 * Groups of items whose features are nearly equal, the nearest first; null for fewer than ten items. Every two items are
 * compared, most of them by a few dimensions. What `onProgress` throws ends the search.
 */
export function findNearDuplicates(
  rows: readonly FeatureRow[],
  onProgress?: (done: number, total: number) => void,
): NearDuplicates[] | null {
  if (rows.length < LEAST_ITEMS) return null;
  const features = rows.map((row) => row.features);
  const statistics = measureFeatures(features);
  const standardised = features.map((row) => standardise(row, statistics));
  const usual = meanSquaredDifference(standardised);
  const groups = createGroups(rows.length);
  for (let a = 0; a < rows.length; a++) {
    onProgress?.(a, rows.length);
    for (let b = 0; b < a; b++) {
      const difference = squaredDifferenceWithin(standardised[a], standardised[b], NEAR_DISTANCE * usual);
      if (difference !== null) groups.join(a, b, difference === 0 ? 0 : difference / usual);
    }
  }
  return groups
    .list()
    .map(({ members, distance }) => ({ ids: members.map((member) => rows[member].id), distance }))
    .sort((a, b) => a.distance - b.distance);
}

/** Over every two of the rows: twice the sum of their variances, without going through the pairs. */
function meanSquaredDifference(rows: readonly Float32Array[]): number {
  const { deviation } = measureFeatures(rows);
  const varies = (i: number) => rows.some((row) => row[i] !== rows[0][i]);
  const variances = deviation.map((value, i) => (varies(i) ? value ** 2 : 0));
  return (2 * rows.length * variances.reduce((sum, variance) => sum + variance, 0)) / (rows.length - 1);
}

/** Σ (aᵢ − bᵢ)²; null as soon as it is sure to be more than `most`. */
function squaredDifferenceWithin(a: Float32Array, b: Float32Array, most: number): number | null {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    sum += (a[i] - b[i]) ** 2;
    if (sum > most) return null;
  }
  return sum;
}

/** Union–find over 0 … count − 1 that remembers each group's greatest distance. */
function createGroups(count: number) {
  const parents = Uint32Array.from({ length: count }, (_, i) => i);
  const distances = new Float64Array(count);
  const rootOf = (member: number): number => {
    let root = member;
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]];
      root = parents[root];
    }
    return root;
  };
  return {
    join(a: number, b: number, distance: number): void {
      const [first, second] = [rootOf(a), rootOf(b)].sort((x, y) => x - y);
      parents[second] = first;
      distances[first] = Math.max(distances[first], distances[second], distance);
    },
    list(): { members: number[]; distance: number }[] {
      const members = Map.groupBy(parents.keys(), rootOf);
      return [...members]
        .filter(([, group]) => group.length > 1)
        .map(([root, group]) => ({ members: group, distance: distances[root] }));
    },
  };
}
