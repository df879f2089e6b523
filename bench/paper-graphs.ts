import { createGraphBuilder, type GraphBuilder, type Value } from '../src/backbone/onnx/graph-builder.ts';
import { createOperators, type Operators } from '../src/backbone/onnx/operators.ts';
import { elementCount } from '../src/backbone/onnx/tensor.ts';
import { createRandom } from '../src/shared/random.ts';

// Graphs of the shape of the paper's backbones with random weights: as many operations of the same sizes. All
// transformer layers of a graph share one set of weights, so that the file stays small.

const WIDTH = 768;
const HEADS = 12;
const HIDDEN = 4 * WIDTH;
const CLIP_DIMENSION = 512;
const PATCH_PIXELS = 32;
const PICTURE_PIXELS = 224;
const CONVOLUTION_CHANNELS = 512;
/** MERT's convolutions over samples: kernel and stride. */
const CONVOLUTIONS = [
  [10, 5],
  [3, 2],
  [3, 2],
  [3, 2],
  [3, 2],
  [2, 2],
  [2, 2],
];
const POSITION_KERNEL = 128;
const POSITION_GROUPS = 16;

/** CLIP ViT-B/32's picture tower: pixel_values [batch, 3, 224, 224] → image_embeds [batch, 512]. */
export function buildClipGraph(layerCount: number): Uint8Array {
  const graph = createGraphBuilder('clip-vit-b32');
  const op = createOperators(graph);
  const parts = createParts(graph, op);
  const patches = (PICTURE_PIXELS / PATCH_PIXELS) ** 2;
  const pixels = graph.input('pixel_values', 'float32', ['batch', 3, PICTURE_PIXELS, PICTURE_PIXELS]);
  const kernels = parts.weights([WIDTH, 3, PATCH_PIXELS, PATCH_PIXELS]);
  const grid = op.convolve(pixels, kernels, [PATCH_PIXELS, PATCH_PIXELS]);
  const tokens = op.transpose(op.reshape(grid, [0, WIDTH, patches]), [0, 2, 1]);
  const ofClass = op.add(op.multiply(op.mean(tokens, [1]), 0), parts.weights([1, 1, WIDTH]));
  const placed = op.add(op.concatenate([ofClass, tokens], 1), parts.weights([1, patches + 1, WIDTH]));
  const layer = createLayer(op, parts);
  let states = parts.normalise(placed, WIDTH);
  for (let i = 0; i < layerCount; i++) {
    states = op.add(states, layer.attend(parts.normalise(states, WIDTH)));
    states = op.add(states, layer.transform(parts.normalise(states, WIDTH), parts.quickGelu));
  }
  const pooled = op.reshape(op.slice(parts.normalise(states, WIDTH), 1, 0, 1), [0, WIDTH]);
  const embeds = op.matrixProduct(pooled, parts.weights([WIDTH, CLIP_DIMENSION]));
  graph.output(embeds, { name: 'image_embeds', type: 'float32', dims: ['batch', CLIP_DIMENSION] });
  return graph.build();
}

/** MERT-v1-95M: input_values [batch, samples] → layer_means [batch, layers + 1, 768], means over time. */
export function buildMertGraph(layerCount: number): Uint8Array {
  const graph = createGraphBuilder('mert-v1-95m');
  const op = createOperators(graph);
  const parts = createParts(graph, op);
  let signal = op.reshape(graph.input('input_values', 'float32', ['batch', 'samples']), [0, 1, -1]);
  CONVOLUTIONS.forEach(([kernel, stride], i) => {
    const channels = i === 0 ? 1 : CONVOLUTION_CHANNELS;
    signal = op.convolve(signal, parts.weights([CONVOLUTION_CHANNELS, channels, kernel]), [stride]);
    if (i === 0) {
      const [scale, bias] = [parts.filled(CONVOLUTION_CHANNELS, 1), parts.filled(CONVOLUTION_CHANNELS, 0)];
      signal = graph.node('InstanceNormalization', [signal, scale, bias]);
    }
    signal = parts.gelu(signal);
  });
  const frames = parts.normalise(op.transpose(signal, [0, 2, 1]), CONVOLUTION_CHANNELS);
  const projected = op.matrixProduct(frames, parts.weights([CONVOLUTION_CHANNELS, WIDTH]));
  const positions = graph.node(
    'Conv',
    [op.transpose(projected, [0, 2, 1]), parts.weights([WIDTH, WIDTH / POSITION_GROUPS, POSITION_KERNEL])],
    { group: POSITION_GROUPS, pads: [POSITION_KERNEL / 2, POSITION_KERNEL / 2], strides: [1] },
  );
  const placed = parts.gelu(op.transpose(op.slice(positions, 2, 0, -1), [0, 2, 1]));
  const layer = createLayer(op, parts);
  let states = parts.normalise(op.add(projected, placed), WIDTH);
  const means = [op.mean(states, [1])];
  for (let i = 0; i < layerCount; i++) {
    states = parts.normalise(op.add(states, layer.attend(states)), WIDTH);
    states = parts.normalise(op.add(states, layer.transform(states, parts.gelu)), WIDTH);
    means.push(op.mean(states, [1]));
  }
  const dims = ['batch', layerCount + 1, WIDTH];
  graph.output(op.concatenate(means, 1), { name: 'layer_means', type: 'float32', dims });
  return graph.build();
}

type Parts = ReturnType<typeof createParts>;

function createParts(graph: GraphBuilder, op: Operators) {
  const random = createRandom(1);
  const filled = (length: number, value: number) =>
    graph.constant({ type: 'float32', data: new Float32Array(length).fill(value), dims: [length] });
  return {
    filled,
    /** Small enough that twelve layers stay finite. */
    weights: (dims: readonly number[]) => {
      const data = Float32Array.from({ length: elementCount(dims) }, () => (random.uniform() - 0.5) * 0.05);
      return graph.constant({ type: 'float32', data, dims });
    },
    normalise: (a: Value, width: number) =>
      graph.node('LayerNormalization', [a, filled(width, 1), filled(width, 0)], {
        axis: -1,
        epsilon: { float: 1e-5 },
      }),
    softmax: (a: Value) => graph.node('Softmax', [a], { axis: -1 }),
    gelu: (a: Value) =>
      op.multiply(op.multiply(a, 0.5), op.add(graph.node('Erf', [op.multiply(a, Math.SQRT1_2)]), 1)),
    quickGelu: (a: Value) => op.multiply(a, graph.node('Sigmoid', [op.multiply(a, 1.702)])),
  };
}

/** The two halves of a transformer's layer, of one set of weights. */
function createLayer(op: Operators, { weights, softmax }: Parts) {
  const [query, key, value, out] = Array.from({ length: 4 }, () => ({
    matrix: weights([WIDTH, WIDTH]),
    bias: weights([WIDTH]),
  }));
  const up = { matrix: weights([WIDTH, HIDDEN]), bias: weights([HIDDEN]) };
  const down = { matrix: weights([HIDDEN, WIDTH]), bias: weights([WIDTH]) };
  const apply = (a: Value, { matrix, bias }: typeof up) => op.add(op.matrixProduct(a, matrix), bias);
  const headed = (a: Value, order: number[]) =>
    op.transpose(op.reshape(a, [0, -1, HEADS, WIDTH / HEADS]), order);
  return {
    attend(states: Value): Value {
      const queries = headed(op.multiply(apply(states, query), (WIDTH / HEADS) ** -0.5), [0, 2, 1, 3]);
      const scores = op.matrixProduct(queries, headed(apply(states, key), [0, 2, 3, 1]));
      const mixed = op.matrixProduct(softmax(scores), headed(apply(states, value), [0, 2, 1, 3]));
      return apply(op.reshape(op.transpose(mixed, [0, 2, 1, 3]), [0, -1, WIDTH]), out);
    },
    transform: (states: Value, activate: (a: Value) => Value) => apply(activate(apply(states, up)), down),
  };
}
