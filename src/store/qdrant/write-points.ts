import type { StoreContext } from './context.ts';
import type { PointStruct } from './qdrant-client.ts';

/** Of a write, unless one point alone is larger. Qdrant takes 32 MB where it isn't told otherwise. */
const MAX_WRITE_BYTES = 16 * 2 ** 20;
/** A float32 as JSON, with its comma, at most: a sign, 0.00000, 17 digits. */
const BYTES_PER_NUMBER = 26;
/** The id, the names and the punctuation of a point, at most. */
const BYTES_PER_POINT = 256;

/** Writes points in their order, in as few requests as their bounds allow. Those of a request appear nearly at once. */
export async function writePoints(
  { qdrant }: StoreContext,
  collection: string,
  points: readonly PointStruct[],
  { maxPoints = Number.POSITIVE_INFINITY } = {},
): Promise<void> {
  for (const chunk of toWrites(points, maxPoints)) {
    await qdrant.call((client) => client.upsert(collection, { points: chunk, wait: true }));
  }
}

function toWrites(points: readonly PointStruct[], maxPoints: number): PointStruct[][] {
  const writes: PointStruct[][] = [];
  let sizeBytes = 0;
  for (const point of points) {
    const pointBytes = sizeBytesOf(point);
    const write = writes.at(-1);
    if (write && write.length < maxPoints && sizeBytes + pointBytes <= MAX_WRITE_BYTES) {
      write.push(point);
      sizeBytes += pointBytes;
    } else {
      writes.push([point]);
      sizeBytes = pointBytes;
    }
  }
  return writes;
}

/** As JSON, at most. */
function sizeBytesOf({ vector, payload }: PointStruct): number {
  const vectors = Object.values(vector as Record<string, number[]>);
  const numberCount = vectors.reduce((count, { length }) => count + length, 0);
  return BYTES_PER_POINT + numberCount * BYTES_PER_NUMBER + Buffer.byteLength(JSON.stringify(payload));
}
