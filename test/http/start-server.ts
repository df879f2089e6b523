import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApolloServer } from '@apollo/server';
import { createApp, type HttpServices } from '../../src/http/app.ts';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { createMediaUrls } from '../../src/http/media-urls.ts';
import { type Clips, type ClipsOptions, createClips } from '../../src/retrieval/clips.ts';
import { createMetrics } from '../../src/shared/metrics.ts';
import type { ItemRecord } from '../../src/store/vector-store.ts';
import {
  createFakeBackbone,
  createFakeReader,
  createMemoryClipStore,
  RULE,
  SILENT_LOG,
} from '../retrieval/clip-fakes.ts';

interface StubContext {
  requestId: string;
  signal: AbortSignal;
}

export interface TestServer extends ListeningServer {
  clips: Clips;
  clipStore: ReturnType<typeof createMemoryClipStore>;
  /** Files that uploads left on disk. */
  filesLeft(): Promise<string[]>;
  send(options: SendOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface StartOptions {
  config?: Partial<HttpServices<StubContext>['config']>;
  items?: ItemRecord[];
  thumbnails?: Record<string, Uint8Array>;
  notReadyReasons?: string[];
  now?: () => number;
  clips?: Partial<ClipsOptions>;
  maxUploadBytes?: number;
  uploadIdleMs?: number;
}

/** The HTTP interface on a free port, over a memory store, a fake decoder and a GraphQL schema of three fields. */
export async function startServer(options: StartOptions = {}): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'http-'));
  const config = { host: '127.0.0.1', publicUrl: null, corsOrigins: [], apiKeys: [], ...options.config };
  const limits = {
    maxUploadBytes: options.maxUploadBytes ?? 100_000,
    maxClipSeconds: 600,
    clipLifetimeHours: 24,
  };
  const clipStore = createMemoryClipStore();
  const metrics = createMetrics();
  const clips = createClips({
    store: clipStore,
    reader: createFakeReader(),
    embedding: () => ({
      backbones: { MUSIC: createFakeBackbone('MUSIC'), VIDEO: createFakeBackbone('VIDEO') },
      rule: RULE,
    }),
    limits,
    directory,
    log: SILENT_LOG,
    metrics,
    ...options.clips,
  });
  const graphqlServer = new ApolloServer<StubContext>({
    typeDefs: 'type Query { hello: String, requestId: String, slow(ms: Int!): String }',
    resolvers: {
      Query: {
        hello: () => 'world',
        requestId: (_root, _arguments, context: StubContext) => context.requestId,
        slow: (_root, { ms }: { ms: number }) =>
          new Promise((resolve) => setTimeout(() => resolve('done'), ms)),
      },
    },
  });
  await graphqlServer.start();
  const items = new Map((options.items ?? []).map((item) => [item.id, item]));
  const app = createApp<StubContext>({
    config,
    limits,
    clips,
    uploadIdleMs: options.uploadIdleMs,
    items: {
      retrieve: async (id) => items.get(id) ?? null,
      thumbnail: async (id) => options.thumbnails?.[id] ?? null,
    },
    mediaUrls: createMediaUrls({ ...config, now: options.now }),
    graphql: { server: graphqlServer, createContext: (context) => context },
    notReadyReasons: async () => options.notReadyReasons ?? [],
    webDirectory: join(directory, 'web'),
    metrics,
    log: SILENT_LOG,
  });
  const server = await listen(app, { host: config.host, port: 0 });
  return {
    ...server,
    clips,
    clipStore,
    filesLeft: async () =>
      (await readdir(directory, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name),
    send: (sendOptions) => send(server.url, sendOptions),
    async close() {
      await server.drain(0);
      await clips.close(0);
      await graphqlServer.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export interface SendOptions {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON came
  json: any;
}

/** One request, with full control over its headers. */
export function send(
  url: string,
  { method = 'GET', path, headers = {}, body }: SendOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const outgoing = request({ hostname, port, method, path, headers, agent: false }, async (incoming) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const isJson = incoming.headers['content-type']?.includes('json') && bytes.length > 0;
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        body: bytes,
        json: isJson ? JSON.parse(bytes.toString()) : null,
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export interface Part {
  /** Goes into the header as it is. */
  disposition: string;
  bytes: string | Buffer;
}

export function toMultipart(parts: Part[]): { headers: Record<string, string>; body: Buffer } {
  const boundary = 'a-boundary-of-the-tests';
  const chunks = parts.flatMap(({ disposition, bytes }) => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
    Buffer.from(bytes),
    Buffer.from('\r\n'),
  ]);
  return {
    headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

export const postFile = (bytes: string | Buffer, filename = 'clip.mp4') => ({
  method: 'POST',
  path: '/clips?waitSeconds=20',
  ...toMultipart([{ disposition: `name="file"; filename="${filename}"`, bytes }]),
});
