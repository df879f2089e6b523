import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createLiveServing, type LiveServing, type LoadedServing } from '../../src/retrieval/live-serving.ts';
import { SILENT_LOG } from './clip-fakes.ts';

const POLL_MS = 10;

describe('live serving', () => {
  let currentId: string | Error = 'first';
  let loads: string[] = [];
  let closed: string[] = [];
  let failing = new Set<string>();
  let logged: { fields: object; message: string }[] = [];
  let live: LiveServing<LoadedServing>;
  let sweeps = 0;

  const serving = (id: string) =>
    ({
      manifest: { id },
      async close() {
        closed.push(id);
        if (failing.has(`close ${id}`)) throw new Error(`The edition of bundle ${id} was closed.`);
      },
    }) as LoadedServing;

  const start = async (graceMs = 0, sweepMs?: number) => {
    sweeps = 0;
    [currentId, loads, closed, failing, logged] = ['first', [], [], new Set(), []];
    live = await createLiveServing({
      store: {
        currentBundleId: async () => {
          if (currentId instanceof Error) throw currentId;
          return currentId;
        },
        dropRetired: async () => {
          sweeps++;
          if (failing.has('drop')) throw new Error('The store is away.');
        },
      },
      load: async (bundleId) => {
        loads.push(String(bundleId));
        if (failing.has(`load ${bundleId}`)) throw new Error(`/secret/path/${bundleId} is broken.`);
        return serving(String(bundleId));
      },
      log: { ...SILENT_LOG, error: (fields, message) => void logged.push({ fields, message }) },
      pollMs: POLL_MS,
      graceMs,
      sweepMs,
    });
  };
  const servedId = () => live.current().manifest.id;

  afterEach(() => live.close());

  it('serves the bundle that became current, and closes the one before after its grace', async () => {
    await start(300);
    currentId = 'second';
    await expect.poll(servedId).toBe('second');
    expect(closed).toEqual([]);
    await expect.poll(() => closed).toEqual(['first']);
    await live.close();
    expect(closed).toEqual(['first', 'second']);
  });

  it('has editions that are no longer current dropped, but not while it serves one itself', async () => {
    await start(0, POLL_MS);
    await expect.poll(() => sweeps).toBeGreaterThan(0);
    failing.add('drop');
    await expect.poll(() => logged.length).toBeGreaterThan(1);
    failing.add('load second');
    currentId = 'second';
    await expect.poll(() => loads.length).toBeGreaterThan(2);
    const sweepsBefore = sweeps;
    await expect.poll(() => loads.length).toBeGreaterThan(3);
    expect(sweeps).toBe(sweepsBefore);
  });

  it('goes on where the bundle before cannot be closed, and closes the rest', async () => {
    await start();
    failing.add('close first');
    currentId = 'second';
    // An unhandled rejection, which would end the server, fails the run.
    await expect.poll(() => closed).toEqual(['first']);
    await expect.poll(() => logged).toMatchObject([{ fields: { bundleId: 'first' } }]);
    currentId = 'third';
    await expect.poll(() => closed).toEqual(['first', 'second']);
    await live.close();
    expect(closed).toEqual(['first', 'second', 'third']);
  });

  it('closes the current bundle where one that is retiring cannot be closed', async () => {
    await start(60_000);
    failing.add('close first');
    currentId = 'second';
    await expect.poll(servedId).toBe('second');
    await live.close();
    expect(closed.toSorted()).toEqual(['first', 'second']);
  });

  it('tries a bundle that cannot be loaded less and less often, another one at once, and says no path', async () => {
    await start();
    failing.add('load second');
    currentId = 'second';
    await expect.poll(() => logged.length).toBeGreaterThanOrEqual(4);
    const delays = logged.map(({ fields }) => (fields as { retryDelayMs: number }).retryDelayMs);
    expect(delays.slice(0, 4)).toEqual([2, 4, 8, 16].map((polls) => polls * POLL_MS));
    expect(loads).toEqual(['first', ...delays.map(() => 'second')]);
    expect(servedId()).toBe('first');
    expect(live.notReadyReasons()).toEqual([
      "The store's current bundle could not be loaded; the one before is served.",
    ]);

    currentId = 'third';
    await expect.poll(servedId).toBe('third');
    expect(loads.filter((id) => id === 'third')).toEqual(['third']);
    expect(live.notReadyReasons()).toEqual([]);
  });

  it('loads a bundle once its fault is mended, and forgets the fault where the one before is current again', async () => {
    await start();
    failing.add('load second');
    currentId = 'second';
    await expect.poll(() => live.notReadyReasons().length).toBe(1);
    currentId = 'first';
    await expect.poll(live.notReadyReasons).toEqual([]);
    currentId = 'second';
    await expect.poll(() => live.notReadyReasons().length).toBe(1);
    failing.clear();
    await expect.poll(servedId, { timeout: 5_000 }).toBe('second');
    expect(live.notReadyReasons()).toEqual([]);
  });

  it('says so, once in the log, while the store does not answer', async () => {
    await start();
    currentId = new Error('/secret/path/store.sqlite is locked.');
    await expect.poll(live.notReadyReasons).toEqual(['The store does not say which bundle is current.']);
    await sleep(10 * POLL_MS);
    expect(logged).toHaveLength(1);
    currentId = 'first';
    await expect.poll(live.notReadyReasons).toEqual([]);
  });
});
