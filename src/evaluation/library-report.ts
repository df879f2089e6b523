import {
  type InspectedItems,
  type LibraryInspection,
  type Likeness,
  splitsOf,
} from '../library/inspection.ts';
import type { Modality } from '../media/media.ts';
import { weightedSum } from '../shared/vector-math.ts';
import { type WorkHooks, withInterruptibleWorker } from './interruptible-worker.ts';
import { type FeatureRow, NEAR_DISTANCE } from './near-duplicates.ts';
import type { NearDuplicatesHandlers } from './near-duplicates.worker.ts';

type FoundNearDuplicates = ReturnType<NearDuplicatesHandlers['find']>;

/** What `inspect --json` prints. */
export interface LibraryReport extends LibraryInspection {
  schemaVersion: 1;
  nearDuplicates: {
    /** Distances up to this, in units of what is usual in the library. */
    mostDistance: number;
    /** Which backbone's features were compared, by modality. */
    backbones: Record<Modality, string>;
    /** The nearest first. */
    groups: (Likeness & { distance: number })[];
    /** Of which there were too few items to tell. */
    notCompared: Modality[];
  };
}

/** An item's features, one vector for each segment. */
export interface ItemFeatureRows {
  id: string;
  modality: Modality;
  features: readonly Float32Array[];
}

/** Adds to an inspection which items are nearly the same; of those that are exactly so, one stands for all. */
export async function createLibraryReport(
  { inspection, splitOf }: InspectedItems,
  items: readonly ItemFeatureRows[],
  backbones: Record<Modality, string>,
  hooks: WorkHooks = {},
): Promise<LibraryReport> {
  const doubles = new Set(inspection.duplicates.flatMap(({ ids }) => ids.slice(1)));
  const rowsOf = (modality: Modality): FeatureRow[] =>
    items
      .filter((item) => item.modality === modality && !doubles.has(item.id))
      .map(({ id, features }) => ({ id, features: average(features) }));
  const rows = { MUSIC: rowsOf('MUSIC'), VIDEO: rowsOf('VIDEO') };
  const ofModalities = await withInterruptibleWorker<NearDuplicatesHandlers, FoundNearDuplicates>(
    new URL('./near-duplicates.worker.ts', import.meta.url),
    {},
    (worker) => worker.call('find', rows),
    hooks,
  );
  return {
    schemaVersion: 1,
    ...inspection,
    nearDuplicates: {
      mostDistance: NEAR_DISTANCE,
      backbones,
      groups: ofModalities.flatMap(({ modality, found }) =>
        (found ?? []).map((group) => ({ modality, ...group, splits: splitsOf(group.ids, splitOf) })),
      ),
      notCompared: ofModalities.flatMap(({ modality, found }) => (found ? [] : [modality])),
    },
  };
}

function average(rows: readonly Float32Array[]): Float32Array {
  return Float32Array.from(weightedSum(rows, new Array(rows.length).fill(1 / rows.length)));
}
