import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../shared/errors.ts';

/** A large upload over a slow line. */
const REQUEST_TIMEOUT_MS = 15 * 60_000;
/** Longer than the idle time of common load balancers, so that they close first. */
const KEEP_ALIVE_MS = 65_000;
const DRAIN_MS = 10_000;
const IDLE_CHECK_MS = 50;

export interface ListeningServer {
  /** Where it can be reached from this machine, with the port that was really taken. */
  url: string;
  /** Stops accepting, lets requests in flight end within `drainMs`, then cuts the rest off. */
  drain(drainMs?: number): Promise<void>;
}

/** Starts to listen; port 0 takes a free one. UsageError where the address can't be had. */
export async function listen(
  handle: RequestListener,
  { host, port }: { host: string; port: number },
): Promise<ListeningServer> {
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS },
    handle,
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new UsageError(`Cannot listen on ${host}:${port} (${error.code}); set PORT or HOST.`));
    });
    server.listen(port, host, resolve);
  });

  return {
    url: toUrl(server.address() as AddressInfo),
    drain: (drainMs = DRAIN_MS) =>
      new Promise((resolve) => {
        // Connections that are kept alive become idle one by one as their responses end.
        const closeIdle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
        const deadline = setTimeout(() => server.closeAllConnections(), drainMs);
        server.close(() => {
          clearInterval(closeIdle);
          clearTimeout(deadline);
          resolve();
        });
      }),
  };
}

function toUrl({ address, family, port }: AddressInfo): string {
  const isEveryAddress = address === '0.0.0.0' || address === '::';
  const host = isEveryAddress ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
