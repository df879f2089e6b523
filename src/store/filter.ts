/**
 * A condition on items, in normal form: what a filter of the API is translated to once, and what every store
 * understands. Text compares exactly; words compare by the start.
 */
export type ItemFilter =
  | { op: 'and' | 'or'; of: ItemFilter[] }
  | { op: 'not'; of: ItemFilter }
  /** The field holds at least one of these values. */
  | { op: 'in'; field: TextField; values: string[] }
  /** Both ends included; null leaves an end open. */
  | { op: 'range'; field: NumberField; min: number | null; max: number | null }
  /** Every word starts a word of the title or the artist. They are as `toWords` cuts them, each once. */
  | { op: 'words'; words: string[] };

/** Fields whose values a user may misspell. */
export type ValueField = 'genres' | 'artist' | 'source' | { attribute: string };
export type TextField = 'id' | ValueField;
export type NumberField = 'durationSeconds' | { attribute: string };

/** A filter's leaf. */
export type Condition = Extract<ItemFilter, { op: 'in' | 'range' | 'words' }>;

/** The conditions of a filter, whatever joins them. */
export function conditionsOf(filter: ItemFilter | null): Condition[] {
  if (!filter) return [];
  switch (filter.op) {
    case 'and':
    case 'or':
      return filter.of.flatMap(conditionsOf);
    case 'not':
      return conditionsOf(filter.of);
    default:
      return [filter];
  }
}
