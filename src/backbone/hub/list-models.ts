import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Modality } from '../../media/media.ts';
import { IntegrityError } from '../../shared/errors.ts';
import { listInstalled, readManifest } from '../backbone-files.ts';
import { LITE_BACKBONES } from '../lite/lite-backbones.ts';
import { PROFILES } from '../registry.ts';
import type { CatalogueEntry } from './catalogue.ts';
import { filesOf } from './manifest-files.ts';

/**
 * `built-in`: made on first use; `installed`: its files are there, of which `models verify` tells whether they are whole;
 * `damaged`: it has no manifest that can be read, or files are missing; `available`: `models pull` downloads it;
 * `to-export`: it has to be exported first.
 */
export type ModelState = 'built-in' | 'installed' | 'damaged' | 'available' | 'to-export';

/** What is known of a backbone; null is what is not. */
export interface ListedModel {
  id: string;
  state: ModelState;
  modality: Modality | null;
  /** Length of a feature vector. */
  dimension: number | null;
  hasText: boolean;
  /** Of all its files, on disk or to be downloaded. */
  sizeBytes: number | null;
  licence: string | null;
  licenceNotice: string | null;
  source: string | null;
  /** The profiles that train on it. */
  profiles: string[];
}

/** Every backbone that is built in, installed in `directory`, or in the catalogue, by id. */
export async function listModels(
  directory: string,
  catalogue: readonly CatalogueEntry[],
): Promise<ListedModel[]> {
  const builtIn = LITE_BACKBONES.map(({ manifest }) => toRow(manifest, 'built-in', null));
  const inCatalogue = catalogue.map((entry) =>
    entry.kind === 'published'
      ? toRow(entry.manifest, 'available', sumSizes(entry))
      : toRow(entry.manifest, 'to-export', null),
  );
  const rows = new Map([...builtIn, ...inCatalogue].map((row) => [row.id, row]));
  for (const id of await listInstalled(directory)) {
    const installed = await describeInstalled(directory, id);
    const isBuiltIn = installed.state === 'installed' && rows.get(id)?.state === 'built-in';
    rows.set(id, isBuiltIn ? { ...installed, state: 'built-in' } : installed);
  }
  return [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function describeInstalled(directory: string, id: string): Promise<ListedModel> {
  const damaged: ListedModel = {
    id,
    state: 'damaged',
    modality: null,
    dimension: null,
    hasText: false,
    sizeBytes: null,
    licence: null,
    licenceNotice: null,
    source: null,
    profiles: profilesOf(id),
  };
  try {
    const manifest = await readManifest(directory, id);
    if (!manifest) return damaged;
    const sizes = await Promise.all(filesOf(manifest).map(({ name }) => sizeOf(join(directory, id, name))));
    const isWhole = sizes.every((sizeBytes) => sizeBytes !== null);
    const sizeBytes = sizes.reduce((sum: number, each) => sum + (each ?? 0), 0);
    return toRow(manifest, isWhole ? 'installed' : 'damaged', sizeBytes);
  } catch (error) {
    if (error instanceof IntegrityError) return damaged;
    throw error;
  }
}

function toRow(
  { id, modality, output, text, licence, licenceNotice, source }: DescribedManifest,
  state: ModelState,
  sizeBytes: number | null,
): ListedModel {
  return {
    id,
    state,
    modality,
    dimension: output.dimension,
    hasText: text !== undefined,
    sizeBytes,
    licence,
    licenceNotice: licenceNotice ?? null,
    source,
    profiles: profilesOf(id),
  };
}

interface DescribedManifest {
  id: string;
  modality: Modality;
  output: { dimension: number };
  text?: unknown;
  licence: string;
  licenceNotice?: string;
  source: string;
}

function profilesOf(id: string): string[] {
  return Object.entries(PROFILES)
    .filter(([, backbones]) => (Object.values(backbones) as string[]).includes(id))
    .map(([profile]) => profile);
}

function sumSizes({ locations }: { locations: Record<string, { sizeBytes: number }> }): number {
  return Object.values(locations).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}
