import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface QdrantServer {
  url: string;
  apiKey: string | null;
  /** Ends it where the tests started it. */
  close(): Promise<void>;
}

/** True where tests can have a real server: one at QDRANT_URL, or a `qdrant` that they can start. */
export const hasQdrant = process.env.QDRANT_URL !== undefined || isInstalled();

export async function openQdrantServer(): Promise<QdrantServer> {
  const url = process.env.QDRANT_URL;
  if (url) return { url, apiKey: process.env.QDRANT_API_KEY ?? null, close: async () => {} };
  return startQdrant();
}

export interface StartedQdrant extends QdrantServer {
  process: ChildProcess;
  /** Ends it at once and starts it again on the same port and folder. */
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** Starts a server of its own on free ports of the loopback, in a temporary folder. */
export async function startQdrant({
  apiKey = null,
}: {
  apiKey?: string | null;
} = {}): Promise<StartedQdrant> {
  const directory = await mkdtemp(join(tmpdir(), 'control-mvr-qdrant-'));
  const port = await freePort();
  const grpcPort = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const launch = async (): Promise<ChildProcess> => {
    const child = spawn('qdrant', ['--disable-telemetry'], {
      cwd: directory,
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        QDRANT__SERVICE__HOST: '127.0.0.1',
        QDRANT__SERVICE__HTTP_PORT: String(port),
        QDRANT__SERVICE__GRPC_PORT: String(grpcPort),
        QDRANT__STORAGE__STORAGE_PATH: join(directory, 'storage'),
        QDRANT__STORAGE__SNAPSHOTS_PATH: join(directory, 'snapshots'),
        QDRANT__LOG_LEVEL: 'ERROR',
        ...(apiKey !== null && { QDRANT__SERVICE__API_KEY: apiKey }),
      },
    });
    for (let attempt = 0; attempt < 300; attempt++) {
      if (child.exitCode !== null) throw new Error(`qdrant ended with ${child.exitCode}.`);
      const isReady = await fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isReady) return child;
      await sleep(100);
    }
    throw new Error('qdrant does not become ready.');
  };
  const end = async (child: ChildProcess) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const server: StartedQdrant = {
    url,
    apiKey,
    process: await launch(),
    kill: () => end(server.process),
    async restart() {
      await end(server.process);
      server.process = await launch();
    },
    async close() {
      await end(server.process);
      await rm(directory, { recursive: true, force: true });
    },
  };
  return server;
}

function isInstalled(): boolean {
  try {
    execFileSync('qdrant', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
