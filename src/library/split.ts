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
  refuseLeaks(components);
  const noneNamed = items.every((item) => item.split === null);
  const assignments = new Map<string, SplitAssignment>();
  for (const component of components) {
    const componentKey = component.items.map(({ id }) => id).reduce((a, b) => (a < b ? a : b));
    const named = component.items.find((item) => item.split !== null)?.split;
    const split = named ?? (noneNamed ? splitByHash(componentKey) : 'train');
    for (const { id } of component.items) assignments.set(id, { split, componentKey });
  }
  return assignments;
}

interface Component {
  items: LibraryItem[];
  /** What joins its items, in words. */
  links: Set<string>;
}

/** Connected components by union–find over items and what they share. */
function toComponents(items: readonly LibraryItem[], contentHashes: ReadonlyMap<string, string>): Component[] {
  const parents = new Map<string, string>();
  const rootOf = (node: string): string => {
    let root = node;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
    for (let next = node; next !== root; ) {
      const parent = parents.get(next) as string;
      parents.set(next, root);
      next = parent;
    }
    return root;
  };
  const nodesOf = (item: LibraryItem): string[] => {
    const contentHash = contentHashes.get(item.id);
    return [
      ...(item.source === null ? [] : [`source "${item.source}"`]),
      ...(item.pairedWith === null ? [] : [`item ${item.pairedWith}`]),
      ...(contentHash === undefined ? [] : [`content ${contentHash.slice(0, 12)}… (sha256 ${contentHash})`]),
    ];
  };
  for (const item of items) {
    for (const node of nodesOf(item)) {
      const [a, b] = [rootOf(`item ${item.id}`), rootOf(node)];
      if (a !== b) parents.set(a, b);
    }
  }

  const uses = new Map<string, number>();
  for (const item of items) for (const node of nodesOf(item)) uses.set(node, (uses.get(node) ?? 0) + 1);
  const components = new Map<string, Component>();
  for (const item of items) {
    const root = rootOf(`item ${item.id}`);
    const component = components.get(root) ?? { items: [], links: new Set() };
    component.items.push(item);
    if (item.pairedWith !== null) component.links.add(`pair ${item.id} – ${item.pairedWith}`);
    for (const node of nodesOf(item)) {
      if (node.startsWith('source ') && (uses.get(node) ?? 0) > 1) component.links.add(node);
      if (node.startsWith('content ') && (uses.get(node) ?? 0) > 1) component.links.add(`equal ${node}`);
    }
    components.set(root, component);
  }
  return [...components.values()];
}

function refuseLeaks(components: readonly Component[]): void {
  const leaks = components.flatMap(({ items, links }) => {
    const bySplit = new Map<Split, string[]>();
    for (const { id, split } of items) {
      if (split !== null) bySplit.set(split, [...(bySplit.get(split) ?? []), id]);
    }
    if (bySplit.size < 2) return [];
    const members = [...bySplit].map(([split, ids]) => `${split}: ${ids.toSorted().join(', ')}`).toSorted();
    return [`  ${members.join('; ')} (joined by ${[...links].toSorted().join(', ')})`];
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
