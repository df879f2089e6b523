/** The constant matrices of the lite graphs, in float64 and row-major order. */

export interface Matrix {
  values: Float64Array;
  dims: readonly number[];
}

/** An empty matrix of these dimensions, filled by a function of its two indices. */
export function matrixOf(
  rows: number,
  columns: number,
  element: (row: number, column: number) => number,
): Matrix {
  const values = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) values[row * columns + column] = element(row, column);
  }
  return { values, dims: [rows, columns] };
}

/** A periodic Hann window. */
export function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
}

/**
 * Windowed cosines, then windowed sines, one row for each of `frequencies` (in cycles per sample), each
 * centred in `length` samples: [2 · frequencies, length].
 */
export function sinusoidKernels(
  frequencies: readonly number[],
  length: number,
  windowOf: (frequency: number) => Float64Array,
): Matrix {
  const windows = frequencies.map(windowOf);
  return matrixOf(2 * frequencies.length, length, (row, n) => {
    const index = row % frequencies.length;
    const window = windows[index];
    const start = Math.floor((length - window.length) / 2);
    const weight = window[n - start] ?? 0;
    if (weight === 0) return 0;
    const phase = 2 * Math.PI * ((frequencies[index] * n) % 1);
    return weight * (row < frequencies.length ? Math.cos(phase) : -Math.sin(phase));
  });
}

export interface MelScale {
  bands: number;
  lowHz: number;
  highHz: number;
}

const toMel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
const toHertz = (mel: number) => 700 * (10 ** (mel / 2595) - 1);

/** The bands' edges and centres: band b spans edges b to b + 2 and peaks at edge b + 1. */
export function melEdgesHz({ bands, lowHz, highHz }: MelScale): number[] {
  const low = toMel(lowHz);
  const step = (toMel(highHz) - low) / (bands + 1);
  return Array.from({ length: bands + 2 }, (_, i) => toHertz(low + i * step));
}

/** Triangular filters over bins, each with sum 1, so that white noise is level: [bands, bins]. */
export function melFilters(scale: MelScale, binFrequenciesHz: readonly number[]): Matrix {
  const edges = melEdgesHz(scale);
  const filters = matrixOf(scale.bands, binFrequenciesHz.length, (band, bin) =>
    triangle(binFrequenciesHz[bin], edges[band], edges[band + 1], edges[band + 2]),
  );
  return normaliseRows(filters);
}

/** Rises from 0 at `low` to 1 at `peak` and falls to 0 at `high`. */
export function triangle(x: number, low: number, peak: number, high: number): number {
  return Math.max(0, Math.min((x - low) / (peak - low), (high - x) / (high - peak)));
}

/** Divides every row by its sum. */
export function normaliseRows({ values, dims }: Matrix): Matrix {
  const [rows, columns] = dims;
  const sums = Array.from({ length: rows }, (_, row) =>
    values.subarray(row * columns, (row + 1) * columns).reduce((sum, value) => sum + value, 0),
  );
  return matrixOf(rows, columns, (row, column) => values[row * columns + column] / sums[row]);
}

/** Averages the pixels of an image by the cells of a grid, pixels on a border in parts: [height · width, cells]. */
export function gridPooling(heightPixels: number, widthPixels: number, cellsPerSide: number): Matrix {
  const share = (pixel: number, cell: number, side: number) => {
    const cellSize = side / cellsPerSide;
    const overlap = Math.min(pixel + 1, (cell + 1) * cellSize) - Math.max(pixel, cell * cellSize);
    return Math.max(0, overlap) / cellSize;
  };
  return matrixOf(heightPixels * widthPixels, cellsPerSide ** 2, (pixel, cell) => {
    const row = share(Math.floor(pixel / widthPixels), Math.floor(cell / cellsPerSide), heightPixels);
    return row * share(pixel % widthPixels, cell % cellsPerSide, widthPixels);
  });
}

/** Unit vectors at evenly spaced angles from 0: [2, count]. */
export function directions(count: number): Matrix {
  return matrixOf(2, count, (axis, i) => {
    const angle = (2 * Math.PI * i) / count;
    return axis === 0 ? Math.cos(angle) : Math.sin(angle);
  });
}
