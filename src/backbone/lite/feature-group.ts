/** Consecutive dimensions of a lite backbone's features. */
export interface FeatureGroup {
  name: string;
  length: number;
  /** What they measure, with units. */
  meaning: string;
}

/** The sum of the groups' lengths. */
export function dimensionOf(groups: readonly FeatureGroup[]): number {
  return groups.reduce((sum, group) => sum + group.length, 0);
}

/** Where a group lies: from `start` to below `end`. Throws a RangeError for an unknown name. */
export function rangeOf(groups: readonly FeatureGroup[], name: string): { start: number; end: number } {
  let start = 0;
  for (const group of groups) {
    if (group.name === name) return { start, end: start + group.length };
    start += group.length;
  }
  throw new RangeError(`There is no feature group ${name}.`);
}
