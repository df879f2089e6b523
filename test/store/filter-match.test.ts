import { describe, expect, it } from 'vitest';
import type { ItemFilter } from '../../src/store/filter.ts';
import { compileFilter, type FilterableItem, toWords } from '../../src/store/filter-match.ts';

const item: FilterableItem = {
  id: 'a',
  title: "Don't Stop (Été 2020)",
  artist: 'Sigur Rós',
  genres: ['a "quoted" \\ one', '🎷'],
  attributes: [
    { name: 'bpm', value: '120' },
    { name: 'bpm', value: 'unknown' },
    { name: 'note', value: ' ' },
  ],
  source: null,
  durationSeconds: 10,
};
const matches = (filter: ItemFilter) => compileFilter(filter)(item);

describe('compileFilter', () => {
  it('compares words by their start, whatever the case of the item, and text exactly', () => {
    for (const words of [['stop'], ['ét'], ['rós', 'sig'], ['don', 't'], ['2020'], []]) {
      expect(matches({ op: 'words', words }), words.join(' ')).toBe(true);
    }
    for (const words of [['top'], ['ete'], ['stop', 'x']]) {
      expect(matches({ op: 'words', words }), words.join(' ')).toBe(false);
    }
    expect(matches({ op: 'in', field: 'genres', values: ['a "quoted" \\ one'] })).toBe(true);
    expect(matches({ op: 'in', field: 'genres', values: ['🎷', 'x'] })).toBe(true);
    expect(matches({ op: 'in', field: 'artist', values: ['sigur rós'] })).toBe(false);
    expect(matches({ op: 'in', field: 'source', values: ['null'] })).toBe(false);
    expect(toWords('ＡＢ-c d9')).toEqual(['ab', 'c', 'd9']);
  });

  it('includes both ends of a range and takes only numbers for numbers', () => {
    const bpm = { attribute: 'bpm' };
    expect(matches({ op: 'range', field: bpm, min: 120, max: 120 })).toBe(true);
    expect(matches({ op: 'range', field: bpm, min: null, max: 119 })).toBe(false);
    expect(matches({ op: 'range', field: { attribute: 'note' }, min: null, max: null })).toBe(false);
    expect(matches({ op: 'range', field: 'durationSeconds', min: 10, max: null })).toBe(true);
  });

  it('takes an empty `and` for true, an empty `or` or `in` for false', () => {
    expect(matches({ op: 'and', of: [] })).toBe(true);
    expect(matches({ op: 'or', of: [] })).toBe(false);
    expect(matches({ op: 'not', of: { op: 'in', field: 'id', values: [] } })).toBe(true);
  });
});
