import { setImmediate } from 'node:timers/promises';
import type { ItemFilter } from '../../store/filter.ts';
import type { LegalValues } from '../../store/vector-store.ts';
import { nearestTexts } from './nearest-texts.ts';
import { type Condition, conditionsOf } from './to-item-filter.ts';

const MAX_WARNINGS = 20;

export interface SearchWarning {
  code: 'UNKNOWN_VALUE' | 'UNKNOWN_ATTRIBUTE';
  message: string;
  value: string;
  /** The nearest legal values, best first. */
  suggestions: string[];
}

/** A warning before its suggestions were looked for. */
interface Unknown extends Omit<SearchWarning, 'suggestions'> {
  legal: readonly string[];
}

/** Names the values and attributes that no item carries, once each and at most 20, with what may have been meant. */
export async function filterWarnings(filter: ItemFilter, legal: LegalValues): Promise<SearchWarning[]> {
  const unknown = conditionsOf(filter).flatMap((condition) => unknownIn(condition, legal));
  const distinct = [...new Map(unknown.map((one) => [one.message, one])).values()];
  const warnings: SearchWarning[] = [];
  for (const { legal: candidates, ...warning } of distinct.slice(0, MAX_WARNINGS)) {
    // Ten thousands of candidates take some milliseconds: let others have a turn.
    await setImmediate();
    warnings.push({ ...warning, suggestions: nearestTexts(warning.value, candidates) });
  }
  return warnings;
}

function unknownIn(condition: Condition, legal: LegalValues): Unknown[] {
  if (condition.op === 'words' || condition.field === 'id' || condition.field === 'durationSeconds')
    return [];
  const { field } = condition;
  if (field === 'genres') return unknownValues('genre', condition, legal.genres);
  if (field === 'artist') return unknownValues('artist', condition, legal.artists);
  if (field === 'source') return unknownValues('source', condition, legal.sources);
  const known = legal.attributes.find(({ name }) => name === field.attribute);
  if (known) return unknownValues(field.attribute, condition, known.values);
  return [
    {
      code: 'UNKNOWN_ATTRIBUTE',
      message: `No item has the attribute "${field.attribute}".`,
      value: field.attribute,
      legal: legal.attributes.map(({ name }) => name),
    },
  ];
}

function unknownValues(what: string, condition: Condition, legal: readonly string[]): Unknown[] {
  if (condition.op !== 'in') return [];
  const known = new Set(legal);
  return condition.values
    .filter((value) => !known.has(value))
    .map((value) => ({
      code: 'UNKNOWN_VALUE',
      message: `No item has the ${what} "${value}".`,
      value,
      legal,
    }));
}
