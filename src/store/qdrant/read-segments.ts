import { MODALITIES } from '../../media/media.ts';
import type { ItemSegments } from '../vector-store.ts';
import {
  type ReadPoint,
  retrievePoints,
  type StoreContext,
  scrollPoints,
  toChunks,
  unlessMissing,
} from './context.ts';
import type { EditionRecord } from './edition-record.ts';
import { matchAny, toKeyword } from './filter-condition.ts';
import { itemPointId } from './point-ids.ts';
import {
  type ItemPayload,
  RECORD_FIELDS,
  type SegmentPayload,
  toItemRecord,
  toSegmentRecord,
} from './points.ts';

const ITEM_FIELDS = ['item', 'revision', 'segmentCount', ...RECORD_FIELDS];
const SEGMENT_FIELDS = ['item', 'revision', 'ordinal', 'span', 'spaces'];
const ITEMS_PER_READ = 32;
/** With their joint vectors. */
const SEGMENTS_PER_PAGE = 256;
/** An item's segments may be replaced between the look at the item and the look at them. */
const MAX_READS = 5;

/** Items with their segments, by id; unknown ids are left out. */
export async function readSegments(
  context: StoreContext,
  edition: EditionRecord,
  itemIds: readonly string[],
): Promise<Map<string, ItemSegments>> {
  const found = new Map<string, ItemSegments>();
  let missing = [...new Set(itemIds)];
  for (let read = 0; missing.length > 0; read++) {
    if (read === MAX_READS) throw new Error(`Segments of ${missing[0]} are missing in the store.`);
    const chunks = toChunks(missing, ITEMS_PER_READ);
    const batches = await Promise.all(chunks.map((ids) => readSegmentsOnce(context, edition, ids)));
    missing = [];
    for (const [id, item] of batches.flat()) {
      if (item) found.set(id, item);
      else missing.push(id);
    }
  }
  return found;
}

/**
 * All in one step: the segments are found by their item, whatever revision it names. Null where it was replaced
 * meanwhile.
 */
async function readSegmentsOnce(
  context: StoreContext,
  edition: EditionRecord,
  itemIds: readonly string[],
): Promise<(readonly [id: string, item: ItemSegments | null])[]> {
  const { names } = context;
  const pointIds = itemIds.map((id) => itemPointId(edition.bundle, id));
  const filter = { must: [matchAny('item', itemIds.map(toKeyword))] };
  const readCollection = (collection: string): Promise<ReadPoint[]> => {
    const options = { withJoint: true, pageSize: SEGMENTS_PER_PAGE };
    const points = scrollPoints(context, collection, filter, SEGMENT_FIELDS, options);
    return unlessMissing(Array.fromAsync(points), []);
  };
  const [items, ...byModality] = await Promise.all([
    retrievePoints(context, names.items, pointIds, ITEM_FIELDS),
    ...MODALITIES.map((modality) => readCollection(names.segments(modality, edition.bundle))),
  ]);
  const segments = byModality
    .flat()
    .map(({ payload, joint }) => ({ payload: payload as unknown as SegmentPayload, joint }))
    .sort((a, b) => a.payload.ordinal - b.payload.ordinal);
  return [...items.values()].map(({ payload }) => {
    const item = payload as unknown as ItemPayload;
    const shown = segments.filter(
      (segment) => segment.payload.item === item.item && segment.payload.revision === item.revision,
    );
    if (shown.length !== item.segmentCount) return [item.item, null];
    return [
      item.item,
      {
        record: toItemRecord(item),
        segments: shown.map((segment) =>
          toSegmentRecord(segment.payload, segment.joint, edition.dimensions.ssl),
        ),
      },
    ];
  });
}
