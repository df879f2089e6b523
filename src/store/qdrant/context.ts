import type { CollectionLayout, CollectionNames } from './collections.ts';
import type { Payload, Qdrant } from './qdrant-client.ts';
import { type Filter, isMissing } from './qdrant-client.ts';

/** What all parts of one store share. */
export interface StoreContext {
  qdrant: Qdrant;
  names: CollectionNames;
  layout: CollectionLayout;
  /** Up to how many segments every search compares all of them. */
  exactBelow: number;
  /** How long an edition that is no longer current is kept for the servers that still read it. */
  gracePeriodMs: number;
}

/** Points a call asks for at most; longer lists go in several calls. */
const POINTS_PER_CALL = 512;

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
  options: { withJoint?: boolean; consistency?: 'majority' } = {},
): Promise<Map<string, ReadPoint>> {
  const chunks = await Promise.all(
    toChunks([...new Set(ids)]).map((chunk) =>
      qdrant.call((client) =>
        client.retrieve(collection, {
          ids: chunk,
          with_payload: [...fields],
          with_vector: options.withJoint ? ['joint'] : false,
          ...(options.consistency && { consistency: options.consistency }),
        }),
      ),
    ),
  );
  return new Map(chunks.flat().map((point) => [String(point.id), toReadPoint(point)]));
}

function toReadPoint({
  id,
  payload,
  vector,
}: {
  id: string | number;
  payload?: Payload | null;
  vector?: unknown;
}): ReadPoint {
  const joint = (vector as { joint?: number[] } | null | undefined)?.joint ?? [];
  return { id: String(id), payload: payload ?? {}, joint };
}

/** All points that a filter lets through, page after page. */
export async function* scrollPoints(
  { qdrant }: Pick<StoreContext, 'qdrant'>,
  collection: string,
  filter: Filter,
  fields: readonly string[],
): AsyncGenerator<ReadPoint> {
  let offset: string | number | undefined;
  do {
    const page = await qdrant.call((client) =>
      client.scroll(collection, {
        filter,
        limit: POINTS_PER_CALL * 8,
        with_payload: [...fields],
        ...(offset !== undefined && { offset }),
      }),
    );
    yield* page.points.map(toReadPoint);
    offset = page.next_page_offset as string | number | undefined;
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
