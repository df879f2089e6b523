import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Limits } from '../config/config.ts';
import { CLIP_ID_PREFIX } from '../library/item-id.ts';
import type { MediaReader } from '../media/media.ts';
import { BusyError, MediaError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { type ClipRecord, type ClipState, type ClipStore, INTERRUPTED } from '../store/vector-store.ts';
import { type ClipEmbedding, type ClipFile, embedClip, requireDuration } from './embed-clip.ts';
import { createUploads } from './uploads.ts';

/** Uploaded queries: from bytes to features that are kept until the clip expires. */
export interface Clips {
  /**
   * Stores and probes an upload, and goes on to embed it after it returns: the clip is PROCESSING. BusyError
   * where too many come in or are in work; MediaError where the file is refused; nothing is left then, nor when
   * the stream or the signal breaks off.
   */
  accept(bytes: Readable, signal?: AbortSignal): Promise<ClipRecord>;
  /** The clip once it is done, or as it stands after `seconds`; null for unknown and expired. */
  waitFor(id: string, seconds: number, signal?: AbortSignal): Promise<ClipRecord | null>;
  /** Stops work on it, too. False for an unknown id. */
  delete(id: string): Promise<boolean>;
  /** Removes what dead processes left behind; to be called at start. */
  recover(): Promise<void>;
  /** Refuses new clips, lets those in work end within `drainMs`, and stops the rest (INTERRUPTED). */
  close(drainMs?: number): Promise<void>;
}

export interface ClipsOptions {
  store: ClipStore;
  reader: MediaReader;
  /** Asked once a clip, so that a swap of bundles falls between two. */
  embedding: () => ClipEmbedding;
  limits: Pick<Limits, 'maxUploadBytes' | 'maxClipSeconds' | 'clipLifetimeHours'>;
  /** Where uploads lie while they are read. */
  directory: string;
  log: Log;
  metrics: Pick<Metrics, 'countClip' | 'watchQueue'>;
  /** Uploads that may come in at once. A slow one takes a place among these alone. */
  maxReceiving?: number;
  /** Clips in work at once, from the last byte to the last feature. */
  maxActive?: number;
}

const DEFAULT_MAX_RECEIVING = 32;
const DEFAULT_MAX_ACTIVE = 8;
const BUSY_RETRY_MS = 2_000;
const HEARTBEAT_MS = 1_000;
const LEASE_MS = 15_000;
const SWEEP_MS = 60_000;
const DRAIN_MS = 10_000;

interface Job {
  stop: AbortController;
  /** Never rejects. */
  done: Promise<void>;
}

export function createClips(options: ClipsOptions): Clips {
  const { store, reader, limits, log, metrics } = options;
  const receiving = createPlaces(options.maxReceiving ?? DEFAULT_MAX_RECEIVING);
  const working = createPlaces(options.maxActive ?? DEFAULT_MAX_ACTIVE);
  const uploads = createUploads(options.directory);
  const jobs = new Map<string, Job>();
  let isClosing = false;
  metrics.watchQueue('clips', working.taken);

  const sweep = async () => {
    try {
      await uploads.sweep();
      await store.sweep();
    } catch (error) {
      log.error({ error }, 'Sweeping clips failed');
    }
  };
  const sweepTimer = setInterval(sweep, SWEEP_MS).unref();

  /** A leftover is swept when this process is dead; a clip that is done must not fail by it. */
  const dropFile = async (path: string) => {
    await uploads.remove(path).catch((error) => log.error({ error }, 'An upload could not be removed'));
  };

  /** Stage 1: bytes → a file. */
  const receive = async (bytes: Readable, signal?: AbortSignal): Promise<string> => {
    if (isClosing || working.areAllTaken()) throw tooMany(); // rather now than after all the bytes
    const leave = receiving.take();
    try {
      return await uploads.write(bytes, limits.maxUploadBytes, signal);
    } finally {
      leave();
    }
  };

  /** Stage 2: a file → what it holds, within the limits. */
  const inspect = async (path: string, signal?: AbortSignal): Promise<ClipFile> => {
    const probe = await reader.probe(path, signal);
    requireDuration(probe.durationSeconds, limits.maxClipSeconds);
    return { path, probe };
  };

  /** Stage 3: a clip that is PROCESSING, with a lease. */
  const register = async (file: ClipFile): Promise<ClipRecord> => {
    const clip: ClipRecord = {
      id: CLIP_ID_PREFIX + randomBytes(16).toString('hex'),
      state: toProcessing(0),
      durationSeconds: file.probe.durationSeconds,
      expiresAt: new Date(Date.now() + limits.clipLifetimeHours * 3_600_000).toISOString(),
      features: [],
    };
    await store.put(clip);
    return clip;
  };

  const embed = async (
    clipId: string,
    file: ClipFile,
    onProgress: (progress: number) => void,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    try {
      const tools = { ...options.embedding(), reader, maxClipSeconds: limits.maxClipSeconds, onProgress };
      return { state: { status: 'READY' }, features: await embedClip(file, tools, signal) };
    } catch (error) {
      return { state: toFailed(error, clipId, signal, log), features: [] };
    }
  };

  /** Stage 4: file → features, under a lease that is renewed; the bytes are dropped whatever happens. */
  const work = async (clip: ClipRecord, file: ClipFile, stop: AbortController): Promise<void> => {
    const lease = holdLease(clip, store, stop, log);
    const outcome = await embed(clip.id, file, lease.report, stop.signal).finally(lease.release);
    await dropFile(file.path);
    metrics.countClip(outcome.state.status === 'FAILED' ? outcome.state.failure.code : outcome.state.status);
    await store.replace({ ...clip, ...outcome }); // unless it was deleted meanwhile
  };

  /** Starts the work on a clip, which goes on by itself. */
  const start = (clip: ClipRecord, file: ClipFile, leave: () => void) => {
    const stop = new AbortController();
    const done = work(clip, file, stop)
      .catch((error) => log.error({ clipId: clip.id, error }, 'A clip could not be finished'))
      .finally(() => {
        jobs.delete(clip.id);
        leave();
      });
    jobs.set(clip.id, { stop, done });
  };

  return {
    async accept(bytes, signal) {
      bytes.on('error', () => {}); // it may break before it is read from
      const path = await receive(bytes, signal);
      let leave = () => {};
      try {
        if (isClosing) throw tooMany();
        leave = working.take();
        const file = await inspect(path, signal);
        const clip = await register(file);
        start(clip, file, leave);
        return clip;
      } catch (error) {
        await dropFile(path);
        leave();
        throw error;
      }
    },

    async waitFor(id, seconds, signal) {
      const job = jobs.get(id);
      if (job) await settleWithin(job.done, seconds * 1_000, signal);
      const [clip] = await store.get([id]);
      return clip;
    },

    async delete(id) {
      const job = jobs.get(id);
      job?.stop.abort();
      await job?.done;
      return store.delete(id);
    },

    recover: sweep,

    async close(drainMs = DRAIN_MS) {
      isClosing = true;
      clearInterval(sweepTimer);
      const all = Promise.all([...jobs.values()].map((job) => job.done));
      await settleWithin(all, drainMs);
      for (const job of jobs.values()) job.stop.abort();
      await all;
      await uploads.close();
    },
  };
}

type Outcome = Pick<ClipRecord, 'state' | 'features'>;

const toProcessing = (progress: number): ClipState => ({
  status: 'PROCESSING',
  progress,
  leaseUntil: new Date(Date.now() + LEASE_MS).toISOString(),
});

function toFailed(error: unknown, clipId: string, signal: AbortSignal, log: Log): ClipState {
  if (error instanceof MediaError) {
    return { status: 'FAILED', failure: { code: error.code, message: error.message } };
  }
  if (signal.aborted) return INTERRUPTED;
  log.error({ clipId, error }, 'A clip could not be embedded');
  const message = 'The clip could not be read because of a fault of the server.';
  return { status: 'FAILED', failure: { code: 'INTERRUPTED', message } };
}

const tooMany = () => new BusyError('Too many clips are being read; try again soon.', BUSY_RETRY_MS);

/** A bounded number of places. */
function createPlaces(count: number) {
  let taken = 0;
  return {
    taken: () => taken,
    areAllTaken: () => taken >= count,
    /** Returns what gives the place back. BusyError where all are taken. */
    take(): () => void {
      if (taken >= count) throw tooMany();
      taken++;
      return () => {
        taken--;
      };
    },
  };
}

/** Renews a clip's lease with its progress until released; stops the work where the clip was deleted. */
function holdLease(clip: ClipRecord, store: ClipStore, stop: AbortController, log: Log) {
  const released = new AbortController();
  let progress = 0;
  const renew = async () => {
    for (;;) {
      await sleep(HEARTBEAT_MS, undefined, { signal: released.signal });
      try {
        const isThere = await store.replace({ ...clip, state: toProcessing(progress) });
        if (!isThere) stop.abort();
      } catch (error) {
        log.warn({ clipId: clip.id, error }, 'The lease of a clip could not be renewed');
      }
    }
  };
  const ended = renew().catch(() => {}); // sleep rejects when released
  return {
    report: (value: number) => {
      progress = value;
    },
    release: () => {
      released.abort();
      return ended;
    },
  };
}

/** Waits for a promise, but no longer than this and no longer than the caller does. */
async function settleWithin(
  promise: Promise<unknown>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const either = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  const timeout = sleep(timeoutMs, undefined, { signal: either }).catch(() => {});
  await Promise.race([promise, timeout]);
  over.abort();
}
