import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { forEachItem } from '../../src/retrieval/library-features.ts';
import { DeviceError, MediaError } from '../../src/shared/errors.ts';
import { createItem } from '../library/support.ts';

const items = Array.from({ length: 60 }, (_, i) => createItem({ id: `item-${i}`, path: `/media/${i}` }));
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('forEachItem', () => {
  it('works on while outcomes are written, never far ahead, and keeps the order', async () => {
    let inWork = 0;
    let started = 0;
    let written = 0;
    let mostInWork = 0;
    let furthestAhead = 0;
    let startedWhileWriting = 0;
    const work = async ({ id }: { id: string }) => {
      started++;
      mostInWork = Math.max(mostInWork, ++inWork);
      furthestAhead = Math.max(furthestAhead, started - written);
      for (let turn = 0; turn < 3; turn++) await settle();
      inWork--;
      return id;
    };
    const ids: unknown[] = [];
    for await (const outcome of forEachItem(items, work, {})) {
      const before = started;
      for (let turn = 0; turn < 10; turn++) await settle();
      startedWhileWriting += started - before;
      written++;
      ids.push('value' in outcome && outcome.value);
    }
    expect(ids).toEqual(items.map(({ id }) => id));
    expect(startedWhileWriting).toBeGreaterThan(0);
    expect(mostInWork).toBeLessThanOrEqual(availableParallelism() + 1);
    expect(furthestAhead).toBeLessThanOrEqual(4 * (availableParallelism() + 1));
  });

  it('reports a broken file and goes on, with every item counted', async () => {
    const counts: number[] = [];
    const onProgress = (done: number, total: number) => counts.push(done / total);
    const work = async ({ id }: { id: string }) => {
      if (id.endsWith('7')) throw new MediaError('CORRUPT_MEDIA', 'damaged');
      return id;
    };
    const outcomes = [];
    for await (const outcome of forEachItem(items, work, { onProgress })) outcomes.push(outcome);
    expect(outcomes.filter((outcome) => 'failure' in outcome)).toHaveLength(6);
    expect(outcomes).toHaveLength(60);
    expect(counts).toHaveLength(60);
    expect(counts.at(-1)).toBe(1);
  });

  it('ends where the device is gone: no other file would fare better', async () => {
    const work = () => Promise.reject(new DeviceError('The device cuda was lost.'));
    const run = async () => {
      for await (const _ of forEachItem(items, work, {}));
    };
    await expect(run()).rejects.toBeInstanceOf(DeviceError);
  });
});
