import type { Modality } from '../../media/media.ts';
import { UserInputError } from '../../shared/errors.ts';
import { conditionsOf } from '../../store/filter.ts';
import type { FilterArguments } from './arguments.ts';
import type { SearchContext } from './reads.ts';
import { type ParsedFilter, toItemFilter } from './to-item-filter.ts';

/**
 * Translates a request's filter and checks it against the library's attributes.
 * Throws a UserInputError, also for a range over an attribute whose values aren't all numbers.
 */
export async function parseFilter(
  filterArguments: FilterArguments,
  modality: Modality,
  { reads }: Pick<SearchContext, 'reads'>,
): Promise<ParsedFilter> {
  const filter = toItemFilter(filterArguments);
  const ranged = conditionsOf(filter.rest).flatMap((condition) =>
    condition.op === 'range' && condition.field !== 'durationSeconds' ? condition.field.attribute : [],
  );
  if (ranged.length === 0) return filter;
  const attributes = await reads.attributes(modality);
  const text = attributes.find(({ name, isNumber }) => !isNumber && ranged.includes(name));
  if (text)
    throw new UserInputError(
      `The attribute "${text.name}" holds text: a range needs one whose every value is a number.`,
      'filter.attributes.range',
    );
  return filter;
}
