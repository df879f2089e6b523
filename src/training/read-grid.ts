import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type FeatureGroup, rangeOf } from '../backbone/lite/feature-group.ts';
import type { Modality } from '../media/media.ts';
import { UsageError } from '../shared/errors.ts';
import { toPlainText } from '../shared/plain-text.ts';
import { describeFault } from './describe-fault.ts';
import type { Grid } from './grid.ts';
import { CONFLICTS, type GivenOptions, givenOptionsSchema } from './options.ts';

const groupNames = z.array(z.string()).default([]);

/** Options are held against each other where neither is at fault by itself. */
const noConflicts = CONFLICTS.map(({ options, isIn, message }) =>
  z.refine<GivenOptions>((given) => !isIn(given), {
    message,
    when: ({ issues }) =>
      issues.every(
        ({ code, path: [name] = [] }) =>
          code === 'unrecognized_keys' || (name !== undefined && !options.some((option) => option === name)),
      ),
  }),
);

/** What an operator sets; groups of features go by their names. */
const settingsShape = givenOptionsSchema
  .omit({ ignoredFeatures: true })
  .extend({ without: z.strictObject({ MUSIC: groupNames, VIDEO: groupNames }).partial().default({}) });
const settingsSchema = settingsShape.check(...noConflicts);

const gridSchema = z.strictObject({
  seeds: z
    .array(
      z
        .int()
        .min(0)
        .max(2 ** 32 - 1),
    )
    .min(1)
    .refine((seeds) => new Set(seeds).size === seeds.length, 'A seed stands there twice.'),
  /** By name. */
  runs: z
    .record(z.string().min(1), settingsShape.omit({ seed: true }).check(...noConflicts))
    .refine((runs) => Object.keys(runs).length > 0, 'There has to be a run.'),
});

/** Named parts of each backbone's features; null where it has none. */
export type FeatureGroups = Record<Modality, readonly FeatureGroup[] | null>;

/** Reads a grid of training runs from a JSON file. UsageError that lists every fault. */
export async function readGrid(file: string, groups: FeatureGroups): Promise<Grid> {
  const { seeds, runs } = parse(gridSchema, await readJson(file), file);
  const faults: string[] = [];
  const grid = {
    seeds,
    runs: Object.entries(runs).map(([name, settings]) => ({
      name,
      options: toOptions(settings, groups, (fault) => faults.push(`runs.${name}.${fault}`)),
    })),
  };
  if (faults.length > 0) throw toUsageError(file, faults);
  return grid;
}

/** Reads options of training from a JSON file. UsageError that lists every fault. */
export async function readTrainingOptions(file: string, groups: FeatureGroups): Promise<GivenOptions> {
  const faults: string[] = [];
  const settings = parse(settingsSchema, await readJson(file), file);
  const options = toOptions(settings, groups, (fault) => faults.push(fault));
  if (faults.length > 0) throw toUsageError(file, faults);
  return options;
}

/** Calls `onFault` with each name of a group that is not there. */
function toOptions(
  { without, ...options }: z.infer<typeof settingsShape>,
  groups: FeatureGroups,
  onFault: (fault: string) => void,
): GivenOptions {
  const toRanges = (modality: Modality) => {
    const ofModality = groups[modality] ?? [];
    const known = ofModality.map((group) => group.name);
    const [found, unknown] = [true, false].map((isKnown) =>
      (without[modality] ?? []).filter((name) => known.includes(name) === isKnown),
    );
    if (unknown.length > 0) {
      const there =
        known.length > 0 ? `There are: ${known.join(', ')}.` : 'The features have no named groups.';
      onFault(`without.${modality}: There is no group ${unknown.join(', ')}. ${there}`);
    }
    return found.map((name) => rangeOf(ofModality, name));
  };
  const ignoredFeatures = { MUSIC: toRanges('MUSIC'), VIDEO: toRanges('VIDEO') };
  const isAll = ignoredFeatures.MUSIC.length + ignoredFeatures.VIDEO.length === 0;
  return isAll ? options : { ...options, ignoredFeatures };
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, file: string): z.output<Schema> {
  const parsed = schema.safeParse(value, { error: describeFault });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  throw toUsageError(file, faults);
}

/** Faults quote names as they stand in the file. */
function toUsageError(file: string, faults: readonly string[]): UsageError {
  return new UsageError(
    `${file} has faults:\n${faults.map((fault) => toPlainText(`  ${fault}`)).join('\n')}`,
  );
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file} can't be read as JSON: ${(error as Error).message}`, { cause: error });
  }
}
