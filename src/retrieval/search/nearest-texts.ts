const MAX_SUGGESTIONS = 3;
/** Longer texts are compared by their start. */
const MAX_COMPARED = 100;

/** The candidates that are spelled nearest to a text, best first: case aside, up to a third of it may differ. */
export function nearestTexts(text: string, candidates: readonly string[]): string[] {
  const wanted = fold(text);
  const bound = Math.max(1, Math.floor(wanted.length / 3));
  const near: { candidate: string; distance: number }[] = [];
  for (const candidate of candidates) {
    const distance = editDistance(wanted, fold(candidate), bound);
    if (distance <= bound) near.push({ candidate, distance });
  }
  return near
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, MAX_SUGGESTIONS)
    .map(({ candidate }) => candidate);
}

const fold = (text: string) => text.slice(0, MAX_COMPARED).toLowerCase();

/**
 * Levenshtein distance by UTF-16 code unit, or Infinity where it exceeds `bound`: only a band of the table as wide as
 * the bound is filled.
 */
function editDistance(a: string, b: string, bound: number): number {
  if (Math.abs(a.length - b.length) > bound) return Number.POSITIVE_INFINITY;
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row: number[] = new Array(b.length + 1).fill(Number.POSITIVE_INFINITY);
    if (i <= bound) row[0] = i;
    let least = row[0];
    for (let j = Math.max(1, i - bound); j <= Math.min(b.length, i + bound); j++) {
      const replaced = above[j - 1] + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      row[j] = Math.min(replaced, above[j] + 1, row[j - 1] + 1);
      if (row[j] < least) least = row[j];
    }
    if (least > bound) return Number.POSITIVE_INFINITY;
    above = row;
  }
  return above[b.length] <= bound ? above[b.length] : Number.POSITIVE_INFINITY;
}
