import fc from 'fast-check';
import type { SpaceVectors } from '../../src/head/head.ts';
import { createRandom } from '../../src/shared/random.ts';
import { toUnit } from '../../src/shared/vector-math.ts';
import type { ItemFilter } from '../../src/store/filter.ts';
import type { ItemEntry, SegmentRecord } from '../../src/store/vector-store.ts';

const DIMENSION = 8;
export const DIMENSIONS = { ssl: DIMENSION, sup: DIMENSION };
export const ATTRIBUTES = [
  { name: 'bpm', isNumber: true },
  { name: 'mood', isNumber: false },
];

const GENRES = ['jazz', 'rock', 'a "quoted" \\ one', '🎷'];
const ARTISTS = ['Ann Low', 'Björk', "O'Neil"];
const SOURCES = ['s1', 's2'];
const MOODS = ['calm', 'wild'];
const BPMS = ['90', '120.5', '-3', '1e2'];
const TITLES = ['Blue Night', 'NIGHT train', 'blue-Sky 7'];

/** Few vectors, so that many segments tie, and the opposites of some, so that blends cancel out. */
const POOL: Float32Array[] = (() => {
  const random = createRandom(7);
  const vectors = Array.from({ length: 6 }, () => randomUnit(random.normal));
  return [...vectors, ...vectors.slice(0, 2).map((vector) => vector.map((value) => -value))];
})();

export function randomUnit(normal: () => number, dimension = DIMENSION): Float32Array {
  return toUnit(Float64Array.from({ length: dimension }, normal)) as Float32Array;
}

const vector: fc.Arbitrary<Float32Array> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...POOL) },
  { weight: 1, arbitrary: fc.integer().map((seed) => randomUnit(createRandom(seed).normal)) },
);

const spaceVectors: fc.Arbitrary<SpaceVectors> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ ssl: vector, sup: vector }) },
  { weight: 1, arbitrary: fc.record({ ssl: vector, sup: fc.constant(null) }) },
  { weight: 1, arbitrary: fc.record({ ssl: fc.constant(null), sup: vector }) },
);

/** Some whose blend nearly cancels out at α 0.5, by a little or a very little. */
export const query: fc.Arbitrary<SpaceVectors> = fc.oneof(
  { weight: 3, arbitrary: spaceVectors },
  {
    weight: 1,
    arbitrary: fc
      .record({ ssl: vector, off: vector, share: fc.constantFrom(0.02, 1e-3, 1e-5) })
      .map(({ ssl, off, share }) => ({
        ssl,
        sup: toUnit(ssl.map((value, i) => share * off[i] - value)),
      })),
  },
);

const segments: fc.Arbitrary<SegmentRecord[]> = fc
  .array(spaceVectors, { minLength: 1, maxLength: 4 })
  .map((vectors) => vectors.map((pair, i) => ({ startSeconds: 10 * i, endSeconds: 10 * i + 10, ...pair })));

const attributes = fc
  .record({ bpm: fc.subarray(BPMS, { maxLength: 2 }), mood: fc.subarray(MOODS) })
  .map(({ bpm, mood }) => [
    ...bpm.map((value) => ({ name: 'bpm', value })),
    ...mood.map((value) => ({ name: 'mood', value })),
  ]);

/** Ids out of a small set, so that writes meet each other. */
export const itemId = fc.integer({ min: 0, max: 29 }).map((n) => `item-${n}`);

export const entry: fc.Arbitrary<ItemEntry> = fc
  .record({
    id: itemId,
    modality: fc.constantFrom('MUSIC' as const, 'MUSIC' as const, 'MUSIC' as const, 'VIDEO' as const),
    title: fc.constantFrom(...TITLES),
    artist: fc.constantFrom(null, ...ARTISTS),
    genres: fc.subarray(GENRES),
    attributes,
    source: fc.constantFrom(null, ...SOURCES),
    durationSeconds: fc.integer({ min: 1, max: 40 }),
  })
  .chain((record) =>
    fc
      .record({ segments, fingerprint: fc.string(), preview: fc.uint8Array({ minLength: 1 }) })
      .map((rest) => ({
        record: { ...record, pairedWith: null, mediaUrl: null, mediaPath: `/media/${record.id}` },
        segments: rest.segments,
        peaks: record.modality === 'MUSIC' ? rest.preview : null,
        thumbnail: record.modality === 'VIDEO' ? rest.preview : null,
        fingerprint: rest.fingerprint,
      })),
  );

export const changes = fc.record(
  { title: fc.constant('Edited Night'), artist: fc.constantFrom(...ARTISTS), genres: fc.subarray(GENRES) },
  { requiredKeys: [] },
);

export const filter: fc.Arbitrary<ItemFilter> = fc.letrec<{ filter: ItemFilter; leaf: ItemFilter }>(
  (tie) => ({
    filter: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      tie('leaf'),
      fc.record({
        op: fc.constantFrom('and' as const, 'or' as const),
        of: fc.array(tie('filter'), { maxLength: 3 }),
      }),
      fc.record({ op: fc.constant('not' as const), of: tie('filter') }),
    ),
    leaf: fc.oneof(
      inFilter('genres', GENRES),
      inFilter('artist', ARTISTS),
      inFilter('source', SOURCES),
      inFilter({ attribute: 'mood' }, MOODS),
      inFilter({ attribute: 'bpm' }, BPMS),
      inFilter({ attribute: 'moods' }, MOODS),
      fc
        .array(itemId, { maxLength: 10 })
        .map((values) => ({ op: 'in' as const, field: 'id' as const, values })),
      rangeFilter('durationSeconds'),
      rangeFilter({ attribute: 'bpm' }),
      fc
        .subarray(['night', 'bl', 'sk', '7', 'lo', 'ight'], { minLength: 1, maxLength: 2 })
        .map((words) => ({ op: 'words' as const, words })),
    ),
  }),
).filter;

function inFilter(
  field: Extract<ItemFilter, { op: 'in' }>['field'],
  values: string[],
): fc.Arbitrary<ItemFilter> {
  return fc
    .subarray([...values, 'nowhere', ...values.map((value) => `x${value.slice(1)}`)])
    .map((chosen) => ({ op: 'in', field, values: chosen }));
}

function rangeFilter(field: Extract<ItemFilter, { op: 'range' }>['field']): fc.Arbitrary<ItemFilter> {
  const end = fc.option(fc.integer({ min: -5, max: 130 }), { nil: null });
  return fc.record({ op: fc.constant('range' as const), field: fc.constant(field), min: end, max: end });
}
