import { compareIds } from './ranking.ts';

const MAX_SUGGESTIONS = 3;
/** Longer texts are no misspelled names. */
const MAX_TEXT_LENGTH = 64;
const MAX_DISTANCE = 5;

/** A set of texts that can be asked for what is spelled like another one. */
export interface TextSet {
  has(text: string): boolean;
  /** The nearest by edit distance as `UnknownValue.suggestions` says, best first. */
  nearest(text: string): string[];
}

export function createTextSet(texts: Iterable<string>): TextSet {
  const known = new Set(texts);
  let candidates: Candidate[] | null = null;
  return {
    has: (text) => known.has(text),
    nearest(text) {
      candidates ??= Array.from(known, (one) => ({ text: one, folded: one.toLowerCase() }));
      return text.length > MAX_TEXT_LENGTH ? [] : findNearest(text.toLowerCase(), candidates);
    },
  };
}

interface Candidate {
  text: string;
  folded: string;
}

/** Looks at every candidate, but no closer than the worst of the three best so far asks for. */
function findNearest(wanted: string, candidates: readonly Candidate[]): string[] {
  let bound = Math.min(MAX_DISTANCE, Math.max(1, Math.floor(wanted.length / 3)));
  const near: { text: string; distance: number }[] = [];
  const distanceTo = createEditDistance(wanted);
  for (const { text, folded } of candidates) {
    if (Math.abs(folded.length - wanted.length) > bound) continue;
    const distance = distanceTo(folded, bound);
    if (distance > bound) continue;
    near.push({ text, distance });
    near.sort((a, b) => a.distance - b.distance || compareIds(a.text, b.text));
    if (near.length > MAX_SUGGESTIONS) near.pop();
    if (near.length === MAX_SUGGESTIONS) bound = near[MAX_SUGGESTIONS - 1].distance;
  }
  return near.map((found) => found.text);
}

const WORD_BITS = 32;

/**
 * Levenshtein distance of other texts to this one, by UTF-16 code unit; any number above `bound` where it exceeds
 * that. Myers' bit vectors (J. ACM 46, 1999) in Hyyrö's blocks: a column of the table is two bits a row, whether
 * the distance rises or falls to the row below, and 32 rows take one step.
 */
function createEditDistance(wanted: string): (text: string, bound: number) => number {
  const wordCount = Math.ceil(wanted.length / WORD_BITS);
  /** Per code unit the rows that hold it, word by word. */
  const rowsOf = new Map<number, Int32Array>();
  for (let row = 0; row < wanted.length; row++) {
    const code = wanted.charCodeAt(row);
    const rows = rowsOf.get(code) ?? new Int32Array(wordCount);
    rows[row >> 5] |= 1 << (row & 31);
    rowsOf.set(code, rows);
  }
  const nowhere = new Int32Array(wordCount);
  const ascii = Array.from({ length: 128 }, (_, code) => rowsOf.get(code) ?? nowhere);
  const rises = new Int32Array(wordCount);
  const falls = new Int32Array(wordCount);
  const lastRow = 1 << ((wanted.length - 1) & 31);

  return (text, bound) => {
    rises.fill(-1);
    falls.fill(0);
    let distance = wanted.length;
    for (let column = 0; column < text.length; column++) {
      const code = text.charCodeAt(column);
      const matches = code < 128 ? ascii[code] : (rowsOf.get(code) ?? nowhere);
      // What the distance changes by from the column before, in the row above the word.
      let change = 1;
      for (let word = 0; word < wordCount; word++) {
        const rise = rises[word];
        const fall = falls[word];
        const match = matches[word];
        const matchOrFall = match | fall;
        const carried = change < 0 ? match | 1 : match;
        const diagonal = (((carried & rise) + rise) ^ rise) | carried;
        let up = fall | ~(diagonal | rise);
        let down = rise & diagonal;
        const bottom = word === wordCount - 1 ? lastRow : 1 << 31;
        const next = up & bottom ? 1 : down & bottom ? -1 : 0;
        up <<= 1;
        down <<= 1;
        if (change < 0) down |= 1;
        else if (change > 0) up |= 1;
        rises[word] = down | ~(matchOrFall | up);
        falls[word] = up & matchOrFall;
        change = next;
      }
      distance += change;
      // Each column that is left takes one off at most.
      if (distance - (text.length - 1 - column) > bound) return bound + 1;
    }
    return distance;
  };
}
