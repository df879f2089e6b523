import type { Modality } from '../../media/media.ts';
import { compareIds } from '../ranking.ts';
import type {
  Edition,
  FacetCounts,
  ItemQuery,
  ItemRecord,
  ListPage,
  ListRequest,
  SegmentRecord,
  ValueCount,
} from '../vector-store.ts';
import { retrievePoints, type StoreContext } from './context.ts';
import { dimensionOf, type EditionRecord, readEdition } from './edition-record.ts';
import {
  matchAny,
  matchValue,
  parseAttributeKeyword,
  parseKeyword,
  toFilter,
  toKeywords,
} from './filter-condition.ts';
import { itemPointId, segmentPointId, toIdOrder } from './point-ids.ts';
import {
  type ItemPayload,
  RECORD_FIELDS,
  type SegmentPayload,
  toItemRecord,
  toSegmentRecord,
} from './points.ts';
import type { Condition, Filter } from './qdrant-client.ts';
import { findUnknownValues, type ValueReads } from './unknown-values.ts';

/** All of an edition's reads that are not searches. */
export type EditionReads = Omit<Edition, 'bundleId' | 'search' | 'spaceRanks' | 'close'>;

/** More values than any library's field has; Qdrant wants a bound. */
const MAX_FACET_VALUES = 1_000_000;
/** An item's segments may be replaced between the look at the item and the look at them. */
const MAX_SEGMENT_READS = 5;

export function createEditionReads(context: StoreContext, bundleId: string): EditionReads {
  const { qdrant, names } = context;

  const filterOf = ({ modality, filter, excludeIds }: ItemQuery): Filter =>
    toFilter({ filter, excludeIds }, ...itemsOf(bundleId, modality));

  const countItems = async (filter: Filter): Promise<number> => {
    const { count } = await qdrant.call((client) => client.count(names.items, { filter, exact: true }));
    return count;
  };

  const facet = async (key: string, filter: Filter): Promise<{ value: string; count: number }[]> => {
    const { hits } = await qdrant.call((client) =>
      client.facet(names.items, { key, filter, limit: MAX_FACET_VALUES, exact: true }),
    );
    return hits.map(({ value, count }) => ({ value: parseKeyword(String(value)), count }));
  };

  const attributeFacets = async (filter: Filter): Promise<FacetCounts['attributes']> => {
    const { attributes } = await readEdition(context, bundleId);
    const byName = new Map<string, ValueCount[]>(attributes.map(({ name }) => [name, []]));
    for (const { value: keyword, count } of await facet('attributes', filter)) {
      const { name, value } = parseAttributeKeyword(keyword);
      byName.set(name, [...(byName.get(name) ?? []), { value, count }]);
    }
    const numbers = new Set(attributes.filter(({ isNumber }) => isNumber).map(({ name }) => name));
    return [...byName].map(([name, values]) => ({
      name,
      isNumber: numbers.has(name),
      values: values.sort(compareCounts),
    }));
  };

  const readPreview = async (itemId: string, kind: 'peaks' | 'thumbnail'): Promise<Uint8Array | null> => {
    const id = itemPointId(bundleId, itemId);
    const points = await retrievePoints(context, names.items, [id], [kind]);
    const text = points.get(id)?.payload[kind] as string | null | undefined;
    return text ? Uint8Array.from(Buffer.from(text, 'base64')) : null;
  };

  const valueReads: ValueReads = {
    async attributeNames(modality) {
      const facets = await attributeFacets({ must: itemsOf(bundleId, modality) });
      return facets.map(({ name }) => name);
    },
    async values(modality, field, among) {
      const [key, keywords] = toKeywords(field, among ?? []);
      const must = [...itemsOf(bundleId, modality), ...(among ? [matchAny(key, keywords)] : [])];
      const values = (await facet(key, { must })).map(({ value }) => value);
      if (typeof field !== 'object') return values;
      return values
        .map(parseAttributeKeyword)
        .filter(({ name }) => name === field.attribute)
        .map(({ value }) => value);
    },
  };

  return {
    count: (query) => countItems(filterOf(query)),
    async facets(query) {
      const filter = filterOf(query);
      const [genres, attributes] = await Promise.all([facet('genres', filter), attributeFacets(filter)]);
      return { genres: genres.sort(compareCounts), attributes };
    },
    list: (request) => listItems(context, bundleId, request),
    async retrieve(itemIds) {
      const ids = itemIds.map((id) => itemPointId(bundleId, id));
      const points = await retrievePoints(context, names.items, ids, RECORD_FIELDS);
      return ids.map((id): ItemRecord | null => {
        const payload = points.get(id)?.payload;
        return payload ? toItemRecord(payload as unknown as ItemPayload) : null;
      });
    },
    async segments(itemIds) {
      const edition = await readEdition(context, bundleId);
      const segments = await readSegments(context, edition, itemIds);
      return itemIds.map((id) => segments.get(id) ?? null);
    },
    peaks: (itemId) => readPreview(itemId, 'peaks'),
    thumbnail: (itemId) => readPreview(itemId, 'thumbnail'),
    unknownValues: (modality, filter) => findUnknownValues(valueReads, modality, filter),
    async attributes(modality) {
      const facets = await attributeFacets({ must: itemsOf(bundleId, modality) });
      return facets.map(({ name, isNumber }) => ({ name, isNumber }));
    },
    async counts() {
      const [tracks, videos, bySegmentCount] = await Promise.all([
        countItems({ must: itemsOf(bundleId, 'MUSIC') }),
        countItems({ must: itemsOf(bundleId, 'VIDEO') }),
        facet('segmentCount', { must: [matchValue('bundle', bundleId)] }),
      ]);
      const segments = bySegmentCount.reduce((sum, { value, count }) => sum + Number(value) * count, 0);
      return { tracks, videos, segments };
    },
  };
}

/** The conditions that leave one modality's items of one edition. */
export function itemsOf(bundleId: string, modality: Modality): Condition[] {
  return [matchValue('bundle', bundleId), matchValue('modality', modality)];
}

function compareCounts(a: ValueCount, b: ValueCount): number {
  return b.count - a.count || compareIds(a.value, b.value);
}

/**
 * Items by id behind a position. Qdrant orders by a number that the first characters of the id give, so items are
 * read up to the end of a group of equal numbers and sorted here; more are read until the page is full.
 */
export async function listItems(
  { qdrant, names }: StoreContext,
  bundleId: string,
  { modality, filter, excludeIds, first, after }: ListRequest,
  ...conditions: Condition[]
): Promise<ListPage> {
  const selection = toFilter({ filter, excludeIds }, ...itemsOf(bundleId, modality), ...conditions);
  for (let limit = Math.max(256, 2 * (first + 1)); ; limit *= 4) {
    const { points } = await qdrant.call((client) =>
      client.scroll(names.items, {
        filter: selection,
        limit,
        order_by: {
          key: 'idOrder',
          direction: 'asc',
          ...(after !== null && { start_from: toIdOrder(after) }),
        },
        with_payload: ['item'],
      }),
    );
    const ids = points.map(({ payload }) => payload?.item as string);
    const isComplete = points.length < limit;
    const lastOrder = isComplete ? Number.POSITIVE_INFINITY : toIdOrder(ids[ids.length - 1]);
    const behind = ids
      .filter((id) => toIdOrder(id) < lastOrder && (after === null || compareIds(id, after) > 0))
      .sort(compareIds);
    if (isComplete || behind.length > first) {
      return { itemIds: behind.slice(0, first), hasNextPage: behind.length > first };
    }
  }
}

/** The segments of items in order; unknown ids are left out. */
export async function readSegments(
  context: StoreContext,
  edition: EditionRecord,
  itemIds: readonly string[],
): Promise<Map<string, SegmentRecord[]>> {
  const found = new Map<string, SegmentRecord[]>();
  let missing = [...new Set(itemIds)];
  for (let read = 0; missing.length > 0; read++) {
    if (read === MAX_SEGMENT_READS) throw new Error(`Segments of ${missing[0]} are missing in the store.`);
    const batch = await readSegmentsOnce(context, edition, missing);
    for (const [id, segments] of batch) if (segments) found.set(id, segments);
    missing = [...batch].filter(([, segments]) => segments === null).map(([id]) => id);
  }
  return found;
}

/** Null for an item whose segments were replaced meanwhile. */
async function readSegmentsOnce(
  context: StoreContext,
  edition: EditionRecord,
  itemIds: readonly string[],
): Promise<Map<string, SegmentRecord[] | null>> {
  const { names } = context;
  const pointIds = itemIds.map((id) => itemPointId(edition.bundle, id));
  const items = await retrievePoints(context, names.items, pointIds, [
    'item',
    'modality',
    'revision',
    'segmentCount',
  ]);
  const wanted = [...items.values()].map(({ payload }) => {
    const { item, modality, revision, segmentCount } = payload as unknown as ItemPayload;
    const ids = Array.from({ length: segmentCount }, (_, ordinal) =>
      segmentPointId(edition.bundle, item, revision, ordinal),
    );
    return { item, modality, ids };
  });
  const sslDimension = dimensionOf(edition, 'ssl');
  const segments = new Map<string, SegmentRecord[] | null>();
  for (const modality of new Set(wanted.map(({ modality }) => modality))) {
    const ofModality = wanted.filter((item) => item.modality === modality);
    const points = await retrievePoints(
      context,
      names.segments(modality, edition.bundle),
      ofModality.flatMap(({ ids }) => ids),
      ['span', 'spaces'],
      { withJoint: true },
    );
    for (const { item, ids } of ofModality) {
      const read = ids.map((id) => points.get(id));
      const isWhole = read.every((point) => point !== undefined);
      segments.set(
        item,
        isWhole
          ? read.map(({ payload, joint }) =>
              toSegmentRecord(payload as unknown as SegmentPayload, joint, sslDimension),
            )
          : null,
      );
    }
  }
  return segments;
}
