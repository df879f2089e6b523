import { expect, it } from 'vitest';
import { createSharedLock, releaseLock, withLock } from '../../src/shared/shared-lock.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

it('lets one at a time work, also where one throws, and frees what a dead holder left', async () => {
  const first = createSharedLock(1);
  const second = { ...first, holder: 2 };
  let working = 0;
  const work = async () => {
    expect(++working).toBe(1);
    await settle();
    working--;
    return 'done';
  };
  const failing = withLock(second, async () => {
    await work();
    throw new Error('failed');
  });
  const outcomes = await Promise.allSettled([
    failing,
    ...[first, second, first].map((lock) => withLock(lock, work)),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);

  void withLock(first, () => new Promise(() => {})); // a thread that ends in the middle of its work
  const waiting = withLock(second, work);
  releaseLock(second); // it does not hold the lock
  await settle();
  expect(working).toBe(0);
  releaseLock(first);
  expect(await waiting).toBe('done');
});
