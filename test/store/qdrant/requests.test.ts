import { describe, expect, it } from 'vitest';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import { fillStore } from '../../support/fill-store.ts';
import { describeStoreContract } from '../contract.ts';
import { batchEntries, DIMENSIONS } from '../generations.ts';
import { type RequestValidator, validateRequest } from './openapi.ts';
import { startRecordingServer } from './recording-server.ts';

for (const [name, exactBelow] of [
  ['comparing everything', 1_000_000],
  ['nominating by three lists', 0],
] as const) {
  describeStoreContract(`The Qdrant store over a recording server, ${name},`, async () => {
    const server = await startRecordingServer();
    return {
      open: async () =>
        createQdrantStore({ url: server.url, apiKey: null, prefix: 'test', gracePeriodMs: 0, exactBelow }),
      dispose: server.close,
    };
  });
}

it('The Qdrant store lays its collections out as it is told', async () => {
  const server = await startRecordingServer();
  const store = createQdrantStore({
    url: server.url,
    apiKey: null,
    prefix: 'test',
    layout: {
      shards: 3,
      replicas: 2,
      writeConsistency: 2,
      hnswLinks: 24,
      hnswCandidates: 150,
      quantization: 'int8',
      vectorsOnDisk: true,
    },
  });
  await fillStore(store, 'bundle', batchEntries(0).entries);
  const settingsOf = (collection: string) =>
    server.requests.find(({ method, path }) => method === 'PUT' && path === `/collections/test-${collection}`)
      ?.body;
  const kept = { replication_factor: 2, write_consistency_factor: 2, on_disk_payload: true };
  for (const collection of ['items', 'meta', 'clips']) {
    expect(settingsOf(collection)).toMatchObject({ ...kept, shard_number: 1 });
  }
  const vector = (size: number) => ({ size, distance: 'Dot', on_disk: true });
  expect(settingsOf('music-bundle')).toMatchObject({
    ...kept,
    shard_number: 3,
    vectors: {
      ssl: vector(DIMENSIONS.ssl),
      sup: vector(DIMENSIONS.sup),
      joint: vector(DIMENSIONS.ssl + DIMENSIONS.sup),
    },
    hnsw_config: { m: 24, ef_construct: 150, on_disk: true },
    quantization_config: { scalar: { type: 'int8', always_ram: true } },
  });
  await server.close();
});

const title =
  "A malformed request, by Qdrant's OpenAPI document (at QDRANT_OPENAPI, or beside REFERENCE_DIR),";
describe.skipIf(validateRequest === null)(title, () => {
  const validate = validateRequest as RequestValidator;

  it('fails the test that it is sent in', async () => {
    const server = await startRecordingServer();
    await fetch(`${server.url}/collections/a/points/count`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ exakt: true }),
    });
    await expect(server.close()).rejects.toThrow(
      'POST /collections/{collection_name}/points/count: body: exakt is unknown',
    );
  });

  it('is found out by its path and its body', () => {
    const query = new URLSearchParams();
    const path = '/collections/a/points/query/batch';
    const search = { query: [1], using: 'joint', limit: 1 };
    const isRight = (body: object) => validate({ method: 'POST', path, query, body }).length === 0;
    expect(isRight({ searches: [search] })).toBe(true);
    for (const wrong of [
      { usign: 'joint' },
      { limit: 0 },
      { filter: { must: [{ key: 'a', mach: { value: 1 } }] } },
      { filter: { must: [{ key: 'a', match: { value: {} } }] } },
      { filter: 3 },
      { params: { hnsw_ef: 'x' } },
      { prefetch: [{ query: [1], filter: [] }] },
      { with_payload: 3 },
    ]) {
      expect([wrong, isRight({ searches: [{ ...search, ...wrong }] })]).toEqual([wrong, false]);
    }
    expect(validate({ method: 'POST', path: '/collections/a/nothing', query, body: {} })).not.toEqual([]);
  });

  it('is found out by its query', () => {
    const upsert = (query: Record<string, string>, more = {}) =>
      validate({
        method: 'PUT',
        path: '/collections/a/points',
        query: new URLSearchParams(query),
        body: { points: [{ id: 1, vector: {} }], ...more },
      }).length === 0;
    expect(upsert({ wait: 'true', ordering: 'strong', timeout: '3' })).toBe(true);
    expect(upsert({}, { update_mode: 'insert_only' })).toBe(true);
    expect(upsert({}, { update_mode: 'insert' })).toBe(false);
    for (const [name, value] of Object.entries({ wait: 'perhaps', ordering: 'bogus', timeout: '0' })) {
      expect([name, upsert({ [name]: value })]).toEqual([name, false]);
    }
  });
});
