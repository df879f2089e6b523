import type { Modality } from '../../media/media.ts';
import { conditionsOf, type ItemFilter, type ValueField } from '../filter.ts';
import { createTextSet, type TextSet } from '../nearest-texts.ts';
import type { UnknownValue } from '../vector-store.ts';

/** What is asked of the items of an edition. */
export interface ValueReads {
  /** The names of declared attributes, and of those that items carry. */
  attributeNames(modality: Modality): Promise<string[]>;
  /** Those of some values of a field that an item has. */
  known(modality: Modality, field: ValueField, values: readonly string[]): Promise<string[]>;
  /** All values of a field. */
  values(modality: Modality, field: ValueField): Promise<string[]>;
}

type Unknown = Omit<UnknownValue, 'suggestions'>;

const MAX_UNKNOWN = 20;

/** The first 20 different values of a filter that no item has, in the filter's order, with what is spelled nearest. */
export async function findUnknownValues(
  reads: ValueReads,
  modality: Modality,
  filter: ItemFilter,
): Promise<UnknownValue[]> {
  const names = createTextSet(await reads.attributeNames(modality));
  const unknown = await listUnknown(reads, modality, filter, names);
  const sets = new Map<string, Promise<TextSet>>();
  const setOf = async (field: Unknown['field']): Promise<TextSet> => {
    if (field === 'attributes') return names;
    const key = JSON.stringify(field);
    const set = sets.get(key) ?? reads.values(modality, field).then(createTextSet);
    sets.set(key, set);
    return set;
  };
  return Promise.all(
    unknown.map(async (one) => ({ ...one, suggestions: (await setOf(one.field)).nearest(one.value) })),
  );
}

async function listUnknown(
  reads: ValueReads,
  modality: Modality,
  filter: ItemFilter,
  names: TextSet,
): Promise<Unknown[]> {
  const unknown = new Map<string, Unknown>();
  const add = (field: Unknown['field'], value: string) =>
    unknown.set(JSON.stringify([field, value]), { field, value });
  for (const condition of conditionsOf(filter)) {
    if (unknown.size >= MAX_UNKNOWN) break;
    if (condition.op === 'words' || condition.field === 'id' || condition.field === 'durationSeconds')
      continue;
    const { field } = condition;
    if (typeof field === 'object' && !names.has(field.attribute)) add('attributes', field.attribute);
    else if (condition.op === 'in' && condition.values.length > 0) {
      const known = new Set(await reads.known(modality, field, condition.values));
      for (const value of condition.values) if (!known.has(value)) add(field, value);
    }
  }
  return [...unknown.values()].slice(0, MAX_UNKNOWN);
}
