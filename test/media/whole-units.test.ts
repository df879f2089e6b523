import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholeUnits } from '../../src/media/decode-stream.ts';

async function* inChunks(bytes: Uint8Array, lengths: readonly number[]) {
  let start = 0;
  for (const length of [...lengths, bytes.length]) {
    yield Buffer.from(bytes.subarray(start, start + length));
    start += length;
  }
}

describe('wholeUnits', () => {
  it('gives all whole units in order, wherever the stream was cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat(50)),
        fc.integer({ min: 1, max: 40 }),
        async (bytes, lengths, unitBytes) => {
          const units: Uint8Array[] = [];
          for await (const chunk of wholeUnits(inChunks(bytes, lengths), unitBytes)) {
            expect(chunk.length).toBeGreaterThan(0);
            expect(chunk.length % unitBytes).toBe(0);
            units.push(chunk);
          }
          const wholeBytes = bytes.length - (bytes.length % unitBytes);
          expect(new Uint8Array(Buffer.concat(units))).toEqual(bytes.slice(0, wholeBytes));
        },
      ),
    );
  });

  it('gives a unit that came in several chunks a buffer of its own, which may be moved away', async () => {
    const bytes = Uint8Array.from({ length: 35 }, (_, i) => i);
    const units: number[][] = [];
    for await (const unit of wholeUnits(inChunks(bytes, [4, 4, 4, 4, 4, 4, 4]), 10)) {
      expect(unit.buffer.byteLength).toBe(10);
      units.push([...structuredClone(unit, { transfer: [unit.buffer as ArrayBuffer] })]);
    }
    expect(units).toEqual([0, 10, 20].map((start) => [...bytes.slice(start, start + 10)]));
  });
});
