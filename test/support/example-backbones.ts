import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BackboneManifestFile } from '../../src/backbone/manifest.ts';
import { createGraphBuilder } from '../../src/backbone/onnx/graph-builder.ts';
import { createOperators } from '../../src/backbone/onnx/operators.ts';

const GUIDE = resolve(import.meta.dirname, '../../docs/custom-backbone.md');

const blocksOf = (language: string) =>
  [...readFileSync(GUIDE, 'utf8').matchAll(new RegExp(`\`\`\`${language}\n([^\`]*)\`\`\``, 'g'))].map(
    ([, text]) => text,
  );

/** A manifest of the guide, as it stands there but for the hash. */
export function readExampleManifest(id: string): Omit<BackboneManifestFile, 'sha256'> {
  const manifests = blocksOf('json').map((text) => JSON.parse(text));
  const { sha256, ...manifest } = manifests.find((candidate) => candidate.id === id);
  return manifest;
}

/** The guide's commands in order, each as its arguments. */
export function readExampleCommands(): string[][] {
  return blocksOf('sh')
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/))
    .map(([program, ...commandArguments]) => {
      if (program !== 'bin/control-mvr') throw new Error(`The guide runs ${program}.`);
      return commandArguments;
    });
}

export const AUDIO_STEPS = 50;
export const STEP_SAMPLES = 320;
export const AUDIO_BANDS = 40;

/** Log power of 40 bands in steps of 20 ms: waveform [batch, 1, 16000] → states [batch, 50, 40]. */
export function buildExampleAudioGraph(): Uint8Array {
  const graph = createGraphBuilder('example-audio');
  const op = createOperators(graph);
  const waveform = graph.input('waveform', 'float32', ['batch', 1, AUDIO_STEPS * STEP_SAMPLES]);
  const steps = op.reshape(waveform, [0, AUDIO_STEPS, STEP_SAMPLES]);
  const powers = (wave: (phase: number) => number) =>
    op.square(op.matrixProduct(steps, op.matrix(bandWaves(wave), [STEP_SAMPLES, AUDIO_BANDS])));
  const power = op.add(powers(Math.cos), powers(Math.sin));
  const states = op.logarithm(op.add(power, 1e-3));
  graph.output(states, { name: 'states', type: 'float32', dims: ['batch', AUDIO_STEPS, AUDIO_BANDS] });
  return graph.build();
}

/** One column for each band; band k has (k + 1) · 3 periods in a step: 150 Hz, 300 Hz … 6 kHz. */
export function bandWaves(wave: (phase: number) => number): Float32Array {
  return Float32Array.from({ length: STEP_SAMPLES * AUDIO_BANDS }, (_, i) => {
    const sample = Math.floor(i / AUDIO_BANDS);
    const band = i % AUDIO_BANDS;
    return wave((2 * Math.PI * (band + 1) * 3 * sample) / STEP_SAMPLES) / STEP_SAMPLES;
  });
}

const CELL_PIXELS = 8;

/** The mean colour of every cell of 8 × 8: pictures [batch, 64, 96, 3] → embedding [batch, 288]. */
export function buildExampleVisionGraph(): Uint8Array {
  const graph = createGraphBuilder('example-vision');
  const op = createOperators(graph);
  const [rows, columns] = [64 / CELL_PIXELS, 96 / CELL_PIXELS];
  const pictures = graph.input('pictures', 'float32', ['batch', 64, 96, 3]);
  const cells = op.reshape(pictures, [0, rows, CELL_PIXELS, columns, CELL_PIXELS, 3]);
  const means = op.mean(cells, [2, 4]);
  const embedding = op.reshape(means, [0, rows * columns * 3]);
  graph.output(embedding, { name: 'embedding', type: 'float32', dims: ['batch', rows * columns * 3] });
  return graph.build();
}
