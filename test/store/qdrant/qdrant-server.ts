import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
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

/** True where tests can start a server of their own. */
export const isQdrantInstalled = isWorking('qdrant', ['--version']);
/** True where tests can have a real server: one at QDRANT_URL, or one of their own. */
export const hasQdrant = process.env.QDRANT_URL !== undefined || isQdrantInstalled;

/** Deletes what a test left on a server that may not be its own. */
export async function dropCollections({ url, apiKey }: Pick<QdrantServer, 'url' | 'apiKey'>, prefix: string) {
  const headers = apiKey === null ? undefined : { 'api-key': apiKey };
  const answer = await fetch(`${url}/collections`, { headers });
  const { result } = (await answer.json()) as { result: { collections: { name: string }[] } };
  for (const { name } of result.collections) {
    if (name.startsWith(prefix)) await fetch(`${url}/collections/${name}`, { method: 'DELETE', headers });
  }
}

export async function openQdrantServer(): Promise<QdrantServer> {
  const url = process.env.QDRANT_URL;
  if (url) return { url, apiKey: process.env.QDRANT_API_KEY ?? null, close: async () => {} };
  return startQdrant();
}

export interface StartedQdrant extends QdrantServer {
  directory: string;
  process: ChildProcess;
  /** Ends it at once and starts it again on the same port and folder. */
  kill(): Promise<void>;
  restart(): Promise<void>;
}

export interface QdrantOptions {
  apiKey?: string | null;
  /** Where it keeps its files; a temporary folder of its own unless told. */
  directory?: string;
  port?: number;
  /** Further settings, such as QDRANT__CLUSTER__ENABLED. */
  settings?: Record<string, string>;
  commandArguments?: readonly string[];
  /** Gives it a disk of this size alone, in memory; where `canLimitDisk`. */
  diskBytes?: number;
}

/** True where a process can have mounts of its own: Linux with user namespaces. */
export const canLimitDisk = isWorking('unshare', ['--user', '--map-root-user', '--mount', 'true']);

/** Starts a server of its own on free ports of the loopback, in a temporary folder. */
export async function startQdrant(options: QdrantOptions = {}): Promise<StartedQdrant> {
  const { apiKey = null, settings = {}, commandArguments = [], diskBytes } = options;
  const directory = options.directory ?? (await makeStorageFolder());
  const port = options.port ?? (await freePort());
  const grpcPort = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const launch = async (): Promise<ChildProcess> => {
    const qdrant = ['qdrant', '--disable-telemetry', ...commandArguments];
    const [command, ...rest] = diskBytes ? [...onDiskOf(diskBytes, directory), ...qdrant] : qdrant;
    const child = spawn(command, rest, {
      cwd: directory,
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        QDRANT__SERVICE__HOST: '127.0.0.1',
        QDRANT__SERVICE__HTTP_PORT: String(port),
        QDRANT__SERVICE__GRPC_PORT: String(grpcPort),
        QDRANT__STORAGE__STORAGE_PATH: join(directory, 'storage'),
        QDRANT__STORAGE__SNAPSHOTS_PATH: join(directory, 'snapshots'),
        // Each collection sets 32 MB aside for each of its shards otherwise.
        QDRANT__STORAGE__WAL__WAL_CAPACITY_MB: '1',
        QDRANT__LOG_LEVEL: 'ERROR',
        ...(apiKey !== null && { QDRANT__SERVICE__API_KEY: apiKey }),
        ...settings,
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
    directory,
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

/** What runs a command with such a disk mounted in its folder, seen by it alone. */
function onDiskOf(sizeBytes: number, directory: string): string[] {
  const script = 'mount -t tmpfs -o size="$0" tmpfs "$1" && cd "$1" && shift && exec "$@"';
  return [
    'unshare',
    '--user',
    '--map-root-user',
    '--mount',
    'sh',
    '-c',
    script,
    String(sizeBytes),
    directory,
  ];
}

/** A folder of the process as it sees it, mounts of its own included. */
export function folderOf({ process: { pid } }: StartedQdrant, directory: string): string {
  return `/proc/${pid}/root${directory}`;
}

function isWorking(command: string, commandArguments: readonly string[]): boolean {
  try {
    execFileSync(command, commandArguments, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const MEMORY_FOLDER = '/dev/shm';
const ROOM_BYTES = 2 ** 31;

/**
 * In memory where there is room: making a collection waits for the disk some twenty times. What a process wrote
 * outlives its kill in either place.
 */
async function makeStorageFolder(): Promise<string> {
  const room = await statfs(MEMORY_FOLDER).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  return mkdtemp(join(room >= ROOM_BYTES ? MEMORY_FOLDER : tmpdir(), 'control-mvr-qdrant-'));
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
