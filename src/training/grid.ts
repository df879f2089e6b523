import { availableParallelism } from 'node:os';
import { Readable } from 'node:stream';
import { SEARCH_DIRECTIONS, toQueries } from '../evaluation/items.ts';
import { mean } from '../evaluation/metrics.ts';
import { type QueryOutcome, rankQueries, toRow } from '../evaluation/protocol.ts';
import { buildHeadOnnx } from '../head/head-graph.ts';
import { createRandom } from '../shared/random.ts';
import { openHeadSessions } from './head-sessions.ts';
import { perModality } from './head-set.ts';
import { completeOptions, type GivenOptions, type TrainingOptions } from './options.ts';
import { embedGallery, toPairGallery } from './to-evaluation-set.ts';
import { type TrainHeadsHooks, trainHeads } from './train-heads.ts';
import { pairsOfSplit, type TrainingPair, type TrainingSet } from './training-set.ts';

/** A way of training that is tried. */
export interface GridRun {
  name: string;
  options: GivenOptions;
}

export interface Grid {
  seeds: readonly number[];
  runs: readonly GridRun[];
}

/** Mean and standard deviation over the seeds. */
export interface Spread {
  mean: number;
  deviation: number;
}

/** What a run came to, over the queries of both directions: pairs at α 0, labels at α 1. Null without such queries. */
export interface GridResult {
  name: string;
  recallAt10: Spread | null;
  mrr: Spread | null;
  precisionAt10: Spread | null;
  meanAveragePrecision: Spread | null;
}

export interface GridHooks {
  /** Called once for each run that CCA has too little to start from, with some part of the pairs: it starts from random numbers. */
  onRandomStart?: (run: string) => void;
  onProgress?: (done: number, total: number, run: string) => void;
  signal?: AbortSignal;
}

/** Where heads are fitted and where they are measured. */
interface Fold {
  fit: TrainingSet;
  held: TrainingPair[];
}

const FOLDS = 5;
/** With fewer pairs in val than this, train and val together are cross-validated. */
const LEAST_PAIRS = 50;

/** How a grid is measured, for people. Test is never read. */
export function describeFolds(set: TrainingSet): string {
  const validation = pairsOfSplit(set, 'val').length;
  const all = validation + pairsOfSplit(set, 'train').length;
  return validation >= LEAST_PAIRS
    ? `measured on the ${validation} pairs of val`
    : `measured by cross-validation over ${toFolds(set).length} parts of train and val, ${all} pairs`;
}

/**
 * Trains every run with every seed and measures it on pairs that it has not seen. UsageError for options that go
 * against each other.
 */
export async function runGrid(
  set: TrainingSet,
  { seeds, runs }: Grid,
  { onRandomStart, onProgress, signal }: GridHooks = {},
): Promise<GridResult[]> {
  const folds = toFolds(set);
  const tasks = runs.flatMap((run) =>
    seeds.flatMap((seed) =>
      folds.map((fold) => {
        const options = completeOptions({ ...run.options, seed }, pairsOfSplit(fold.fit, 'train').length);
        return { run, seed, fold, options };
      }),
    ),
  );
  const startedAtRandom = new Set<GridRun>();
  let done = 0;
  const measure = async ({ run, seed, fold, options }: (typeof tasks)[number]) => {
    const noteRandomStart = () => {
      if (!startedAtRandom.has(run)) onRandomStart?.(run.name);
      startedAtRandom.add(run);
    };
    const outcomes = await measureFold(fold, options, { onRandomStart: noteRandomStart, signal });
    onProgress?.(++done, tasks.length, run.name);
    return { run, seed, outcomes };
  };
  const measured = await Readable.from(tasks)
    .map(measure, { concurrency: availableParallelism(), ...(signal && { signal }) })
    .toArray();
  return runs.map((run) => {
    const ofSeeds = seeds.map((seed) => {
      const parts = measured.filter((one) => one.run === run && one.seed === seed);
      return summarise(parts.map(({ outcomes }) => outcomes));
    });
    const spreadOf = (figure: keyof (typeof ofSeeds)[number]) => toSpread(ofSeeds.map((one) => one[figure]));
    return {
      name: run.name,
      recallAt10: spreadOf('recallAt10'),
      mrr: spreadOf('mrr'),
      precisionAt10: spreadOf('precisionAt10'),
      meanAveragePrecision: spreadOf('meanAveragePrecision'),
    };
  });
}

/** The results for people, as Markdown. */
export function gridToMarkdown(
  results: readonly GridResult[],
  seeds: readonly number[],
  measured: string,
): string {
  const toCell = (spread: Spread | null) =>
    spread
      ? [spread.mean, ...(seeds.length > 1 ? [spread.deviation] : [])]
          .map((value) => value.toFixed(3))
          .join(' ± ')
      : '–';
  return [
    `${seeds.length > 1 ? `Mean ± standard deviation over ${seeds.length} seeds` : 'One seed'}, both directions, ${measured}.`,
    '',
    '| run | recall@10, α 0 | MRR, α 0 | label precision@10, α 1 | mAP, α 1 |',
    '|---|---|---|---|---|',
    ...results.map(({ name, recallAt10, mrr, precisionAt10, meanAveragePrecision }) => {
      const cells = [recallAt10, mrr, precisionAt10, meanAveragePrecision].map(toCell);
      return `| ${[name.replaceAll('|', '\\|'), ...cells].join(' | ')} |`;
    }),
    '',
  ].join('\n');
}

/** Val where it is large enough, else five parts of whole components. */
function toFolds(set: TrainingSet): Fold[] {
  const validation = pairsOfSplit(set, 'val');
  if (validation.length >= LEAST_PAIRS) return [{ fit: set, held: validation }];
  const pairs = [...pairsOfSplit(set, 'train'), ...validation];
  const keys = [...new Set(pairs.map(({ componentKey }) => componentKey))].sort();
  const foldOf = new Map(
    createRandom(1)
      .shuffled(keys)
      .map((key, i) => [key, i % FOLDS]),
  );
  return Array.from({ length: Math.min(FOLDS, keys.length) }, (_, fold) => {
    const isHeld = ({ componentKey }: TrainingPair) => foldOf.get(componentKey) === fold;
    const split = (pair: TrainingPair) => ({
      ...pair,
      split: isHeld(pair) ? ('val' as const) : ('train' as const),
    });
    return { fit: { pairs: pairs.map(split) }, held: pairs.filter(isHeld) };
  });
}

interface FoldOutcomes {
  atZero: QueryOutcome[];
  atOne: QueryOutcome[];
}

async function measureFold(
  { fit, held }: Fold,
  options: TrainingOptions,
  hooks: Pick<TrainHeadsHooks, 'onRandomStart' | 'signal'>,
): Promise<FoldOutcomes> {
  const { heads } = await trainHeads(fit, options, hooks);
  const sessions = await openHeadSessions(
    perModality((modality) => buildHeadOnnx({ modality, ...heads[modality] })),
  );
  try {
    const set = await embedGallery(toPairGallery(held), sessions.project);
    const queries = SEARCH_DIRECTIONS.map((direction) => toQueries(set, direction));
    return {
      atZero: queries.flatMap((ofDirection) => rankQueries(ofDirection, 0, 'WEIGHTED')),
      atOne: queries.flatMap((ofDirection) => rankQueries(ofDirection, 1, 'WEIGHTED')),
    };
  } finally {
    await sessions.close();
  }
}

/** All folds' queries together; each was ranked among its own fold. */
function summarise(folds: readonly FoldOutcomes[]) {
  const { pair } = toRow(
    0,
    folds.flatMap(({ atZero }) => atZero),
    null,
  );
  const { label } = toRow(
    1,
    folds.flatMap(({ atOne }) => atOne),
    null,
  );
  return {
    recallAt10: pair?.recallAt10 ?? null,
    mrr: pair?.mrr ?? null,
    precisionAt10: label?.precisionAt10 ?? null,
    meanAveragePrecision: label?.meanAveragePrecision ?? null,
  };
}

/** The deviation is that of a sample; 0 for one seed. */
function toSpread(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  const average = mean(known);
  const squares = known.map((value) => (value - average) ** 2);
  const deviation = known.length > 1 ? Math.sqrt((mean(squares) * known.length) / (known.length - 1)) : 0;
  return { mean: average, deviation };
}
