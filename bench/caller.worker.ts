import { serveWorker } from '../src/shared/worker-server.ts';
import { timed } from './measure.ts';

/** Calls the server from a thread of its own, so that the server's event loop is the server's alone. */

export interface Load {
  url: string;
  /** Bodies of requests; the callers take one after the other, each once. */
  bodies: string[];
  callers: number;
}

async function post(url: string, body: string): Promise<number> {
  const startedMs = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  const { data, errors } = await response.json();
  if (errors || data.searchMusic.hits.edges.length === 0) throw new Error(JSON.stringify(errors ?? data));
  return performance.now() - startedMs;
}

const handlers = {
  /** Milliseconds from the first byte sent to the whole answer parsed. */
  post: ({ url, body }: { url: string; body: string }): Promise<number> => post(url, body),

  /** Milliseconds until all callers are done. */
  async load({ url, bodies, callers }: Load): Promise<number> {
    const waiting = bodies.values();
    const callOn = async () => {
      for (const body of waiting) await post(url, body);
    };
    return timed(() => Promise.all(Array.from({ length: callers }, callOn)))();
  },
};

export type CallerHandlers = typeof handlers;

serveWorker(handlers);
