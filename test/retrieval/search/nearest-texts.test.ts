import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nearestTexts } from '../../../src/retrieval/search/nearest-texts.ts';

/** Levenshtein's definition, without a bound. */
function distance(a: string, b: string): number {
  if (!a || !b) return a.length + b.length;
  const rest = distance(a.slice(1), b.slice(1));
  if (a[0] === b[0]) return rest;
  return 1 + Math.min(rest, distance(a.slice(1), b), distance(a, b.slice(1)));
}

it('suggests what is spelled nearest', () => {
  const genres = ['drum and bass', 'hip-hop', 'trip-hop', 'jazz', 'post-rock', 'rock'];
  expect(nearestTexts('Hip Hop', genres)).toEqual(['hip-hop']);
  expect(nearestTexts('rip-hop', genres)).toEqual(['hip-hop', 'trip-hop']);
  expect(nearestTexts('drum & bass', genres)).toEqual(['drum and bass']);
  expect(nearestTexts('ROCK', genres)).toEqual(['rock']);
  expect(nearestTexts('polka', genres)).toEqual([]);
});

it('finds the same as the definition of edit distance', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 });
  fc.assert(
    fc.property(text, fc.uniqueArray(text, { maxLength: 6 }), (wanted, candidates) => {
      const bound = Math.max(1, Math.floor(wanted.length / 3));
      const near = candidates
        .filter((one) => distance(wanted, one) <= bound)
        .sort((a, b) => distance(wanted, a) - distance(wanted, b) || (a < b ? -1 : 1));
      expect(nearestTexts(wanted, candidates)).toEqual(near.slice(0, 3));
    }),
    { numRuns: 200, seed: 3 },
  );
});
