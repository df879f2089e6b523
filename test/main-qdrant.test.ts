import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/config.ts';
import { type RunningServer, startServer } from '../src/main.ts';
import { createServices, type Services } from '../src/services.ts';
import { send } from './http/start-server.ts';
import { type FaultyProxy, startFaultyProxy } from './store/qdrant/faulty-proxy.ts';
import { type RecordingServer, startRecordingServer } from './store/qdrant/recording-server.ts';
import { createEntries, DIMENSION } from './support/api.ts';
import { dimensionsOf } from './support/dimensions.ts';
import { writeRandomBundle } from './support/random-bundle.ts';

describe('The server with STORE=qdrant', () => {
  let directory: string;
  let qdrant: RecordingServer;
  let proxy: FaultyProxy;
  let services: Services;
  let url: string;
  let starting: Promise<RunningServer>;

  const status = async (path: string) => (await send(url, { path })).status;
  const reasons = async (): Promise<string[]> => {
    const answer = await send(url, { path: '/readyz' }).catch(() => null);
    return answer?.json.reasons ?? [];
  };
  const search = async () => {
    const query = `{ searchMusic(query: { media: { id: "v00" } }) { ... on MusicSearch {
      hits(first: 5) { run { store } edges { node { id } } } } } }`;
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ query });
    return (await send(url, { method: 'POST', path: '/graphql', headers, body })).json;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'control-mvr-main-'));
    qdrant = await startRecordingServer();
    proxy = await startFaultyProxy(qdrant.url);
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    services = createServices(
      loadConfig({
        DATA_DIR: directory,
        PORT: String(port),
        DEVICE: 'cpu',
        LOG_LEVEL: 'silent',
        STORE: 'qdrant',
        QDRANT_URL: proxy.url,
      }),
    );
    const bundleId = await writeRandomBundle(services, DIMENSION);
    const entries = createEntries(1);
    const options = {
      dimensions: dimensionsOf(entries),
      attributes: [],
      shard: null,
      discardEdits: false,
      restore: false,
    };
    const writer = await (await services.openStore()).write(bundleId, options);
    await writer.upsert(entries);
    await writer.finish({ keepIds: new Set(entries.map(({ record }) => record.id)) });
    await writer.close();
    proxy.set({ kind: 'drop' });
    starting = startServer(services);
  });
  afterAll(async () => {
    proxy.set({ kind: 'none' });
    await (await starting).close();
    await services.close();
    await proxy.close();
    await qdrant.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('is alive and not ready while Qdrant is away, at its start and later, and recovers by itself', async () => {
    for (let round = 0; round < 2; round++) {
      while (!(await reasons()).includes('The store does not answer.')) await sleep(50);
      expect([await status('/healthz'), await status('/readyz')]).toEqual([200, 503]);
      if (round > 0) expect((await search()).errors[0].extensions.code).toBe('UNAVAILABLE');

      proxy.set({ kind: 'none' });
      await starting;
      while ((await status('/readyz')) !== 200) await sleep(50);
      const { data } = await search();
      expect(data.searchMusic.hits.run.store).toBe('QDRANT');
      expect(data.searchMusic.hits.edges).toHaveLength(5);
      proxy.set({ kind: 'drop' });
    }
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
