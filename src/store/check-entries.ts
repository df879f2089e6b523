import { type Dimensions, SPACES } from '../head/head.ts';
import { IntegrityError } from '../shared/errors.ts';
import { isFiniteVector, norm } from '../shared/vector-math.ts';
import type { ItemEntry, SegmentRecord } from './vector-store.ts';

const UNIT_TOLERANCE = 1e-3;

/** IntegrityError where an edition of these dimensions is to be filled by a bundle of others. */
export function checkDimensions(bundleId: string, indexed: Dimensions, wanted: Dimensions): void {
  if (indexed.ssl === wanted.ssl && indexed.sup === wanted.sup) return;
  throw new IntegrityError(
    `The store's index of bundle ${bundleId} holds vectors of ${indexed.ssl} + ${indexed.sup} numbers, ` +
      `not ${wanted.ssl} + ${wanted.sup}.`,
  );
}

/** Throws where a vector is not a finite unit vector of its edition's dimension. */
export function checkEntries(entries: readonly ItemEntry[], dimensions: Dimensions): void {
  for (const { record, segments } of entries) {
    for (const [ordinal, segment] of segments.entries()) {
      checkSegment(segment, dimensions, `${record.id}, segment ${ordinal}`);
    }
  }
}

function checkSegment(segment: SegmentRecord, dimensions: Dimensions, where: string): void {
  if (!segment.ssl && !segment.sup) throw new Error(`${where}: it has no vector in any space.`);
  if (!Number.isFinite(segment.startSeconds) || !(segment.endSeconds >= segment.startSeconds)) {
    throw new Error(`${where}: ${segment.startSeconds} to ${segment.endSeconds} is no span.`);
  }
  for (const space of SPACES) {
    const vector = segment[space];
    if (!vector) continue;
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
