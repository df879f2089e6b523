import { SPACES, type Space } from '../head/head.ts';
import { isFiniteVector, norm } from '../shared/vector-math.ts';
import type { ItemEntry, SegmentRecord } from './vector-store.ts';

/** The lengths of an edition's vectors; null until its first vector in that space. */
export type Dimensions = Record<Space, number | null>;

const UNIT_TOLERANCE = 1e-3;

/**
 * Throws where a vector is not a finite unit vector of its edition's dimension. Returns the dimensions, with those
 * filled in that these entries are the first to tell.
 */
export function checkEntries(entries: readonly ItemEntry[], known: Dimensions): Dimensions {
  const dimensions = { ...known };
  for (const { record, segments } of entries) {
    for (const [ordinal, segment] of segments.entries()) {
      checkSegment(segment, dimensions, `${record.id}, segment ${ordinal}`);
    }
  }
  return dimensions;
}

function checkSegment(segment: SegmentRecord, dimensions: Dimensions, where: string): void {
  if (!segment.ssl && !segment.sup) throw new Error(`${where}: it has no vector in any space.`);
  if (!Number.isFinite(segment.startSeconds) || !(segment.endSeconds >= segment.startSeconds)) {
    throw new Error(`${where}: ${segment.startSeconds} to ${segment.endSeconds} is no span.`);
  }
  for (const space of SPACES) {
    const vector = segment[space];
    if (!vector) continue;
    dimensions[space] ??= vector.length;
    if (vector.length !== dimensions[space]) {
      throw new Error(
        `${where}: its ${space} vector has ${vector.length} numbers, not ${dimensions[space]}.`,
      );
    }
    if (!isFiniteVector(vector)) throw new Error(`${where}: its ${space} vector is not finite.`);
    if (!(Math.abs(norm(vector) - 1) <= UNIT_TOLERANCE)) {
      throw new Error(`${where}: its ${space} vector has the length ${norm(vector)}, not 1.`);
    }
  }
}
