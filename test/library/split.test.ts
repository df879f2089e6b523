import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LibraryItem } from '../../src/library/library.ts';
import { assignSplits } from '../../src/library/split.ts';
import { UsageError } from '../../src/shared/errors.ts';
import { createItem } from './support.ts';

/** Items with few sources, partners and contents, so that they join often. */
const libraries = fc
  .array(
    fc.record({
      source: fc.option(fc.integer({ max: 12, min: 0 }), { nil: null }),
      partner: fc.option(fc.nat(), { nil: null }),
      content: fc.option(fc.integer({ max: 20, min: 0 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((rows) => {
    const items = rows.map(({ source, partner }, i) =>
      createItem({
        id: `i${i}`,
        source: source === null ? null : `s${source}`,
        pairedWith: partner === null ? null : `i${partner % rows.length}`,
      }),
    );
    const contents = rows.flatMap(({ content }, i) =>
      content === undefined ? [] : ([[`i${i}`, `h${content}`]] as const),
    );
    return { items, hashes: new Map(contents) };
  });

/** Components by brute force: grow each item's set until nothing more touches it. */
function componentOf(start: LibraryItem, items: LibraryItem[], hashes: Map<string, string>): Set<string> {
  const touches = (a: LibraryItem, b: LibraryItem) =>
    (a.source !== null && a.source === b.source) ||
    a.pairedWith === b.id ||
    b.pairedWith === a.id ||
    (hashes.has(a.id) && hashes.get(a.id) === hashes.get(b.id)) ||
    (a.pairedWith !== null && a.pairedWith === b.pairedWith);
  const found = new Set([start]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const item of items) if ([...found].some((member) => touches(member, item))) found.add(item);
  }
  return new Set([...found].map(({ id }) => id));
}

describe('assignSplits', () => {
  it('keeps each connected component in one split under its smallest id, whatever the order of the rows', () => {
    fc.assert(
      fc.property(libraries, fc.infiniteStream(fc.nat()), ({ items, hashes }, numbers) => {
        const assigned = assignSplits(items, hashes);
        for (const item of items) {
          const component = componentOf(item, items, hashes);
          const key = [...component].sort()[0];
          for (const id of component)
            expect(assigned.get(id)).toEqual({ ...assigned.get(item.id), componentKey: key });
        }
        expect(new Set([...assigned.values()].map(({ componentKey }) => componentKey)).size).toBe(
          new Set(items.map((item) => [...componentOf(item, items, hashes)].sort()[0])).size,
        );
        const ranks = new Map(items.map((item) => [item, numbers.next().value as number]));
        const reordered = items.toSorted((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0));
        expect(new Map([...assignSplits(reordered, hashes)].sort())).toEqual(new Map([...assigned].sort()));
      }),
    );
  });

  it('puts some 80, 10 and 10 % of many components into train, val and test', () => {
    const items = Array.from({ length: 4000 }, (_, i) => createItem({ id: `item-${i}` }));
    const splits = [...assignSplits(items, new Map()).values()].map(({ split }) => split);
    const shareOf = (split: string) => splits.filter((other) => other === split).length / splits.length;
    expect(shareOf('train')).toBeCloseTo(0.8, 1);
    expect(shareOf('val')).toBeCloseTo(0.1, 1);
    expect(shareOf('test')).toBeCloseTo(0.1, 1);
  });

  it('takes the named split of a component, else train, where some are named', () => {
    const items = [
      createItem({ id: 'm', split: 'test' }),
      createItem({ id: 'v', modality: 'VIDEO', pairedWith: 'm' }),
      createItem({ id: 'copy' }),
      ...Array.from({ length: 50 }, (_, i) => createItem({ id: `free${i}` })),
    ];
    const assigned = assignSplits(items, new Map([['v', 'h'], ['copy', 'h']])); // biome-ignore format: one pair a line says no more
    expect(['m', 'v', 'copy'].map((id) => assigned.get(id)?.split)).toEqual(['test', 'test', 'test']);
    expect(assigned.get('v')?.componentKey).toBe('copy');
    expect(new Set(items.slice(3).map(({ id }) => assigned.get(id)?.split))).toEqual(new Set(['train']));
  });

  it('refuses components in two named splits and names all of them with what joins them', () => {
    const items = [
      createItem({ id: 'a', source: 'album', split: 'train' }),
      createItem({ id: 'b', source: 'album', split: 'test' }),
      createItem({ id: 'm', split: 'val' }),
      createItem({ id: 'v', modality: 'VIDEO', pairedWith: 'm', split: 'train' }),
      createItem({ id: 'x', split: 'train' }),
      createItem({ id: 'y', split: 'test' }),
    ];
    const hashes = new Map([['x', 'same'], ['y', 'same']]); // biome-ignore format: one pair a line says no more
    expect(() => assignSplits(items, hashes)).toThrow(UsageError);
    expect(() => assignSplits(items, hashes)).toThrow(
      [
        '  train: a; test: b (joined by source "album")',
        '  val: m; train: v (joined by item m)',
        '  train: x; test: y (joined by content same)',
      ].join('\n'),
    );
  });
});
