import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../shared/log.ts';
import type { VectorStore } from '../store/vector-store.ts';
import type { Serving } from './serving.ts';

/** Something loaded for one bundle that can be let go of. */
export type LoadedServing = Serving & { close(): Promise<void> };

/** Serves the store's current bundle, and swaps to another one between two requests when it becomes current. */
export interface LiveServing<Loaded extends LoadedServing> {
  /** The bundle that is loaded now; a request keeps what it got to its end. */
  current(): Loaded;
  /** Why searches can't be answered as they should be, in words for anyone; the log says more. Empty where they can. */
  notReadyReasons(): string[];
  close(): Promise<void>;
}

export interface LiveServingOptions<Loaded extends LoadedServing> {
  store: Pick<VectorStore, 'currentBundleId' | 'dropRetired'>;
  /** Loads a bundle; null stands for a store that was never filled. */
  load(bundleId: string | null): Promise<Loaded>;
  log: Log;
  /** How often the store is asked for its current bundle. */
  pollMs?: number;
  /** How long requests that are under way may go on with the bundle before. */
  graceMs?: number;
  /** How often editions that are no longer current are looked for. */
  sweepMs?: number;
}

const POLL_MS = 500;
const GRACE_MS = 60_000;
const SWEEP_MS = 60_000;
const MAX_RETRY_MS = 30_000;

/** A bundle that could not be loaded. It is tried again, at longer and longer intervals; another one at once. */
interface FailedLoad {
  bundleId: string | null;
  retryAtMs: number;
  retryDelayMs: number;
}

/** Loads the current bundle; what `load` throws passes on. */
export async function createLiveServing<Loaded extends LoadedServing>({
  store,
  load,
  log,
  pollMs = POLL_MS,
  graceMs = GRACE_MS,
  sweepMs = SWEEP_MS,
}: LiveServingOptions<Loaded>): Promise<LiveServing<Loaded>> {
  let current = await load(await store.currentBundleId());
  let failedLoad: FailedLoad | null = null;
  let isStoreSilent = false;
  const closed = new AbortController();
  const retiring = new Set<Promise<void>>();

  const retire = (old: Loaded) => {
    const closing = sleep(graceMs, undefined, { signal: closed.signal, ref: false })
      .catch(() => {}) // closed earlier: then without grace
      .then(() => old.close())
      .catch((error) =>
        log.error({ bundleId: old.manifest.id, error }, 'The bundle before could not be closed'),
      )
      .finally(() => retiring.delete(closing));
    retiring.add(closing);
  };

  const swapTo = async (bundleId: string | null, retryDelayMs: number) => {
    try {
      const next = await load(bundleId);
      retire(current);
      current = next;
      failedLoad = null;
      log.info({ bundleId }, 'Serving another bundle');
    } catch (error) {
      failedLoad = { bundleId, retryDelayMs, retryAtMs: performance.now() + retryDelayMs };
      log.error(
        { bundleId, retryDelayMs, error },
        'The current bundle could not be loaded; serving the one before',
      );
    }
  };

  const follow = async () => {
    const bundleId = await store.currentBundleId();
    if (bundleId === current.manifest.id) failedLoad = null;
    else if (failedLoad?.bundleId !== bundleId) await swapTo(bundleId, 2 * pollMs);
    else if (performance.now() >= failedLoad.retryAtMs) {
      await swapTo(bundleId, Math.min(2 * failedLoad.retryDelayMs, MAX_RETRY_MS));
    }
  };

  const watch = async () => {
    try {
      await follow();
      isStoreSilent = false;
    } catch (error) {
      if (!isStoreSilent) log.error({ error }, 'The store does not say which bundle is current');
      isStoreSilent = true;
    }
  };
  const sweep = async () => {
    // The edition that this server reads may be one of them.
    if (isStoreSilent || failedLoad !== null) return;
    await store
      .dropRetired()
      .catch((error) => log.error({ error }, 'Editions that are no longer current could not be dropped'));
  };
  const every = async (intervalMs: number, work: () => Promise<void>): Promise<void> => {
    for (;;) {
      await sleep(intervalMs, undefined, { signal: closed.signal, ref: false });
      await work();
    }
  };
  // Until closed: then sleep rejects.
  const working = Promise.allSettled([every(pollMs, watch), every(sweepMs, sweep)]);

  const reasons = (): string[] => {
    if (isStoreSilent) return ['The store does not say which bundle is current.'];
    return failedLoad ? ["The store's current bundle could not be loaded; the one before is served."] : [];
  };

  return {
    current: () => current,
    notReadyReasons: reasons,
    async close() {
      closed.abort();
      await working;
      await Promise.all(retiring);
      await current.close();
    },
  };
}
