/**
 * A condition on items, in normal form: what a filter of the API is translated to once, and what every store
 * understands. Text compares exactly; words compare by the start, whatever the case.
 */
export type ItemFilter =
  | { op: 'and' | 'or'; of: ItemFilter[] }
  | { op: 'not'; of: ItemFilter }
  /** The field holds at least one of these values. */
  | { op: 'in'; field: TextField; values: string[] }
  /** Both ends included; null leaves an end open. */
  | { op: 'range'; field: NumberField; min: number | null; max: number | null }
  /** Every word starts a word of the title or the artist. */
  | { op: 'words'; words: string[] };

export type TextField = 'id' | 'genres' | 'artist' | 'source' | { attribute: string };
export type NumberField = 'durationSeconds' | { attribute: string };
