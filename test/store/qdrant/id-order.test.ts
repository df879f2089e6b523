import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toIdOrder } from '../../../src/store/qdrant/point-ids.ts';
import { compareIds } from '../../../src/store/ranking.ts';

describe('The order of ids by two numbers', () => {
  const character = fc.constantFrom('-', '0', '1', 'Z', 'a', 'z', '~', ' ', '/', 'é', '\uD800');
  const id = fc.oneof(
    fc.array(character, { maxLength: 20 }).map((characters) => characters.join('')),
    fc.stringMatching(/^track-0{1,9}[0-9~é]{1,3}$/),
  );

  it('is never another than that of the ids themselves', () => {
    fc.assert(
      fc.property(id, id, (one, other) => {
        const [a, b] = [one, other].sort(compareIds).map(toIdOrder);
        expect(Number.isSafeInteger(a.idOrder) && Number.isSafeInteger(a.idOrderNext)).toBe(true);
        expect(a.idOrder < b.idOrder || (a.idOrder === b.idOrder && a.idOrderNext <= b.idOrderNext)).toBe(
          true,
        );
      }),
      { numRuns: 5_000 },
    );
  });
});
