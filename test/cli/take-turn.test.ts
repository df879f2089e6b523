import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { takeTurn } from '../../src/cli/take-turn.ts';
import { BusyError } from '../../src/shared/errors.ts';

describe('takeTurn', () => {
  let directory: string;
  let said: string[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'take-turn-'));
    said = [];
    vi.spyOn(console, 'error').mockImplementation((line) => said.push(line));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(directory, { recursive: true, force: true });
  });

  const take = (work: () => Promise<void>, signal = new AbortController().signal) =>
    takeTurn({ directory, file: '.lock', work: 'test' }, work, { waiting: 'It waits.', signal });

  it('waits for whoever was first, says so once, and leaves nothing behind', async () => {
    const events: string[] = [];
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const first = take(async () => {
      begun.resolve();
      await end.promise;
      events.push('first');
    });
    await begun.promise;
    const second = take(async () => {
      events.push('second');
    });
    await vi.waitFor(() => expect(said).toEqual(['It waits.']));
    end.resolve();
    await Promise.all([first, second]);
    expect([events, said, await readdir(directory)]).toEqual([['first', 'second'], ['It waits.'], []]);
  });

  it('ends with what the work fails with, and with an interruption', async () => {
    await expect(take(() => Promise.reject(new BusyError('Its own.', 1)))).rejects.toThrow('Its own.');
    const interruption = new AbortController();
    await take(async () => {
      const second = take(async () => {}, interruption.signal);
      await vi.waitFor(() => expect(said).toHaveLength(1));
      interruption.abort();
      await expect(second).rejects.toThrow(/abort/i);
    });
  });
});
