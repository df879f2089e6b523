import { UserInputError } from '../../shared/errors.ts';
import { conditionsOf, type ItemFilter, type NumberField, type TextField } from '../../store/filter.ts';
import { toWords } from '../../store/filter-match.ts';
import type {
  AttributeFilterArgument,
  FilterArguments,
  GenreFilterArgument,
  ItemFilterArgument,
  RangeArgument,
  ValueFilterArgument,
} from './arguments.ts';

/** Levels of and, or and not inside each other. */
const MAX_FILTER_DEPTH = 8;
/** Values, words and ranges of one filter, all levels together. */
const MAX_FILTER_VALUES = 1_000;

/** A request's filter in normal form; null is no condition. */
export interface ParsedFilter {
  /** From `genres`: what a user ticked. */
  genres: ItemFilter | null;
  /** From `filter`. */
  rest: ItemFilter | null;
  /** Both. */
  whole: ItemFilter | null;
}

/**
 * Translates the API's filter to normal form. Whatever holds no condition (an empty list, an empty object, an open
 * range) restricts nothing, also inside `or` and `not`. Throws a UserInputError for one too deep or too long.
 */
export function toItemFilter({ genres, filter }: FilterArguments): ParsedFilter {
  const ticked = genres ? conjunction(genreConditions(genres)) : null;
  const rest = filter ? toNormalForm(filter, 'filter', 1) : null;
  const whole = conjunction([ticked, rest]);
  if (whole && countValues(whole) > MAX_FILTER_VALUES)
    throw new UserInputError(
      `A filter holds at most ${MAX_FILTER_VALUES} values.`,
      rest ? 'filter' : 'genres',
    );
  return { genres: ticked, rest, whole };
}

function toNormalForm(filter: ItemFilterArgument, argument: string, depth: number): ItemFilter | null {
  if (depth > MAX_FILTER_DEPTH)
    throw new UserInputError(`Filters nest at most ${MAX_FILTER_DEPTH} deep.`, argument);
  const inner = (part: ItemFilterArgument, name: string) =>
    toNormalForm(part, `${argument}.${name}`, depth + 1);
  const alternatives = (filter.or ?? []).map((part, i) => inner(part, `or[${i}]`));
  const negated = filter.not ? inner(filter.not, 'not') : null;
  return conjunction([
    ...(filter.genres ? genreConditions(filter.genres) : []),
    ...(filter.artists ? valueConditions('artist', filter.artists) : []),
    ...(filter.sources ? valueConditions('source', filter.sources) : []),
    ...(filter.attributes ?? []).flatMap(attributeConditions),
    words(filter.words ?? ''),
    range('durationSeconds', filter.durationSeconds),
    ...(filter.ids ? valueConditions('id', filter.ids) : []),
    ...(filter.and ?? []).map((part, i) => inner(part, `and[${i}]`)),
    disjunction(alternatives),
    negated && not(negated),
  ]);
}

const genreConditions = ({ any, all, none }: GenreFilterArgument) => [
  oneOf('genres', any),
  ...(all ?? []).map((genre) => oneOf('genres', [genre])),
  noneOf('genres', none),
];

const valueConditions = (field: TextField, { any, none }: ValueFilterArgument) => [
  oneOf(field, any),
  noneOf(field, none),
];

const attributeConditions = (filter: AttributeFilterArgument) => [
  ...valueConditions({ attribute: filter.name }, filter),
  range({ attribute: filter.name }, filter.range),
];

function oneOf(field: TextField, values: readonly string[] | null | undefined): ItemFilter | null {
  return values?.length ? { op: 'in', field, values: [...new Set(values)].sort() } : null;
}

function noneOf(field: TextField, values: readonly string[] | null | undefined): ItemFilter | null {
  const some = oneOf(field, values);
  return some && not(some);
}

const not = (of: ItemFilter): ItemFilter => ({ op: 'not', of });

function range(field: NumberField, bounds: RangeArgument | null | undefined): ItemFilter | null {
  const min = bounds?.min ?? null;
  const max = bounds?.max ?? null;
  return min === null && max === null ? null : { op: 'range', field, min, max };
}

function words(text: string): ItemFilter | null {
  const distinct = [...new Set(toWords(text))].sort();
  return distinct.length ? { op: 'words', words: distinct } : null;
}

function conjunction(parts: readonly (ItemFilter | null)[]): ItemFilter | null {
  const of = parts.filter((part) => part !== null);
  return of.length > 1 ? { op: 'and', of } : (of[0] ?? null);
}

/** An alternative without a condition lets everything through, and with it the whole. */
function disjunction(parts: readonly (ItemFilter | null)[]): ItemFilter | null {
  const of = parts.filter((part) => part !== null);
  if (of.length < parts.length) return null;
  return of.length > 1 ? { op: 'or', of } : (of[0] ?? null);
}

function countValues(filter: ItemFilter): number {
  const sizes = conditionsOf(filter).map((condition) => {
    if (condition.op === 'range') return 1;
    return condition.op === 'in' ? condition.values.length : condition.words.length;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}
