import type { ItemFilter, TextField } from '../filter.ts';
import { numbersPath } from './collections.ts';
import type { Condition, Filter } from './qdrant-client.ts';

/** Longer words compare by their start only. */
export const MAX_WORD_LENGTH = 64;

/** Marks texts that Qdrant would refuse as they are, since half a surrogate pair is no UTF-8. */
const ESCAPE = '\u001f';

/** A text as it stands in a point's payload. */
export function toKeyword(text: string): string {
  return text.isWellFormed() && !text.startsWith(ESCAPE) ? text : ESCAPE + JSON.stringify(text);
}

export function parseKeyword(keyword: string): string {
  return keyword.startsWith(ESCAPE) ? JSON.parse(keyword.slice(ESCAPE.length)) : keyword;
}

/** An attribute's value as one keyword. */
export function toAttributeKeyword(name: string, value: string): string {
  return JSON.stringify([name, value]);
}

/** The name and the value of such a keyword. */
export function parseAttributeKeyword(keyword: string): { name: string; value: string } {
  const [name, value]: [string, string] = JSON.parse(keyword);
  return { name, value };
}

/** A filter of items as a condition on points that carry the filter fields. */
export function toCondition(filter: ItemFilter): Condition {
  switch (filter.op) {
    case 'and':
      return { must: filter.of.map(toCondition) };
    case 'or':
      // An empty `should` lets everything through, an empty `or` nothing.
      return filter.of.length === 0 ? NOTHING : { should: filter.of.map(toCondition) };
    case 'not':
      return { must_not: [toCondition(filter.of)] };
    case 'in':
      return matchAny(...toKeywords(filter.field, filter.values));
    case 'range': {
      const key = filter.field === 'durationSeconds' ? filter.field : numbersPath(filter.field.attribute);
      const gte = filter.min ?? -Number.MAX_VALUE;
      return { key, range: { gte, lte: filter.max ?? Number.MAX_VALUE } };
    }
    case 'words': {
      const starts = filter.words.map(cutWord);
      return { must: starts.map((value) => ({ key: 'wordStarts', match: { value } })) };
    }
  }
}

function cutWord(word: string): string {
  return [...word].slice(0, MAX_WORD_LENGTH).join('');
}

const NOTHING: Condition = { must: [{ has_id: [] }] };

/** A condition that one of these values meets; none does where there are no values. */
export function matchAny(key: string, values: readonly string[]): Condition {
  return values.length === 0 ? NOTHING : { key, match: { any: [...values] } };
}

export function matchValue(key: string, value: string | boolean): Condition {
  return { key, match: { value } };
}

/** What a selection of items lets through, on items as well as on segments. */
export function toFilter(
  { filter, excludeIds }: { filter: ItemFilter | null; excludeIds: readonly string[] },
  ...must: Condition[]
): Filter {
  return {
    must: filter ? [...must, toCondition(filter)] : must,
    must_not: excludeIds.length > 0 ? [matchAny('item', excludeIds.map(toKeyword))] : [],
  };
}

/** The key that a field has in points, and these values as they stand there. */
export function toKeywords(field: TextField, values: readonly string[]): [key: string, values: string[]] {
  if (typeof field === 'object') {
    return ['attributes', values.map((value) => toAttributeKeyword(field.attribute, value))];
  }
  return [field === 'id' ? 'item' : field, values.map(toKeyword)];
}
