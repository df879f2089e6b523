import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BatcherOptions, createBatcher } from '../../src/backbone/batcher.ts';
import { BusyError, DeviceError } from '../../src/shared/errors.ts';

/** A batcher over strings that upper-cases them; its runs wait for `release` and are recorded. */
function createRecordingBatcher(options: Partial<BatcherOptions<string, string>> = {}) {
  const batches: string[][] = [];
  const waiting: (() => void)[] = [];
  const batcher = createBatcher<string, string>({
    maxBatch: 3,
    maxQueued: 6,
    keyOf: (item) => String(item.length),
    async run(items) {
      batches.push([...items]);
      await new Promise<void>((resolve) => waiting.push(resolve));
      if (items.includes('bad')) throw new Error('bad item');
      return items.map((item) => item.toUpperCase());
    },
    ...options,
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    ...batcher,
    batches,
    /** Lets one run finish. */
    async release() {
      await settle();
      waiting.shift()?.();
      await settle();
    },
    settle,
  };
}

describe('createBatcher', () => {
  it('starts at once when idle and joins callers that come in the meantime', async () => {
    const batcher = createRecordingBatcher();
    const first = batcher.submit(['a']);
    await batcher.settle();
    expect(batcher.batches).toEqual([['a']]);
    const others = [batcher.submit(['b', 'c']), batcher.submit(['d', 'e'])];
    for (let run = 0; run < 3; run++) await batcher.release();
    expect(batcher.batches).toEqual([['a'], ['b', 'd', 'c'], ['e']]);
    expect(await first).toEqual(['A']);
    expect(await Promise.all(others)).toEqual([
      ['B', 'C'],
      ['D', 'E'],
    ]);
  });

  it('lets callers take turns, so that a short call does not wait for a long one to end', async () => {
    const batcher = createRecordingBatcher({ maxQueued: 20 });
    const long = batcher.submit(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
    await batcher.settle();
    const first = batcher.submit(['x']);
    const second = batcher.submit(['yy', 'z']);
    let isFirstDone = false;
    void first.then(() => {
      isFirstDone = true;
    });
    await batcher.release();
    await batcher.release();
    expect(isFirstDone).toBe(true);
    for (let run = 0; run < 3; run++) await batcher.release();
    expect(batcher.batches).toEqual([['a', 'b', 'c'], ['d', 'x', 'z'], ['e', 'f', 'g'], ['yy'], ['h']]);
    expect((await Promise.all([long, first, second])).flat().join('')).toBe('ABCDEFGHXYYZ');
  });

  it('runs on several sessions at once, never on more', async () => {
    const batcher = createRecordingBatcher({ maxBatch: 2, maxRunning: 2 });
    const all = ['a', 'b', 'c', 'd', 'e'].map((item) => batcher.submit([item]));
    await batcher.settle();
    await batcher.settle();
    expect(batcher.batches).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    for (let run = 0; run < 3; run++) await batcher.release();
    expect((await Promise.all(all)).flat()).toEqual(['A', 'B', 'C', 'D', 'E']);
  });

  it('rejects a whole batch whose device is lost, without trying its items one by one', async () => {
    let runs = 0;
    const batcher = createBatcher<string, string>({
      maxBatch: 3,
      maxQueued: 6,
      keyOf: () => '',
      async run() {
        runs++;
        throw new DeviceError('lost');
      },
    });
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((item) => batcher.submit([item])));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(runs).toBe(1);
  });

  it('never joins unequal keys', async () => {
    const batcher = createRecordingBatcher();
    const all = batcher.submit(['a', 'bb', 'c', 'dd']);
    await batcher.release();
    await batcher.release();
    expect(batcher.batches).toEqual([
      ['a', 'c'],
      ['bb', 'dd'],
    ]);
    expect(await all).toEqual(['A', 'BB', 'C', 'DD']);
  });

  it('refuses what does not fit the queue, says when to come back, and recovers', async () => {
    const batcher = createRecordingBatcher();
    const running = batcher.submit(['a']);
    await batcher.settle();
    const queued = batcher.submit(['b', 'c', 'd', 'e', 'f', 'g']);
    const refusal = await batcher.submit(['h']).catch((error) => error);
    expect(refusal).toBeInstanceOf(BusyError);
    expect(refusal.retryAfterMs).toBeGreaterThan(0);
    for (let run = 0; run < 3; run++) await batcher.release();
    await Promise.all([running, queued]);
    const later = batcher.submit(['h']);
    await batcher.release();
    expect(await later).toEqual(['H']);
  });

  it('lets one bad item fail alone', async () => {
    const batcher = createRecordingBatcher();
    const settled = Promise.allSettled([['one'], ['bad'], ['two']].map((items) => batcher.submit(items)));
    for (let run = 0; run < 4; run++) await batcher.release();
    const outcomes = await settled;
    expect(batcher.batches).toEqual([['one', 'bad', 'two'], ['one'], ['bad'], ['two']]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it("takes an aborted caller's work out of the queue and rejects it at once", async () => {
    const batcher = createRecordingBatcher();
    const running = batcher.submit(['a']);
    await batcher.settle();
    const abort = new AbortController();
    const leaving = batcher.submit(['b', 'c'], abort.signal);
    const staying = batcher.submit(['d']);
    abort.abort(new Error('gone'));
    await expect(leaving).rejects.toThrow('gone');
    await batcher.release();
    await batcher.release();
    expect(batcher.batches).toEqual([['a'], ['d']]);
    expect(await Promise.all([running, staying])).toEqual([['A'], ['D']]);
    await expect(batcher.submit(['e'], abort.signal)).rejects.toThrow('gone');
  });

  it('gives every caller its own results whatever the interleaving', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 0, max: 999 }), { maxLength: 7 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (calls, maxBatch) => {
          const sizes: number[] = [];
          const batcher = createBatcher<number, number>({
            maxBatch,
            maxQueued: 1000,
            keyOf: (item) => String(item % 3),
            async run(items) {
              sizes.push(items.length);
              expect(new Set(items.map((item) => item % 3)).size).toBe(1);
              await new Promise((resolve) => setImmediate(resolve));
              return items.map((item) => item * 2);
            },
          });
          const results = await Promise.all(calls.map((items) => batcher.submit(items)));
          expect(results).toEqual(calls.map((items) => items.map((item) => item * 2)));
          expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(maxBatch);
        },
      ),
      { numRuns: 50 },
    );
  });
});
