import type { ItemFilter, NumberField, TextField } from './filter.ts';
import type { ItemRecord } from './vector-store.ts';

/** What a filter looks at. */
export type FilterableItem = Pick<
  ItemRecord,
  'id' | 'title' | 'artist' | 'genres' | 'attributes' | 'source' | 'durationSeconds'
>;

/** Lower-case words of a text, in the Unicode form NFKC: runs of letters, marks and digits. */
export function toWords(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  );
}

/** The number that an attribute's text stands for, or null. */
export function toNumber(text: string): number | null {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : null;
}

/** Translates a filter to a predicate once, to be asked of many items. An empty `or` or `in` lets nothing through. */
export function compileFilter(filter: ItemFilter | null): (item: FilterableItem) => boolean {
  if (filter === null) return () => true;
  switch (filter.op) {
    case 'and': {
      const parts = filter.of.map(compileFilter);
      return (item) => parts.every((matches) => matches(item));
    }
    case 'or': {
      const parts = filter.of.map(compileFilter);
      return (item) => parts.some((matches) => matches(item));
    }
    case 'not': {
      const matches = compileFilter(filter.of);
      return (item) => !matches(item);
    }
    case 'in': {
      const accepted = new Set(filter.values);
      const read = textReader(filter.field);
      return (item) => read(item).some((value) => accepted.has(value));
    }
    case 'range': {
      const min = filter.min ?? Number.NEGATIVE_INFINITY;
      const max = filter.max ?? Number.POSITIVE_INFINITY;
      const read = numberReader(filter.field);
      return (item) => read(item).some((value) => value >= min && value <= max);
    }
    case 'words': {
      return (item) => {
        const words = wordsOf(item);
        return filter.words.every((start) => words.some((word) => word.startsWith(start)));
      };
    }
  }
}

function textReader(field: TextField): (item: FilterableItem) => readonly string[] {
  switch (field) {
    case 'id':
      return (item) => [item.id];
    case 'genres':
      return (item) => item.genres;
    case 'artist':
      return (item) => (item.artist === null ? [] : [item.artist]);
    case 'source':
      return (item) => (item.source === null ? [] : [item.source]);
    default: {
      const { attribute } = field;
      return (item) => attributeValues(item, attribute);
    }
  }
}

function numberReader(field: NumberField): (item: FilterableItem) => readonly number[] {
  if (field === 'durationSeconds') return (item) => [item.durationSeconds];
  return (item) =>
    attributeValues(item, field.attribute)
      .map(toNumber)
      .filter((value) => value !== null);
}

function attributeValues(item: FilterableItem, name: string): string[] {
  return item.attributes.filter((attribute) => attribute.name === name).map(({ value }) => value);
}

/** An item's words are cut once, since every keystroke in a search box asks all items anew. */
const wordsByItem = new WeakMap<FilterableItem, string[]>();

function wordsOf(item: FilterableItem): string[] {
  let words = wordsByItem.get(item);
  if (!words) {
    words = toWords(`${item.title} ${item.artist ?? ''}`);
    wordsByItem.set(item, words);
  }
  return words;
}
