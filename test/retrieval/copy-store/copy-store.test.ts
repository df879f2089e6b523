import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CopyOptions, copyStore } from '../../../src/retrieval/copy-store.ts';
import type { CopyableStore, CopyWriter } from '../../../src/store/copyable-store.ts';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import type { ClipRecord, ItemEntry, SearchRequest } from '../../../src/store/vector-store.ts';
import { changes, entry, filter, itemId, query } from '../../store/arbitraries.ts';
import { hasQdrant } from '../../store/qdrant/qdrant-server.ts';
import {
  BACKENDS,
  createStoreMaker,
  fillStore,
  indexEntries,
  type QdrantBackend,
  type StoreMaker,
} from './stores.ts';

vi.setConfig({ testTimeout: 10 * 60_000 });

const BUNDLE = 'bundle-a';
const PLAIN: CopyOptions = { force: false, stage: (_title, run) => run(() => {}) };

/** Items of many ids, so that a copy takes several batches. */
const ENTRIES = fc.sample(entry, { numRuns: 150, seed: 5 }).map((sampled, i): ItemEntry => {
  const id = `track-${i}`;
  return { ...sampled, record: { ...sampled.record, id }, fingerprint: `fingerprint of ${id}` };
});

const CLIP: ClipRecord = {
  id: 'clip_a',
  state: { status: 'READY' },
  durationSeconds: 12.5,
  expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  features: [
    {
      modality: 'VIDEO',
      span: { startSeconds: 0, endSeconds: 10 },
      backboneId: 'backbone',
      backboneSha256: 'b'.repeat(64),
      features: Float32Array.of(1, -2.5, 1e-7),
    },
  ],
};

describeCopy('A copy to and from a stand-in for Qdrant', BACKENDS.recording);
describe.skipIf(!hasQdrant)('With a Qdrant server (QDRANT_URL, or qdrant on the PATH)', () => {
  describeCopy('a copy', BACKENDS.real);
});

function describeCopy(name: string, startBackend: () => Promise<QdrantBackend>): void {
  describe(name, () => {
    let backend: QdrantBackend;
    let make: StoreMaker;
    beforeAll(async () => {
      backend = await startBackend();
      make = createStoreMaker(backend);
    });
    afterEach(() => make.close());
    afterAll(() => backend.close());

    it('and back holds the same, answers the same, and writes nothing a second time', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(entry, { minLength: 1, maxLength: 40 }),
          fc.array(fc.tuple(itemId, changes), { maxLength: 6 }),
          fc.array(itemId, { maxLength: 3 }),
          query,
          fc.option(filter, { nil: null }),
          async (entries, edits, removedIds, vectors, itemFilter) => {
            const [first, qdrant, last] = [await make.embedded(), make.qdrant(), await make.embedded()];
            const clips = [CLIP, { ...CLIP, id: 'clip_old', expiresAt: new Date(0).toISOString() }];
            await fillStore(first, BUNDLE, { entries, edits, removedIds, clips });
            const expected = await contentOf(first, entries);

            for (const [source, target] of [
              [first, qdrant],
              [qdrant, last],
            ]) {
              const copied = await copyStore(source, target, PLAIN);
              expect(copied).toMatchObject({ bundleId: BUNDLE, verified: true, differences: [], deleted: 0 });
              expect(copied.copied.items).toBe(copied.library.tracks + copied.library.videos);
              expect(copied.library).toEqual({ ...expected.counts, ...expected.noted, clips: 1 });
              expect(await contentOf(target, entries)).toEqual(expected);

              const again = await copyStore(source, target, PLAIN);
              expect(again).toMatchObject({
                verified: true,
                copied: { items: 0, notes: 0, clips: 0, sizeBytes: 0 },
              });
            }
            const requests = toRequests(vectors, itemFilter);
            const answers = await Promise.all([first, qdrant, last].map((store) => search(store, requests)));
            expect(answers[1]).toEqual(answers[0]);
            expect(answers[2]).toEqual(answers[0]);
          },
        ),
        { numRuns: 6 },
      );
    });

    it('keeps what users did: an index finds nothing to write, edits survive it, removed ids stay away', async () => {
      const [source, target] = [await make.embedded(), make.qdrant()];
      const [edited, removed, both] = ENTRIES.map(({ record }) => record.id);
      await fillStore(source, BUNDLE, {
        entries: ENTRIES,
        edits: [
          [edited, { title: 'Edited', genres: [] }],
          [both, { artist: 'Someone' }],
        ],
        removedIds: [removed, both],
      });
      await copyStore(source, target, PLAIN);

      const options = { dimensions: { ssl: 8, sup: 8 }, attributes: [], shard: null, discardEdits: false };
      const writer = await target.write(BUNDLE, { ...options, restore: false });
      const known = await writer.fingerprints();
      for (const { record, fingerprint } of ENTRIES) {
        expect(known.get(record.id)).toBe([removed, both].includes(record.id) ? null : fingerprint);
      }
      await writer.close();

      await indexEntries(target, 'bundle-b', ENTRIES);
      const next = await target.open('bundle-b');
      const records = await next.retrieve([edited, removed, both]);
      expect(records).toEqual([expect.objectContaining({ title: 'Edited', genres: [] }), null, null]);
      await next.close();
      const restoring = await target.write('bundle-b', { ...options, restore: true });
      await restoring.upsert(ENTRIES);
      await restoring.close();
      const restored = await target.open('bundle-b');
      expect((await restored.retrieve([both]))[0]).toMatchObject({ artist: 'Someone' });
      await restored.close();
    });

    it('goes on where it was killed, and nothing of it is served before its end', async () => {
      const [source, target] = [await make.embedded(), make.qdrant()];
      await fillStore(source, BUNDLE, { entries: ENTRIES });
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, 'copying-process.ts'), source.directory, backend.url, target.prefix],
        {
          env: { ...process.env, QDRANT_API_KEY: backend.apiKey ?? undefined },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      await once(child.stdout as NodeJS.ReadableStream, 'data');
      child.kill('SIGKILL');
      await once(child, 'close');
      expect(await target.currentBundleId()).toBeNull();

      const report = await copyStore(source, target, PLAIN);
      expect(report.verified).toBe(true);
      expect(report.copied.items).toBeGreaterThan(0);
      expect(report.copied.items).toBeLessThan(ENTRIES.length);
      expect(await contentOf(target, ENTRIES)).toEqual(await contentOf(source, ENTRIES));
    });

    it('ends at an interruption, and goes on from there', async () => {
      const [source, target] = [await make.embedded(), make.qdrant()];
      await fillStore(source, BUNDLE, { entries: ENTRIES });
      const interruption = new AbortController();
      const stage: CopyOptions['stage'] = (_title, run) => run((done) => done > 40 && interruption.abort());
      const interrupted = copyStore(source, target, { ...PLAIN, stage, signal: interruption.signal });
      await expect(interrupted).rejects.toMatchObject({ name: 'AbortError' });
      expect(await target.currentBundleId()).toBeNull();
      expect(await copyStore(source, target, PLAIN)).toMatchObject({ verified: true });
    });

    it.each([
      ['a number of a vector that changed', corruptVector, 'damaged in the target: the ssl of its segment 0'],
      ['a field that filters would go wrong by', corruptGenres, 'damaged in the target: its genres'],
      ['a segment that is missing', deleteSegment, 'segments are missing'],
    ] as const)('notices %s, does not serve the copy, and mends it', async (_what, corrupt, reason) => {
      const [source, target] = [await make.embedded(), make.qdrant()];
      await fillStore(source, BUNDLE, { entries: ENTRIES });
      let corrupted = '';
      const ailing = beforeVerification(target, async () => {
        corrupted = await corrupt(backend, target.prefix);
      });
      const report = await copyStore(source, ailing, PLAIN);
      expect(report.verified).toBe(false);
      expect(report.differences).toEqual([
        { kind: 'ITEM', id: corrupted, reason: expect.stringContaining(reason) },
      ]);
      expect(await target.currentBundleId()).toBeNull();

      const again = await copyStore(source, target, PLAIN);
      expect(again).toMatchObject({ verified: true, copied: { items: 1 } });
    });

    it('notices a clip that the target lost', async () => {
      const [source, target] = [await make.embedded(), make.qdrant()];
      await fillStore(source, BUNDLE, { entries: ENTRIES.slice(0, 3), clips: [CLIP] });
      const losing = { ...target, clips: { ...target.clips, put: async () => {} } };
      const report = await copyStore(source, losing, PLAIN);
      expect(report.differences).toEqual([
        { kind: 'CLIP', id: CLIP.id, reason: 'it is missing in the target' },
      ]);
      expect(await target.currentBundleId()).toBeNull();
    });

    it('tells what changed in the source meanwhile', async () => {
      const [source, target] = [await make.embedded(), make.qdrant()];
      await fillStore(source, BUNDLE, { entries: ENTRIES });
      const [edited, removed] = ENTRIES.map(({ record }) => record.id);
      const busy = beforeVerification(target, async () => {
        await source.updateItem(BUNDLE, edited, { title: 'Meanwhile' });
        await source.removeItems(BUNDLE, [removed]);
      });
      const report = await copyStore(source, busy, PLAIN);
      expect(report.verified).toBe(false);
      expect(new Set(report.differences.map(({ id }) => id))).toEqual(new Set([edited, removed]));
      for (const { reason } of report.differences) expect(reason).toContain('changed in the source');
      expect(await target.currentBundleId()).toBeNull();

      expect(await copyStore(source, target, PLAIN)).toMatchObject({
        verified: true,
        copied: { items: 1, notes: 2 },
        deleted: 1,
      });
      const switched = beforeVerification(target, () => indexEntries(source, 'bundle-b', ENTRIES));
      await expect(copyStore(source, switched, PLAIN)).rejects.toMatchObject({ name: 'SourceSwitchedError' });
    });

    it('follows its source to another bundle, and goes on serving the one before until its end', async () => {
      const [source, target] = [await make.embedded(), make.qdrant()];
      await fillStore(source, BUNDLE, { entries: ENTRIES });
      await copyStore(source, target, PLAIN);
      const fewer = ENTRIES.slice(20);
      await indexEntries(source, 'bundle-b', fewer);
      const served: (string | null)[] = [];
      const watched = beforeVerification(target, async () => {
        served.push(await target.currentBundleId());
        const edition = await target.open(BUNDLE);
        expect((await edition.counts()).tracks).toBeGreaterThan(0);
        await edition.close();
      });
      expect(await copyStore(source, watched, PLAIN)).toMatchObject({ bundleId: 'bundle-b', verified: true });
      expect([...served, await target.currentBundleId()]).toEqual([BUNDLE, 'bundle-b']);
      expect(await contentOf(target, ENTRIES)).toEqual(await contentOf(source, ENTRIES));
    });

    it('refuses to lose another library, or what users did there, unless it is forced to', async () => {
      const [source, target, other] = [await make.embedded(), make.qdrant(), await make.embedded()];
      await fillStore(source, BUNDLE, { entries: ENTRIES });
      const [common, ...own] = ENTRIES.slice(0, 8);
      const ownIds = own.map(({ record }) => `own-${record.id}`);
      const library = own.map((one, i) => ({ ...one, record: { ...one.record, id: ownIds[i] } }));
      await fillStore(target, BUNDLE, {
        entries: [common, ...library],
        edits: [[ownIds[0], { title: 'Theirs' }]],
        removedIds: [ownIds[1]],
      });
      const before = await contentOf(target, ENTRIES);
      await expect(copyStore(source, target, PLAIN)).rejects.toMatchObject({
        name: 'UsageError',
        message: expect.stringMatching(/8 tracks and videos.*--force/),
      });
      expect(await contentOf(target, ENTRIES)).toEqual(before);

      expect(await copyStore(source, target, { ...PLAIN, force: true })).toMatchObject({ verified: true });
      const all = [...ENTRIES, ...library];
      expect(await contentOf(target, all)).toEqual(await contentOf(source, all));

      const edited = ENTRIES[3].record.id;
      await target.updateItem(BUNDLE, edited, { title: 'Edited there' });
      await expect(copyStore(source, target, PLAIN)).rejects.toThrow(
        `edits or removals of 1 that differ there (${edited})`,
      );
      // The other way the edit is what the source has and the target lacks.
      expect(await copyStore(target, other, PLAIN)).toMatchObject({ verified: true });
      expect(await copyStore(target, source, PLAIN)).toMatchObject({
        verified: true,
        copied: { items: 1, notes: 1 },
      });
    });

    it('needs an index to copy', async () => {
      const [source, target] = [await make.embedded(), make.qdrant()];
      for (const [from, to] of [
        [source, target],
        [target, source],
      ]) {
        await expect(copyStore(from, to, PLAIN)).rejects.toMatchObject({ name: 'UsageError' });
      }
    });

    it('reaches a Qdrant that is away with an error that says so', async () => {
      const source = await make.embedded();
      await fillStore(source, BUNDLE, { entries: ENTRIES.slice(0, 1) });
      const away = createQdrantStore({
        url: 'http://127.0.0.1:9',
        apiKey: null,
        prefix: 'x',
        maxAttempts: 1,
      });
      await expect(copyStore(source, away, PLAIN)).rejects.toMatchObject({ name: 'UnavailableError' });
    });
  });
}

/** All that is seen of a store through its editions, and what is kept of these ids whatever the edition. */
async function contentOf(store: CopyableStore, entries: readonly ItemEntry[]) {
  const bundleId = await store.currentBundleId();
  if (bundleId === null) throw new Error('Nothing is served.');
  const edition = await store.open(bundleId);
  const ids = [...new Set(entries.map(({ record }) => record.id))].sort();
  const notes = (await Array.fromAsync(store.readNotes())).flat();
  const content = {
    bundleId,
    counts: await edition.counts(),
    attributes: [await edition.attributes('MUSIC'), await edition.attributes('VIDEO')],
    records: await edition.retrieve(ids),
    segments: await edition.segments(ids),
    peaks: await Promise.all(ids.map((id) => edition.peaks(id))),
    thumbnails: await Promise.all(ids.map((id) => edition.thumbnail(id))),
    notes: notes.sort((a, b) => (a.itemId < b.itemId ? -1 : 1)),
    noted: {
      edited: notes.filter(({ edits }) => Object.keys(edits).length > 0).length,
      removed: notes.filter(({ isRemoved }) => isRemoved).length,
    },
    clips: await store.clips.get(['clip_a', 'clip_old']),
  };
  await edition.close();
  return content;
}

function toRequests(vectors: SearchRequest['query'], itemFilter: SearchRequest['filter']): SearchRequest[] {
  return [0, 0.3, 0.5, 1].flatMap((alpha) =>
    (['WEIGHTED', 'BLENDED'] as const).map((scoring) => ({
      target: 'MUSIC',
      query: vectors,
      alpha,
      scoring,
      filter: itemFilter,
      excludeIds: [],
      minScore: null,
      first: 100,
      after: null,
    })),
  );
}

async function search(store: CopyableStore, requests: SearchRequest[]) {
  const edition = await store.open(BUNDLE);
  const pages = await edition.search(requests);
  await edition.close();
  return pages.map(({ hits }) => hits);
}

/** A store in which something happens between the copy and its verification. */
function beforeVerification(store: CopyableStore, happen: () => Promise<void>): CopyableStore {
  return {
    ...store,
    async writeCopy(...parameters): Promise<CopyWriter> {
      const writer = await store.writeCopy(...parameters);
      return {
        ...writer,
        async deleteOthers(keepIds) {
          const deleted = await writer.deleteOthers(keepIds);
          await happen();
          return deleted;
        },
      };
    },
  };
}

/** Sends a request to the server itself, past the store. */
async function request({ url, apiKey }: QdrantBackend, method: string, path: string, body: unknown) {
  const answer = await fetch(`${url}/collections/${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(apiKey !== null && { 'api-key': apiKey }) },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
  // biome-ignore lint/suspicious/noExplicitAny: the server's own JSON
  return ((await answer.json()) as { result: any }).result;
}

/** Some segment's point, with the vectors that it has. */
async function someSegment(backend: QdrantBackend, prefix: string) {
  const collection = `${prefix}-music-${BUNDLE}`;
  const filter = { must: [{ key: 'spaces', match: { value: 'ssl' } }] };
  const found = await request(backend, 'POST', `${collection}/points/scroll`, {
    filter,
    limit: 200,
    with_payload: ['item', 'ordinal'],
  });
  const { id } = found.points.find((point: { payload: { ordinal: number } }) => point.payload.ordinal === 0);
  const [point] = await request(backend, 'POST', `${collection}/points`, {
    ids: [id],
    with_payload: true,
    with_vector: true,
  });
  return { collection, point };
}

/** Changes one number of a vector. Returns the item's id. */
async function corruptVector(backend: QdrantBackend, prefix: string): Promise<string> {
  const { collection, point } = await someSegment(backend, prefix);
  point.vector.ssl[3] += 1e-4;
  await request(backend, 'PUT', `${collection}/points?wait=true`, { points: [point] });
  return point.payload.item;
}

async function deleteSegment(backend: QdrantBackend, prefix: string): Promise<string> {
  const { collection, point } = await someSegment(backend, prefix);
  await request(backend, 'POST', `${collection}/points/delete?wait=true`, { points: [point.id] });
  return point.payload.item;
}

async function corruptGenres(backend: QdrantBackend, prefix: string): Promise<string> {
  const { point } = await someSegment(backend, prefix);
  const { item } = point.payload;
  await request(backend, 'POST', `${prefix}-items/points/payload?wait=true`, {
    filter: { must: [{ key: 'item', match: { value: item } }] },
    payload: { genres: ['of nobody'] },
  });
  return item;
}
