import { createHash } from 'node:crypto';
import { UsageError } from '../shared/errors.ts';
import type { LibraryItem, Split } from './library.ts';

export interface SplitAssignment {
  split: Split;
  /** The smallest item id of the component: the same whatever the order of the rows. */
  componentKey: string;
}

/** How many stand in each split. */
export type SplitCounts = Record<Split, number>;

/** A component whose items name several splits. */
export interface SplitLeak {
  members: { split: Split; ids: string[] }[];
  /** What joins them: `source "…"`, `item …`, `content …`. */
  joinedBy: string[];
}

const TRAIN_SHARE = 0.8;
const VAL_SHARE = 0.1;

/**
 * Gives every item a split such that nothing leaks: items that share a source, a pair or a file's content form a
 * component, and a component stands in one split. Where no item names a split, components go 80/10/10 by the hash
 * of their key; where some do, a component takes the one it names, else train.
 *
 * @param contentHashes item id → hash of its file; items without one are joined by source and pair only
 * @throws UsageError that lists every component whose items name two splits
 */
export function assignSplits(
  items: readonly LibraryItem[],
  contentHashes: ReadonlyMap<string, string>,
): Map<string, SplitAssignment> {
  const { assignments, leaks } = proposeSplits(items, contentHashes);
  if (leaks.length === 0) return assignments;
  throw new UsageError(
    `What belongs together stands in two splits, so a test would see what training saw:\n` +
      `${leaks.map((leak) => `  ${describeLeak(leak)}\n`).join('')}` +
      'Give all items of one group the same split in library.csv.',
  );
}

/** As `assignSplits`, but tells of leaks: an item of such a component keeps the split that it names. */
export function proposeSplits(
  items: readonly LibraryItem[],
  contentHashes: ReadonlyMap<string, string>,
): { assignments: Map<string, SplitAssignment>; leaks: SplitLeak[] } {
  const components = toComponents(items, contentHashes);
  const noneNamed = items.every((item) => item.split === null);
  const assignments = new Map<string, SplitAssignment>();
  for (const component of components) {
    const componentKey = component.map(({ id }) => id).reduce((a, b) => (a < b ? a : b));
    const named = component.find((item) => item.split !== null)?.split;
    const split = named ?? (noneNamed ? splitByHash(componentKey) : 'train');
    for (const item of component) assignments.set(item.id, { split: item.split ?? split, componentKey });
  }
  return { assignments, leaks: findLeaks(components, contentHashes) };
}

export function countSplits(splits: readonly Split[]): SplitCounts {
  const counts: SplitCounts = { train: 0, val: 0, test: 0 };
  for (const split of splits) counts[split]++;
  return counts;
}

/** For people, in one line. */
export function describeLeak({ members, joinedBy }: SplitLeak): string {
  const groups = members.map(({ split, ids }) => `${split}: ${ids.join(', ')}`);
  return `${groups.join('; ')} (joined by ${joinedBy.join(', ')})`;
}

/** Connected components of the items and what ties them, by union–find. */
function toComponents(
  items: readonly LibraryItem[],
  contentHashes: ReadonlyMap<string, string>,
): LibraryItem[][] {
  const parents = new Map<string, string>();
  const rootOf = (node: string): string => {
    let root = node;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
    for (let at = node; at !== root; ) {
      const next = parents.get(at) ?? root;
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  for (const item of items) {
    for (const tie of tiesOf(item, contentHashes)) {
      const [a, b] = [rootOf(`item ${item.id}`), rootOf(tie)];
      if (a !== b) parents.set(a, b);
    }
  }
  return [...Map.groupBy(items, (item) => rootOf(`item ${item.id}`)).values()];
}

/** What ties an item to others: equal words tie. */
function tiesOf(item: LibraryItem, contentHashes: ReadonlyMap<string, string>): string[] {
  const contentHash = contentHashes.get(item.id);
  return [
    `item ${item.id}`,
    ...(item.source === null ? [] : [`source "${item.source}"`]),
    ...(item.pairedWith === null ? [] : [`item ${item.pairedWith}`]),
    ...(contentHash === undefined ? [] : [`content ${contentHash}`]),
  ];
}

function findLeaks(
  components: readonly LibraryItem[][],
  contentHashes: ReadonlyMap<string, string>,
): SplitLeak[] {
  return components.flatMap((component) => {
    const named = component.flatMap(({ id, split }) => (split === null ? [] : [{ id, split }]));
    const bySplit = Map.groupBy(named, ({ split }) => split);
    if (bySplit.size < 2) return [];
    const members = [...bySplit].map(([split, items]) => ({ split, ids: items.map(({ id }) => id) }));
    const byTie = Map.groupBy(
      component.flatMap((item) => tiesOf(item, contentHashes)),
      (tie) => tie,
    );
    const joinedBy = [...byTie].filter(([, uses]) => uses.length > 1).map(([tie]) => tie);
    return [{ members, joinedBy }];
  });
}

function splitByHash(componentKey: string): Split {
  const position = createHash('sha256').update(componentKey).digest().readUInt32BE(0) / 2 ** 32;
  if (position < TRAIN_SHARE) return 'train';
  return position < TRAIN_SHARE + VAL_SHARE ? 'val' : 'test';
}
