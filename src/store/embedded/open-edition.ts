import { BusyError, IntegrityError, WorkerLostError } from '../../shared/errors.ts';
import { createWorkerClient, type WorkerClient } from '../../shared/worker-client.ts';
import type { Edition } from '../vector-store.ts';
import type { DatabaseHandlers } from './database.worker.ts';
import type { IndexHandlers, IndexWorkerData } from './index.worker.ts';

/** Calls of one edition that wait or run at a time; the next one is refused. A call holds any number of searches. */
export const MAX_OPEN_CALLS = 256;
const RETRY_AFTER_MS = 1_000;

/**
 * Loads an edition into a worker thread of its own, which `close` ends, so that its memory is freed at once and no
 * other edition waits. `onClose` is called once. IntegrityError where there is no such edition.
 */
export async function openEdition(
  options: IndexWorkerData,
  database: WorkerClient<DatabaseHandlers>,
  onClose: () => void,
): Promise<Edition> {
  const { bundleId } = options;
  const index = createWorkerClient<IndexHandlers>(new URL('./index.worker.ts', import.meta.url), options, {
    restore: (call) => call('load', undefined).catch(ignoreDropped),
  });
  try {
    await index.call('load', undefined);
  } catch (error) {
    await index.close();
    throw error;
  }

  const openCalls = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;
  const call: WorkerClient<IndexHandlers>['call'] = (name, argument) => {
    if (closing) return Promise.reject(new Error(`The edition of bundle ${bundleId} was closed.`));
    if (openCalls.size >= MAX_OPEN_CALLS)
      return Promise.reject(
        new BusyError(`${MAX_OPEN_CALLS} calls wait for the index already.`, RETRY_AFTER_MS),
      );
    const answer = index.call(name, argument);
    openCalls.add(answer);
    return answer.finally(() => openCalls.delete(answer));
  };
  const close = async () => {
    onClose();
    await Promise.allSettled(openCalls);
    await index.call('closeFile', undefined).catch(ignoreLost);
    await index.close();
  };

  return {
    bundleId,
    search: (requests) => call('search', requests),
    spaceRanks: (request) => call('spaceRanks', request),
    count: (query) => call('count', query),
    facets: (query) => call('facets', query),
    list: (request) => call('list', request),
    retrieve: (itemIds) => call('retrieve', itemIds),
    segments: (itemIds) => call('segments', itemIds),
    peaks: (itemId) => database.call('preview', { itemId, kind: 'peaks' }),
    thumbnail: (itemId) => database.call('preview', { itemId, kind: 'thumbnail' }),
    unknownValues: (modality, filter) => call('unknownValues', { modality, filter }),
    attributes: (modality) => call('attributes', modality),
    counts: () => call('counts', undefined),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** An edition that was dropped while its worker was lost can't come back; its calls say so. */
function ignoreDropped(error: unknown): void {
  if (!(error instanceof IntegrityError)) throw error;
}

/** What a lost worker had open is closed. */
function ignoreLost(error: unknown): void {
  if (!(error instanceof WorkerLostError)) throw error;
}
