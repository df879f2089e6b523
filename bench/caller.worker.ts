import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { serveWorker } from '../src/shared/worker-server.ts';
import { timed } from './measure.ts';

/** Calls the server from a thread of its own, so that the server's event loop is the server's alone. */

export interface Load {
  url: string;
  /** Bodies of requests; the callers take one after the other, each once. */
  bodies: string[];
  callers: number;
}

interface Answer {
  data?: { searchMusic: { hits: { edges: unknown[] } } };
  errors?: unknown;
}

/** Kept open, and with as little work of its own as can be: what is measured is the server. */
const agent = new Agent({ keepAlive: true });

async function post(url: string, body: string): Promise<number> {
  const startedMs = performance.now();
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  const { data, errors } = await new Promise<Answer>((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      json(response).then((answer) => resolve(answer as Answer), reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
  if (errors || !data || data.searchMusic.hits.edges.length === 0)
    throw new Error(JSON.stringify(errors ?? data));
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
