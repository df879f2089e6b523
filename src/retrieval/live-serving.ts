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
  /** Why searches can't be answered as they should be; empty where they can. */
  notReadyReasons(): string[];
  close(): Promise<void>;
}

export interface LiveServingOptions<Loaded extends LoadedServing> {
  store: Pick<VectorStore, 'currentBundleId'>;
  /** Loads a bundle; null stands for a store that was never filled. */
  load(bundleId: string | null): Promise<Loaded>;
  log: Log;
  /** How often the store is asked for its current bundle. */
  pollMs?: number;
  /** How long requests that are under way may go on with the bundle before. */
  graceMs?: number;
}

const POLL_MS = 500;
const GRACE_MS = 60_000;

/** Loads the current bundle; what `load` throws passes on. */
export async function createLiveServing<Loaded extends LoadedServing>({
  store,
  load,
  log,
  pollMs = POLL_MS,
  graceMs = GRACE_MS,
}: LiveServingOptions<Loaded>): Promise<LiveServing<Loaded>> {
  let current = await load(await store.currentBundleId());
  let fault: string | null = null;
  const closed = new AbortController();
  const retiring = new Set<Promise<void>>();

  const retire = (old: Loaded) => {
    const closing = sleep(graceMs, undefined, { signal: closed.signal, ref: false })
      .catch(() => {}) // closed earlier: then without grace
      .then(() => old.close())
      .finally(() => retiring.delete(closing));
    retiring.add(closing);
  };

  const follow = async () => {
    const bundleId = await store.currentBundleId();
    if (bundleId === current.manifest.id) return;
    const next = await load(bundleId);
    retire(current);
    current = next;
    log.info({ bundleId }, 'Serving another bundle');
  };

  const watch = async () => {
    for (;;) {
      await sleep(pollMs, undefined, { signal: closed.signal, ref: false });
      try {
        await follow();
        fault = null;
      } catch (error) {
        if (fault === null)
          log.error({ error }, 'The current bundle could not be loaded; serving the one before');
        fault = `The store's current bundle could not be loaded: ${(error as Error).message}`;
      }
    }
  };
  const watching = watch().catch(() => {}); // sleep rejects when closed

  return {
    current: () => current,
    notReadyReasons: () => (fault === null ? [] : [fault]),
    async close() {
      closed.abort();
      await watching;
      await Promise.all(retiring);
      await current.close();
    },
  };
}
