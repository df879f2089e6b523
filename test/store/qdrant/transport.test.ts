import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { UnavailableError } from '../../../src/shared/errors.ts';
import { createQdrant } from '../../../src/store/qdrant/qdrant-client.ts';
import { createQdrantStore, type QdrantStoreOptions } from '../../../src/store/qdrant/qdrant-store.ts';
import type { VectorStore } from '../../../src/store/vector-store.ts';
import { startRecordingServer } from './recording-server.ts';

const CLIP = {
  id: 'clip_a',
  state: { status: 'READY' as const },
  durationSeconds: 1,
  expiresAt: new Date(Date.now() + 600_000).toISOString(),
  features: [],
};
/** One call through each of the two clients: the library's, and the one that reads. */
const CALLS: [string, (store: VectorStore) => Promise<unknown>][] = [
  ['what is written', (store) => store.clips.put(CLIP)],
  ['what is read', (store) => store.clips.get(['clip_a'])],
];

describe('What answers at QDRANT_URL', () => {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  const listen = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const answer =
    (status: number, body: string, headers: Record<string, string> = {}, seen: IncomingMessage[] = []) =>
    (request: IncomingMessage, response: Parameters<RequestListener>[1]) => {
      seen.push(request);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    };
  const open = (url: string, options: Partial<QdrantStoreOptions> = {}) =>
    createQdrantStore({ url, apiKey: 'key', prefix: 'test', maxAttempts: 2, ...options });

  it.each(CALLS)('is not followed elsewhere, so that nobody else gets the API key: %s', async (_, call) => {
    const seen: IncomingMessage[] = [];
    const other = await listen(answer(200, '{"result":[],"version":"1.18.3"}', {}, seen));
    const url = await listen(
      answer(307, '', { 'content-type': 'text/html', location: other.replace('127.0.0.1', 'localhost') }),
    );
    await expect(call(open(url))).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('redirect'),
    });
    expect(seen).toHaveLength(0);
  });

  it('is a missing collection only where Qdrant says so, not where a gateway has no such page', async () => {
    const page = '<html>404 Not Found</html>';
    for (const body of [page, '{"message":"no route"}', '']) {
      const store = open(await listen(answer(404, body, { 'content-type': 'text/html' })));
      for (const call of [
        () => store.currentBundleId(),
        ...CALLS.map(
          ([, call]) =>
            () =>
              call(store),
        ),
      ]) {
        await expect(call()).rejects.toMatchObject({ name: 'UnavailableError' });
      }
    }
    const missing = '{"status":{"error":"Not found: Collection `test-clips` doesn\'t exist!"},"time":0}';
    const store = open(await listen(answer(404, missing)));
    expect(await store.clips.get(['clip_a'])).toEqual([null]);
  });

  it.each(CALLS)('is away where a gateway answers 200 with a page: %s', async (_, call) => {
    const url = await listen(answer(200, '<html>Sign in</html>', { 'content-type': 'text/html' }));
    await expect(call(open(url))).rejects.toMatchObject({ name: 'UnavailableError' });
  });

  it('may ask to wait, in seconds or until a date, and is not asked again before', async () => {
    const tooMany = '{"status":{"error":"Rate limiting"},"time":0}';
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    for (const [retryAfter, leastMs, mostMs] of [
      ['30', 30_000, 30_000],
      [inAMinute, 50_000, 60_000],
    ] as const) {
      const seen: IncomingMessage[] = [];
      const store = open(await listen(answer(429, tooMany, { 'retry-after': retryAfter }, seen)));
      const error = await store.clips.get(['clip_a']).catch((error: UnavailableError) => error);
      expect(error).toMatchObject({ name: 'UnavailableError' });
      const { retryAfterMs } = error as UnavailableError;
      expect(retryAfterMs).toBeGreaterThanOrEqual(leastMs);
      expect(retryAfterMs).toBeLessThanOrEqual(mostMs);
      expect(seen).toHaveLength(1);
      await expect(store.clips.put(CLIP)).rejects.toMatchObject({ name: 'UnavailableError' });
    }
  });

  it('may ask whoever writes to wait as well', async () => {
    const seen: IncomingMessage[] = [];
    const away = '{"status":{"error":"Starting"},"time":0}';
    const store = open(await listen(answer(503, away, { 'retry-after': '30' }, seen)));
    await expect(store.clips.put(CLIP)).rejects.toMatchObject({
      name: 'UnavailableError',
      retryAfterMs: 30_000,
    });
    expect(seen).toHaveLength(1);
  });

  it.each(CALLS)('says why it refuses access: %s', async (_, call) => {
    const body = '{"status":{"error":"Forbidden: Global manage access is required"},"time":0}';
    await expect(call(open(await listen(answer(403, body))))).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(/manage access.*QDRANT_API_KEY/),
    });
  });

  it.each(CALLS)(
    'is sent the user and password of the address, which no message shows: %s',
    async (_, call) => {
      const seen: IncomingMessage[] = [];
      const body = '{"status":{"error":"no"},"time":0}';
      const url = (await listen(answer(500, body, {}, seen))).replace('//', '//user:pass%20word@');
      const failed = await call(open(url)).catch((error) => error);
      expect(failed).toMatchObject({ name: 'UnavailableError' });
      expect(seen[0].headers.authorization).toBe(`Basic ${Buffer.from('user:pass word').toString('base64')}`);
      const away = open('http://user:secret@127.0.0.1:9', { maxAttempts: 1 });
      const error = await call(away).catch((error: UnavailableError) => error);
      expect(String(error)).toContain('127.0.0.1:9');
      expect(String(error)).not.toContain('secret');
    },
  );

  it('may refuse a write for its size, and then the setting is named that allows it', async () => {
    const error = 'JSON payload (34000052 bytes) is larger than allowed (limit: 33554432 bytes).';
    const store = open(await listen(answer(400, JSON.stringify({ status: { error } }))));
    await expect(store.clips.put(CLIP)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('max_request_size_mb'),
    });
  });

  it('gets the collections again that somebody dropped, without a restart', async () => {
    const server = await startRecordingServer();
    const store = open(server.url);
    await store.clips.put(CLIP);
    for (const name of ['clips', 'meta', 'items']) {
      await fetch(`${server.url}/collections/test-${name}`, { method: 'DELETE' });
    }
    await store.clips.put(CLIP);
    expect(await store.clips.get([CLIP.id])).toEqual([CLIP]);
    await server.close();
  });

  it('has one bound of time for all that an operation asks', async () => {
    let count = 0;
    const url = await listen((_request, response) => {
      count++;
      // Each answer is in time, but there is no end of pages.
      const result = { points: [{ id: 1, payload: {} }], next_page_offset: 1 };
      setTimeout(() => response.end(JSON.stringify({ result })), 100);
    });
    const qdrant = createQdrant({ url, apiKey: null, timeoutMs: 200, maxAttempts: 4, boundMs: 500 });
    const read = async () => {
      for (;;) await qdrant.scroll('test', { filter: {}, limit: 1, with_payload: [], with_vector: false });
    };
    await expect(qdrant.bounded(read)).rejects.toMatchObject({ name: 'UnavailableError' });
    expect(count).toBeLessThanOrEqual(6);
  });

  it('is asked with the time that is left, so that it gives up as well', async () => {
    const seen: IncomingMessage[] = [];
    const url = await listen(answer(200, '{"result":{"count":3}}', {}, seen));
    const qdrant = createQdrant({ url, apiKey: null, timeoutMs: 2_500, maxAttempts: 1 });
    expect(await qdrant.count('a b', {})).toBe(3);
    expect(seen[0].url).toBe('/collections/a%20b/points/count?timeout=3');
  });
});
