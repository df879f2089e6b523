import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ItemFilterArgument } from '../../../src/retrieval/search/arguments.ts';
import { toItemFilter } from '../../../src/retrieval/search/to-item-filter.ts';
import type { ItemRecord } from '../../../src/store/vector-store.ts';
import { createEntries, GENRES } from '../../support/api.ts';
import { matches } from '../../support/brute-force-store.ts';

const items = createEntries(2).map(
  ({ record }): ItemRecord => ({ ...record, addedAt: '2026-01-31T09:00:00.000Z', hasThumbnail: false }),
);

const genres = fc.array(fc.constantFrom(...GENRES, 'unknown'), { maxLength: 2 });
const values = (...of: string[]) =>
  fc.record(
    {
      any: fc.array(fc.constantFrom(...of), { maxLength: 2 }),
      none: fc.array(fc.constantFrom(...of), { maxLength: 1 }),
    },
    { requiredKeys: [] },
  );
const range = fc.record(
  { min: fc.option(fc.integer({ min: 0, max: 120 })), max: fc.option(fc.integer({ min: 0, max: 120 })) },
  { requiredKeys: [] },
);
const leaves = {
  genres: fc.record({ any: genres, all: genres, none: genres }, { requiredKeys: [] }),
  artists: values('Artist 1', 'Artist 2', 'nobody'),
  sources: fc.option(values('source 0', 'source 1')),
  attributes: fc.array(
    fc.record(
      {
        name: fc.constantFrom('bpm', 'mood'),
        any: fc.constantFrom([], ['calm'], ['80', '81']),
        range: fc.option(range),
      },
      { requiredKeys: ['name'] },
    ),
    { maxLength: 1 },
  ),
  words: fc.constantFrom('', 'song', 'NUM art', 'nowhere'),
  durationSeconds: range,
  ids: values('t01', 'v01', 't02'),
};
const filtersOf: fc.Memo<ItemFilterArgument> = fc.memo<ItemFilterArgument>((depth) => {
  if (depth <= 1) return fc.record(leaves, { requiredKeys: [] });
  const inner = filtersOf(depth - 1);
  const some = fc.array(inner, { maxLength: 2 });
  return fc.record({ ...leaves, and: some, or: some, not: fc.option(inner) }, { requiredKeys: [] });
});

type Lists = NonNullable<ItemFilterArgument['genres']>;

/** What the API's descriptions say, read literally; null is no condition. */
function allows(filter: ItemFilterArgument, item: ItemRecord): boolean | null {
  const verdicts: (boolean | null)[] = [];
  const among = (carried: string[], { any, all, none }: Lists) => {
    if (any?.length) verdicts.push(any.some((one) => carried.includes(one)));
    if (all?.length) verdicts.push(all.every((one) => carried.includes(one)));
    if (none?.length) verdicts.push(!none.some((one) => carried.includes(one)));
  };
  const within = (numbers: number[], bounds: { min?: number | null; max?: number | null }) => {
    if (bounds.min == null && bounds.max == null) return;
    verdicts.push(numbers.some((one) => one >= (bounds.min ?? -Infinity) && one <= (bounds.max ?? Infinity)));
  };
  if (filter.genres) among(item.genres, filter.genres);
  if (filter.artists) among(item.artist ? [item.artist] : [], filter.artists);
  if (filter.sources) among(item.source ? [item.source] : [], filter.sources);
  for (const { name, range: bounds, ...lists } of filter.attributes ?? []) {
    const carried = item.attributes.filter((one) => one.name === name).map(({ value }) => value);
    among(carried, lists);
    within(carried.map(Number), bounds ?? {});
  }
  if (filter.words) {
    const text = `${item.title} ${item.artist ?? ''}`.toLowerCase().split(' ');
    const wanted = filter.words.toLowerCase().split(' ');
    verdicts.push(wanted.every((start) => text.some((word) => word.startsWith(start))));
  }
  within([item.durationSeconds], filter.durationSeconds ?? {});
  if (filter.ids) among([item.id], filter.ids);
  verdicts.push(...(filter.and ?? []).map((part) => allows(part, item)));
  const or = (filter.or ?? []).map((part) => allows(part, item));
  if (or.length && !or.includes(null)) verdicts.push(or.includes(true));
  const not = filter.not ? allows(filter.not, item) : null;
  if (not !== null) verdicts.push(!not);
  const held = verdicts.filter((verdict) => verdict !== null);
  return held.length ? held.every(Boolean) : null;
}

it('means what the schema says, however its parts are nested', () => {
  let conditional = 0;
  fc.assert(
    fc.property(filtersOf(3), fc.option(fc.record({ any: genres, none: genres })), (filter, ticked) => {
      const { whole, rest, genres: chips } = toItemFilter({ filter, genres: ticked });
      if (rest) conditional++;
      for (const item of items) {
        const byFilter = allows(filter, item) ?? true;
        const byChips = allows({ genres: ticked }, item) ?? true;
        expect(rest === null || matches(item, rest)).toBe(byFilter);
        expect(chips === null || matches(item, chips)).toBe(byChips);
        expect(whole === null || matches(item, whole)).toBe(byFilter && byChips);
      }
    }),
    { numRuns: 300, seed: 5 },
  );
  expect(conditional).toBeGreaterThan(100);
});

describe('words', () => {
  const wordsOf = (words: string) => toItemFilter({ filter: { words } }).whole;

  it('are cut as those of items are, each once', () => {
    const words = ['dav', 'davis', 'don', 'mil', 't'];
    expect(wordsOf("  DAV mil.Ｍil Davis—dav, don't ")).toEqual({ op: 'words', words });
    expect(wordsOf('… !!')).toBeNull();
  });

  it('count one by one, whatever stands between them', () => {
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`).join('.');
    expect(wordsOf(numbers(1_000))).not.toBeNull();
    expect(() => wordsOf(numbers(1_001))).toThrow('at most 1000 values');
    expect(wordsOf('a.'.repeat(200_000))).toEqual({ op: 'words', words: ['a'] });
  });
});
