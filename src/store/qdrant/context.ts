import { Readable } from 'node:stream';
import type { Log } from '../../shared/log.ts';
import type { CollectionLayout, CollectionNames } from './collections.ts';
import { isMissing } from './faults.ts';
import type { Filter, PageOffset, Payload, PointRecord, Qdrant } from './qdrant-client.ts';

/** What all parts of one store share. */
export interface StoreContext {
  qdrant: Qdrant;
  names: CollectionNames;
  layout: CollectionLayout;
  /** Up to how many segments every search compares all of them. */
  exactBelow: number;
  /** How long an edition that is no longer current is kept for the servers that still read it. */
  gracePeriodMs: number;
  /** How long a writer waits for a server that is away, before its run fails. */
  patienceMs: number;
  /** Where a writer says that it waits. */
  log?: Pick<Log, 'warn'>;
  /** Ends a writer's waiting. */
  signal?: AbortSignal;
}

/** Does work on the store's collections, which are made first, and again where somebody dropped them meanwhile. */
export type InCollections = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Points a call asks for at most; longer lists go in several calls. */
const POINTS_PER_CALL = 512;
/** Calls of one list that are under way at a time: their vectors take megabytes. */
const CONCURRENT_READS = 4;

export function toChunks<Element>(elements: readonly Element[], size = POINTS_PER_CALL): Element[][] {
  const count = Math.ceil(elements.length / size);
  return Array.from({ length: count }, (_, i) => elements.slice(i * size, (i + 1) * size));
}

export interface ReadPoint {
  id: string;
  payload: Payload;
  joint: readonly number[];
}

/** Points by their ids; those that don't exist are left out. */
export async function retrievePoints(
  { qdrant }: Pick<StoreContext, 'qdrant'>,
  collection: string,
  ids: readonly string[],
  fields: readonly string[],
  { withJoint = false } = {},
): Promise<Map<string, ReadPoint>> {
  const read = (chunk: string[]): Promise<PointRecord[]> =>
    qdrant.retrieve(collection, {
      ids: chunk,
      with_payload: fields,
      with_vector: withJoint ? ['joint'] : false,
    });
  const chunks = toChunks([...new Set(ids)]);
  const points = await Readable.from(chunks).map(read, { concurrency: CONCURRENT_READS }).toArray();
  return new Map(points.flat().map((point: PointRecord) => [String(point.id), toReadPoint(point)]));
}

function toReadPoint({ id, payload, vector }: PointRecord): ReadPoint {
  const { joint = [] } = (vector ?? {}) as { joint?: number[] };
  return { id: String(id), payload: payload ?? {}, joint };
}

/** All points that a filter lets through, page after page. */
export async function* scrollPoints(
  { qdrant }: Pick<StoreContext, 'qdrant'>,
  collection: string,
  filter: Filter,
  fields: readonly string[],
  { withJoint = false, pageSize = POINTS_PER_CALL * 8 } = {},
): AsyncGenerator<ReadPoint> {
  let offset: PageOffset | undefined;
  do {
    const page = await qdrant.scroll(collection, {
      filter,
      limit: pageSize,
      with_payload: fields,
      with_vector: withJoint ? ['joint'] : false,
      ...(offset !== undefined && { offset }),
    });
    yield* page.points.map(toReadPoint);
    offset = page.next_page_offset as PageOffset | undefined;
  } while (offset !== undefined && offset !== null);
}

/** What the call gives, or `otherwise` where the collection or point it names does not exist. */
export async function unlessMissing<Result, Otherwise>(
  call: Promise<Result>,
  otherwise: Otherwise,
): Promise<Result | Otherwise> {
  try {
    return await call;
  } catch (error) {
    if (isMissing(error)) return otherwise;
    throw error;
  }
}
