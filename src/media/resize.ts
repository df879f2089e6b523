import type { PictureResize, PictureSize } from './media.ts';

/** Resizes RGB pictures of one size, [height, width, 3], to another. */
export type Resizer = (pixels: Uint8Array) => Uint8Array;

/** Bits of a weight behind the binary point: those that keep sums of bytes within 32 bits. */
const FRACTION_BITS = 22;

interface Kernel {
  /** Half the width outside which it is 0. */
  reach: number;
  weigh(distance: number): number;
}

const KERNELS: Record<PictureResize['by'], Kernel> = {
  bilinear: { reach: 1, weigh: (distance) => Math.max(0, 1 - Math.abs(distance)) },
  /** Keys' cubic with a = −0.5. */
  bicubic: {
    reach: 2,
    weigh(distance) {
      const x = Math.abs(distance);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5;
      return 0;
    },
  },
};

/** Along one axis: which inputs every output position takes, and how much of each. */
interface Taps {
  starts: Int32Array;
  counts: Int32Array;
  /** `stride` weights for each output position, in units of 2^−FRACTION_BITS. */
  weights: Int32Array;
  stride: number;
}

/** The part of a resized axis that stays after cropping; null where the axis keeps its size. */
interface Axis {
  offset: number;
  length: number;
  taps: Taps | null;
}

/**
 * Prepares the resizing of pictures of one size: the horizontal pass first, rounded to bytes, then the vertical one,
 * each with weights that widen with the reduction. The same bytes as Pillow's resize and centre crop (compared with
 * 13.0.0, which takes the vertical pass first at some sizes: that differs by rounding).
 */
export function createResizer(source: PictureSize, target: PictureSize, resize: PictureResize): Resizer {
  const kernel = KERNELS[resize.by];
  const full = resize.fit === 'stretch' ? target : toCoveringSize(source, resize.shorterSidePixels);
  const across = toAxis(source.widthPixels, full.widthPixels, target.widthPixels, kernel);
  const down = toAxis(source.heightPixels, full.heightPixels, target.heightPixels, kernel);
  const rows = rowsOf(down);
  return (pixels) => {
    const narrowed = resizeRows(pixels, source.widthPixels, rows, across);
    return resizeColumns(narrowed, across.length * 3, rows.start, down);
  };
}

/** The shorter side to a length, the longer in proportion, rounded down. */
export function toCoveringSize(
  { widthPixels, heightPixels }: PictureSize,
  shorterSidePixels: number,
): PictureSize {
  const longer = (long: number, short: number) => Math.floor((shorterSidePixels * long) / short);
  return widthPixels <= heightPixels
    ? { widthPixels: shorterSidePixels, heightPixels: longer(heightPixels, widthPixels) }
    : { widthPixels: longer(widthPixels, heightPixels), heightPixels: shorterSidePixels };
}

function toAxis(sourceLength: number, fullLength: number, length: number, kernel: Kernel): Axis {
  const offset = Math.floor((fullLength - length) / 2);
  const taps =
    sourceLength === fullLength ? null : toTaps(sourceLength, fullLength, { offset, length }, kernel);
  return { offset, length, taps };
}

function toTaps(
  sourceLength: number,
  fullLength: number,
  { offset, length }: { offset: number; length: number },
  kernel: Kernel,
): Taps {
  const scale = sourceLength / fullLength;
  const spread = Math.max(scale, 1);
  const reach = kernel.reach * spread;
  const stride = Math.ceil(reach) * 2 + 1;
  const starts = new Int32Array(length);
  const counts = new Int32Array(length);
  const weights = new Int32Array(length * stride);
  for (let i = 0; i < length; i++) {
    const centre = (offset + i + 0.5) * scale;
    const start = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(sourceLength, Math.floor(centre + reach + 0.5));
    const exact = Array.from({ length: end - start }, (_, k) =>
      kernel.weigh((k + start - centre + 0.5) / spread),
    );
    const sum = exact.reduce((total, weight) => total + weight, 0);
    starts[i] = start;
    counts[i] = exact.length;
    weights.set(
      exact.map((weight) => toFixedPoint(weight / sum)),
      i * stride,
    );
  }
  return { starts, counts, weights, stride };
}

/** Halves are rounded away from zero. */
function toFixedPoint(weight: number): number {
  return Math.sign(weight) * Math.floor(Math.abs(weight) * 2 ** FRACTION_BITS + 0.5);
}

/** The rows that the vertical pass reads. */
function rowsOf({ offset, length, taps }: Axis): { start: number; count: number } {
  if (!taps) return { start: offset, count: length };
  const last = length - 1;
  const start = taps.starts[0];
  return { start, count: taps.starts[last] + taps.counts[last] - start };
}

const HALF = 1 << (FRACTION_BITS - 1);

function resizeRows(
  pixels: Uint8Array,
  sourceWidth: number,
  rows: { start: number; count: number },
  { offset, length, taps }: Axis,
): Uint8Array {
  if (!taps) {
    if (length === sourceWidth)
      return pixels.subarray(rows.start * length * 3, (rows.start + rows.count) * length * 3);
    const cropped = new Uint8Array(rows.count * length * 3);
    for (let row = 0; row < rows.count; row++) {
      const from = ((rows.start + row) * sourceWidth + offset) * 3;
      cropped.set(pixels.subarray(from, from + length * 3), row * length * 3);
    }
    return cropped;
  }
  const { starts, counts, weights, stride } = taps;
  const resized = new Uint8ClampedArray(rows.count * length * 3);
  let to = 0;
  for (let row = rows.start; row < rows.start + rows.count; row++) {
    for (let column = 0; column < length; column++) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let from = (row * sourceWidth + starts[column]) * 3;
      const firstTap = column * stride;
      const lastTap = firstTap + counts[column];
      for (let tap = firstTap; tap < lastTap; tap++) {
        const weight = weights[tap];
        red = (red + Math.imul(weight, pixels[from])) | 0;
        green = (green + Math.imul(weight, pixels[from + 1])) | 0;
        blue = (blue + Math.imul(weight, pixels[from + 2])) | 0;
        from += 3;
      }
      resized[to] = red >> FRACTION_BITS;
      resized[to + 1] = green >> FRACTION_BITS;
      resized[to + 2] = blue >> FRACTION_BITS;
      to += 3;
    }
  }
  return new Uint8Array(resized.buffer);
}

/** `rows` holds rows of `rowBytes` from `firstRow` of the source on. */
function resizeColumns(
  rows: Uint8Array,
  rowBytes: number,
  firstRow: number,
  { length, taps }: Axis,
): Uint8Array {
  if (!taps) return rows.slice();
  const { starts, counts, weights, stride } = taps;
  const resized = new Uint8ClampedArray(length * rowBytes);
  const sums = new Int32Array(rowBytes);
  for (let row = 0; row < length; row++) {
    sums.fill(HALF);
    for (let k = 0; k < counts[row]; k++) {
      const weight = weights[row * stride + k];
      const from = (starts[row] + k - firstRow) * rowBytes;
      for (let i = 0; i < rowBytes; i++) sums[i] += Math.imul(weight, rows[from + i]);
    }
    for (let i = 0; i < rowBytes; i++) resized[row * rowBytes + i] = sums[i] >> FRACTION_BITS;
  }
  return new Uint8Array(resized.buffer);
}
