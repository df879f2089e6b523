import { availableParallelism, cpus, loadavg } from 'node:os';
import { tf } from '../src/head/tensorflow.ts';
import { createRandom, type Random } from '../src/shared/random.ts';
import { startHeadTraining } from '../src/training/head-training.ts';
import { defaultTrainingOptions } from '../src/training/options.ts';
import { toDropoutMask, toNoisyInput } from '../src/training/regularisation.ts';
import { createSampler } from '../src/training/sampler.ts';
import type { TrainingPair, TrainingSet } from '../src/training/training-set.ts';
import { median } from './measure.ts';

// The time of a training step at the size of the paper's features, and what its parts take. Prints Markdown.

const PAIRS = 10_000;
const FEATURES = 768;
const LABELS = 200;
const STEPS = 12;
const GOAL_STEP_SECONDS = 0.5;
const GOAL_EPOCH_SECONDS = 20;

function drawSet(random: Random): TrainingSet {
  const row = () => Float32Array.from({ length: FEATURES }, () => random.normal());
  const pairs = Array.from({ length: PAIRS }, (_, i): TrainingPair => {
    const labels = random.uniform() < 0.5 ? [] : [`label ${random.integer(LABELS)}`];
    const key = `${i}`;
    return {
      id: `v${key}`,
      trackId: `t${key}`,
      source: null,
      componentKey: key,
      split: 'train',
      labels,
      music: [row()],
      video: [row()],
    };
  });
  return { pairs };
}

async function measure(run: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    const startedMs = performance.now();
    await run();
    times.push((performance.now() - startedMs) / 1_000);
  }
  return median(times.slice(2));
}

const random = createRandom(1);
const set = drawSet(random);
const options = { ...defaultTrainingOptions(PAIRS), steps: 10 * STEPS };
const startedMs = performance.now();
const training = await startHeadTraining(set, options);
const startSeconds = (performance.now() - startedMs) / 1_000;
const processorTimes: number[] = [];
const stepSeconds = await measure(async () => {
  const before = process.cpuUsage();
  await training.advance(1);
  const { user, system } = process.cpuUsage(before);
  processorTimes.push((user + system) / 1e6);
});
const tensors = tf.memory().numTensors;
await training.advance(3);
const tensorsLater = tf.memory().numTensors;

const draw = createSampler(set.pairs, options, random);
const batch = draw();
const drawSeconds = await measure(draw);
const noiseSeconds = await measure(() =>
  tf.tidy(() => {
    for (const modality of ['MUSIC', 'VIDEO'] as const) {
      toNoisyInput(batch, modality, options, random);
      for (let space = 0; space < 2; space++) toDropoutMask(batch.length, options, random);
    }
  }),
);
const { hiddenDimension, outputDimension, batchPairs } = options;
const stepsPerEpoch = Math.ceil(PAIRS / batchPairs);
console.log(`${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.versions.node}, load ${loadavg()[0].toFixed(1)}.
${PAIRS} pairs; a step is ${batchPairs} × ${FEATURES} → ${hiddenDimension} → ${outputDimension}, four heads, forward and backward. Medians.

| Figure | Here | Goal |
| --- | --- | --- |
| A step | ${stepSeconds.toFixed(3)} s | ≤ ${GOAL_STEP_SECONDS} s |
| A step, processor time (other work stretches it little) | ${median(processorTimes.slice(2)).toFixed(3)} s | |
| An epoch, ${stepsPerEpoch} steps | ${(stepsPerEpoch * stepSeconds).toFixed(1)} s | ≤ ${GOAL_EPOCH_SECONDS} s |
| Of a step: drawing the batch | ${drawSeconds.toFixed(3)} s | |
| Of a step: noise and dropout | ${noiseSeconds.toFixed(3)} s | |
| Of a step: gradients and AdamW | ${(stepSeconds - drawSeconds - noiseSeconds).toFixed(3)} s | |
| Getting ready | ${startSeconds.toFixed(1)} s | |
| Tensors, and three steps later | ${tensors}, ${tensorsLater} | equal |
`);
training.finish();
