import { createGraphBuilder, type Value } from '../onnx/graph-builder.ts';
import { createOperators, type Operators } from '../onnx/operators.ts';
import { dimensionOf, type FeatureGroup } from './feature-group.ts';
import { directions, gridPooling, type Matrix } from './filters.ts';
import { pulseByTempo } from './rhythm.ts';

export const FRAMES_PER_SECOND = 12;
export const HEIGHT_PIXELS = 36;
export const WIDTH_PIXELS = 64;

const PIXELS = HEIGHT_PIXELS * WIDTH_PIXELS;
/** Colour and edges change slowly: two frames a second are enough. */
const STILL_STEP_FRAMES = 6;
const HUE_BINS = 12;
const LEVEL_BINS = 6;
const CELLS = 9;
const ORIENTATION_BINS = 8;
/** Mean difference of luma between frames that is noise rather than motion, and a hard cut's. */
const MOTION_FLOOR = 0.002;
const CUT_MOTION = 0.04;

/** The dimensions in order. Pixels count from 0 to 1; grid cells run row by row from the top left. */
export const VISION_FEATURES: readonly FeatureGroup[] = [
  {
    name: 'hue',
    length: HUE_BINS,
    meaning: 'amount of colour by hue at 0° (red), 30° … 330°, square root of the mean of chroma',
  },
  {
    name: 'saturation',
    length: LEVEL_BINS,
    meaning: 'pixels by saturation at 0, 0.2 … 1, weighted by value',
  },
  { name: 'value', length: LEVEL_BINS, meaning: 'pixels by value at 0, 0.2 … 1' },
  { name: 'gridLuma', length: CELLS, meaning: 'mean luma of each cell of a 3 × 3 grid' },
  { name: 'gridRedCyan', length: CELLS, meaning: 'mean of red − (green + blue) / 2 of each cell' },
  { name: 'gridGreenBlue', length: CELLS, meaning: 'mean of (green − blue) · √3/2 of each cell' },
  { name: 'gridTexture', length: CELLS, meaning: 'standard deviation of luma within each cell' },
  {
    name: 'edgeOrientation',
    length: ORIENTATION_BINS,
    meaning: 'share of gradient magnitude by its direction at 0° (a vertical edge), 22.5° … 157.5°',
  },
  {
    name: 'edge',
    length: 2,
    meaning: 'log10 of the mean gradient magnitude; share of pixels on a strong edge',
  },
  {
    name: 'motion',
    length: 5,
    meaning: 'log10 of luma difference between frames: mean, standard deviation, 10th, 50th, 90th percentile',
  },
  { name: 'gridMotion', length: CELLS, meaning: 'log10 of the mean luma difference of each cell' },
  { name: 'cuts', length: 1, meaning: 'sudden changes of picture per second' },
  { name: 'flicker', length: 1, meaning: 'log10 of the mean absolute change of mean luma' },
  { name: 'speed', length: 1, meaning: 'log10 of luma difference over gradient magnitude' },
  { name: 'motionPulse', length: 29, meaning: 'autocorrelation of log motion at 60, 65 … 200 BPM' },
  {
    name: 'lumaPulse',
    length: 29,
    meaning: 'autocorrelation of the change of mean luma at 60, 65 … 200 BPM',
  },
];

/**
 * The lite vision backbone: `frames` uint8 [batch, frames, 36, 64, 3], RGB at 12 frames a second, to
 * `features` float32 [batch, 145] (VISION_FEATURES). At least 5 s of frames. Black frames give finite features.
 */
export function buildVisionGraph(): Uint8Array {
  const graph = createGraphBuilder('lite-vision');
  const on = createOperators(graph);
  const frames = graph.input('frames', 'uint8', ['batch', 'frames', HEIGHT_PIXELS, WIDTH_PIXELS, 3]);

  const colour = on.reshape(on.multiply(on.toFloat(frames), 1 / 255), [0, 0, PIXELS, 3]);
  const luma = on.reshape(on.matrixProduct(colour, on.matrix([0.299, 0.587, 0.114], [3, 1])), [0, 0, PIXELS]);
  const stillColour = on.slice(colour, 1, 0, null, STILL_STEP_FRAMES);
  const stillLuma = on.slice(luma, 1, 0, null, STILL_STEP_FRAMES);
  const opponents = opponentColours(on, stillColour);
  const gradient = lumaGradient(on, stillLuma);

  const features = on.concatenate(
    [
      ...colourHistograms(on, stillColour, opponents),
      ...grid(on, stillLuma, opponents),
      ...edges(on, gradient),
      ...motion(on, luma, gradient.magnitude),
    ],
    1,
  );
  graph.output(features, {
    name: 'features',
    type: 'float32',
    dims: ['batch', dimensionOf(VISION_FEATURES)],
  });
  return graph.build();
}

interface Gradient {
  /** [batch, frames, inner pixels, 1] each. */
  horizontal: Value;
  vertical: Value;
  magnitude: Value;
}

const constant = (on: Operators, { values, dims }: Matrix) => on.matrix(values, dims);
const flat = (on: Operators, value: Value, length: number) => on.reshape(value, [0, length]);
const log10 = (on: Operators, value: Value, floor: number) =>
  on.multiply(on.logarithm(on.add(value, floor)), 1 / Math.LN10);

/** The plane of hues, [batch, frames, pixels, 2]: red lies at 0°, green at 120°, blue at 240°; grey at its origin. */
function opponentColours(on: Operators, colour: Value): Value {
  const sine = Math.sqrt(3) / 2;
  return on.matrixProduct(colour, on.matrix([1, 0, -0.5, sine, -0.5, -sine], [3, 2]));
}

/**
 * Shares of each vector of length 2 in bins at evenly spaced angles: 1 at a bin's centre, two bins between
 * centres, 0 for the zero vector. [.., 2] to [.., count]
 */
function angleShares(on: Operators, vectors: Value, count: number): Value {
  const length = on.squareRoot(on.sum(on.square(vectors), [-1]));
  const cosines = on.matrixProduct(
    on.divide(vectors, on.maximum(length, 1e-6)),
    constant(on, directions(count)),
  );
  const weights = on.rectify(on.subtract(cosines, Math.cos((2 * Math.PI) / count)));
  return on.divide(weights, on.maximum(on.sum(weights, [-1]), 1e-6));
}

/** Shares of values in 0 … 1 in bins at 0, 0.2 … 1, two bins between centres: [.., 1] to [.., 6]. */
function levelShares(on: Operators, levels: Value): Value {
  const steps = LEVEL_BINS - 1;
  const centres = on.matrix(
    Array.from({ length: LEVEL_BINS }, (_, i) => i / steps),
    [LEVEL_BINS],
  );
  const distances = on.absolute(on.subtract(levels, centres));
  return on.rectify(on.subtract(1, on.multiply(distances, steps)));
}

function colourHistograms(on: Operators, colour: Value, opponents: Value): Value[] {
  const value = on.largest(colour, [3]);
  const chroma = on.subtract(value, on.smallest(colour, [3]));
  const saturation = on.divide(chroma, on.maximum(value, 0.05));
  const hue = on.mean(on.multiply(angleShares(on, opponents, HUE_BINS), chroma), [1, 2]);
  return [
    flat(on, on.squareRoot(hue), HUE_BINS),
    flat(on, on.mean(on.multiply(levelShares(on, saturation), value), [1, 2]), LEVEL_BINS),
    flat(on, on.mean(levelShares(on, value), [1, 2]), LEVEL_BINS),
  ];
}

/** [batch, frames, pixels] to the mean over frames of a function of its cells, [batch, 9]. */
function byCell(on: Operators, plane: Value): Value {
  return on.matrixProduct(plane, constant(on, gridPooling(HEIGHT_PIXELS, WIDTH_PIXELS, 3)));
}

function grid(on: Operators, luma: Value, opponents: Value): Value[] {
  const cells = byCell(on, luma);
  const variance = on.rectify(on.subtract(byCell(on, on.square(luma)), on.square(cells)));
  const opponent = (index: number) => on.reshape(on.slice(opponents, 3, index, index + 1), [0, 0, PIXELS]);
  return [cells, byCell(on, opponent(0)), byCell(on, opponent(1)), on.squareRoot(variance)].map((plane) =>
    flat(on, on.mean(plane, [1]), CELLS),
  );
}

/** Central differences of luma on all pixels that have four neighbours. */
function lumaGradient(on: Operators, luma: Value): Gradient {
  const image = on.reshape(luma, [0, 0, HEIGHT_PIXELS, WIDTH_PIXELS]);
  const rows = on.slice(image, 2, 1, -1);
  const columns = on.slice(image, 3, 1, -1);
  const difference = (plane: Value, axis: number) =>
    on.reshape(
      on.multiply(on.subtract(on.slice(plane, axis, 2, null), on.slice(plane, axis, 0, -2)), 0.5),
      [0, 0, -1, 1],
    );
  const horizontal = difference(rows, 3);
  const vertical = difference(columns, 2);
  const magnitude = on.squareRoot(on.add(on.square(horizontal), on.square(vertical)));
  return { horizontal, vertical, magnitude };
}

function edges(on: Operators, { horizontal, vertical, magnitude }: Gradient): Value[] {
  // Doubled angles make an edge the same from both of its sides.
  const doubled = on.concatenate(
    [
      on.subtract(on.square(horizontal), on.square(vertical)),
      on.multiply(on.multiply(horizontal, vertical), 2),
    ],
    3,
  );
  const strength = on.mean(magnitude, [1, 2]);
  const byOrientation = on.mean(on.multiply(angleShares(on, doubled, ORIENTATION_BINS), magnitude), [1, 2]);
  return [
    flat(on, on.divide(byOrientation, on.add(strength, 0.002)), ORIENTATION_BINS),
    flat(on, log10(on, strength, 0.002), 1),
    flat(on, on.mean(on.isGreater(magnitude, 0.08), [1, 2]), 1),
  ];
}

function motion(on: Operators, luma: Value, gradientMagnitude: Value): Value[] {
  const change = on.subtract(on.slice(luma, 1, 1, null), on.slice(luma, 1, 0, -1));
  const difference = on.absolute(change);
  const byFrame = on.reshape(on.mean(difference, [2]), [0, -1]);
  const logByFrame = log10(on, byFrame, MOTION_FLOOR);
  const lumaChange = on.reshape(on.mean(change, [2]), [0, -1]);

  const inner = on.slice(byFrame, 1, 1, -1);
  const beside = on.maximum(on.slice(byFrame, 1, 0, -2), on.slice(byFrame, 1, 2, null));
  const cuts = on.isGreater(on.subtract(inner, beside), CUT_MOTION);

  const meanMotion = on.mean(byFrame, [1]);
  const meanGradient = flat(on, on.mean(gradientMagnitude, [1, 2]), 1);
  return [
    on.mean(logByFrame, [1]),
    on.deviation(logByFrame, [1]),
    ...[0.1, 0.5, 0.9].map((fraction) => on.quantile(logByFrame, fraction)),
    log10(on, flat(on, on.mean(byCell(on, difference), [1]), CELLS), MOTION_FLOOR),
    on.multiply(on.mean(cuts, [1]), FRAMES_PER_SECOND),
    log10(on, on.mean(on.absolute(lumaChange), [1]), 1e-4),
    on.subtract(log10(on, meanMotion, MOTION_FLOOR), log10(on, meanGradient, 0.01)),
    pulseByTempo(on, log10(on, byFrame, 0.01), FRAMES_PER_SECOND, 0.01),
    pulseByTempo(on, lumaChange, FRAMES_PER_SECOND, 0.001),
  ];
}
