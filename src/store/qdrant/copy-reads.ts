import { MODALITIES } from '../../media/media.ts';
import type { StoredItem } from '../copyable-store.ts';
import type { ItemEntry } from '../vector-store.ts';
import { type StoreContext, toChunks } from './context.ts';
import { type EditionRecord, readEdition } from './edition-record.ts';
import { parseKeyword } from './filter-condition.ts';
import { listItemIds } from './list-items.ts';
import { itemPointId, segmentPointId } from './point-ids.ts';
import {
  type ItemPayload,
  type ItemPoints,
  type SegmentPayload,
  toPoints,
  toSegmentRecord,
} from './points.ts';
import type { Payload, PointStruct } from './qdrant-client.ts';

const ITEMS_PER_READ = 32;
/** A segment has three vectors. */
const POINTS_PER_CALL = 256;
/** An item may be replaced between the look at it and the look at its segments. */
const MAX_READS = 5;
const VECTORS = ['ssl', 'sup', 'joint'];

/** A point with all that it holds. */
interface WholePoint {
  id: string;
  payload: Payload;
  vectors: Record<string, number[] | undefined>;
}

/** Every item of an edition; `faults` tells where its points do not hold what they are made from. */
export async function* readStoredItems(
  context: StoreContext,
  bundleId: string,
): AsyncGenerator<StoredItem[]> {
  const edition = await readEdition(context, bundleId);
  const itemIds = await listItemIds(context, bundleId);
  for (const chunk of toChunks(itemIds, ITEMS_PER_READ)) yield await readBatch(context, edition, chunk);
}

/** Those of these items that are there; read again where segments are missing. */
async function readBatch(
  context: StoreContext,
  edition: EditionRecord,
  itemIds: readonly string[],
): Promise<StoredItem[]> {
  const stored: StoredItem[] = [];
  let unread = itemIds;
  for (let attempt = 1; unread.length > 0; attempt++) {
    const ids = unread.map((id) => itemPointId(edition.bundle, id));
    const items = await retrieveWhole(context, context.names.items, ids);
    const segments = await readSegmentPoints(context, edition.bundle, items);
    const isSettled = (item: WholePoint) =>
      attempt === MAX_READS || segments.get(item)?.length === item.payload.segmentCount;
    stored.push(
      ...items.filter(isSettled).map((item) => toStoredItem(edition, item, segments.get(item) ?? [])),
    );
    unread = items.filter((item) => !isSettled(item)).map(({ payload }) => payload.item as string);
  }
  return stored;
}

/** The segments of items, in order; those that are missing are left out. */
async function readSegmentPoints(
  context: StoreContext,
  bundleId: string,
  items: readonly WholePoint[],
): Promise<Map<WholePoint, WholePoint[]>> {
  const found = new Map<WholePoint, WholePoint[]>();
  for (const modality of MODALITIES) {
    const wanted = items
      .filter(({ payload }) => payload.modality === modality)
      .map((item) => ({ item, ids: segmentIds(bundleId, item.payload as unknown as ItemPayload) }));
    const allIds = wanted.flatMap(({ ids }) => ids);
    const points = await retrieveWhole(context, context.names.segments(modality, bundleId), allIds);
    const byId = new Map(points.map((point) => [point.id, point]));
    for (const { item, ids } of wanted) {
      found.set(
        item,
        ids.flatMap((id) => byId.get(id) ?? []),
      );
    }
  }
  return found;
}

function segmentIds(bundleId: string, { item, revision, segmentCount }: ItemPayload): string[] {
  return Array.from({ length: segmentCount }, (_, ordinal) =>
    segmentPointId(bundleId, item, revision, ordinal),
  );
}

async function retrieveWhole(
  { qdrant }: StoreContext,
  collection: string,
  ids: readonly string[],
): Promise<WholePoint[]> {
  const read: WholePoint[] = [];
  for (const chunk of toChunks(ids, POINTS_PER_CALL)) {
    const points = await qdrant.retrieve(collection, { ids: chunk, with_payload: true, with_vector: true });
    for (const { id, payload, vector } of points) {
      const vectors = (vector ?? {}) as WholePoint['vectors'];
      read.push({ id: String(id), payload: payload ?? {}, vectors });
    }
  }
  return read;
}

function toStoredItem(
  edition: EditionRecord,
  { payload }: WholePoint,
  segments: readonly WholePoint[],
): StoredItem {
  const item = payload as unknown as ItemPayload;
  const entry: ItemEntry = {
    record: JSON.parse(item.record),
    segments: segments.map(({ payload, vectors }) =>
      toSegmentRecord(payload as unknown as SegmentPayload, vectors.joint ?? [], edition.dimensions.ssl),
    ),
    peaks: toBytes(item.peaks),
    thumbnail: toBytes(item.thumbnail),
    fingerprint: parseKeyword(item.fingerprint),
  };
  const shown = { addedAt: item.addedAt, edits: JSON.parse(item.edits) };
  const expected = toPoints(edition.bundle, entry, shown, edition.dimensions);
  const isWhole = segments.length === item.segmentCount;
  const faults = isWhole
    ? faultsOf({ payload, segments }, expected)
    : [`${item.segmentCount - segments.length} of its ${item.segmentCount} segments are missing`];
  return { entry, ...shown, isWhole, faults };
}

function faultsOf(
  { payload, segments }: { payload: Payload; segments: readonly WholePoint[] },
  expected: ItemPoints,
): string[] {
  const ofItem = differingFields(payload, expected.item).map((field) => `its ${field} does not agree`);
  const ofSegments = segments.flatMap((segment, ordinal) => {
    const point = expected.segments[ordinal];
    const fields = [...differingFields(segment.payload, point), ...differingVectors(segment.vectors, point)];
    return fields.map((field) => `the ${field} of its segment ${ordinal} does not agree`);
  });
  return [...ofItem, ...ofSegments];
}

function toBytes(base64: string | null): Uint8Array | null {
  return base64 === null ? null : Uint8Array.from(Buffer.from(base64, 'base64'));
}

/** The revision is left out: it is a name of the content as it was written, where a zero may have had a sign. */
function differingFields(payload: Payload, expected: PointStruct): string[] {
  const fields = Object.entries(expected.payload ?? {}).filter(([field]) => field !== 'revision');
  return fields.filter(([field, value]) => !agree(payload[field], value)).map(([field]) => field);
}

/** As JSON, but that Qdrant may give a number's last digits otherwise. */
function agree(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= 1e-12 * Math.abs(b);
  if (!isObject(a) || !isObject(b)) return (a ?? null) === (b ?? null);
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => agree(a[key], b[key]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function differingVectors(vectors: WholePoint['vectors'], expected: PointStruct): string[] {
  const wanted = expected.vector as WholePoint['vectors'];
  return VECTORS.filter((name) => !areSameVector(vectors[name] ?? [], wanted[name] ?? []));
}

function areSameVector(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => Math.fround(value) === Math.fround(b[i]));
}
