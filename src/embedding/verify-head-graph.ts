import { compareMatrix } from '../backbone/compare-matrix.ts';
import type { GraphSlots } from '../backbone/onnx/tensor.ts';
import { type Dimensions, SPACES } from '../head/head.ts';
import { IntegrityError } from '../shared/errors.ts';
import type { HeadFile } from './open-heads.ts';

/** The input of heads' graphs; the outputs are named after the spaces. */
export const FEATURES_INPUT = 'features';

/** Throws an IntegrityError that names every difference between a graph and the heads that its file should hold. */
export function verifyHeadGraph(
  { path, featureDimension }: HeadFile,
  dimensions: Dimensions,
  { inputs, outputs }: GraphSlots,
): void {
  const compare = (what: string, name: string, slots: GraphSlots['inputs'], length: number) => {
    const slot = slots.find((candidate) => candidate.name === name);
    if (!slot) return [`it has no ${what} ${name}; it has ${slots.map((each) => each.name).join(', ')}`];
    return compareMatrix(`${what} ${name}`, slot, { type: 'float32', length, maxBatch: Infinity });
  };
  const differences = [
    ...compare('input', FEATURES_INPUT, inputs, featureDimension),
    ...inputs
      .filter(({ name }) => name !== FEATURES_INPUT)
      .map(({ name }) => `it has the input ${name}, which heads do not have`),
    ...SPACES.flatMap((space) => compare('output', space, outputs, dimensions[space])),
  ];
  if (differences.length === 0) return;
  const lines = differences.map((difference) => `  ${difference}`);
  throw new IntegrityError(`${path} does not hold the heads that its bundle says:\n${lines.join('\n')}`);
}
