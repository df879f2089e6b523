import { conditionsOf, type ItemFilter, type ValueField } from './filter.ts';
import { createTextSet, type TextSet } from './nearest-texts.ts';
import type { ItemRecord, UnknownValue } from './vector-store.ts';

/** Named as in UnknownValue. */
type NamedField = UnknownValue['field'];
type Unknown = Omit<UnknownValue, 'suggestions'>;

/** All values that some items have, gathered field by field as they are asked for. */
export interface KnownValues {
  /** In the order of the items that carry them. */
  attributeNames(): readonly string[];
  /** The first 20 different values of a filter that no item has; `declared` attributes count as carried. */
  unknownIn(filter: ItemFilter, declared: readonly string[]): Unknown[];
  /** What is spelled nearest, of the field's values or the names of attributes. */
  suggest(unknown: Unknown, declared: readonly string[]): string[];
}

const MAX_UNKNOWN = 20;

export function createKnownValues(records: readonly ItemRecord[]): KnownValues {
  const sets = new Map<string, TextSet>();
  let names: string[] | null = null;

  const attributeNames = () => {
    names ??= [...new Set(records.flatMap(({ attributes }) => attributes.map(({ name }) => name)))];
    return names;
  };
  const setOf = (field: NamedField, declared: readonly string[]): TextSet => {
    if (field === 'attributes') return createTextSet([...declared, ...attributeNames()]);
    const key = JSON.stringify(field);
    const set = sets.get(key) ?? createTextSet(valuesOf(records, field));
    sets.set(key, set);
    return set;
  };

  return {
    attributeNames,
    unknownIn(filter, declared) {
      const unknown = new Map<string, Unknown>();
      const attributes = setOf('attributes', declared);
      const add = (field: NamedField, value: string) => {
        const key = JSON.stringify([field, value]);
        if (unknown.size < MAX_UNKNOWN) unknown.set(key, { field, value });
      };
      for (const condition of conditionsOf(filter)) {
        if (condition.op === 'words' || condition.field === 'id' || condition.field === 'durationSeconds')
          continue;
        const { field } = condition;
        if (typeof field === 'object' && !attributes.has(field.attribute)) add('attributes', field.attribute);
        else if (condition.op === 'in') {
          const known = setOf(field, declared);
          for (const value of condition.values) if (!known.has(value)) add(field, value);
        }
      }
      return [...unknown.values()];
    },
    suggest: ({ field, value }, declared) => setOf(field, declared).nearest(value),
  };
}

function valuesOf(records: readonly ItemRecord[], field: ValueField): Set<string> {
  const values = new Set<string>();
  for (const record of records) {
    if (field === 'genres') for (const genre of record.genres) values.add(genre);
    else if (typeof field === 'object') {
      for (const { name, value } of record.attributes) if (name === field.attribute) values.add(value);
    } else if (record[field] !== null) values.add(record[field]);
  }
  return values;
}
