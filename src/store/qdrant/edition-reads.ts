import { compareIds } from '../ranking.ts';
import type { Edition, FacetCounts, ItemQuery, ItemRecord, ValueCount } from '../vector-store.ts';
import { retrievePoints, type StoreContext } from './context.ts';
import { type EditionRecord, readEdition } from './edition-record.ts';
import {
  matchAny,
  matchValue,
  parseAttributeKeyword,
  parseKeyword,
  toFilter,
  toKeywords,
} from './filter-condition.ts';
import { itemsOf, listItems } from './list-items.ts';
import { itemPointId } from './point-ids.ts';
import { type ItemPayload, RECORD_FIELDS, toItemRecord } from './points.ts';
import type { Filter } from './qdrant-client.ts';
import { readSegments } from './read-segments.ts';
import { findUnknownValues, type ValueReads } from './unknown-values.ts';

/** All of an edition's reads that are not searches. */
export type EditionReads = Omit<Edition, 'bundleId' | 'search' | 'spaceRanks' | 'close'>;

/** More values than any library's field has; Qdrant wants a bound. */
const MAX_FACET_VALUES = 1_000_000;

export function createEditionReads(context: StoreContext, edition: EditionRecord): EditionReads {
  const { qdrant, names } = context;
  const bundleId = edition.bundle;

  const filterOf = ({ modality, filter, excludeIds }: ItemQuery): Filter =>
    toFilter({ filter, excludeIds }, ...itemsOf(bundleId, modality));

  const countItems = (filter: Filter): Promise<number> => qdrant.count(names.items, { filter, exact: true });

  const facet = async (key: string, filter: Filter): Promise<{ value: string; count: number }[]> => {
    const counts = await qdrant.facet(names.items, { key, filter, limit: MAX_FACET_VALUES, exact: true });
    return counts.map(({ value, count }) => ({ value: parseKeyword(value), count }));
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
      const found = await readSegments(context, edition, itemIds);
      return itemIds.map((id) => found.get(id)?.segments ?? null);
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

function compareCounts(a: ValueCount, b: ValueCount): number {
  return b.count - a.count || compareIds(a.value, b.value);
}
