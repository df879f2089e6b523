import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTextSet } from '../../src/store/nearest-texts.ts';
import { nearest } from '../support/brute-force-store.ts';

/** Levenshtein's definition, without a bound. */
function distance(a: string, b: string): number {
  if (!a || !b) return a.length + b.length;
  const rest = distance(a.slice(1), b.slice(1));
  if (a[0] === b[0]) return rest;
  return 1 + Math.min(rest, distance(a.slice(1), b), distance(a, b.slice(1)));
}

const nearestTexts = (text: string, texts: readonly string[]) => createTextSet(texts).nearest(text);

it('suggests what is spelled nearest', () => {
  const genres = ['drum and bass', 'hip-hop', 'trip-hop', 'jazz', 'post-rock', 'rock'];
  expect(nearestTexts('Hip Hop', genres)).toEqual(['hip-hop']);
  expect(nearestTexts('rip-hop', genres)).toEqual(['hip-hop', 'trip-hop']);
  expect(nearestTexts('drum & bass', genres)).toEqual(['drum and bass']);
  expect(nearestTexts('ROCK', genres)).toEqual(['rock']);
  expect(nearestTexts('polka', genres)).toEqual([]);
});

it('suggests nothing for long texts and beyond five edits', () => {
  const long = 'x'.repeat(64);
  expect(nearestTexts(long, [`${long}y`, 'x'.repeat(59), 'x'.repeat(58)])).toEqual([
    `${long}y`,
    'x'.repeat(59),
  ]);
  expect(nearestTexts(`${long}x`, [long])).toEqual([]);
});

it('finds the same as brute force among longer texts', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 28, maxLength: 66 });
  const edit = fc.record({ at: fc.nat(66), cut: fc.nat(2), put: fc.constantFrom('', 'a', 'Éb') });
  const near = fc
    .tuple(text, fc.array(fc.array(edit, { maxLength: 4 }), { maxLength: 8 }))
    .map(([wanted, variants]) => ({
      wanted,
      candidates: variants.map((edits) =>
        edits.reduce((one, { at, cut, put }) => one.slice(0, at) + put + one.slice(at + cut), wanted),
      ),
    }));
  fc.assert(
    fc.property(near, ({ wanted, candidates }) => {
      const distinct = [...new Set(candidates)];
      expect(nearestTexts(wanted, distinct)).toEqual(nearest(wanted, distinct));
    }),
    { numRuns: 300, seed: 3 },
  );
});

it('finds the same as the definition of edit distance', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'C'), maxLength: 8 });
  fc.assert(
    fc.property(text, fc.uniqueArray(text, { maxLength: 12 }), (wanted, candidates) => {
      const bound = Math.max(1, Math.floor(wanted.length / 3));
      const far = new Map(candidates.map((one) => [one, distance(wanted.toLowerCase(), one.toLowerCase())]));
      const near = [...far]
        .filter(([, edits]) => edits <= bound)
        .sort(([a, m], [b, n]) => m - n || (a < b ? -1 : 1))
        .map(([one]) => one);
      expect(nearestTexts(wanted, candidates)).toEqual(near.slice(0, 3));
    }),
    { numRuns: 300, seed: 3 },
  );
});
