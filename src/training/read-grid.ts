import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type FeatureGroup, rangeOf } from '../backbone/lite/feature-group.ts';
import type { Modality } from '../media/media.ts';
import { UsageError } from '../shared/errors.ts';
import type { Grid } from './grid.ts';
import { type GivenOptions, givenOptionsSchema } from './options.ts';

const groupNames = z.array(z.string()).default([]);

const gridSchema = z.strictObject({
  seeds: z
    .array(z.int().min(0))
    .min(1)
    .refine((seeds) => new Set(seeds).size === seeds.length, 'a seed stands there twice'),
  /** By name. */
  runs: z
    .record(
      z.string().min(1),
      z.strictObject({
        options: givenOptionsSchema.omit({ seed: true }).default({}),
        without: z.strictObject({ MUSIC: groupNames, VIDEO: groupNames }).partial().default({}),
      }),
    )
    .refine((runs) => Object.keys(runs).length > 0, 'there has to be a run'),
});

/** Named parts of each backbone's features; null where it has none. */
export type FeatureGroups = Record<Modality, readonly FeatureGroup[] | null>;

/** Reads a grid of training runs from a JSON file. UsageError that lists every fault. */
export async function readGrid(file: string, groups: FeatureGroups): Promise<Grid> {
  const { seeds, runs } = parse(gridSchema, await readJson(file), file);
  const toRanges = (names: readonly string[], modality: Modality) => {
    const ofModality = groups[modality];
    if (!ofModality && names.length > 0) {
      throw new UsageError(`${file}: the ${modality} backbone's features have no named groups.`);
    }
    return names.map((name) => {
      const known = ofModality?.map((group) => group.name) ?? [];
      if (known.includes(name)) return rangeOf(ofModality ?? [], name);
      throw new UsageError(`${file}: there is no ${modality} group ${name}. There are: ${known.join(', ')}.`);
    });
  };
  return {
    seeds,
    runs: Object.entries(runs).map(([name, { options, without }]) => ({
      name,
      options,
      without: {
        MUSIC: toRanges(without.MUSIC ?? [], 'MUSIC'),
        VIDEO: toRanges(without.VIDEO ?? [], 'VIDEO'),
      },
    })),
  };
}

/** Reads options of training from a JSON file. UsageError that lists every fault. */
export async function readTrainingOptions(file: string): Promise<GivenOptions> {
  return parse(givenOptionsSchema, await readJson(file), file);
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
