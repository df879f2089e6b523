import type { SpaceVectors } from '../../src/head/head.ts';
import type { Modality } from '../../src/media/media.ts';
import type { ItemFilter, NumberField, TextField } from '../../src/store/filter.ts';
import type {
  ItemChanges,
  ItemEntry,
  ItemQuery,
  Scoring,
  SearchRequest,
  SegmentRecord,
  UnknownValue,
} from '../../src/store/vector-store.ts';

/** What a reference item shows: its record without the instant of its first index. */
export interface ReferenceItem {
  record: ItemEntry['record'];
  segments: SegmentRecord[];
  fingerprint: string;
}

/** The expected score of an item and of each of its segments. */
export interface ReferenceRank {
  id: string;
  order: 0 | 1;
  score: number;
  segments: { segment: SegmentRecord; order: 0 | 1; score: number }[];
}

/** A library as plain maps: what every store must look like from outside, written without any of its code. */
export function createReference() {
  const entries = new Map<string, ItemEntry>();
  const edits = new Map<string, ItemChanges>();
  const removed = new Set<string>();

  const show = (entry: ItemEntry): ReferenceItem => ({
    record: { ...entry.record, ...edits.get(entry.record.id) },
    segments: entry.segments,
    fingerprint: entry.fingerprint,
  });
  const items = (): ReferenceItem[] => [...entries.values()].map(show);
  const select = ({ modality, filter, excludeIds }: ItemQuery): ReferenceItem[] =>
    items().filter(
      ({ record }) =>
        record.modality === modality &&
        !excludeIds.includes(record.id) &&
        (filter === null || matches(record, filter)),
    );

  return {
    items,
    select,
    get: (id: string): ReferenceItem | null => {
      const entry = entries.get(id);
      return entry ? show(entry) : null;
    },
    upsert(batch: readonly ItemEntry[]) {
      for (const entry of batch) if (!removed.has(entry.record.id)) entries.set(entry.record.id, entry);
    },
    update(id: string, changes: ItemChanges) {
      if (entries.has(id)) edits.set(id, { ...edits.get(id), ...changes });
    },
    remove(ids: readonly string[]): string[] {
      const present = [...new Set(ids)].filter((id) => entries.delete(id));
      for (const id of present) removed.add(id);
      return present;
    },
    discardEdits: () => edits.clear(),
    restore: () => removed.clear(),
    removedIds: () => [...removed],
    finish(keepIds: ReadonlySet<string>, owns: (id: string) => boolean): number {
      const gone = [...entries.keys()].filter((id) => owns(id) && !keepIds.has(id));
      for (const id of gone) entries.delete(id);
      return gone.length;
    },
    /** Every item that a search compares, best first; segments in order. */
    rank({ target, query, alpha, scoring, filter, excludeIds }: SearchRequest): ReferenceRank[] {
      return select({ modality: target, filter, excludeIds })
        .filter(({ segments }) => segments.length > 0)
        .map(({ record, segments }) => {
          const scored = segments.map((segment) => ({
            segment,
            order: lacks(segment, alpha) ? (1 as const) : (0 as const),
            score: expectedScore(query, segment, alpha, scoring),
          }));
          const [best] = scored.toSorted((a, b) => a.order - b.order || b.score - a.score);
          return { id: record.id, order: best.order, score: best.score, segments: scored };
        })
        .sort((a, b) => a.order - b.order || b.score - a.score || (a.id < b.id ? -1 : 1));
    },
    /** What a filter names that no item of a modality has. */
    unknown(modality: Modality, filter: ItemFilter): Omit<UnknownValue, 'suggestions'>[] {
      const records = select({ modality, filter: null, excludeIds: [] }).map(({ record }) => record);
      const unknown = leavesOf(filter).flatMap((leaf): Omit<UnknownValue, 'suggestions'>[] => {
        if (leaf.op === 'words' || leaf.field === 'id' || leaf.field === 'durationSeconds') return [];
        const { field } = leaf;
        if (typeof field === 'object' && field.attribute === 'moods')
          return [{ field: 'attributes', value: 'moods' }];
        if (leaf.op === 'range') return [];
        return leaf.values
          .filter((value) => !records.some((record) => valuesOf(record, field).includes(value)))
          .map((value) => ({ field, value }));
      });
      const texts = unknown.map((one) => JSON.stringify(one));
      return unknown.filter((_, i) => texts.indexOf(texts[i]) === i).slice(0, 20);
    },
    valuesOf: (modality: Modality, field: TextField): string[] => [
      ...new Set(
        select({ modality, filter: null, excludeIds: [] }).flatMap(({ record }) => valuesOf(record, field)),
      ),
    ],
  };
}

function leavesOf(filter: ItemFilter): Extract<ItemFilter, { op: 'in' | 'range' | 'words' }>[] {
  switch (filter.op) {
    case 'and':
    case 'or':
      return filter.of.flatMap(leavesOf);
    case 'not':
      return leavesOf(filter.of);
    default:
      return [filter];
  }
}

function lacks(segment: SpaceVectors, alpha: number): boolean {
  return (alpha === 0 && segment.ssl === null) || (alpha === 1 && segment.sup === null);
}

export function cosine(a: Float32Array | null, b: Float32Array | null): number | null {
  return a && b ? a.reduce((sum, value, i) => sum + value * b[i], 0) : null;
}

/**
 * The definitions as they are printed: the weighted sum, or the cosine of z with ⟨s, u⟩ taken as 0 where one lacks.
 * At the ends of α both are the cosine in one space.
 */
function expectedScore(query: SpaceVectors, segment: SpaceVectors, alpha: number, scoring: Scoring): number {
  if (scoring === 'WEIGHTED' || alpha === 0 || alpha === 1) {
    return (
      (1 - alpha) * (cosine(query.ssl, segment.ssl) ?? 0) + alpha * (cosine(query.sup, segment.sup) ?? 0)
    );
  }
  const z = blendOf(segment, alpha);
  const zQuery = blendOf(query, alpha);
  const length =
    segment.ssl && segment.sup ? Math.hypot(...z) : Math.sqrt((1 - alpha) * (1 - alpha) + alpha * alpha);
  const queryLength = Math.hypot(...zQuery);
  if (length < 1e-6 || queryLength < 1e-6) return 0;
  return z.reduce((sum, value, i) => sum + value * zQuery[i], 0) / length / queryLength;
}

function blendOf({ ssl, sup }: SpaceVectors, alpha: number): number[] {
  const dimension = ssl?.length ?? sup?.length ?? 0;
  return Array.from({ length: dimension }, (_, i) => (1 - alpha) * (ssl?.[i] ?? 0) + alpha * (sup?.[i] ?? 0));
}

function matches(record: ItemEntry['record'], filter: ItemFilter): boolean {
  switch (filter.op) {
    case 'and':
      return !filter.of.map((part) => matches(record, part)).includes(false);
    case 'or':
      return filter.of.map((part) => matches(record, part)).includes(true);
    case 'not':
      return !matches(record, filter.of);
    case 'in':
      return valuesOf(record, filter.field).some((value) => filter.values.includes(value));
    case 'range':
      return valuesOf(record, filter.field)
        .map(Number)
        .some((value) => value >= (filter.min ?? -Infinity) && value <= (filter.max ?? Infinity));
    case 'words': {
      const text = ` ${record.title} ${record.artist ?? ''}`.toLowerCase().replaceAll(/[^a-z0-9]/g, ' ');
      return filter.words.every((word) => text.includes(` ${word.toLowerCase()}`));
    }
  }
}

function valuesOf(record: ItemEntry['record'], field: TextField | NumberField): string[] {
  if (typeof field === 'object') {
    return record.attributes.filter(({ name }) => name === field.attribute).map(({ value }) => value);
  }
  return [record[field]]
    .flat()
    .filter((value) => value !== null)
    .map(String);
}
