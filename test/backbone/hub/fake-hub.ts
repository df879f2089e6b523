import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** What goes wrong with one answer that carries a file's bytes. */
export type Fault =
  | { kind: 'cut'; afterBytes: number; until?: () => Promise<void> } // until: they have arrived
  | { kind: 'silence'; afterBytes: number }
  | { kind: 'status'; status: number; headers?: Record<string, string> }
  | { kind: 'empty' } // the headers of what was asked for, without a byte of it
  | { kind: 'compressed' } // whatever the request says of that
  | { kind: 'whole' } // as if no range had been asked for
  | { kind: 'other'; etag: string; bytes?: Uint8Array } // a range, though the entity tag is another
  | { kind: 'unmeasured'; bytes: Uint8Array }; // without a length

export interface RecordedRequest {
  host: 'hub' | 'storage';
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
}

export interface FakeRepository {
  commit: string;
  files: Record<string, Uint8Array>;
  /** Without the right token: 401. */
  token?: string;
}

/**
 * The hub on loopback: a host that redirects large files to a second one, as the public hub does. A file is large unless
 * its name ends in .json.
 */
export interface FakeHub {
  url: string;
  requests: RecordedRequest[];
  repositories: Record<string, FakeRepository>;
  /** By a file's path; each answer with its bytes takes the first one left. */
  faults: Record<string, Fault[]>;
  /** What the redirect says of a file's content, where that is a lie. */
  claims: Record<string, { sha256?: string; sizeBytes?: number }>;
  close(): Promise<void>;
}

export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export async function startFakeHub(): Promise<FakeHub> {
  const hub: Omit<FakeHub, 'url' | 'close'> = { requests: [], repositories: {}, faults: {}, claims: {} };
  const storage = await listen((request, response) => {
    record('storage', request);
    const [, name, commit, path] = /^\/([^/]+\/[^/]+)\/([^/]+)\/(.+)$/.exec(request.url ?? '') ?? [];
    const repository = hub.repositories[name];
    if (repository?.commit !== commit) return void answer(response, 404);
    sendFile(request, response, path, repository.files[path]);
  });
  const front = await listen((request, response) => {
    record('hub', request);
    const [, name, revision, path] =
      /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(decodeURIComponent(request.url ?? '')) ?? [];
    const repository = hub.repositories[name];
    if (!repository) return void answer(response, 404, { 'x-error-code': 'RepoNotFound' });
    if (repository.token && request.headers.authorization !== `Bearer ${repository.token}`) {
      return void answer(response, 401, { 'x-error-code': 'GatedRepo' });
    }
    const isKnown = revision === 'main' || revision === repository.commit;
    const bytes = isKnown ? repository.files[path] : undefined;
    if (!bytes) return void answer(response, 404, { 'x-error-code': 'EntryNotFound' });
    response.setHeader('x-repo-commit', repository.commit);
    if (path.endsWith('.json')) return void sendFile(request, response, path, bytes);
    const claim = { sha256: sha256Of(bytes), sizeBytes: bytes.length, ...hub.claims[path] };
    answer(response, 302, {
      location: `${urlOf(storage)}/${name}/${repository.commit}/${path}`,
      'x-linked-etag': `"${claim.sha256}"`,
      'x-linked-size': String(claim.sizeBytes),
    });
  });

  function record(host: 'hub' | 'storage', { method = '', url = '', headers }: IncomingMessage): void {
    hub.requests.push({ host, method, url, headers });
  }

  function sendFile(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    bytes: Uint8Array,
  ): void {
    const fault = request.method === 'GET' ? hub.faults[path]?.shift() : undefined;
    if (fault?.kind === 'status') return void answer(response, fault.status, fault.headers);
    if (fault?.kind === 'unmeasured') {
      response.writeHead(200, { etag: tagOf(bytes) });
      response.end(fault.bytes);
      return;
    }
    if (fault?.kind === 'compressed') {
      const packed = gzipSync(bytes);
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length });
      response.end(packed);
      return;
    }
    const content = fault?.kind === 'other' ? (fault.bytes ?? bytes) : bytes;
    const etag = fault?.kind === 'other' ? fault.etag : tagOf(content);
    const start = fault?.kind === 'whole' ? 0 : startOf(request, fault?.kind === 'other' ? null : etag);
    if (start >= content.length) return void answer(response, 416);
    const rest = content.subarray(start);
    const range = start > 0 && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
    const sizeBytes = fault?.kind === 'empty' ? 0 : rest.length;
    response.writeHead(start > 0 ? 206 : 200, { etag, 'content-length': sizeBytes, ...range });
    if (request.method === 'HEAD' || fault?.kind === 'empty') return void response.end();
    if (fault?.kind !== 'cut' && fault?.kind !== 'silence') return void response.end(rest);
    response.write(rest.subarray(0, fault.afterBytes), async () => {
      if (fault.kind === 'silence') return;
      await fault.until?.();
      response.destroy();
    });
  }

  return {
    ...hub,
    url: urlOf(front),
    async close() {
      for (const server of [front, storage]) {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }
    },
  };
}

/** Storage has tags of its own, which are no hashes of the content. */
function tagOf(bytes: Uint8Array): string {
  return `"${createHash('sha256').update('storage').update(bytes).digest('hex')}"`;
}

/** The byte that is asked for; 0 where If-Range names another entity than `etag`. */
function startOf({ headers }: IncomingMessage, etag: string | null): number {
  const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  return etag !== null && headers['if-range'] !== undefined && headers['if-range'] !== etag ? 0 : start;
}

function answer(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers);
  response.end();
}

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
