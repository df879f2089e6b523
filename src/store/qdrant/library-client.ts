import { QdrantClient } from '@qdrant/js-client-rest';
import { AnswerFault, ConnectionFault } from './faults.ts';
import { toWaitMs } from './retry-after.ts';

export type { QdrantClient, Schemas } from '@qdrant/js-client-rest';

/** One operation of the library's, by its payload and what `fetch` is told. */
type Send = (payload: unknown, init: RequestInit) => Promise<{ status: number; data: unknown }>;

/**
 * The library's client. Left alone, it follows redirects, with the API key, and takes whatever answers for Qdrant's:
 * here it does neither, and rejects with an AnswerFault or a ConnectionFault. `timeoutMs` is asked before each request.
 */
export function createLibraryClient(
  { origin, pathname, port, protocol }: URL,
  headers: Record<string, string>,
  timeoutMs: () => number,
): QdrantClient {
  const client = new QdrantClient({
    url: origin,
    prefix: pathname.replace(/\/$/, ''),
    // The library assumes 6333 where a URL names no port, even for https.
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
    headers,
    timeout: Number.POSITIVE_INFINITY,
    checkCompatibility: false,
  });
  const operations = client.api() as unknown as Record<string, Send>;
  for (const [name, send] of Object.entries(operations)) {
    operations[name] = async (payload) => {
      const signal = AbortSignal.timeout(timeoutMs());
      const answer = await send(payload, { redirect: 'manual', signal }).catch((error) => {
        throw toFault(error, signal.aborted);
      });
      if (typeof answer.data !== 'object') throw new AnswerFault(answer.status, answer.data);
      return answer;
    };
  }
  return client;
}

/** What the library throws for an answer that is not 2xx. */
interface LibraryError {
  status: number;
  data: unknown;
  headers: Headers;
}

/** For an answer that is not 2xx the library throws by its own classes, else what its `fetch` did. */
function toFault(error: Error | (Error & LibraryError), isTimeout: boolean): Error {
  if ('status' in error) {
    return new AnswerFault(error.status, error.data, toWaitMs(error.headers.get('retry-after')));
  }
  // Of a 429 with a Retry-After, however long, the library keeps that one's first character, and fails on a date's.
  const isExhausted = error.name === 'QdrantClientResourceExhaustedError' || error.name === 'CustomError';
  if (isExhausted) return new AnswerFault(429, { status: { error: error.message } });
  return new ConnectionFault(error, isTimeout);
}
