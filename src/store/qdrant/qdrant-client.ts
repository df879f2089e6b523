import { setTimeout as sleep } from 'node:timers/promises';
import { QdrantClient, type Schemas } from '@qdrant/js-client-rest';
import { IntegrityError, UnavailableError, UsageError } from '../../shared/errors.ts';

export interface QdrantConnection {
  /** Base address, such as http://127.0.0.1:6333. */
  url: string;
  apiKey: string | null;
  /** Bound of one request. */
  timeoutMs: number;
  /** How often a request that failed is sent, at most. */
  maxAttempts: number;
}

/**
 * A Qdrant server. Every call made through it must be idempotent: it is sent again after a fault of the server or
 * of the way there. Faults leave as UnavailableError (away, too slow, 429, 5xx), UsageError (a wrong API key),
 * IntegrityError (vectors of another dimension) or QdrantRefusal (any other 4xx).
 */
export interface Qdrant {
  call<Result>(request: (client: QdrantClient) => Promise<Result>): Promise<Result>;
}

export type Filter = Schemas['Filter'];
export type Condition = Schemas['Condition'];
export type QueryRequest = Schemas['QueryRequest'];
export type CollectionSettings = Schemas['CreateCollection'];
export type FieldSchema = Schemas['PayloadFieldSchema'];
export type PointStruct = Schemas['PointStruct'];
export type Payload = Record<string, unknown>;

/** The server understood the request and refused it. */
export class QdrantRefusal extends Error {
  override readonly name = 'QdrantRefusal';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** True where what was asked for does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof QdrantRefusal && error.status === 404;
}

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;

export function createQdrant({ url, apiKey, timeoutMs, maxAttempts }: QdrantConnection): Qdrant {
  const { origin, pathname } = new URL(url);
  const client = new QdrantClient({
    url: origin,
    prefix: pathname === '/' ? '' : pathname,
    // The library assumes 6333 where a URL names no port, even for https.
    port: portOf(url),
    // Not as `apiKey`, since the library then warns on the console about http, which is right within a cluster.
    // Vectors hardly compress, and trying takes the server longer than the search: fetch would ask for gzip.
    headers: { 'api-key': apiKey ?? undefined, 'accept-encoding': 'identity' },
    timeout: timeoutMs,
    checkCompatibility: false,
  });
  return {
    async call(request) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await request(client);
        } catch (error) {
          const fault = translate(error, url);
          if (!(fault instanceof UnavailableError) || attempt >= maxAttempts) throw fault;
          await sleep(pauseMs(attempt));
        }
      }
    },
  };
}

/** Doubles with each attempt, less a random part, so that many callers don't come back at once. */
function pauseMs(attempt: number): number {
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

/** What the library throws for an answer that is not 2xx. */
interface ApiFault {
  status: number;
  data: { status?: { error?: string } } | string | undefined;
}

function translate(error: unknown, url: string): Error {
  if (isApiFault(error)) return translateAnswer(error);
  const name = error instanceof Error ? error.name : '';
  if (name === 'QdrantClientTimeoutError') {
    return new UnavailableError(`Qdrant at ${url} did not answer in time.`, MAX_PAUSE_MS, error);
  }
  if (name === 'QdrantClientResourceExhaustedError') {
    const { retry_after } = error as Error & { retry_after: number };
    return new UnavailableError(`Qdrant at ${url} asks to wait.`, retry_after * 1000, error);
  }
  // fetch reports a refused connection, a lost one and an unknown host as TypeErrors; half an answer is no JSON.
  if (error instanceof TypeError || error instanceof SyntaxError) {
    return new UnavailableError(`Qdrant at ${url} can't be reached.`, MAX_PAUSE_MS, error);
  }
  return error instanceof Error ? error : new Error(String(error));
}

function isApiFault(error: unknown): error is ApiFault {
  return error instanceof Error && 'status' in error && 'data' in error;
}

function translateAnswer({ status, data }: ApiFault): Error {
  const reason = (typeof data === 'object' ? data?.status?.error : data) ?? 'no reason given';
  const message = `Qdrant answered ${status}: ${reason}`;
  if (status === 401 || status === 403) {
    return new UsageError(
      `Qdrant refuses the API key (${status}). Set QDRANT_API_KEY to one that may write.`,
    );
  }
  if (status >= 500 || status === 408 || status === 429) return new UnavailableError(message, MAX_PAUSE_MS);
  if (status === 400 && /vector dimension/i.test(reason)) return new IntegrityError(message);
  return new QdrantRefusal(status, message);
}
