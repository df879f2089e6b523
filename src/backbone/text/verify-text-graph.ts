import { IntegrityError } from '../../shared/errors.ts';
import { compareMatrix, isFixed } from '../compare-matrix.ts';
import type { TextTower } from '../manifest.ts';
import type { GraphSlots } from '../onnx/tensor.ts';

/**
 * Throws an IntegrityError that names every difference between a text tower's graph and its manifest.
 * Returns the length that every row is padded to, or null where the graph takes rows of any length.
 */
export function verifyTextGraph(
  { input, output, maxBatch }: TextTower,
  dimension: number,
  path: string,
  { inputs, outputs }: GraphSlots,
): number | null {
  const differences: string[] = [];
  const names = [input.idsName, ...(input.maskName ? [input.maskName] : [])];
  for (const { name } of inputs) {
    if (!names.includes(name)) differences.push(`it has the input ${name}, which the manifest does not name`);
  }
  for (const name of names) {
    const slot = inputs.find((candidate) => candidate.name === name);
    if (!slot) differences.push(`it has no input ${name}`);
    else {
      const expected = { type: input.type, length: input.contextLength, maxBatch };
      differences.push(...compareMatrix(`input ${name}`, slot, expected));
    }
  }
  const slot = outputs.find(({ name }) => name === output.name);
  if (slot) {
    const expected = { type: 'float32', length: dimension, maxBatch } as const;
    differences.push(...compareMatrix(`output ${output.name}`, slot, expected));
  } else {
    differences.push(`it has no output ${output.name}; it has ${outputs.map(({ name }) => name).join(', ')}`);
  }
  if (differences.length > 0) {
    const lines = differences.map((difference) => `  ${difference}`);
    throw new IntegrityError(`${path} is not as its manifest says:\n${lines.join('\n')}`);
  }
  return inputs.map(({ dims }) => dims[1]).find(isFixed) ?? null;
}
