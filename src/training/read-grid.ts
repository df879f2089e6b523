import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type FeatureGroup, rangeOf } from '../backbone/lite/feature-group.ts';
import type { Modality } from '../media/media.ts';
import { UsageError } from '../shared/errors.ts';
import type { Grid } from './grid.ts';
import { type GivenOptions, givenOptionsSchema } from './options.ts';

const groupNames = z.array(z.string()).default([]);

/** What an operator sets; groups of features go by their names. */
const settingsSchema = givenOptionsSchema
  .omit({ ignoredFeatures: true })
  .extend({ without: z.strictObject({ MUSIC: groupNames, VIDEO: groupNames }).partial().default({}) });

const gridSchema = z.strictObject({
  seeds: z
    .array(
      z
        .int()
        .min(0)
        .max(2 ** 32 - 1),
    )
    .min(1)
    .refine((seeds) => new Set(seeds).size === seeds.length, 'a seed stands there twice'),
  /** By name. */
  runs: z
    .record(z.string().min(1), settingsSchema.omit({ seed: true }))
    .refine((runs) => Object.keys(runs).length > 0, 'there has to be a run'),
});

/** Named parts of each backbone's features; null where it has none. */
export type FeatureGroups = Record<Modality, readonly FeatureGroup[] | null>;

/** Reads a grid of training runs from a JSON file. UsageError that lists every fault. */
export async function readGrid(file: string, groups: FeatureGroups): Promise<Grid> {
  const { seeds, runs } = parse(gridSchema, await readJson(file), file);
  return {
    seeds,
    runs: Object.entries(runs).map(([name, settings]) => ({
      name,
      options: toOptions(settings, groups, file),
    })),
  };
}

/** Reads options of training from a JSON file. UsageError that lists every fault. */
export async function readTrainingOptions(file: string, groups: FeatureGroups): Promise<GivenOptions> {
  return toOptions(parse(settingsSchema, await readJson(file), file), groups, file);
}

function toOptions(
  { without, ...options }: z.infer<typeof settingsSchema>,
  groups: FeatureGroups,
  file: string,
): GivenOptions {
  const faults: string[] = [];
  const toRanges = (modality: Modality) => {
    const ofModality = groups[modality] ?? [];
    const known = ofModality.map((group) => group.name);
    const [found, unknown] = [true, false].map((isKnown) =>
      (without[modality] ?? []).filter((name) => known.includes(name) === isKnown),
    );
    if (unknown.length > 0) {
      const there =
        known.length > 0 ? `There are: ${known.join(', ')}.` : 'Its features have no named groups.';
      faults.push(`  no ${modality} group ${unknown.join(', ')}. ${there}`);
    }
    return found.map((name) => rangeOf(ofModality, name));
  };
  const ignoredFeatures = { MUSIC: toRanges('MUSIC'), VIDEO: toRanges('VIDEO') };
  if (faults.length > 0) throw new UsageError(`${file} has faults:\n${faults.join('\n')}`);
  const isAll = ignoredFeatures.MUSIC.length + ignoredFeatures.VIDEO.length === 0;
  return isAll ? options : { ...options, ignoredFeatures };
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, file: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${file} has faults:\n${z.prettifyError(parsed.error)}`);
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file} can't be read as JSON: ${(error as Error).message}`, { cause: error });
  }
}
