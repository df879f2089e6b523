import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnavailableError } from '../../shared/errors.ts';
import { translateFault } from './faults.ts';
import { createPostJson } from './json-post.ts';
import { createLibraryClient, type QdrantClient, type Schemas } from './library-client.ts';

export interface QdrantConnection {
  /** Base address, such as http://127.0.0.1:6333. A user and password in it are sent, and never shown. */
  url: string;
  apiKey: string | null;
  /** Bound of one request. */
  timeoutMs: number;
  /** How often a request that failed is sent, at most. */
  maxAttempts: number;
  /** Of a call with all its attempts, or of an operation of several calls; 15 s, or 1.5 times a longer `timeoutMs`. */
  boundMs?: number;
}

/**
 * A Qdrant server. Every call made through it must be idempotent: it is sent again after a fault of the server or
 * of the way there. Faults leave as UnavailableError (away, too slow, 429, 5xx, not Qdrant), UsageError (a wrong API
 * key, a redirect), IntegrityError (vectors of another dimension) or QdrantRefusal (any other 4xx).
 */
export interface Qdrant {
  /** What changes the store or tells of the server, through the library. */
  call<Result>(request: (client: QdrantClient) => Promise<Result>): Promise<Result>;
  /** One query for each search. */
  queryBatch(collection: string, searches: readonly QueryRequest[]): Promise<ScoredPoint[][]>;
  /** Points by their ids; those that don't exist are left out. */
  retrieve(collection: string, request: RetrieveRequest): Promise<PointRecord[]>;
  /** A page of the points that a filter lets through. */
  scroll(collection: string, request: ScrollRequest): Promise<ScrollPage>;
  count(collection: string, request: CountRequest): Promise<number>;
  /** How many points have each value of a field. */
  facet(collection: string, request: FacetRequest): Promise<{ value: string; count: number }[]>;
  /** All that `work` asks for, again and again included, within the time that one call may take. */
  bounded<Result>(work: () => Promise<Result>): Promise<Result>;
}

export type Filter = Schemas['Filter'];
export type Condition = Schemas['Condition'];
export type QueryRequest = Schemas['QueryRequest'];
export type CountRequest = Schemas['CountRequest'];
export type FacetRequest = Schemas['FacetRequest'];
export type CollectionSettings = Schemas['CreateCollection'];
export type FieldSchema = Schemas['PayloadFieldSchema'];
export type PointStruct = Schemas['PointStruct'];
export type ScoredPoint = Schemas['ScoredPoint'];
export type PointRecord = Schemas['Record'];
export type Payload = Record<string, unknown>;

export type PageOffset = Schemas['ExtendedPointId'];
export type ScrollPage = Schemas['ScrollResult'];

/** True asks for all fields, or all vectors. */
interface ReadRequest {
  with_payload: readonly string[] | true;
  with_vector: readonly string[] | boolean;
}
export interface RetrieveRequest extends ReadRequest {
  ids: readonly string[];
}
export interface ScrollRequest extends ReadRequest {
  filter: Filter;
  limit: number;
  offset?: PageOffset;
  order_by?: Schemas['OrderBy'];
}

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;
const BOUND_MS = 15_000;

export function createQdrant({
  url,
  apiKey,
  timeoutMs,
  maxAttempts,
  boundMs = Math.max(BOUND_MS, 1.5 * timeoutMs),
}: QdrantConnection): Qdrant {
  const address = new URL(url);
  const headers = {
    // Not as `apiKey`, since the library then warns on the console about http, which is right within a cluster.
    ...(apiKey !== null && { 'api-key': apiKey }),
    ...(address.username !== '' && { authorization: basicCredentials(address) }),
    // Vectors hardly compress, and trying takes the server longer than the search: fetch would ask for gzip.
    'accept-encoding': 'identity',
  };
  const shownAddress = address.origin + address.pathname.replace(/\/$/, '');
  /** When, by performance.now(), the operation under way has to be done. */
  const endMs = new AsyncLocalStorage<number>();
  const leftMs = (): number => (endMs.getStore() ?? Number.POSITIVE_INFINITY) - performance.now();
  const requestMs = (): number => Math.max(1, Math.ceil(Math.min(timeoutMs, leftMs())));
  const bounded = <Result>(work: () => Promise<Result>): Promise<Result> =>
    endMs.run(Math.min(endMs.getStore() ?? Number.POSITIVE_INFINITY, performance.now() + boundMs), work);

  const client = createLibraryClient(address, headers, requestMs);
  // The library calls a function for every number of an answer: a dozen vectors take it 2 ms.
  const post = createPostJson(address, headers);

  const tryOften = <Result>(request: () => Promise<Result>): Promise<Result> =>
    bounded(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await request();
        } catch (error) {
          const fault = translateFault(error, shownAddress);
          const pause = pauseMs(attempt);
          const isWorthwhile =
            fault instanceof UnavailableError && fault.retryAfterMs <= MAX_PAUSE_MS && pause < leftMs();
          if (!isWorthwhile || attempt >= maxAttempts) throw fault;
          await sleep(pause);
        }
      }
    });
  /** The server gives up, too, on what nobody waits for any longer. */
  const read = async (collection: string, path: string, body: object): Promise<unknown> => {
    const answer = await tryOften(() => {
      const timeoutMs = requestMs();
      const query = `?timeout=${Math.ceil(timeoutMs / 1000)}`;
      return post(`/collections/${encodeURIComponent(collection)}/${path}${query}`, body, timeoutMs);
    });
    return (answer as { result: unknown }).result;
  };

  return {
    call: (request) => tryOften(() => request(client)),
    async queryBatch(collection, searches) {
      const answers = await read(collection, 'points/query/batch', { searches });
      return (answers as { points: ScoredPoint[] }[]).map(({ points }) => points);
    },
    retrieve: async (collection, request) => (await read(collection, 'points', request)) as PointRecord[],
    scroll: async (collection, request) => (await read(collection, 'points/scroll', request)) as ScrollPage,
    async count(collection, request) {
      const { count } = (await read(collection, 'points/count', request)) as { count: number };
      return count;
    },
    async facet(collection, request) {
      const { hits } = (await read(collection, 'facet', request)) as Schemas['FacetResponse'];
      return hits.map(({ value, count }) => ({ value: String(value), count }));
    },
    bounded,
  };
}

/** Doubles with each attempt, less a random part, so that many callers don't come back at once. */
function pauseMs(attempt: number): number {
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
}

function basicCredentials({ username, password }: URL): string {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}
