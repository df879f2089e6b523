import { compareIds } from '../ranking.ts';
import type {
  AttributeType,
  Edition,
  FacetCounts,
  ItemQuery,
  ItemRecord,
  ValueCount,
} from '../vector-store.ts';
import { retrievePoints, type StoreContext } from './context.ts';
import { type EditionRecord, readEdition } from './edition-record.ts';
import { matchValue, parseAttributeKeyword, parseKeyword, toFilter, toKeywords } from './filter-condition.ts';
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

  /** The library's attributes, and behind them what else items of a selection carry. */
  const readAttributes = async (filter: Filter): Promise<AttributeType[]> => {
    const [{ attributes }, carried] = await Promise.all([
      readEdition(context, bundleId),
      facet('attributeNames', filter),
    ]);
    const names = new Set([...attributes.map(({ name }) => name), ...carried.map(({ value }) => value)]);
    const numbers = new Set(attributes.filter(({ isNumber }) => isNumber).map(({ name }) => name));
    return [...names].map((name) => ({ name, isNumber: numbers.has(name) }));
  };

  const attributeFacets = async (filter: Filter): Promise<FacetCounts['attributes']> => {
    const [attributes, counts] = await Promise.all([readAttributes(filter), facet('attributes', filter)]);
    const facets = new Map(
      attributes.map((attribute) => [attribute.name, { ...attribute, values: [] as ValueCount[] }]),
    );
    for (const { value: keyword, count } of counts) {
      const { name, value } = parseAttributeKeyword(keyword);
      facets.get(name)?.values.push({ value, count });
    }
    for (const { values } of facets.values()) values.sort(compareCounts);
    return [...facets.values()];
  };

  const readPreview = async (itemId: string, kind: 'peaks' | 'thumbnail'): Promise<Uint8Array | null> => {
    const id = itemPointId(bundleId, itemId);
    const points = await retrievePoints(context, names.items, [id], [kind]);
    const text = points.get(id)?.payload[kind] as string | null | undefined;
    return text ? Uint8Array.from(Buffer.from(text, 'base64')) : null;
  };

  const valueReads: ValueReads = {
    async attributeNames(modality) {
      const attributes = await readAttributes({ must: itemsOf(bundleId, modality) });
      return attributes.map(({ name }) => name);
    },
    async known(modality, field, values) {
      const [key, keywords] = toKeywords(field, values);
      const searches = keywords.map((keyword) => ({
        filter: { must: [...itemsOf(bundleId, modality), matchValue(key, keyword)] },
        limit: 1,
        with_payload: false,
      }));
      const found = await qdrant.queryBatch(names.items, searches);
      return values.filter((_, i) => found[i].length > 0);
    },
    async values(modality, field) {
      const [key] = toKeywords(field, []);
      const values = (await facet(key, { must: itemsOf(bundleId, modality) })).map(({ value }) => value);
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
      return itemIds.map((id) => found.get(id) ?? null);
    },
    peaks: (itemId) => readPreview(itemId, 'peaks'),
    thumbnail: (itemId) => readPreview(itemId, 'thumbnail'),
    unknownValues: (modality, filter) => findUnknownValues(valueReads, modality, filter),
    attributes: (modality) => readAttributes({ must: itemsOf(bundleId, modality) }),
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
