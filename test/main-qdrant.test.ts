import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/config.ts';
import { type RunningServer, startServer } from '../src/main.ts';
import { createServices, type Services } from '../src/services.ts';
import type { ItemEntry } from '../src/store/vector-store.ts';
import { postFile, send } from './http/start-server.ts';
import { sine, toWav } from './media/make-media.ts';
import { type FaultyProxy, startFaultyProxy } from './store/qdrant/faulty-proxy.ts';
import { freePort } from './store/qdrant/qdrant-server.ts';
import { type RecordingServer, startRecordingServer } from './store/qdrant/recording-server.ts';
import { SERVERS_UNDER_TEST, type ServerUnderTest } from './store/qdrant/servers-under-test.ts';
import { createEntries, DIMENSION } from './support/api.ts';
import { unit } from './support/brute-force-store.ts';
import { fillStore } from './support/fill-store.ts';
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
    await fillStore(await services.openStore(), bundleId, createEntries(1));
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

const NEW_DIMENSION = 4;
const CALLERS_PER_SERVER = 2;

/** What a search by an item and one by a clip find, with all that tells one bundle's answer from another's. */
const SEARCHES = `
  query ($clipId: ID!) {
    system { bundle { id } }
    byItem: searchMusic(query: { media: { id: "v00" } }) { ...found }
    byClip: searchMusic(query: { media: { id: $clipId } }) { ...found }
  }
  fragment found on MusicSearch {
    id bundleId totalCount
    hits(first: 5) { pageInfo { endCursor } edges { rank score node { id title } } }
  }`;
const NEXT_PAGE = `
  query ($after: String) {
    searchMusic(query: { media: { id: "v00" } }) {
      ... on MusicSearch { hits(first: 5, after: $after) { edges { rank } } }
    }
  }`;

for (const { name, isThere, start } of SERVERS_UNDER_TEST) {
  describe.skipIf(!isThere)(`Two servers on ${name}`, () => {
    let directory: string;
    let qdrant: ServerUnderTest;
    const services: Services[] = [];
    const servers: RunningServer[] = [];
    let clipId: string;

    const ask = async ({ url }: RunningServer, query: string, variables: object) => {
      const headers = { 'Content-Type': 'application/json' };
      const body = JSON.stringify({ query, variables });
      return (await send(url, { method: 'POST', path: '/graphql', headers, body })).json;
    };
    /** A whole answer to `SEARCHES`, of one bundle. */
    const search = async (server: RunningServer) => {
      const { data, errors } = await ask(server, SEARCHES, { clipId });
      expect(errors).toBeUndefined();
      const bundleId: string = data.system.bundle.id;
      expect([data.byItem.bundleId, data.byClip.bundleId]).toEqual([bundleId, bundleId]);
      return { bundleId, ...data };
    };

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'control-mvr-main-'));
      qdrant = await start();
      for (const server of ['a', 'b']) {
        services.push(
          createServices(
            loadConfig({
              DATA_DIR: join(directory, server),
              BUNDLE_DIR: join(directory, 'bundles'),
              PORT: '0',
              DEVICE: 'cpu',
              LOG_LEVEL: 'silent',
              STORE: 'qdrant',
              QDRANT_URL: qdrant.url,
              QDRANT_PREFIX: qdrant.prefix,
              ...(qdrant.apiKey !== null && { QDRANT_API_KEY: qdrant.apiKey }),
            }),
          ),
        );
      }
      await index(services[0], DIMENSION);
      for (const own of services) servers.push(await startServer(own));
    });
    afterAll(async () => {
      for (const server of servers) await server.close();
      for (const own of services) await own.close();
      await qdrant.close();
      await rm(directory, { recursive: true, force: true });
    });

    it('answer alike for a clip that one of them took, and page on from where the other one stopped', async () => {
      const [taking, other] = servers;
      const sound = { sampleRateHz: 24_000, channels: [sine(440, 3, 24_000)] };
      const clip = (await send(taking.url, postFile(toWav(sound), 'clip.wav'))).json;
      expect(clip).toMatchObject({ status: 'READY' });
      clipId = clip.id;

      const found = await search(taking);
      expect(found.byClip.hits.edges).toHaveLength(5);
      expect(await search(other)).toEqual(found);
      const after = found.byItem.hits.pageInfo.endCursor;
      const { data } = await ask(other, NEXT_PAGE, { after });
      expect(data.searchMusic.hits.edges[0]).toEqual({ rank: 6 });
    });

    it('show the old or the new bundle, each whole, while it is replaced under load', async () => {
      const before = await search(servers[0]);
      const seen = new Map<string, Set<string>>();
      const callUntilReplaced = async (server: RunningServer) => {
        for (let bundleId = before.bundleId; bundleId === before.bundleId; ) {
          const answer = await search(server);
          bundleId = answer.bundleId;
          seen.set(bundleId, (seen.get(bundleId) ?? new Set()).add(JSON.stringify(answer)));
        }
      };
      const callers = servers.flatMap((server) =>
        Array.from({ length: CALLERS_PER_SERVER }, () => callUntilReplaced(server)),
      );
      await Promise.all([...callers, index(services[0], NEW_DIMENSION)]);

      const after = await search(servers[0]);
      expect(await search(servers[1])).toEqual(after);
      const wholes = [before, after].map(
        (whole) => [whole.bundleId, new Set([JSON.stringify(whole)])] as const,
      );
      expect(seen).toEqual(new Map(wholes));
      const titlesOf = ({ byItem, byClip }: typeof after): string[] =>
        [byItem, byClip].flatMap(({ hits }) => hits.edges).map(({ node }) => node.title);
      expect(titlesOf(before).every((title) => title.endsWith(`of ${DIMENSION}`))).toBe(true);
      expect(titlesOf(after).every((title) => title.endsWith(`of ${NEW_DIMENSION}`))).toBe(true);

      for (const server of servers) {
        const { errors } = await ask(server, NEXT_PAGE, { after: before.byItem.hits.pageInfo.endCursor });
        expect(errors[0].extensions.code).toBe('CURSOR_EXPIRED');
      }
    });
  });
}

/** Indexes items under a bundle of so many dimensions, which is in each of their titles. */
async function index(services: Services, dimension: number): Promise<void> {
  const shorten = (vector: Float32Array | null) => vector && unit([...vector.subarray(0, dimension)]);
  const entries = createEntries(1).map(
    ({ record, segments, ...entry }): ItemEntry => ({
      ...entry,
      record: { ...record, title: `${record.title} of ${dimension}` },
      segments: segments.map(({ ssl, sup, ...span }) => ({ ...span, ssl: shorten(ssl), sup: shorten(sup) })),
    }),
  );
  const bundleId = await writeRandomBundle(services, dimension);
  await fillStore(await services.openStore(), bundleId, entries);
}
