import { createHash } from 'node:crypto';
import { UsageError } from '../shared/errors.ts';
import type { LibraryItem, Split } from './library.ts';

export interface SplitAssignment {
  split: Split;
  /** The smallest item id of the component: the same whatever the order of the rows. */
  componentKey: string;
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
  const components = toComponents(items, contentHashes);
  refuseLeaks(components, contentHashes);
  const noneNamed = items.every((item) => item.split === null);
  const assignments = new Map<string, SplitAssignment>();
  for (const component of components) {
    const componentKey = component.map(({ id }) => id).reduce((a, b) => (a < b ? a : b));
    const named = component.find((item) => item.split !== null)?.split;
    const split = named ?? (noneNamed ? splitByHash(componentKey) : 'train');
    for (const { id } of component) assignments.set(id, { split, componentKey });
  }
  return assignments;
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

function refuseLeaks(components: readonly LibraryItem[][], contentHashes: ReadonlyMap<string, string>): void {
  const leaks = components.flatMap((component) => {
    const bySplit = Map.groupBy(
      component.filter((item) => item.split !== null),
      (item) => item.split,
    );
    if (bySplit.size < 2) return [];
    const members = [...bySplit].map(([split, items]) => `${split}: ${items.map(({ id }) => id).join(', ')}`);
    const byTie = Map.groupBy(
      component.flatMap((item) => tiesOf(item, contentHashes)),
      (tie) => tie,
    );
    const shared = [...byTie].filter(([, uses]) => uses.length > 1).map(([tie]) => tie);
    return [`  ${members.join('; ')} (joined by ${shared.join(', ')})`];
  });
  if (leaks.length === 0) return;
  throw new UsageError(
    `What belongs together stands in two splits, so a test would see what training saw:\n${leaks.join('\n')}\n` +
      'Give all items of one group the same split in library.csv.',
  );
}

function splitByHash(componentKey: string): Split {
  const position = createHash('sha256').update(componentKey).digest().readUInt32BE(0) / 2 ** 32;
  if (position < TRAIN_SHARE) return 'train';
  return position < TRAIN_SHARE + VAL_SHARE ? 'val' : 'test';
}
