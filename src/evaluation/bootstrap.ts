import { createRandom } from '../shared/random.ts';

/** The 2.5th and 97.5th percentile over the resamples. */
export type Interval = [low: number, high: number];

/** Intervals of statistics over queries; a query without a value (null) is not part of the statistic. */
export interface Bootstrap {
  mean(values: readonly (number | null)[]): Interval;
  median(values: readonly (number | null)[]): Interval;
}

export interface BootstrapOptions {
  resamples: number;
  seed: number;
}

const DEFAULT_OPTIONS: BootstrapOptions = { resamples: 1_000, seed: 1 };

/**
 * Cluster bootstrap: each resample draws as many units as there are, with replacement, and takes all queries of each.
 * All statistics share the same draws. `units` names the unit of each query; there is at least one query.
 */
export function createBootstrap(
  units: readonly string[],
  { resamples, seed }: BootstrapOptions = DEFAULT_OPTIONS,
): Bootstrap {
  const names = [...new Set(units)];
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const unitOfQuery = units.map((unit) => indexOf.get(unit) as number);
  const random = createRandom(seed);
  const draws = Array.from({ length: resamples }, () => {
    const counts = new Uint32Array(names.length);
    for (let draw = 0; draw < names.length; draw++) counts[random.integer(names.length)]++;
    return counts;
  });

  const interval = (statistic: (counts: Uint32Array) => number): Interval => {
    const sorted = draws
      .map(statistic)
      .filter((value) => !Number.isNaN(value))
      .sort((a, b) => a - b);
    return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
  };

  return {
    mean(values) {
      const sums = new Float64Array(names.length);
      const sizes = new Float64Array(names.length);
      values.forEach((value, query) => {
        if (value === null) return;
        sums[unitOfQuery[query]] += value;
        sizes[unitOfQuery[query]]++;
      });
      return interval((counts) => weighted(counts, sums) / weighted(counts, sizes));
    },
    median(values) {
      const sorted = values
        .flatMap((value, query) => (value === null ? [] : [{ value, unit: unitOfQuery[query] }]))
        .sort((a, b) => a.value - b.value);
      return interval((counts) => weightedMedian(sorted, counts));
    },
  };
}

function weighted(counts: Uint32Array, values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i] * values[i];
  return sum;
}

/** The median of sorted values, each repeated as often as its unit was drawn; NaN where none was. */
function weightedMedian(sorted: readonly { value: number; unit: number }[], counts: Uint32Array): number {
  let total = 0;
  for (const { unit } of sorted) total += counts[unit];
  let lower: number | null = null;
  let seen = 0;
  for (const { value, unit } of sorted) {
    seen += counts[unit];
    if (lower === null && 2 * seen >= total && seen > 0) lower = value;
    if (2 * seen > total) return ((lower as number) + value) / 2;
  }
  return Number.NaN;
}

/** Linear between the two nearest values; NaN of nothing. */
function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)];
  return below + (position - Math.floor(position)) * (sorted[Math.ceil(position)] - below);
}
