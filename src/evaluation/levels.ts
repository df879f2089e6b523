import type { EvaluationSet } from './items.ts';
import { evaluateSet, type RankHooks } from './protocol.ts';
import { evaluateSegments } from './segment-level.ts';
import type { DirectionTables } from './tables.ts';

/** What asks and what is ranked: whole items, as a search does, or single segments. */
export const LEVELS = ['item', 'segment'] as const;
export type Level = (typeof LEVELS)[number];

/** Both directions, both scorings, every α, with intervals. */
export function evaluateAt(level: Level, set: EvaluationSet, hooks: RankHooks = {}): DirectionTables {
  return level === 'segment' ? evaluateSegments(set, hooks) : evaluateSet(set, hooks);
}
