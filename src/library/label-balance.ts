import type { Split } from './library.ts';
import { countSplits, type SplitCounts } from './split.ts';

/** The labels of pairs, which are what is learned from. A pair with several labels counts for each. */
export interface LabelBalance {
  /** `genres` or the name of a further column. */
  field: string;
  /** The most frequent first. */
  labels: { label: string; pairs: SplitCounts }[];
  /** Pairs with no label. */
  unlabelled: SplitCounts;
  /** Labels that no pair of train has, so that nothing is learned of them. */
  notInTrain: string[];
  /** Labels that train has alone, so that nothing is measured of them; empty where val and test have no labelled pairs. */
  onlyInTrain: string[];
}

/** Counts the labels of pairs by split. */
export function measureLabels(
  field: string,
  pairs: readonly { labels: readonly string[]; split: Split }[],
): LabelBalance {
  const counts = new Map<string, SplitCounts>();
  for (const { labels, split } of pairs) {
    for (const label of labels) {
      const ofLabel = counts.get(label) ?? countSplits([]);
      ofLabel[split]++;
      counts.set(label, ofLabel);
    }
  }
  const sum = ({ train, val, test }: SplitCounts) => train + val + test;
  const labels = [...counts]
    .map(([label, ofLabel]) => ({ label, pairs: ofLabel }))
    .sort((a, b) => sum(b.pairs) - sum(a.pairs) || (a.label < b.label ? -1 : 1));
  const isHeldOut = ({ pairs: { val, test } }: (typeof labels)[number]) => val + test > 0;
  return {
    field,
    labels,
    unlabelled: countSplits(pairs.filter((pair) => pair.labels.length === 0).map(({ split }) => split)),
    notInTrain: labels.filter(({ pairs: { train } }) => train === 0).map(({ label }) => label),
    onlyInTrain: labels.some(isHeldOut)
      ? labels.filter((row) => !isHeldOut(row)).map(({ label }) => label)
      : [],
  };
}
