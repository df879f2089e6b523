import { IntegrityError } from '../shared/errors.ts';
import { norm } from '../shared/vector-math.ts';
import type { BackboneManifest } from './manifest.ts';
import type { Tensor } from './onnx/tensor.ts';

type Output = BackboneManifest['output'];

/**
 * The features of every row of a batch, float32 [batch, dimension]: the mean over the chosen layers and over time,
 * summed in float64, then scaled as the manifest says. IntegrityError where the graph gave another shape than the
 * manifest says. That values are finite was seen to where the graph ran.
 */
export function reduceOutput(tensor: Tensor | undefined, output: Output, rowCount: number): Tensor {
  const { data, dims } = requireShape(tensor, output, rowCount);
  const strides = stridesOf(dims);
  const along = (axis: Output['axes'][number]) => {
    const at = output.axes.indexOf(axis);
    return at < 0 ? { length: 1, stride: 0 } : { length: dims[at], stride: strides[at] };
  };
  const layers = along('layers');
  const time = along('time');
  const dimension = along('dimension');
  const chosenLayers = output.layers ?? Array.from({ length: layers.length }, (_, layer) => layer);

  const features = new Float32Array(rowCount * output.dimension);
  const sums = new Float64Array(output.dimension);
  for (let row = 0; row < rowCount; row++) {
    sums.fill(0);
    for (const layer of chosenLayers) {
      for (let step = 0; step < time.length; step++) {
        const from = row * strides[0] + layer * layers.stride + step * time.stride;
        for (let i = 0; i < sums.length; i++) sums[i] += data[from + i * dimension.stride];
      }
    }
    const divisor = divisorOf(sums, chosenLayers.length * time.length, output.normalisation);
    for (let i = 0; i < sums.length; i++) features[row * sums.length + i] = sums[i] / divisor;
  }
  return { type: 'float32', data: features, dims: [rowCount, output.dimension] };
}

/** Zeros have no direction and stay zeros. */
function divisorOf(sums: Float64Array, count: number, normalisation: Output['normalisation']): number {
  return normalisation === 'unit' ? norm(sums) || 1 : count;
}

function requireShape(
  tensor: Tensor | undefined,
  output: Output,
  rowCount: number,
): Tensor & { type: 'float32' } {
  if (tensor?.type === 'float32' && fits(tensor.dims, output, rowCount)) return tensor;
  const axes = output.axes.map((axis) => {
    if (axis === 'batch') return rowCount;
    return axis === 'dimension' ? output.dimension : axis;
  });
  const found = tensor ? `${tensor.type} [${tensor.dims.join(', ')}]` : 'nothing';
  throw new IntegrityError(
    `The graph gave ${found} as ${output.name}, where its manifest says float32 [${axes.join(', ')}]${
      output.layers ? ` with layers up to ${Math.max(...output.layers)}` : ''
    }.`,
  );
}

function fits(dims: readonly number[], { axes, dimension, layers }: Output, rowCount: number): boolean {
  const isPossible: Record<Output['axes'][number], (length: number) => boolean> = {
    batch: (length) => length === rowCount,
    dimension: (length) => length === dimension,
    layers: (length) => length > Math.max(0, ...(layers ?? [])),
    time: (length) => length > 0,
  };
  return dims.length === axes.length && axes.every((axis, at) => isPossible[axis](dims[at]));
}

function stridesOf(dims: readonly number[]): number[] {
  return dims.map((_, at) => dims.slice(at + 1).reduce((product, length) => product * length, 1));
}
