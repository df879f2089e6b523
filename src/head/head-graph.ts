import { createGraphBuilder, type Value } from '../backbone/onnx/graph-builder.ts';
import { createOperators, type Operators } from '../backbone/onnx/operators.ts';
import type { Modality } from '../media/media.ts';
import { SPACES, type Space } from './head.ts';
import { type HeadWeights, STANDARDISED_LIMIT } from './head-weights.ts';

export interface HeadsToBuild extends Record<Space, HeadWeights> {
  /** What the features are of. */
  modality: Modality | 'TEXT';
}

/** Below this a projection has no direction, and its vector comes out as zeros. */
const SMALLEST_NORM = 1e-12;

/**
 * Both heads of one modality as one ONNX graph: `features` float32 [batch, d] to `ssl` [batch, o_ssl] and
 * `sup` [batch, o_sup], unit vectors, or zeros where a projection is zero. Standardisation is part of the
 * graph. Throws a RangeError where the weights do not fit their dimensions.
 */
export function buildHeadOnnx(heads: HeadsToBuild): Uint8Array {
  const { dimension } = heads.ssl;
  for (const space of SPACES) verifyShapes(space, heads[space], dimension);
  const graph = createGraphBuilder(`heads-${heads.modality.toLowerCase()}`);
  const operators = createOperators(graph);
  const features = graph.input('features', 'float32', ['batch', dimension]);
  for (const space of SPACES) {
    const unit = project(operators, features, heads[space]);
    graph.output(unit, { name: space, type: 'float32', dims: ['batch', heads[space].outputDimension] });
  }
  return graph.build();
}

function project(on: Operators, features: Value, head: HeadWeights): Value {
  const { dimension: d, hiddenDimension: h, outputDimension: o } = head;
  const centred = on.subtract(features, on.matrix(head.mean, [d]));
  const scaled = on.divide(centred, on.matrix(head.deviation, [d]));
  const standardised = on.clip(scaled, -STANDARDISED_LIMIT, STANDARDISED_LIMIT);
  const weighted = on.matrixProduct(standardised, on.matrix(head.hiddenWeights, [d, h]));
  const hidden = on.rectify(on.add(weighted, on.matrix(head.hiddenBias, [h])));
  const encoded = on.concatenate([standardised, hidden], 1);
  const product = on.matrixProduct(encoded, on.matrix(head.outputWeights, [d + h, o]));
  const projection = on.add(product, on.matrix(head.outputBias, [o]));
  const norm = on.squareRoot(on.sum(on.square(projection), [1]));
  return on.divide(projection, on.maximum(norm, SMALLEST_NORM));
}

function verifyShapes(space: Space, head: HeadWeights, dimension: number): void {
  const { dimension: d, hiddenDimension: h, outputDimension: o } = head;
  const lengths = {
    mean: d,
    deviation: d,
    hiddenWeights: d * h,
    hiddenBias: h,
    outputWeights: (d + h) * o,
    outputBias: o,
  };
  const faults = Object.entries(lengths)
    .filter(([name, length]) => head[name as keyof typeof lengths].length !== length)
    .map(
      ([name, length]) => `${name} has ${head[name as keyof typeof lengths].length} elements, not ${length}`,
    );
  if (d !== dimension) faults.push(`its features have ${d} dimensions, the other head's ${dimension}`);
  if (!head.deviation.every((deviation) => deviation > 0)) faults.push('a deviation is not above 0');
  if (faults.length > 0) throw new RangeError(`The ${space} head does not fit: ${faults.join('; ')}.`);
}
