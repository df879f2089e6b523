import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyHead } from '../../src/head/apply-head.ts';
import { SPACES, type Space } from '../../src/head/head.ts';
import { buildHeadOnnx } from '../../src/head/head-graph.ts';
import { tf } from '../../src/head/tensorflow.ts';
import { MODALITIES } from '../../src/media/media.ts';
import { createRandom } from '../../src/shared/random.ts';
import { createCheckpointFile } from '../../src/training/checkpoint-file.ts';
import { measureParity, openHeadSessions } from '../../src/training/head-sessions.ts';
import { perModality } from '../../src/training/head-set.ts';
import { startHeadTraining, type TrainedHeads } from '../../src/training/head-training.ts';
import { defaultTrainingOptions, type TrainingOptions } from '../../src/training/options.ts';
import { createSyntheticSet } from './synthetic-set.ts';

const set = createSyntheticSet({ train: 40, val: 12, test: 0 });
const toOptions = (changes: Partial<TrainingOptions>): TrainingOptions => ({
  ...defaultTrainingOptions(40),
  steps: 12,
  hiddenDimension: 16,
  outputDimension: 8,
  batchPairs: 24,
  ...changes,
});

/** As the defaults for many pairs, so fast that a space soon gets worse again. */
const MANY_PAIRS = {
  steps: 120,
  learningRate: 0.05,
  learnsTemperature: true,
  earlyStop: { everySteps: 2, patience: 3 },
} satisfies Partial<TrainingOptions>;

async function train(changes: Partial<TrainingOptions>): Promise<TrainedHeads> {
  const training = await startHeadTraining(set, toOptions(changes));
  await training.advance(Number.POSITIVE_INFINITY);
  return training.finish();
}

const headsOf = ({ heads }: TrainedHeads, space: Space) =>
  MODALITIES.map((modality) => heads[modality][space]);

describe('training heads', () => {
  it.each([
    ['the defaults for few pairs', {}],
    ['a learned τ and early stop, as for many pairs', MANY_PAIRS],
    ['a start from CCA', { linearStart: 'cca' as const }],
  ])('gives each space exactly what it learns alone, where nothing is shared: %s', async (_, changes) => {
    const both = await train(changes);
    const alone = {
      ssl: await train({ ...changes, lossWeights: { ssl: 1, sup: 0, joint: 0 } }),
      sup: await train({ ...changes, lossWeights: { ssl: 0, sup: 1, joint: 0 } }),
    };
    for (const space of SPACES) {
      expect(headsOf(alone[space], space)).toEqual(headsOf(both, space));
      expect(alone[space].temperature[space]).toBe(both.temperature[space]);
      expect(alone[space].chosenStep[space]).toBe(both.chosenStep[space]);
      const lossesOf = ({ history }: TrainedHeads) => history.flatMap((losses) => losses[space] ?? []);
      expect(lossesOf(alone[space])).toEqual(lossesOf(both));
    }
    expect(headsOf(alone.ssl, 'sup')).not.toEqual(headsOf(both, 'sup'));
    expect(alone.ssl.history[0]).toMatchObject({ ssl: both.history[0].ssl, sup: null, joint: null });
    expect(alone.ssl.chosenStep.sup).toBe(0);
  });

  it('ends each space by its own figure on val, and both together where they are tied', async () => {
    const { chosenStep, history, temperature } = await train(MANY_PAIRS);
    expect(chosenStep.ssl).not.toBe(chosenStep.sup);
    expect(temperature.ssl).not.toBe(temperature.sup);
    for (const space of SPACES) {
      const learned = history.filter((losses) => losses[space] !== null).length;
      expect(learned).toBe(Math.min(MANY_PAIRS.steps, chosenStep[space] + 6));
    }
    const tied = await train({ ...MANY_PAIRS, trunk: 'shared' });
    expect(tied.chosenStep.ssl).toBe(tied.chosenStep.sup);
    expect(tied.heads.MUSIC.sup.hiddenWeights).toEqual(tied.heads.MUSIC.ssl.hiddenWeights);
  });

  it('trains sup to the end where val has no labels to stop it by', async () => {
    const pairs = set.pairs.map((pair) => (pair.split === 'val' ? { ...pair, labels: [] } : pair));
    const training = await startHeadTraining({ pairs }, toOptions(MANY_PAIRS));
    await training.advance(Number.POSITIVE_INFINITY);
    expect(training.finish().chosenStep.sup).toBe(MANY_PAIRS.steps);
  });

  it('lets each space change the other through a shared trunk, and through the joint loss', async () => {
    const alone = await train({ trunk: 'shared', lossWeights: { ssl: 1, sup: 0, joint: 0 } });
    const shared = await train({ trunk: 'shared' });
    expect(headsOf(shared, 'ssl')).not.toEqual(headsOf(alone, 'ssl'));
    for (const modality of MODALITIES) {
      const { ssl, sup } = shared.heads[modality];
      expect(sup.hiddenWeights).toEqual(ssl.hiddenWeights);
      expect(sup.hiddenBias).toEqual(ssl.hiddenBias);
      expect(sup.outputWeights).not.toEqual(ssl.outputWeights);
    }
    const joint = await train({ lossWeights: { ssl: 1, sup: 1, joint: 0.5 } });
    expect(headsOf(joint, 'ssl')).not.toEqual(headsOf(await train({}), 'ssl'));
    expect(joint.history.every((step) => Number(step.joint) > 0)).toBe(true);
    expect(Number(joint.history.at(-1)?.joint)).toBeLessThan(Number(joint.history[0].joint));
  });

  it('weighs the supervised loss by λ', async () => {
    const changes = { trunk: 'shared', steps: 40, learningRate: 0.005 } as const;
    const [little, much] = await Promise.all(
      [0.05, 20].map((sup) => train({ ...changes, lossWeights: { ssl: 1, sup, joint: 0 } })),
    );
    expect(much.history[0]).toEqual(little.history[0]);
    const lastSup = ({ history }: TrainedHeads) =>
      history.slice(-10).reduce((sum, step) => sum + Number(step.sup), 0);
    expect(lastSup(much)).toBeLessThan(lastSup(little) - 0.05);
  });

  it('ignores features that it is told to, in the exported heads, too', async () => {
    const ignoredFeatures = { MUSIC: [{ start: 3, end: 18 }], VIDEO: [] };
    const { heads } = await train({ ignoredFeatures });
    const [row] = set.pairs[0].music;
    const other = row.map((value, i) => (i < 3 ? value : 100 * value + 7));
    const sessions = await openHeadSessions(
      perModality((modality) => buildHeadOnnx({ modality, ...heads[modality] })),
    );
    const [plain, changed] = await sessions.project('MUSIC', [row, other]);
    await sessions.close();
    expect(changed).toEqual(plain);
    expect(applyHead(heads.MUSIC.ssl, other)).toEqual(applyHead(heads.MUSIC.ssl, row));
  });

  it('puts no noise in place of ignored features', async () => {
    const ignoredFeatures = { MUSIC: [{ start: 3, end: 18 }], VIDEO: [] };
    const changes = { ignoredFeatures, weightDecay: 0 };
    const [trained, untouched] = [await train(changes), await train({ ...changes, learningRate: 1e-12 })];
    const weightsOf = ({ heads }: TrainedHeads, from: number, to: number) =>
      heads.MUSIC.ssl.hiddenWeights.subarray(from * 16, to * 16);
    expect(weightsOf(trained, 3, 18)).toEqual(weightsOf(untouched, 3, 18));
    expect(weightsOf(trained, 0, 3)).not.toEqual(weightsOf(untouched, 0, 3));
  });

  it('does without the linear skip', async () => {
    const { heads } = await train({ hasLinearSkip: false });
    const { dimension, outputDimension, outputWeights } = heads.MUSIC.ssl;
    const skip = outputWeights.subarray(0, dimension * outputDimension);
    expect(skip.every((weight) => weight === 0)).toBe(true);
    expect(outputWeights.subarray(skip.length).some((weight) => weight !== 0)).toBe(true);
  });

  it('goes on from a checkpoint to the very heads of a run without a break', async () => {
    const options = toOptions({
      linearStart: 'cca',
      trunk: 'shared',
      learnsTemperature: true,
      lossWeights: { ssl: 1, sup: 1, joint: 1 },
      earlyStop: { everySteps: 3, patience: 10 },
    });
    const unbroken = await startHeadTraining(set, options);
    await unbroken.advance(Number.POSITIVE_INFINITY);
    const directory = await mkdtemp(join(tmpdir(), 'checkpoint-test-'));
    try {
      const file = createCheckpointFile(directory, set, options);
      expect(await file.read()).toBeNull();
      const broken = await startHeadTraining(set, options);
      await broken.advance(7);
      const checkpoint = broken.toCheckpoint();
      expect(await file.write(checkpoint)).toBe(true);
      broken.finish();
      const resumed = await startHeadTraining(set, options, await file.read());
      expect(await resumed.advance(Number.POSITIVE_INFINITY)).toHaveLength(5);
      expect(resumed.finish()).toEqual(unbroken.finish());

      const others = [
        createCheckpointFile(directory, set, { ...options, seed: 2 }),
        createCheckpointFile(directory, { pairs: set.pairs.slice(1) }, options),
      ];
      for (const other of others) expect(await other.read()).toBeNull();
      const [name] = await readdir(directory);
      const whole = await readFile(join(directory, name));
      whole[whole.length >> 1] ^= 1;
      for (const content of [whole, 'cut off', '']) {
        await writeFile(join(directory, name), content);
        expect(await file.read()).toBeNull();
        expect(await readdir(directory)).toEqual([]);
      }
      const nowhere = createCheckpointFile('/dev/null/checkpoints', set, options);
      expect(await nowhere.write(checkpoint)).toBe(false);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('stays finite and learns where dropout drops all hidden units and there is no linear skip', async () => {
    const options = toOptions({ hasLinearSkip: false, hiddenDimension: 4, dropout: 0.8, steps: 40 });
    const training = await startHeadTraining(set, { ...options, lossWeights: { ssl: 1, sup: 1, joint: 1 } });
    await training.advance(20);
    const before = training.toCheckpoint();
    await training.advance(20);
    const after = training.toCheckpoint();
    const squares = after.learners
      .flatMap(({ optimizer }) => optimizer.moments)
      .flatMap(({ second }) => [...second]);
    expect(Math.max(...squares)).toBeLessThan(1e6);
    expect(after.learners[0].variables[0]).not.toEqual(before.learners[0].variables[0]);
    training.finish();
  });

  it.each([{}, { earlyStop: { everySteps: 1, patience: 20 } }])(
    'stops at the first loss that is not finite, naming the step (%o)',
    async (changes) => {
      const training = await startHeadTraining(set, toOptions({ learningRate: 1e30, ...changes }));
      await expect(training.advance(Number.POSITIVE_INFINITY)).rejects.toThrow(
        /^Training diverged: the (ssl|sup) loss is NaN at step [2-9]\. Lower learningRate, which is 1e\+30\.$/,
      );
    },
  );

  it('refuses features that are not finite before it starts', async () => {
    const [first, ...others] = set.pairs;
    const spoilt = { ...first, video: [first.video[0].with(2, Number.NaN)] };
    await expect(startHeadTraining({ pairs: [spoilt, ...others] }, toOptions({}))).rejects.toThrow(
      `video features of ${first.id}`,
    );
  });

  it('leaves no tensor behind, from step to step and at the end', async () => {
    const before = tf.memory().numTensors;
    const options = toOptions({ trunk: 'shared', lossWeights: { ssl: 1, sup: 1, joint: 1 } });
    const training = await startHeadTraining(set, options);
    await training.advance(2);
    const held = tf.memory().numTensors;
    await training.advance(5);
    expect(tf.memory().numTensors).toBe(held);
    training.finish();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('exports heads that say what TensorFlow.js says, to 1e-5, of 1,000 vectors they never saw', async () => {
    const { heads } = await train({ hiddenDimension: 512, outputDimension: 256 });
    const sessions = await openHeadSessions(
      perModality((modality) => buildHeadOnnx({ modality, ...heads[modality] })),
    );
    const random = createRandom(3);
    for (const modality of MODALITIES) {
      const { mean, deviation } = heads[modality].ssl;
      const rows = Array.from({ length: 1_000 }, () =>
        mean.map((value, i) => value + 2 * deviation[i] * random.normal()),
      );
      expect(await measureParity(sessions, heads, modality, rows)).toBeLessThanOrEqual(1e-5);
      // It tells heads apart: those of other weights are no such heads.
      const others = {
        ...heads,
        [modality]: {
          ...heads[modality],
          ssl: { ...heads[modality].ssl, outputBias: new Float32Array(256).fill(1) },
        },
      };
      expect(await measureParity(sessions, others, modality, rows)).toBeGreaterThan(1e-3);
    }
    await sessions.close();
  });
});
