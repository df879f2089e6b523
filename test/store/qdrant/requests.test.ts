import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import { describeStoreContract } from '../contract.ts';
import { createRequestValidator, type SentRequest } from './openapi.ts';
import { startRecordingServer } from './recording-server.ts';

const besideReference =
  process.env.REFERENCE_DIR && join(dirname(process.env.REFERENCE_DIR), 'qdrant-openapi.json');
const documentPath = process.env.QDRANT_OPENAPI ?? besideReference ?? '';
const sent: SentRequest[] = [];

for (const [name, exactBelow] of [
  ['comparing everything', 1_000_000],
  ['nominating by three lists', 0],
] as const) {
  describeStoreContract(`The Qdrant store over a recording server, ${name},`, async () => {
    const server = await startRecordingServer();
    return {
      open: async () =>
        createQdrantStore({ url: server.url, apiKey: null, prefix: 'test', gracePeriodMs: 0, exactBelow }),
      async dispose() {
        sent.push(...server.requests);
        await server.close();
      },
    };
  });
}

describe.skipIf(!existsSync(documentPath))("Requests, by Qdrant's OpenAPI document (QDRANT_OPENAPI)", () => {
  let validate: ReturnType<typeof createRequestValidator>;
  beforeAll(() => {
    validate = createRequestValidator(documentPath);
  });

  it('are all well formed', () => {
    expect(sent.length).toBeGreaterThan(1000);
    expect([...new Set(sent.flatMap((request) => validate(request)))].slice(0, 20)).toEqual([]);
  });

  it('would be found out if they were not', () => {
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

  it('would be found out by their query as well', () => {
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

  afterAll(() => sent.splice(0));
});
