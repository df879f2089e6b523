import type { Dimensions } from '../../head/head.ts';
import { MODALITIES, type Modality } from '../../media/media.ts';
import { IntegrityError } from '../../shared/errors.ts';
import type { WriterOptions } from '../vector-store.ts';
import { changeRecord, readRecord } from './changeable-record.ts';
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
  bundle: string;
  attributes: WriterOptions['attributes'];
  dimensions: Dimensions;
  /** Of the modalities whose collections exist. */
  bounds: Partial<Record<Modality, SquareBounds>>;
  /** Grows from edition to edition: of those that are newer than the current one, none is served yet. */
  sequence: number;
  /** Of the last run that filled it in shards. */
  finishedShards: { count: number; indexes: number[] } | null;
  /** When another edition became current; null before. */
  retiredAtMs: number | null;
}

/** Null where there is none, or no store yet. */
export function findEdition(context: StoreContext, bundleId: string): Promise<EditionRecord | null> {
  return unlessMissing(readRecord<EditionRecord>(context, editionPointId(bundleId)), null);
}

export async function readEdition(context: StoreContext, bundleId: string): Promise<EditionRecord> {
  const edition = await findEdition(context, bundleId);
  if (!edition) throw noIndexError(bundleId);
  return edition;
}

function noIndexError(bundleId: string): IntegrityError {
  return new IntegrityError(`The store has no index of bundle ${bundleId}.`);
}

/** Makes or changes an edition's record, as `changeRecord` does; writers of several shards do so at once. */
export async function changeEdition(
  context: StoreContext,
  bundleId: string,
  change: (edition: EditionRecord | null) => EditionRecord | null,
): Promise<EditionRecord> {
  const point = { id: editionPointId(bundleId), payload: { kind: 'edition', bundle: bundleId } };
  const edition = await changeRecord<EditionRecord>(context, point, change);
  if (!edition) throw noIndexError(bundleId);
  return edition;
}

export async function listEditions(context: StoreContext): Promise<EditionRecord[]> {
  const filter = { must: [matchValue('kind', 'edition')] };
  const points = await Array.fromAsync(scrollPoints(context, context.names.meta, filter, ['content']));
  return points.map(({ payload }) => JSON.parse(payload.content as string));
}

/** The bundle that is live; null before the first finished run. */
export async function readPointer(context: StoreContext): Promise<string | null> {
  const points = await unlessMissing(
    retrievePoints(context, context.names.meta, [POINTER_ID], ['bundle']),
    null,
  );
  return (points?.get(POINTER_ID)?.payload.bundle as string | undefined) ?? null;
}

/** Makes a bundle's edition the live one, in one write to one point. */
export async function movePointer(
  { qdrant, names }: Pick<StoreContext, 'qdrant' | 'names'>,
  bundleId: string,
): Promise<void> {
  const payload = { kind: 'pointer', bundle: bundleId };
  await qdrant.call((client) =>
    client.upsert(names.meta, {
      points: [{ id: POINTER_ID, vector: {}, payload }],
      wait: true,
      ordering: 'strong',
    }),
  );
}

/** The modalities whose segment collections exist. */
export function modalitiesOf({ bounds }: EditionRecord): Modality[] {
  return MODALITIES.filter((modality) => bounds[modality]);
}

/** Bounds that hold for these segments as well. */
export function widenBounds(
  bounds: SquareBounds | undefined,
  squares: readonly SegmentSquares[],
): SquareBounds {
  return squares.map(toBounds).reduce(joinBounds, bounds ?? NARROWEST);
}

const NARROWEST: SquareBounds = { minSquare: 1, maxSquare: 1, minCross: 0, maxCross: 0 };

function toBounds({ sslSquare, supSquare, cross }: SegmentSquares): SquareBounds {
  return {
    minSquare: Math.min(sslSquare, supSquare),
    maxSquare: Math.max(sslSquare, supSquare),
    minCross: cross,
    maxCross: cross,
  };
}

/** The edition with bounds that hold for these, too. */
export function withBounds(edition: EditionRecord, widened: EditionRecord['bounds']): EditionRecord {
  const bounds = { ...edition.bounds };
  for (const modality of MODALITIES) {
    const [before, added] = [bounds[modality], widened[modality]];
    if (added) bounds[modality] = before ? joinBounds(before, added) : added;
  }
  return { ...edition, bounds };
}

/** Bounds that hold where either do. */
function joinBounds(a: SquareBounds, b: SquareBounds): SquareBounds {
  return {
    minSquare: Math.min(a.minSquare, b.minSquare),
    maxSquare: Math.max(a.maxSquare, b.maxSquare),
    minCross: Math.min(a.minCross, b.minCross),
    maxCross: Math.max(a.maxCross, b.maxCross),
  };
}
