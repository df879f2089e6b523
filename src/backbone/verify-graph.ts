import { IntegrityError } from '../shared/errors.ts';
import { isFixed } from './compare-matrix.ts';
import type { BackboneManifest } from './manifest.ts';
import type { GraphSlots, TensorSlot } from './onnx/tensor.ts';
import { rowUnits, toWindowRule } from './windows.ts';

/** An axis as the manifest has it: its length, or null where that differs from run to run. */
interface Axis {
  name: string;
  length: number | null;
}

/** Throws an IntegrityError that names every difference between a graph and its manifest. */
export function verifyGraph(manifest: BackboneManifest, path: string, graph: GraphSlots): void {
  const differences = [...compareInputs(manifest, graph.inputs), ...compareOutput(manifest, graph.outputs)];
  if (differences.length === 0) return;
  const lines = differences.map((difference) => `  ${difference}`);
  throw new IntegrityError(`${path} is not as its manifest says:\n${lines.join('\n')}`);
}

/**
 * Lets a graph that could not even be warmed up be compared with its manifest: `verify` throws the more telling error,
 * else the error itself is thrown.
 */
export function explainRefusal(error: unknown, verify: (graph: GraphSlots) => void): never {
  const { slots } = error as { slots?: GraphSlots };
  if (slots) verify(slots);
  throw error;
}

function compareInputs(manifest: BackboneManifest, slots: readonly TensorSlot[]): string[] {
  const { name } = manifest.input;
  const differences = slots
    .filter((slot) => slot.name !== name)
    .map((slot) => `it has the input ${slot.name}, which the manifest does not name`);
  const slot = slots.find((candidate) => candidate.name === name);
  if (!slot) return [...differences, `it has no input ${name}`];
  const type = manifest.input.kind === 'frames' ? manifest.input.pixels.type : 'float32';
  return [...differences, ...compareSlot(`input ${name}`, slot, type, inputAxes(manifest), manifest)];
}

function compareOutput(manifest: BackboneManifest, slots: readonly TensorSlot[]): string[] {
  const { name, axes, dimension, layers } = manifest.output;
  const slot = slots.find((candidate) => candidate.name === name);
  if (!slot) {
    return [`it has no output ${name}; it has ${slots.map((candidate) => candidate.name).join(', ')}`];
  }
  const expected = axes.map((axis) => ({ name: axis, length: axis === 'dimension' ? dimension : null }));
  const differences = compareSlot(`output ${name}`, slot, 'float32', expected, manifest);
  const layerCount = slot.dims[axes.indexOf('layers')];
  const missing = (layers ?? []).filter((layer) => isFixed(layerCount) && layer >= layerCount);
  if (missing.length > 0) {
    differences.push(`its output ${name} has ${layerCount} layers, none of them ${missing.join(', ')}`);
  }
  return differences;
}

function inputAxes({ input }: BackboneManifest): Axis[] {
  const units = rowUnits(toWindowRule(input));
  const axes: Record<string, Axis> = {
    batch: { name: 'batch', length: null },
    samples: { name: 'samples', length: units },
    channel: { name: 'channel', length: 1 },
    frames: { name: 'frames', length: units },
    height: { name: 'height', length: input.kind === 'frames' ? input.heightPixels : null },
    width: { name: 'width', length: input.kind === 'frames' ? input.widthPixels : null },
    rgb: { name: 'rgb', length: 3 },
  };
  return input.layout.split('-').map((axis) => axes[axis]);
}

function compareSlot(
  what: string,
  slot: TensorSlot,
  type: string,
  axes: readonly Axis[],
  { maxBatch }: BackboneManifest,
): string[] {
  const differences = slot.type === type ? [] : [`its ${what} is of ${slot.type}, not of ${type}`];
  if (slot.dims.length !== axes.length) {
    const expected = axes.map(({ name, length }) => (length === null ? name : `${name} ${length}`));
    differences.push(`its ${what} is [${slot.dims.join(', ')}], not [${expected.join(', ')}]`);
    return differences;
  }
  axes.forEach(({ name, length }, at) => {
    const found = slot.dims[at];
    if (!isFixed(found) || found === length) return;
    if (name === 'batch') {
      if (found !== 1 || maxBatch !== 1) {
        differences.push(`its ${what} has a batch fixed at ${found}; only 1 with a maxBatch of 1 can be run`);
      }
    } else if (length !== null) {
      differences.push(`its ${what} has ${found} along ${name}, not ${length}`);
    } else if (name === 'samples' || name === 'frames') {
      differences.push(
        `its ${what} takes exactly ${found} ${name}: the manifest needs a window of as many, whose remainder is not alone`,
      );
    }
  });
  return differences;
}
