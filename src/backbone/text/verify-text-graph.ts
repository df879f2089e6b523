import { IntegrityError } from '../../shared/errors.ts';
import type { TextTower } from '../manifest.ts';
import type { GraphSlots, TensorSlot } from '../onnx/tensor.ts';

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
    else differences.push(...compare(`input ${name}`, slot, input.type, input.contextLength, maxBatch));
  }
  const slot = outputs.find(({ name }) => name === output.name);
  if (slot) differences.push(...compare(`output ${output.name}`, slot, 'float32', dimension, maxBatch));
  else {
    differences.push(`it has no output ${output.name}; it has ${outputs.map(({ name }) => name).join(', ')}`);
  }
  if (differences.length > 0) {
    const lines = differences.map((difference) => `  ${difference}`);
    throw new IntegrityError(`${path} is not as its manifest says:\n${lines.join('\n')}`);
  }
  return inputs.map(({ dims }) => dims[1]).find(isFixed) ?? null;
}

/** A matrix [batch, length]; where the graph fixes the length, it is the manifest's. */
function compare(
  what: string,
  { type, dims }: TensorSlot,
  expectedType: string,
  length: number,
  maxBatch: number,
): string[] {
  const differences = type === expectedType ? [] : [`its ${what} is of ${type}, not of ${expectedType}`];
  if (dims.length !== 2)
    return [...differences, `its ${what} is [${dims.join(', ')}], not [batch, ${length}]`];
  if (isFixed(dims[0]) && (dims[0] !== 1 || maxBatch !== 1)) {
    differences.push(`its ${what} has a batch fixed at ${dims[0]}; only 1 with a maxBatch of 1 can be run`);
  }
  if (isFixed(dims[1]) && dims[1] !== length) {
    differences.push(`its ${what} has a length of ${dims[1]}, not ${length}`);
  }
  return differences;
}

/** Open axes have a name, or none, or −1. */
const isFixed = (size: number | string): size is number => typeof size === 'number' && size >= 0;
