import { type Dimensions, SPACES, type Space } from '../../src/head/head.ts';
import type { ItemEntry } from '../../src/store/vector-store.ts';

/** The lengths of these entries' vectors. A space that none of them has a vector in counts as long as the other. */
export function dimensionsOf(entries: readonly ItemEntry[]): Dimensions {
  const lengthIn = (space: Space) =>
    entries
      .flatMap(({ segments }) => segments.flatMap((segment) => segment[space] ?? []))
      .map(({ length }) => length)
      .at(0);
  const [ssl, sup] = SPACES.map(lengthIn);
  const known = ssl ?? sup;
  if (known === undefined) throw new Error('Entries without a vector have no dimensions.');
  return { ssl: ssl ?? known, sup: sup ?? known };
}
