import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What becomes of the next requests. */
export type Fault =
  | { kind: 'none' }
  | { kind: 'delay'; delayMs: number }
  | { kind: 'status'; status: number; error: string }
  /** The connection ends before an answer. */
  | { kind: 'drop' }
  /** The request is carried out, but half of its answer is lost. */
  | { kind: 'half' };

type IsMeant = (method: string, path: string) => boolean;

export interface FaultyProxy {
  url: string;
  /** Requests so far, of those that were meant. */
  count: number;
  /** Of the next `times` requests, all of them unless told, after the next `skipped` ones; only those meant count. */
  set(fault: Fault, times?: number, skipped?: number, isMeant?: IsMeant): void;
  close(): Promise<void>;
}

/** Stands before a server and does to requests what a bad network and an ailing server do. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  let fault: Fault = { kind: 'none' };
  let left = 0;
  let skipping = 0;
  let isMeant: IsMeant = () => true;
  const next = (method: string, path: string): Fault => {
    if (!isMeant(method, path)) return { kind: 'none' };
    proxy.count++;
    return skipping-- <= 0 && left-- > 0 ? fault : { kind: 'none' };
  };
  const server = createServer(async (request, response) => {
    const [path] = (request.url ?? '').split('?');
    const now = next(request.method ?? '', path);
    if (now.kind === 'drop') return request.socket.destroy();
    if (now.kind === 'status') {
      request.resume();
      response.writeHead(now.status, { 'content-type': 'application/json' });
      return response.end(JSON.stringify({ status: { error: now.error }, time: 0 }));
    }
    if (now.kind === 'delay') await sleep(now.delayMs);
    const { method, headers } = request;
    const passed = send(new URL(request.url ?? '/', target), { method, headers }, async (answer) => {
      const bytes = Buffer.concat(await answer.toArray());
      response.writeHead(answer.statusCode ?? 500, {
        'content-type': 'application/json',
        'content-length': bytes.length,
      });
      if (now.kind !== 'half') return response.end(bytes);
      response.write(bytes.subarray(0, bytes.length / 2));
      setImmediate(() => response.destroy());
    });
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: FaultyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: 0,
    set(next, times = Number.POSITIVE_INFINITY, skipped = 0, isNextMeant = () => true) {
      fault = next;
      isMeant = isNextMeant;
      left = times;
      skipping = skipped;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}
