import type { Modality } from '../../media/media.ts';
import type { ItemFilter } from '../../store/filter.ts';
import type { UnknownValue } from '../../store/vector-store.ts';
import type { SearchReads } from './reads.ts';

export interface SearchWarning {
  code: 'UNKNOWN_VALUE' | 'UNKNOWN_ATTRIBUTE';
  message: string;
  value: string;
  /** The nearest legal values, best first. */
  suggestions: string[];
}

/** Names the values and attributes of a filter that no item carries, with what may have been meant. */
export async function filterWarnings(
  target: Modality,
  filter: ItemFilter | null,
  reads: Pick<SearchReads, 'unknownValues'>,
): Promise<SearchWarning[]> {
  return filter ? (await reads.unknownValues(target, filter)).map(toWarning) : [];
}

function toWarning({ field, value, suggestions }: UnknownValue): SearchWarning {
  if (field === 'attributes')
    return {
      code: 'UNKNOWN_ATTRIBUTE',
      message: `No item has the attribute "${value}".`,
      value,
      suggestions,
    };
  return {
    code: 'UNKNOWN_VALUE',
    message: `No item has the ${nameOf(field)} "${value}".`,
    value,
    suggestions,
  };
}

function nameOf(field: Exclude<UnknownValue['field'], 'attributes'>): string {
  if (typeof field === 'object') return field.attribute;
  return field === 'genres' ? 'genre' : field;
}
