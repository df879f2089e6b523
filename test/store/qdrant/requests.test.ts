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
  let validate: (request: SentRequest) => string[];
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
    const wrong = { searches: [{ query: [1], usign: 'joint', limit: 0 }] };
    expect(validate({ method: 'POST', path, query, body: wrong })).not.toEqual([]);
    expect(validate({ method: 'POST', path: '/collections/a/nothing', query, body: {} })).not.toEqual([]);
  });

  afterAll(() => sent.splice(0));
});
