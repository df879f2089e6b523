import type { Space } from '../../head/head.ts';
import { MODALITIES, type Modality } from '../../media/media.ts';
import { IntegrityError } from '../../shared/errors.ts';
import type { Dimensions } from '../check-entries.ts';
import type { WriterOptions } from '../vector-store.ts';
import { dropSegmentCollections } from './collections.ts';
import { retrievePoints, type StoreContext, scrollPoints, unlessMissing } from './context.ts';
import { matchValue } from './filter-condition.ts';
import { editionPointId, POINTER_ID } from './point-ids.ts';
import type { SegmentSquares } from './points.ts';

/**
 * Bounds over all segments that one modality's collection ever held: they only ever widen, and are widened before
 * the segments that need it are written.
 */
export interface SquareBounds {
  minSquare: number;
  maxSquare: number;
  minCross: number;
  maxCross: number;
}

/** What is kept of a bundle's edition beside its points. */
export interface EditionRecord {
  kind: 'edition';
  bundle: string;
  attributes: WriterOptions['attributes'];
  /** Null until the first vector. */
  dimensions: Dimensions;
  /** Of the modalities whose collections exist. */
  bounds: Partial<Record<Modality, SquareBounds>>;
  /** Items whose write may have been interrupted: segments of theirs may have to be tidied away. */
  pendingIds: string[];
  /** Grows from edition to edition: of those that are newer than the current one, none is served yet. */
  sequence: number;
  /** Of the run that fills it in shards. */
  finishedShards: { count: number; indexes: number[] } | null;
  /** When another edition became current; null before. */
  retiredAtMs: number | null;
}

const FIELDS = ['edition'];

/** Null where there is none, or no store yet. */
export async function findEdition(context: StoreContext, bundleId: string): Promise<EditionRecord | null> {
  const id = editionPointId(bundleId);
  const points = await unlessMissing(
    retrievePoints(context, context.names.meta, [id], FIELDS, { consistency: 'majority' }),
    null,
  );
  const payload = points?.get(id)?.payload;
  return payload ? JSON.parse(payload.edition as string) : null;
}

export async function readEdition(context: StoreContext, bundleId: string): Promise<EditionRecord> {
  const edition = await findEdition(context, bundleId);
  if (!edition) throw new IntegrityError(`The store has no index of bundle ${bundleId}.`);
  return edition;
}

/** Only the one writer does this, so that nothing is lost by replacing it whole. */
export async function writeEdition({ qdrant, names }: StoreContext, edition: EditionRecord): Promise<void> {
  const { bundle } = edition;
  const payload = { kind: 'edition', bundle, edition: JSON.stringify(edition) };
  await qdrant.call((client) =>
    client.upsert(names.meta, {
      points: [{ id: editionPointId(bundle), vector: {}, payload }],
      wait: true,
      ordering: 'strong',
    }),
  );
}

export async function listEditions(context: StoreContext): Promise<EditionRecord[]> {
  const filter = { must: [matchValue('kind', 'edition')] };
  const points = await Array.fromAsync(scrollPoints(context, context.names.meta, filter, FIELDS));
  return points.map(({ payload }) => JSON.parse(payload.edition as string));
}

/** The bundle that is live; null before the first finished run. */
export async function readPointer(context: StoreContext): Promise<string | null> {
  const points = await unlessMissing(
    retrievePoints(context, context.names.meta, [POINTER_ID], ['bundle'], { consistency: 'majority' }),
    null,
  );
  return (points?.get(POINTER_ID)?.payload.bundle as string | undefined) ?? null;
}

/** Makes a bundle's edition the live one, in one write to one point. */
export async function movePointer({ qdrant, names }: StoreContext, bundleId: string): Promise<void> {
  const payload = { kind: 'pointer', bundle: bundleId };
  await qdrant.call((client) =>
    client.upsert(names.meta, {
      points: [{ id: POINTER_ID, vector: {}, payload }],
      wait: true,
      ordering: 'strong',
    }),
  );
}

/** Marks the editions that are older than the current one, and drops those whose grace period is over. */
export async function retireEditions(context: StoreContext, current: EditionRecord): Promise<void> {
  const nowMs = Date.now();
  for (const edition of await listEditions(context)) {
    if (edition.sequence >= current.sequence) continue;
    edition.retiredAtMs ??= nowMs;
    if (edition.retiredAtMs + context.gracePeriodMs <= nowMs) await dropEdition(context, edition.bundle);
    else await writeEdition(context, edition);
  }
}

/** The record goes last, so that a drop that was interrupted is done again. */
async function dropEdition(context: StoreContext, bundleId: string): Promise<void> {
  const { qdrant, names } = context;
  await dropSegmentCollections(qdrant, names, bundleId);
  await qdrant.call((client) =>
    client.delete(names.items, { filter: { must: [matchValue('bundle', bundleId)] }, wait: true }),
  );
  await qdrant.call((client) =>
    client.delete(names.meta, { points: [editionPointId(bundleId)], wait: true, ordering: 'strong' }),
  );
}

/** The modalities whose segment collections exist. */
export function modalitiesOf({ bounds }: EditionRecord): Modality[] {
  return MODALITIES.filter((modality) => bounds[modality]);
}

export function dimensionOf({ dimensions }: EditionRecord, space: Space): number {
  return dimensions[space] ?? 0;
}

/** Bounds that hold for these segments as well. */
export function widenBounds(
  bounds: SquareBounds | undefined,
  squares: readonly SegmentSquares[],
): SquareBounds {
  const widened = bounds ?? { minSquare: 1, maxSquare: 1, minCross: 0, maxCross: 0 };
  return squares.reduce(
    ({ minSquare, maxSquare, minCross, maxCross }, { sslSquare, supSquare, cross }) => ({
      minSquare: Math.min(minSquare, sslSquare, supSquare),
      maxSquare: Math.max(maxSquare, sslSquare, supSquare),
      minCross: Math.min(minCross, cross),
      maxCross: Math.max(maxCross, cross),
    }),
    widened,
  );
}
