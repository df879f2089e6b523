import type { TensorSlot } from './onnx/tensor.ts';

/** What a slot should be: a matrix [batch, length]. */
export interface ExpectedMatrix {
  type: TensorSlot['type'];
  length: number;
  /** The most rows of one run. */
  maxBatch: number;
}

/** Every difference between a slot, which `what` names, and the matrix that it should be; an open axis fits any length. */
export function compareMatrix(what: string, slot: TensorSlot, expected: ExpectedMatrix): string[] {
  const { type, dims } = slot;
  const { length, maxBatch } = expected;
  const differences = type === expected.type ? [] : [`its ${what} is of ${type}, not of ${expected.type}`];
  if (dims.length !== 2) {
    return [...differences, `its ${what} is [${dims.join(', ')}], not [batch, ${length}]`];
  }
  if (isFixed(dims[0]) && (dims[0] !== 1 || maxBatch !== 1)) {
    differences.push(`its ${what} has a batch fixed at ${dims[0]}; only 1 with a maxBatch of 1 can be run`);
  }
  if (isFixed(dims[1]) && dims[1] !== length) {
    differences.push(`its ${what} has a length of ${dims[1]}, not ${length}`);
  }
  return differences;
}

/** Open axes have a name, or none, or −1. */
export function isFixed(size: number | string | undefined): size is number {
  return typeof size === 'number' && size >= 0;
}
