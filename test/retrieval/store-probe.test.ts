import { expect, it, vi } from 'vitest';
import { createStoreProbe } from '../../src/retrieval/store-probe.ts';

const log = { warn: vi.fn() };

it('tells a store that answers from one that fails', async () => {
  const answers = [Promise.resolve(1), Promise.reject(new Error('away')), Promise.resolve(2)];
  const isThere = createStoreProbe({ ask: () => answers.shift() as Promise<unknown>, log });
  expect([await isThere(), await isThere(), await isThere()]).toEqual([true, false, true]);
});

it('gives up on a store that hangs, and asks again once it has answered', async () => {
  const hanging = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  const ask = vi.fn(() => hanging[ask.mock.calls.length - 1].promise);
  const isThere = createStoreProbe({ ask, log, timeoutMs: 20 });
  expect(await Promise.all([isThere(), isThere()])).toEqual([false, false]);
  expect(await isThere()).toBe(false);
  expect(ask).toHaveBeenCalledTimes(1);
  hanging[0].resolve(1);
  await hanging[0].promise;
  hanging[1].resolve(2);
  await vi.waitFor(async () => expect(await isThere()).toBe(true));
});
