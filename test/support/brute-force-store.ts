import type { Modality } from '../../src/media/media.ts';
import { toUnit } from '../../src/shared/vector-math.ts';
import { conditionsOf, type ItemFilter } from '../../src/store/filter.ts';
import type {
  ClipRecord,
  Edition,
  ItemEntry,
  ItemRecord,
  SearchHit,
  SearchRequest,
  SegmentRecord,
  SpaceRankRequest,
  UnknownValue,
  ValueCount,
  VectorStore,
} from '../../src/store/vector-store.ts';

interface Stored {
  record: ItemRecord;
  segments: SegmentRecord[];
  peaks: Uint8Array | null;
}

/** Which calls of an edition were made, by name. */
type CallCounts = Record<'search' | 'retrieve' | 'segments' | 'spaceRanks' | 'count' | 'facets', number>;

export interface BruteForceStore extends VectorStore {
  calls: CallCounts;
  /** The number of requests of every call of `search`. */
  searchSizes: number[];
}

/** The store's contract, word for word, over arrays and in float64: slow, plain, and what the real ones must equal. */
export function createBruteForceStore(
  bundleId: string,
  entries: readonly ItemEntry[],
  numberAttributes: readonly string[] = [],
): BruteForceStore {
  const items = new Map<string, Stored>();
  for (const { record, segments, peaks, thumbnail } of entries)
    items.set(record.id, {
      record: { ...record, addedAt: '2026-01-31T09:00:00.000Z', hasThumbnail: thumbnail !== null },
      segments,
      peaks,
    });
  const clips = new Map<string, ClipRecord>();
  const calls: CallCounts = { search: 0, retrieve: 0, segments: 0, spaceRanks: 0, count: 0, facets: 0 };
  const searchSizes: number[] = [];

  const passing = (modality: Modality, filter: ItemFilter | null, excludeIds: readonly string[]) =>
    [...items.values()]
      .filter(({ record }) => record.modality === modality && !excludeIds.includes(record.id))
      .filter(({ record }) => filter === null || matches(record, filter))
      .sort((a, b) => compareText(a.record.id, b.record.id));

  const rankAll = ({ target, filter, excludeIds, ...request }: Omit<SearchRequest, 'first' | 'after'>) =>
    passing(target, filter, excludeIds)
      .map(({ record, segments }) => bestSegment(record.id, segments, request))
      .sort(compareHits);

  const edition: Edition = {
    bundleId,
    search: async (requests) => {
      calls.search++;
      searchSizes.push(requests.length);
      return requests.map((request) => {
        const { minScore, after, first } = request;
        const hits = rankAll(request)
          .filter(({ score }) => minScore === null || score >= minScore)
          .filter((hit) => after === null || compareHits(hit, after) > 0);
        const page = hits.slice(0, first);
        const records = page.map(({ itemId }) => (items.get(itemId) as Stored).record);
        return { hits: page, records, hasNextPage: hits.length > first, exact: true, searchMs: 0 };
      });
    },
    spaceRanks: async ({ itemIds, maxRank, ...request }) => {
      calls.spaceRanks++;
      const ranksIn = (space: 'ssl' | 'sup', alpha: number) => {
        if (!request.query[space]) return itemIds.map(() => null);
        const ids = rankAll({ ...request, alpha, scoring: 'WEIGHTED', minScore: null }).map(
          (hit) => hit.itemId,
        );
        return itemIds.map((id) => {
          const rank = ids.indexOf(id) + 1;
          return rank > 0 && rank <= maxRank ? rank : null;
        });
      };
      return { ssl: ranksIn('ssl', 0), sup: ranksIn('sup', 1) };
    },
    count: async ({ modality, filter, excludeIds }) => {
      calls.count++;
      return passing(modality, filter, excludeIds).length;
    },
    facets: async ({ modality, filter, excludeIds }) => {
      calls.facets++;
      const records = passing(modality, filter, excludeIds).map(({ record }) => record);
      return {
        genres: countValues(records.map(({ genres }) => genres)),
        attributes: attributeNames(records).map((name) => ({
          name,
          isNumber: numberAttributes.includes(name),
          values: countValues(records.map((record) => valuesOf(record, { attribute: name }))),
        })),
      };
    },
    list: async ({ modality, filter, excludeIds, first, after }) => {
      const ids = passing(modality, filter, excludeIds)
        .map(({ record }) => record.id)
        .filter((id) => after === null || id > after);
      return { itemIds: ids.slice(0, first), hasNextPage: ids.length > first };
    },
    retrieve: async (ids) => {
      calls.retrieve++;
      return ids.map((id) => items.get(id)?.record ?? null);
    },
    segments: async (ids) => {
      calls.segments++;
      return ids.map((id) => {
        const item = items.get(id);
        return item ? { record: item.record, segments: item.segments } : null;
      });
    },
    peaks: async (id) => items.get(id)?.peaks ?? null,
    thumbnail: async () => null,
    unknownValues: async (modality, filter) => {
      const records = passing(modality, null, []).map(({ record }) => record);
      const names = attributeNames(records);
      const unknown = conditionsOf(filter).flatMap((condition): UnknownValue[] => {
        if (condition.op === 'words') return [];
        const { field } = condition;
        if (field === 'id' || field === 'durationSeconds') return [];
        if (typeof field === 'object' && !names.includes(field.attribute))
          return [
            { field: 'attributes', value: field.attribute, suggestions: nearest(field.attribute, names) },
          ];
        if (condition.op === 'range') return [];
        const known = [...new Set(records.flatMap((record) => valuesOf(record, field)))];
        return condition.values
          .filter((value) => !known.includes(value))
          .map((value) => ({ field, value, suggestions: nearest(value, known) }));
      });
      return [...new Map(unknown.map((one) => [JSON.stringify(one), one])).values()].slice(0, 20);
    },
    attributes: async (modality) =>
      attributeNames(passing(modality, null, []).map(({ record }) => record)).map((name) => ({
        name,
        isNumber: numberAttributes.includes(name),
      })),
    counts: async () => {
      const all = [...items.values()];
      return {
        tracks: all.filter(({ record }) => record.modality === 'MUSIC').length,
        videos: all.filter(({ record }) => record.modality === 'VIDEO').length,
        segments: all.reduce((sum, { segments }) => sum + segments.length, 0),
      };
    },
    close: async () => {},
  };

  return {
    kind: 'EMBEDDED',
    calls,
    searchSizes,
    clips: {
      put: async (clip) => void clips.set(clip.id, clip),
      replace: async (clip) => {
        const held = clips.get(clip.id);
        const isThere = held !== undefined && held.expiresAt > new Date().toISOString();
        if (isThere) clips.set(clip.id, clip);
        return isThere;
      },
      get: async (ids) =>
        ids.map((id) => {
          const clip = clips.get(id);
          return clip && clip.expiresAt > new Date().toISOString() ? clip : null;
        }),
      delete: async (id) => clips.delete(id),
      sweep: async () => 0,
    },
    currentBundleId: async () => bundleId,
    dropRetired: async () => {},
    open: async () => edition,
    write: async () => {
      throw new Error('A brute-force store is filled when it is made.');
    },
    updateItem: async (_bundleId, id, changes) => {
      const item = items.get(id);
      if (!item) return null;
      item.record = { ...item.record, ...changes };
      return item.record;
    },
    removeItems: async (_bundleId, ids) => ids.filter((id) => items.delete(id)),
    close: async () => {},
  };
}

/** The three nearest by the definition of edit distance, within a third of the text and five edits at most. */
export function nearest(text: string, candidates: readonly string[]): string[] {
  if (text.length > 64) return [];
  const bound = Math.min(5, Math.max(1, Math.floor(text.toLowerCase().length / 3)));
  return candidates
    .map((value) => ({ value, distance: editDistance(text.toLowerCase(), value.toLowerCase()) }))
    .filter(({ distance }) => distance <= bound)
    .sort((a, b) => a.distance - b.distance || compareText(a.value, b.value))
    .slice(0, 3)
    .map(({ value }) => value);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++)
      row.push(Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
  }
  return row[b.length];
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

type Position = Pick<SearchHit, 'order' | 'score' | 'itemId'>;
const compareHits = (a: Position, b: Position) =>
  a.order - b.order || b.score - a.score || compareText(a.itemId, b.itemId);

function bestSegment(
  itemId: string,
  segments: readonly SegmentRecord[],
  { query, alpha, scoring }: Pick<SpaceRankRequest, 'query'> & Pick<SearchRequest, 'alpha' | 'scoring'>,
): SearchHit {
  const hits = segments.map(({ startSeconds, endSeconds, ssl, sup }): SearchHit => {
    const cosine = (a: Float32Array | null, b: Float32Array | null) => (a && b ? dot(a, b) : null);
    const parts = { ssl: cosine(query.ssl, ssl), sup: cosine(query.sup, sup) };
    const weighted = (1 - alpha) * (parts.ssl ?? 0) + alpha * (parts.sup ?? 0);
    return {
      itemId,
      order: (alpha === 0 && !ssl) || (alpha === 1 && !sup) ? 1 : 0,
      score: scoring === 'WEIGHTED' ? weighted : cosineOfBlends(query, { ssl, sup }, alpha),
      matchedSpan: { startSeconds, endSeconds },
      ...parts,
    };
  });
  return hits.reduce((best, hit) =>
    hit.order < best.order || (hit.order === best.order && hit.score > best.score) ? hit : best,
  );
}

type Pair = Pick<SegmentRecord, 'ssl' | 'sup'>;

/** cos(z_q, z) with z = (1−α)·ssl + α·sup, straight from the vectors; for α inside (0, 1) and whole vectors. */
export function cosineOfBlends(a: Pair, b: Pair, alpha: number): number {
  const blend = ({ ssl, sup }: Pair) =>
    Array.from(
      { length: (ssl ?? sup)?.length ?? 0 },
      (_, i) => (1 - alpha) * (ssl?.[i] ?? 0) + alpha * (sup?.[i] ?? 0),
    );
  const [za, zb] = [blend(a), blend(b)];
  const lengths = Math.sqrt(dot(za, za) * dot(zb, zb));
  return lengths > 0 ? dot(za, zb) / lengths : 0;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

type Field = Extract<ItemFilter, { op: 'in' | 'range' }>['field'];

function valuesOf(record: ItemRecord, field: Field): string[] {
  switch (field) {
    case 'id':
      return [record.id];
    case 'genres':
      return record.genres;
    case 'artist':
      return record.artist === null ? [] : [record.artist];
    case 'source':
      return record.source === null ? [] : [record.source];
    case 'durationSeconds':
      return [String(record.durationSeconds)];
    default:
      return record.attributes.filter(({ name }) => name === field.attribute).map(({ value }) => value);
  }
}

export function matches(record: ItemRecord, filter: ItemFilter): boolean {
  switch (filter.op) {
    case 'and':
      return filter.of.every((part) => matches(record, part));
    case 'or':
      return filter.of.some((part) => matches(record, part));
    case 'not':
      return !matches(record, filter.of);
    case 'in':
      return valuesOf(record, filter.field).some((value) => filter.values.includes(value));
    case 'range':
      return valuesOf(record, filter.field).some(
        (value) =>
          (filter.min === null || Number(value) >= filter.min) &&
          (filter.max === null || Number(value) <= filter.max),
      );
    case 'words': {
      const words = `${record.title} ${record.artist ?? ''}`.toLowerCase().split(/[^\p{L}\p{N}]+/u);
      return filter.words.every((wanted) => words.some((word) => word.startsWith(wanted.toLowerCase())));
    }
  }
}

const attributeNames = (records: readonly ItemRecord[]) =>
  [...new Set(records.flatMap(({ attributes }) => attributes.map(({ name }) => name)))].sort(compareText);

function countValues(valuesOfItems: readonly (readonly string[])[]): ValueCount[] {
  const counts = new Map<string, number>();
  for (const values of valuesOfItems)
    for (const value of new Set(values)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || compareText(a.value, b.value));
}

/** A unit vector of these numbers. */
export function unit(values: readonly number[]): Float32Array {
  const vector = toUnit(values);
  if (!vector) throw new Error('A unit vector needs a direction.');
  return vector;
}
