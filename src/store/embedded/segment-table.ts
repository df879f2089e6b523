import { SPACES, type Space, type SpaceVectors } from '../../head/head.ts';
import type { Span } from '../../media/media.ts';
import { dot } from '../../shared/vector-math.ts';
import type { SegmentRecord } from '../vector-store.ts';

/** One space's vectors as a matrix of `rowCount` × `dimension`; a row that lacks the space is all zeros. */
interface SpaceMatrix {
  dimension: number;
  values: Float32Array;
}

/**
 * The segments of one modality in columns, one row each: the only copy of the vectors in memory. Rows of deleted
 * segments belong to no item and are used again.
 */
export interface SegmentTable {
  /** Rows in use or free; all columns hold that many. */
  readonly rowCount: number;
  /** Segments held. */
  readonly segmentCount: number;
  /** Null until the first vector in that space. */
  readonly matrices: Readonly<Record<Space, SpaceMatrix | null>>;
  /** Slot of the item that a row belongs to; −1 where the row is free. */
  readonly itemSlots: Int32Array;
  /** Bit 0: the row has an ssl vector; bit 1: a sup vector. */
  readonly spaceBits: Uint8Array;
  /** ⟨s, s⟩, ⟨u, u⟩ and ⟨s, u⟩ of each row; of a row that lacks a space 1, 1 and 0, as its blend is measured. */
  readonly sslSquares: Float64Array;
  readonly supSquares: Float64Array;
  readonly crossProducts: Float64Array;
  /** Makes room for so many rows at once. */
  reserve(rows: number): void;
  /** Returns the new segment's row. */
  add(itemSlot: number, segment: SegmentRecord): number;
  remove(row: number): void;
  /** Views of the row's vectors. */
  vectors(row: number): SpaceVectors;
  span(row: number): Span;
}

export const SPACE_BIT: Record<Space, number> = { ssl: 1, sup: 2 };

export function createSegmentTable(): SegmentTable {
  let capacity = 0;
  let rowCount = 0;
  const freeRows: number[] = [];
  const matrices: Record<Space, SpaceMatrix | null> = { ssl: null, sup: null };
  let itemSlots = new Int32Array(0);
  let spaceBits = new Uint8Array(0);
  let sslSquares = new Float64Array(0);
  let supSquares = new Float64Array(0);
  let crossProducts = new Float64Array(0);
  let spans = new Float64Array(0);

  const reserve = (rows: number) => {
    if (rows <= capacity) return;
    capacity = rows;
    itemSlots = grown(itemSlots, new Int32Array(capacity));
    spaceBits = grown(spaceBits, new Uint8Array(capacity));
    sslSquares = grown(sslSquares, new Float64Array(capacity));
    supSquares = grown(supSquares, new Float64Array(capacity));
    crossProducts = grown(crossProducts, new Float64Array(capacity));
    spans = grown(spans, new Float64Array(2 * capacity));
    for (const space of SPACES) {
      const matrix = matrices[space];
      if (matrix) matrix.values = grown(matrix.values, new Float32Array(capacity * matrix.dimension));
    }
  };

  const takeRow = () => {
    const free = freeRows.pop();
    if (free !== undefined) return free;
    if (rowCount === capacity) reserve(Math.max(256, Math.ceil(capacity * 1.5)));
    return rowCount++;
  };

  const writeVector = (row: number, space: Space, vector: Float32Array | null) => {
    if (vector && !matrices[space]) {
      matrices[space] = { dimension: vector.length, values: new Float32Array(capacity * vector.length) };
    }
    const matrix = matrices[space];
    if (!matrix) return;
    const start = row * matrix.dimension;
    if (vector) matrix.values.set(vector, start);
    else matrix.values.fill(0, start, start + matrix.dimension);
  };

  const readVector = (row: number, space: Space) => {
    const matrix = matrices[space];
    if (!matrix || !(spaceBits[row] & SPACE_BIT[space])) return null;
    return matrix.values.subarray(row * matrix.dimension, (row + 1) * matrix.dimension);
  };

  return {
    get rowCount() {
      return rowCount;
    },
    get segmentCount() {
      return rowCount - freeRows.length;
    },
    get itemSlots() {
      return itemSlots;
    },
    get spaceBits() {
      return spaceBits;
    },
    get sslSquares() {
      return sslSquares;
    },
    get supSquares() {
      return supSquares;
    },
    get crossProducts() {
      return crossProducts;
    },
    matrices,
    reserve,
    add(itemSlot, { ssl, sup, startSeconds, endSeconds }) {
      const row = takeRow();
      itemSlots[row] = itemSlot;
      spaceBits[row] = (ssl ? SPACE_BIT.ssl : 0) | (sup ? SPACE_BIT.sup : 0);
      writeVector(row, 'ssl', ssl);
      writeVector(row, 'sup', sup);
      sslSquares[row] = ssl && sup ? dot(ssl, ssl) : 1;
      supSquares[row] = ssl && sup ? dot(sup, sup) : 1;
      crossProducts[row] = ssl && sup && ssl.length === sup.length ? dot(ssl, sup) : 0;
      spans[2 * row] = startSeconds;
      spans[2 * row + 1] = endSeconds;
      return row;
    },
    remove(row) {
      itemSlots[row] = -1;
      freeRows.push(row);
    },
    vectors: (row) => ({ ssl: readVector(row, 'ssl'), sup: readVector(row, 'sup') }),
    span: (row) => ({ startSeconds: spans[2 * row], endSeconds: spans[2 * row + 1] }),
  };
}

function grown<Column extends Int32Array | Uint8Array | Float32Array | Float64Array>(
  old: Column,
  fresh: Column,
): Column {
  fresh.set(old as never);
  return fresh;
}
