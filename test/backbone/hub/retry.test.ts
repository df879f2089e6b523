import { expect, it } from 'vitest';
import { UnknownHostError } from '../../../src/backbone/hub/hub-request.ts';
import { retryWhenAway } from '../../../src/backbone/hub/retry.ts';

it('asks a host again whose name has become unknown, once something was had of it', async () => {
  const rule = { maxAttempts: 3, firstPauseMs: 1, maxPauseMs: 100 };
  const { signal } = new AbortController();
  const countAttempts = async (bytesBefore: number) => {
    let attempts = 0;
    const run = async () => {
      attempts += 1;
      throw new UnknownHostError('The host is not found.', 0);
    };
    const running = retryWhenAway(run, rule, { signal, progress: () => bytesBefore });
    await expect(running).rejects.toThrow(UnknownHostError);
    return attempts;
  };
  expect([await countAttempts(0), await countAttempts(1)]).toEqual([1, 3]);
});
