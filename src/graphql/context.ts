import { randomUUID } from 'node:crypto';
import type { DeviceReport } from '../backbone/device.ts';
import type { Limits } from '../config/config.ts';
import type { Clips } from '../retrieval/clips.ts';
import type { SearchContext } from '../retrieval/search/reads.ts';
import type { Serving } from '../retrieval/serving.ts';
import type { ItemRecord, VectorStore } from '../store/vector-store.ts';
import { createLoaders, type Loaders } from './loaders.ts';

/** Where an item's files can be fetched by a browser; null where they can't. */
export interface MediaUrls {
  mediaUrl(item: ItemRecord): string | null | Promise<string | null>;
  thumbnailUrl(item: ItemRecord): string | null;
}

/** What the API needs of a log. */
interface ApiLog {
  error(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** What the API is built on; lives as long as the server. */
export interface ApiServices {
  /** The bundle that is loaded now. */
  serving(): Serving;
  store: VectorStore;
  clips: Pick<Clips, 'delete'>;
  deviceReport(): DeviceReport;
  limits: Limits;
  mediaUrls: MediaUrls;
  /** The project's version, as `system.version` reports it. */
  version: string;
  log: ApiLog;
}

/** What the resolvers of one request share. */
export interface Context extends SearchContext {
  readonly requestId: string;
  /** Fires when the caller has gone. */
  readonly signal: AbortSignal | null;
  readonly services: ApiServices;
  readonly serving: Serving;
  readonly reads: Loaders;
}

export interface RequestOptions {
  /** Stands in the log and in the response where something unexpected fails. */
  requestId?: string;
  /** Fires when the caller has gone. */
  signal?: AbortSignal;
}

/** A context for one request. It keeps the bundle that is loaded now to the request's end. */
export function createRequestContext(
  services: ApiServices,
  { requestId = randomUUID(), signal }: RequestOptions = {},
): Context {
  const serving = services.serving();
  return {
    requestId,
    signal: signal ?? null,
    services,
    serving,
    storeKind: services.store.kind,
    device: services.deviceReport().used,
    limits: services.limits,
    reads: createLoaders(serving, services.store.clips, signal),
  };
}
