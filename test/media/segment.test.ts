import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { segmentStream, spansOf, toUnitRule } from '../../src/media/segment.ts';
import { collect } from './make-media.ts';

/** The definition, by trying every start: whole windows on the hop's grid, then one at the end. */
function bruteForce(
  length: number,
  segment: number,
  hop: number,
  minimumRemainder: number,
): [number, number][] {
  if (length === 0) return [];
  if (length < segment) return [[0, length]];
  const windows: [number, number][] = [];
  for (let start = 0; start <= length; start++) {
    if (start % hop === 0 && start + segment <= length) windows.push([start, start + segment]);
  }
  const uncovered = length - Math.max(...windows.map(([, end]) => end));
  if (uncovered >= minimumRemainder) windows.push([length - segment, length]);
  return windows;
}

async function* inChunks<Elements extends Float32Array | Uint8Array>(elements: Elements, sizes: number[]) {
  for (let start = 0, turn = 0; start < elements.length; turn++) {
    const size = sizes[turn % sizes.length] as number;
    yield elements.subarray(start, start + size) as Elements;
    start += size;
  }
}

const rules = fc.record({
  segmentUnits: fc.integer({ min: 1, max: 40 }),
  hopUnits: fc.integer({ min: 1, max: 60 }),
  minimumRemainderUnits: fc.integer({ min: 1, max: 20 }),
});

describe('segments', () => {
  it('are the windows of the definition, whatever the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        rules,
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
        async (rule, length, elementsPerUnit, chunkUnits) => {
          const elements = Float32Array.from({ length: length * elementsPerUnit }, (_, index) => index);
          const chunks = inChunks(
            elements,
            chunkUnits.map((units) => units * elementsPerUnit),
          );
          const segments = await collect(segmentStream(chunks, elementsPerUnit, rule));
          const expected = bruteForce(length, rule.segmentUnits, rule.hopUnits, rule.minimumRemainderUnits);
          expect(segments).toEqual(
            expected.map(([start, end]) => ({
              startUnit: start,
              elements: elements.slice(start * elementsPerUnit, end * elementsPerUnit),
            })),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('have the spans that spansOf foretells from the duration', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2_000 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 200 }),
        (length, segment, hop) => {
          // Sixteenths of a second, which binary fractions hold exactly.
          const spans = spansOf(length / 16, { segmentSeconds: segment / 16, hopSeconds: hop / 16 });
          expect(spans.map((span) => [span.startSeconds * 16, span.endSeconds * 16])).toEqual(
            bruteForce(length, segment, hop, 8),
          );
        },
      ),
    );
  });

  it('are right-aligned at the end, and a rest under half a second makes none', () => {
    const rule = { segmentSeconds: 10, hopSeconds: 10 };
    const starts = (duration: number) => spansOf(duration, rule).map((span) => span.startSeconds);
    expect(starts(20)).toEqual([0, 10]);
    expect(starts(20.4)).toEqual([0, 10]);
    expect(starts(20.5)).toEqual([0, 10, 10.5]);
    expect(spansOf(3.2, rule)).toEqual([{ startSeconds: 0, endSeconds: 3.2 }]);
    expect(spansOf(0, rule)).toEqual([]);
    expect(toUnitRule(rule, 12)).toEqual({ segmentUnits: 120, hopUnits: 120, minimumRemainderUnits: 6 });
  });

  it('are copies: a chunk that is used again does not change them', async () => {
    const chunk = new Uint8Array(4);
    async function* reusing() {
      for (let turn = 1; turn <= 3; turn++) yield chunk.fill(turn);
    }
    const rule = { segmentUnits: 4, hopUnits: 4, minimumRemainderUnits: 1 };
    const segments = await collect(segmentStream(reusing(), 1, rule));
    expect(segments.map((segment) => segment.elements[0])).toEqual([1, 2, 3]);
  });
});
