import { describe, expect, it } from 'vitest';
import { evaluateChance } from '../../src/evaluation/baselines.ts';
import { embedLinear, fitCca, fitRidge } from '../../src/evaluation/linear-baselines.ts';
import { evaluateSet } from '../../src/evaluation/protocol.ts';
import { evaluateSegments } from '../../src/evaluation/segment-level.ts';
import { defaultTrainingOptions } from '../../src/training/options.ts';
import { type BaselineRequest, runBaselines } from '../../src/training/run-baselines.ts';
import { toPairGallery } from '../../src/training/to-evaluation-set.ts';
import { pairsOfSplit, type TrainingPair } from '../../src/training/training-set.ts';
import { createSyntheticSet } from './synthetic-set.ts';

const set = createSyntheticSet({ train: 40, val: 0, test: 12 });
const gallery = toPairGallery(pairsOfSplit(set, 'test'));
const train = pairsOfSplit(set, 'train');
const [cca, ridge] = [fitCca(train), fitRidge(train)];
if (!cca || !ridge) throw new Error('There are enough pairs.');
const request: BaselineRequest = {
  gallery,
  embedded: embedLinear(gallery, cca),
  set,
  options: { ...defaultTrainingOptions(40), steps: 3, hiddenDimension: 8, outputDimension: 8 },
};

describe('running the baselines', () => {
  it('measures each on the gallery, in turn', async () => {
    const begun: string[] = [];
    const baselines = await runBaselines(request, { onProgress: (baseline) => begun.push(baseline) });
    expect(begun).toEqual(['chance', 'untrained', 'sslOnly', 'supOnly', 'cca', 'ridge']);
    expect(baselines.chance).toEqual(evaluateChance(request.embedded));
    expect(baselines.cca).toEqual(evaluateSet(embedLinear(gallery, cca)));
    expect(baselines.ridge).toEqual(evaluateSet(embedLinear(gallery, ridge)));
    expect(baselines.sslOnly).not.toEqual(baselines.supOnly);
    expect(baselines.untrained?.VIDEO_TO_MUSIC.WEIGHTED[0].pair?.queries).toBe(12);
  });

  it('measures segments where it is asked to', async () => {
    const { chance, cca: ofSegments } = await runBaselines({ ...request, level: 'segment' });
    expect(chance).toEqual(evaluateChance(request.embedded, 'segment'));
    expect(ofSegments).toEqual(evaluateSegments(embedLinear(gallery, cca)));
    expect(ofSegments).not.toEqual(evaluateSet(embedLinear(gallery, cca)));
  });

  it.each(['untrained', 'cca', 'ridge'])('ends with the reason of an interruption during %s', async (at) => {
    const interruption = new AbortController();
    const begun: string[] = [];
    const onProgress = (baseline: string) => {
      begun.push(baseline);
      if (baseline === at) setImmediate(() => interruption.abort(new Error('Interrupted.')));
    };
    const wide: BaselineRequest = {
      ...request,
      gallery: toPairGallery(pairsOfSplit(set, 'test').map(widen)),
      set: {
        pairs: Array.from({ length: 5 }, () => train)
          .flat()
          .map(widen),
      },
    };
    const running = runBaselines(wide, { onProgress, signal: interruption.signal });
    await expect(running).rejects.toThrow('Interrupted.');
    expect(begun.at(-1)).toBe(at);
  });

  it('refuses features that are not finite', async () => {
    const spoilt = { ...train[0], music: [train[0].music[0].with(0, Number.POSITIVE_INFINITY)] };
    await expect(runBaselines({ ...request, set: { pairs: [spoilt, ...train] } })).rejects.toThrow(
      `music features of ${spoilt.id}`,
    );
  });
});

/** A pair of more features, so that a fit takes a while. */
function widen(pair: TrainingPair, index: number): TrainingPair {
  const widenRow = (row: Float32Array) =>
    Float32Array.from({ length: 100 }, (_, at) => row[at % row.length] + ((at * index) % 7));
  const [music, video] = [pair.music.map(widenRow), pair.video.map(widenRow)];
  return { ...pair, id: `${index}`, trackId: `track${index}`, componentKey: `${index}`, music, video };
}
