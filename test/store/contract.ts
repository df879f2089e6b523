import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODALITIES } from '../../src/media/media.ts';
import { createRandom } from '../../src/shared/random.ts';
import type { ItemFilter } from '../../src/store/filter.ts';
import {
  type Edition,
  type EditionWriter,
  type ItemEntry,
  type ItemQuery,
  isOwnedBy,
  type SearchHit,
  type SearchPage,
  type SearchRequest,
  type Shard,
  type VectorStore,
} from '../../src/store/vector-store.ts';
import { nearest } from '../support/brute-force-store.ts';
import { dimensionsOf } from '../support/dimensions.ts';
import { ATTRIBUTES, changes, DIMENSIONS, entry, filter, itemId, query, randomUnit } from './arbitraries.ts';
import { cosine, createReference, type ReferenceRank } from './reference.ts';

/** One place where points live, opened as often as a test likes: each open store stands for a process. */
export interface StoreFixture {
  open(): Promise<VectorStore>;
  /** Deletes the place; every store is closed by then. */
  dispose(): Promise<void>;
}

type Reference = ReturnType<typeof createReference>;

const PLAIN = {
  dimensions: DIMENSIONS,
  attributes: ATTRIBUTES,
  shard: null,
  discardEdits: false,
  restore: false,
};
const ALPHAS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
const TOLERANCE = 1e-9;

/** What every VectorStore does, checked against plain maps and float64 brute force. */
export function describeStoreContract(
  name: string,
  createFixture: () => Promise<StoreFixture>,
  { thoroughness = 1 }: { thoroughness?: number } = {},
): void {
  const times = (count: number) => ({ numRuns: Math.ceil(count * thoroughness) });
  describe(`${name} as a VectorStore`, () => {
    let fixture: StoreFixture;
    let store: VectorStore;
    let bundleCount = 0;
    /** A bundle of its own for each run, so that runs can share the fixture. */
    const nextBundle = () => `bundle-${bundleCount++}`;

    beforeAll(async () => {
      fixture = await createFixture();
      store = await fixture.open();
    });
    afterAll(async () => {
      await store.close();
      await fixture.dispose();
    });

    /** An edition filled with these entries and finished. */
    const fill = async (entries: readonly ItemEntry[], into = store): Promise<[Edition, Reference]> => {
      const bundleId = nextBundle();
      const writer = await into.write(bundleId, {
        dimensions: entries.length > 0 ? dimensionsOf(entries) : DIMENSIONS,
        attributes: ATTRIBUTES,
        shard: null,
        discardEdits: true,
        restore: true,
      });
      await writer.upsert(entries);
      await writer.finish({ keepIds: new Set(entries.map(({ record }) => record.id)) });
      await writer.close();
      const reference = createReference();
      reference.upsert(entries);
      return [await into.open(bundleId), reference];
    };

    it('ranks exactly as brute force, at every α, both scorings, with and without filters, paged and whole', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(entry, { minLength: 1, maxLength: 60 }),
          query,
          fc.option(filter, { nil: null }),
          fc.array(itemId, { maxLength: 3 }),
          fc.integer({ min: 1, max: 7 }),
          fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: null }),
          async (entries, queryVectors, itemFilter, excludeIds, first, minScore) => {
            const [edition, reference] = await fill(entries);
            const requests = ALPHAS.flatMap((alpha) =>
              (['WEIGHTED', 'BLENDED'] as const).map(
                (scoring): SearchRequest => ({
                  target: 'MUSIC',
                  query: queryVectors,
                  alpha,
                  scoring,
                  filter: itemFilter,
                  excludeIds,
                  minScore: null,
                  first: 1000,
                  after: null,
                }),
              ),
            );
            const wholes = await edition.search(requests);
            for (const [i, request] of requests.entries()) {
              expectRanking(wholes[i], reference.rank(request), request);
              const pages = await readPages(edition, { ...request, first });
              expect(pages).toEqual(wholes[i].hits);
              const [above] = await edition.search([{ ...request, minScore }]);
              expect(above.hits).toEqual(wholes[i].hits.filter(({ score }) => score >= (minScore ?? -2)));
            }
            await edition.close();
          },
        ),
        times(25),
      );
    });

    it('ranks thousands of items with large tie groups, and pages through them without a repeat or a gap', async () => {
      const random = createRandom(3);
      const duplicate = { ssl: randomUnit(random.normal, 64), sup: randomUnit(random.normal, 64) };
      const entries = Array.from({ length: 2_000 }, (_, i): ItemEntry => {
        const own = { ssl: randomUnit(random.normal, 64), sup: randomUnit(random.normal, 64) };
        const vectors = i % 4 === 0 ? duplicate : own;
        return plainEntry(`t${i}`, [{ startSeconds: 0, endSeconds: 10, ...vectors }]);
      });
      const [edition, reference] = await fill(entries);
      for (const scoring of ['WEIGHTED', 'BLENDED'] as const) {
        const request = { ...everything(duplicate), alpha: 0.3, scoring, first: 2_000 };
        const [whole] = await edition.search([request]);
        expectRanking(whole, reference.rank(request), request);
        expect(await readPages(edition, { ...request, first: 100 })).toEqual(whole.hits);
      }
      await edition.close();
    });

    it('gives the ranks by one space alone that a search at the end of α gives', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(entry, { minLength: 1, maxLength: 40 }),
          query,
          fc.option(filter, { nil: null }),
          fc.integer({ min: 1, max: 30 }),
          async (entries, queryVectors, itemFilter, maxRank) => {
            const [edition] = await fill(entries);
            const selection = {
              target: 'MUSIC' as const,
              query: queryVectors,
              filter: itemFilter,
              excludeIds: [],
            };
            const itemIds = [...new Set(entries.map(({ record }) => record.id)), 'unknown'];
            const ranks = await edition.spaceRanks({ ...selection, itemIds, maxRank });
            for (const [space, alpha] of [
              ['ssl', 0],
              ['sup', 1],
            ] as const) {
              const [page] = await edition.search([
                { ...everything(queryVectors), ...selection, alpha, first: 1000 },
              ]);
              const order = page.hits.map((hit) => hit.itemId).slice(0, maxRank);
              const expected = itemIds.map((id) => order.indexOf(id) + 1 || null);
              expect(ranks[space]).toEqual(queryVectors[space] ? expected : itemIds.map(() => null));
            }
            await edition.close();
          },
        ),
        times(25),
      );
    });

    it('counts, facets, lists, retrieves and tells unknown values as brute force does', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(entry, { maxLength: 40 }),
          fc.option(filter, { nil: null }),
          fc.array(itemId, { maxLength: 3 }),
          fc.integer({ min: 1, max: 6 }),
          async (entries, itemFilter, excludeIds, first) => {
            const [edition, reference] = await fill(entries);
            for (const modality of MODALITIES) {
              await expectSelection(edition, reference, { modality, filter: itemFilter, excludeIds }, first);
            }
            await expectContent(edition, reference);
            await edition.close();
          },
        ),
        times(40),
      );
    });

    it('keeps writes, edits and removals through any sequence of them, seen at once by every open store', async () => {
      const other = await fixture.open();
      const operation = fc.oneof(
        { weight: 4, arbitrary: fc.record({ upsert: fc.array(entry, { minLength: 1, maxLength: 5 }) }) },
        { weight: 2, arbitrary: fc.record({ update: itemId, changes }) },
        { weight: 1, arbitrary: fc.record({ remove: fc.array(itemId, { minLength: 1, maxLength: 3 }) }) },
        {
          weight: 1,
          arbitrary: fc.record({
            keep: fc.array(itemId, { maxLength: 30 }),
            shard: fc.constantFrom(null, { index: 2, count: 3 }),
          }),
        },
        { weight: 1, arbitrary: fc.record({ discardEdits: fc.boolean(), restore: fc.boolean() }) },
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(operation, { minLength: 1, maxLength: 12 }),
          query,
          async (operations, vectors) => {
            const bundleId = nextBundle();
            const reference = createReference();
            let writer = await store.write(bundleId, {
              ...PLAIN,
              shard: null,
              discardEdits: true,
              restore: true,
            });
            const editions = [await store.open(bundleId), await other.open(bundleId)];
            const request = { ...everything(vectors), alpha: 0.4 };
            let isServed = false;
            for (const step of operations) {
              if ('upsert' in step) {
                await writer.upsert(step.upsert);
                reference.upsert(step.upsert);
              } else if ('update' in step) {
                const updated = await other.updateItem(bundleId, step.update, step.changes);
                reference.update(step.update, step.changes);
                expect(withoutInstant(updated)).toEqual(reference.get(step.update)?.record ?? null);
              } else if ('remove' in step) {
                const gone = await other.removeItems(bundleId, step.remove);
                expect(gone.toSorted()).toEqual(reference.remove(step.remove).toSorted());
              } else if ('keep' in step) {
                const keepIds = new Set(step.keep);
                await writer.close();
                writer = await store.write(bundleId, { ...PLAIN, shard: step.shard });
                const { deleted, isCurrent } = await writer.finish({ keepIds });
                expect(deleted).toBe(reference.finish(keepIds, (id) => isOwnedBy(step.shard, id)));
                isServed ||= step.shard === null;
                expect(isCurrent).toBe(isServed);
                expect((await other.currentBundleId()) === bundleId).toBe(isServed);
                await writer.close();
                writer = await store.write(bundleId, PLAIN);
              } else {
                await writer.close();
                writer = await store.write(bundleId, { ...PLAIN, ...step });
                if (step.discardEdits) reference.discardEdits();
                if (step.restore) reference.restore();
              }
              for (const edition of editions) {
                await expectContent(edition, reference);
                await expectSelection(
                  edition,
                  reference,
                  { modality: 'MUSIC', filter: null, excludeIds: [] },
                  9,
                );
                const [page] = await edition.search([request]);
                expectRanking(page, reference.rank(request), request);
              }
            }
            await expectFingerprints(writer, reference);
            await writer.close();
            for (const edition of editions) await edition.close();
          },
        ),
        times(30),
      );
      await other.close();
    });

    it('is the same after it was closed and opened again, down to the first index of each item', async () => {
      const entries = fc.sample(entry, { numRuns: 40, seed: 11 });
      const [edition, reference] = await fill(entries);
      const ids = reference.items().map(({ record }) => record.id);
      const before = await edition.retrieve(ids);
      await store.updateItem(edition.bundleId, ids[0], { title: 'Kept' });
      await store.close();
      store = await fixture.open();
      const reopened = await store.open(edition.bundleId);
      reference.update(ids[0], { title: 'Kept' });
      await expectContent(reopened, reference);
      const writer = await store.write(nextBundle(), PLAIN);
      await writer.upsert(entries);
      const next = await store.open(`bundle-${bundleCount - 1}`);
      const after = await next.retrieve(ids);
      expect(after.map((item) => item?.addedAt)).toEqual(before.map((item) => item?.addedAt));
      expect(after[0]?.title).toBe('Kept');
      expect(await store.currentBundleId()).toBe(edition.bundleId);
      await writer.finish({ keepIds: new Set(ids) });
      await writer.close();
      expect(await store.currentBundleId()).toBe(next.bundleId);
      await expect(store.open('bundle-nowhere')).rejects.toMatchObject({ name: 'IntegrityError' });
      await next.close();
    });

    it('serves a new edition when the last of its shards has finished, whatever was killed or run again', async () => {
      const other = await fixture.open();
      const entries = Array.from({ length: 40 }, (_, i) => simpleEntry(`shard-item-${i}`));
      const [served] = await fill(entries);
      const bundleId = nextBundle();
      /** What a job of one shard does; one that is killed does not finish. */
      const run = async (shard: Shard, kept = entries, doesFinish = true) => {
        const writer = await store.write(bundleId, { ...PLAIN, shard });
        const own = kept.filter(({ record }) => isOwnedBy(shard, record.id));
        await writer.upsert(own);
        const finished = doesFinish
          ? await writer.finish({ keepIds: new Set(own.map(({ record }) => record.id)) })
          : null;
        await writer.close();
        return finished;
      };
      const expectOld = async () => {
        expect(await other.currentBundleId()).toBe(served.bundleId);
        expect((await served.counts()).tracks).toBe(40);
        await (await other.open(served.bundleId)).close();
      };
      const [first, second] = [1, 2].map((index) => ({ index, count: 2 }));
      expect(await run(first)).toEqual({ deleted: 0, isCurrent: false });
      await expectOld();
      expect(await run(first)).toEqual({ deleted: 0, isCurrent: false });
      await run(second, entries, false);
      await expectOld();
      // Another count starts anew: the first of two no longer counts.
      expect(await run({ index: 3, count: 3 })).toMatchObject({ isCurrent: false });
      expect(await run(second)).toEqual({ deleted: 0, isCurrent: false });
      await expectOld();
      expect(await run(first)).toEqual({ deleted: 0, isCurrent: true });
      expect(await other.currentBundleId()).toBe(bundleId);
      const edition = await other.open(bundleId);
      expect((await edition.counts()).tracks).toBe(40);
      await expect(other.open(served.bundleId)).rejects.toMatchObject({ name: 'IntegrityError' });

      // The current one stays so, and a shard deletes among its own alone.
      const fewer = entries.slice(0, 20);
      const goneIn = (shard: Shard) =>
        entries.slice(20).filter(({ record }) => isOwnedBy(shard, record.id)).length;
      expect(await run(first, fewer)).toEqual({ deleted: goneIn(first), isCurrent: true });
      expect((await edition.counts()).tracks).toBe(40 - goneIn(first));
      expect(await run(second, fewer)).toEqual({ deleted: goneIn(second), isCurrent: true });
      expect((await edition.counts()).tracks).toBe(20);
      await edition.close();
      await served.close();
      await other.close();
    });

    it('keeps a newer edition that is being filled when the current one is indexed again', async () => {
      const [served] = await fill([simpleEntry('a')]);
      const filling = nextBundle();
      const fillShard = async (index: number) => {
        const shard = { index, count: 2 };
        const writer = await store.write(filling, { ...PLAIN, shard });
        await writer.upsert([simpleEntry('b')].filter(({ record }) => isOwnedBy(shard, record.id)));
        const finished = await writer.finish({ keepIds: new Set(['b']) });
        await writer.close();
        return finished.isCurrent;
      };
      expect(await fillShard(1)).toBe(false);
      const again = await store.write(served.bundleId, PLAIN);
      await again.finish({ keepIds: new Set(['a']) });
      await again.close();
      expect(await store.currentBundleId()).toBe(served.bundleId);
      expect(await fillShard(2)).toBe(true);
      await served.close();
    });

    it('tells at most twenty unknown values, each once', async () => {
      const [edition] = await fill([simpleEntry('a')]);
      const values = Array.from({ length: 15 }, (_, i) => `genre ${i}`);
      const conditions = (['genres', 'genres', 'artist'] as const).map(
        (field): ItemFilter => ({ op: 'in', field, values }),
      );
      const unknown = await edition.unknownValues('MUSIC', { op: 'or', of: conditions });
      expect(unknown).toEqual([
        ...values.map((value) => ({ field: 'genres', value, suggestions: [] })),
        ...values.slice(0, 5).map((value) => ({ field: 'artist', value, suggestions: [] })),
      ]);
      await edition.close();
    });

    it('closes an edition twice as once', async () => {
      const [edition] = await fill([simpleEntry('a')]);
      const again = await store.open(edition.bundleId);
      const [counts] = await Promise.all([edition.counts(), edition.close(), edition.close()]);
      expect(counts.tracks).toBe(1);
      await edition.close();
      await expect(edition.counts()).rejects.toThrow('closed');
      expect((await again.counts()).tracks).toBe(1);
      await again.close();
    });

    it('lets one writer in at a time', async () => {
      const other = await fixture.open();
      const bundleId = nextBundle();
      const writer = await store.write(bundleId, PLAIN);
      await expect(store.write(bundleId, PLAIN)).rejects.toMatchObject({ name: 'BusyError' });
      await expect(other.write(nextBundle(), PLAIN)).rejects.toMatchObject({ name: 'BusyError' });
      await writer.close();
      await expect(writer.upsert([])).rejects.toThrow();
      const next = await other.write(bundleId, PLAIN);
      await next.close();
      await other.close();
    });

    it('refuses vectors that are no finite unit vectors of one length, and writes nothing of their batch', async () => {
      const good = Float32Array.of(0, 1, 0, 0);
      const bad = [
        Float32Array.of(0, 1.01, 0, 0),
        Float32Array.of(0, 1, Number.NaN, 0),
        Float32Array.of(0, 1, 0),
      ];
      const dimensions = { ssl: 4, sup: 4 };
      const writer = await store.write(nextBundle(), { ...PLAIN, dimensions, restore: true });
      const withVectors = (id: string, ssl: Float32Array | null, sup: Float32Array | null) =>
        plainEntry(id, [{ startSeconds: 0, endSeconds: 1, ssl, sup }]);
      await writer.upsert([withVectors('first', good, good)]);
      for (const vector of bad) {
        await expect(
          writer.upsert([withVectors('x', good, good), withVectors('y', vector, good)]),
        ).rejects.toThrow('y');
        await expect(
          writer.upsert([withVectors('x', good, null), withVectors('y', null, vector)]),
        ).rejects.toThrow('y');
      }
      await expect(writer.upsert([withVectors('y', null, null)])).rejects.toThrow('y');
      expect([...(await writer.fingerprints()).keys()]).toEqual(['first']);
      await writer.close();
    });

    it('keeps the dimensions that an edition was begun with, even before a space has its first vector', async () => {
      const bundleId = nextBundle();
      const dimensions = { ssl: 2, sup: 3 };
      const segment = { startSeconds: 0, endSeconds: 1, ssl: Float32Array.of(0, 1), sup: null };
      const begun = await store.write(bundleId, { ...PLAIN, dimensions, restore: true });
      await begun.upsert([plainEntry('a', [segment])]);
      await begun.close();
      await expect(store.write(bundleId, PLAIN)).rejects.toMatchObject({ name: 'IntegrityError' });

      const writer = await store.write(bundleId, { ...PLAIN, dimensions });
      const sup = Float32Array.of(0, 0, 1);
      await writer.upsert([plainEntry('b', [{ ...segment, sup }])]);
      await writer.close();
      const edition = await store.open(bundleId);
      const [page] = await edition.search([everything({ ssl: segment.ssl, sup })]);
      expect(page.hits.map(({ itemId: id, score }) => [id, score])).toEqual([
        ['b', 1],
        ['a', 0.5],
      ]);
      await edition.close();
    });

    it('keeps clips until they expire', async () => {
      const other = await fixture.open();
      const soon = (ms: number) => new Date(Date.now() + ms).toISOString();
      const features = [
        {
          modality: 'VIDEO' as const,
          span: { startSeconds: 0, endSeconds: 10 },
          backboneId: 'b',
          backboneSha256: 'b'.repeat(64),
          features: Float32Array.of(1, -2.5, 3),
        },
      ];
      const clip = { id: 'clip_a', durationSeconds: 12.5, expiresAt: soon(60_000), features };
      const processing = { status: 'PROCESSING' as const, progress: 0.25, leaseUntil: soon(60_000) };
      await store.clips.put({ ...clip, state: processing, features: [] });
      expect((await other.clips.get(['clip_a']))[0]?.state).toEqual(processing);
      await store.clips.put({ ...clip, state: { status: 'READY' } });
      expect(await other.clips.get(['clip_b', 'clip_a'])).toEqual([
        null,
        { ...clip, state: { status: 'READY' } },
      ]);
      await store.clips.put({ ...clip, state: { ...processing, leaseUntil: soon(-1) } });
      expect((await other.clips.get(['clip_a']))[0]?.state).toMatchObject({
        status: 'FAILED',
        failure: { code: 'INTERRUPTED' },
      });
      await store.clips.put({ ...clip, id: 'clip_old', expiresAt: soon(-1), state: { status: 'READY' } });
      expect(await other.clips.get(['clip_old'])).toEqual([null]);
      expect(await store.clips.delete('clip_old')).toBe(false);
      expect(await store.clips.sweep()).toBe(1);
      expect(await store.clips.sweep()).toBe(0);
      const failed = { status: 'FAILED' as const, failure: { code: 'TIMED_OUT' as const, message: 'late' } };
      expect(await other.clips.replace({ ...clip, state: failed, features: [] })).toBe(true);
      expect(await store.clips.get(['clip_a'])).toEqual([{ ...clip, state: failed, features: [] }]);
      expect(await store.clips.replace({ ...clip, state: { status: 'READY' } })).toBe(true);
      expect(await other.clips.get(['clip_a'])).toEqual([{ ...clip, state: { status: 'READY' } }]);
      expect(await other.clips.delete('clip_a')).toBe(true);
      expect(await store.clips.get(['clip_a'])).toEqual([null]);
      expect(await store.clips.replace({ ...clip, state: { status: 'READY' } })).toBe(false);
      expect(await store.clips.get(['clip_a'])).toEqual([null]);
      await store.clips.put({ ...clip, id: 'clip_late', expiresAt: soon(-1), state: { status: 'READY' } });
      expect(await store.clips.replace({ ...clip, id: 'clip_late', state: { status: 'READY' } })).toBe(false);
      expect(await store.clips.get(['clip_late'])).toEqual([null]);
      await other.close();
    });
  });
}

function everything(vectors: SearchRequest['query']): SearchRequest {
  return {
    target: 'MUSIC',
    query: vectors,
    alpha: 0.5,
    scoring: 'WEIGHTED',
    filter: null,
    excludeIds: [],
    minScore: null,
    first: 1000,
    after: null,
  };
}

function plainEntry(id: string, segments: ItemEntry['segments']): ItemEntry {
  return {
    record: {
      id,
      modality: 'MUSIC',
      title: id,
      artist: null,
      genres: [],
      attributes: [],
      source: null,
      durationSeconds: 10,
      pairedWith: null,
      mediaUrl: null,
      mediaPath: `/media/${id}`,
    },
    segments,
    peaks: null,
    thumbnail: null,
    fingerprint: id,
  };
}

function simpleEntry(id: string): ItemEntry {
  const vector = Float32Array.of(0, 1, 0, 0, 0, 0, 0, 0);
  return plainEntry(id, [{ startSeconds: 0, endSeconds: 1, ssl: vector, sup: vector }]);
}

async function readPages(edition: Edition, request: SearchRequest): Promise<SearchHit[]> {
  const hits: SearchHit[] = [];
  for (let after: SearchRequest['after'] = null; ; ) {
    const [page] = await edition.search([{ ...request, after }]);
    hits.push(...page.hits);
    if (!page.hasNextPage) return hits;
    expect(page.hits).toHaveLength(request.first);
    const { order, score, itemId: lastId } = page.hits[page.hits.length - 1];
    after = { order, score, itemId: lastId };
  }
}

/** The same items, each with its own score and a segment that has it, in the order that the scores give. */
function expectRanking(page: SearchPage, expected: ReferenceRank[], { query: asked }: SearchRequest): void {
  const byId = new Map(expected.map((rank) => [rank.id, rank]));
  expect(page.hits.map((hit) => hit.itemId).toSorted()).toEqual([...byId.keys()].toSorted());
  expect(page.hasNextPage).toBe(false);
  for (const [i, hit] of page.hits.entries()) {
    const rank = byId.get(hit.itemId) as ReferenceRank;
    expect([hit.order, expected[i].order]).toEqual([rank.order, rank.order]);
    expectClose(hit.score, rank.score);
    expectClose(hit.score, expected[i].score);
    const matched = rank.segments.find(
      ({ segment }) => segment.startSeconds === hit.matchedSpan.startSeconds,
    );
    expect(matched?.order).toBe(rank.order);
    expectClose(matched?.score ?? Number.NaN, rank.score);
    for (const space of ['ssl', 'sup'] as const) {
      const similarity = cosine(asked[space], matched?.segment[space] ?? null);
      if (similarity === null) expect(hit[space]).toBeNull();
      else expectClose(hit[space] ?? Number.NaN, similarity);
    }
    const next = page.hits[i + 1];
    const isInOrder =
      !next ||
      hit.order < next.order ||
      (hit.order === next.order &&
        (hit.score > next.score || (hit.score === next.score && hit.itemId < next.itemId)));
    expect(isInOrder).toBe(true);
  }
}

function expectClose(actual: number, expected: number): void {
  if (!(Math.abs(actual - expected) <= TOLERANCE)) expect(actual).toBe(expected);
}

async function expectSelection(
  edition: Edition,
  reference: Reference,
  selection: ItemQuery,
  first: number,
): Promise<void> {
  const records = reference.select(selection).map(({ record }) => record);
  expect(await edition.count(selection)).toBe(records.length);

  const facets = await edition.facets(selection);
  expect(facets.genres).toEqual(countValues(records.map(({ genres }) => genres)));
  expect(facets.attributes).toEqual(
    ATTRIBUTES.map(({ name, isNumber }) => ({
      name,
      isNumber,
      values: countValues(
        records.map(({ attributes }) => attributes.filter((a) => a.name === name).map(({ value }) => value)),
      ),
    })),
  );

  if (selection.filter) {
    const { modality } = selection;
    const unknown = reference.unknown(modality, selection.filter);
    expect(await edition.unknownValues(modality, selection.filter)).toEqual(
      unknown.map(({ field, value }) => {
        const known = field === 'attributes' ? ['bpm', 'mood'] : reference.valuesOf(modality, field);
        return { field, value, suggestions: nearest(value, known) };
      }),
    );
  }

  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const page = await edition.list({ ...selection, first, after });
    ids.push(...page.itemIds);
    if (!page.hasNextPage) break;
    expect(page.itemIds).toHaveLength(first);
    after = ids[ids.length - 1];
  }
  expect(ids).toEqual(records.map(({ id }) => id).toSorted());
}

function countValues(valuesByItem: string[][]): { value: string; count: number }[] {
  return [...new Set(valuesByItem.flat())]
    .map((value) => ({ value, count: valuesByItem.filter((values) => values.includes(value)).length }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}

/** Everything that an edition holds, item by item. */
async function expectContent(edition: Edition, reference: Reference): Promise<void> {
  const items = reference.items();
  const ids = items.map(({ record }) => record.id);
  const retrieved = await edition.retrieve([...ids, 'unknown']);
  expect(retrieved.map(withoutInstant)).toEqual([...items.map(({ record }) => record), null]);
  expect(await edition.segments([...ids, 'unknown'])).toEqual(
    retrieved.map((record, i) => record && { record, segments: items[i].segments }),
  );
  for (const modality of MODALITIES) expect(await edition.attributes(modality)).toEqual(ATTRIBUTES);
  expect(await edition.counts()).toEqual({
    tracks: items.filter(({ record }) => record.modality === 'MUSIC').length,
    videos: items.filter(({ record }) => record.modality === 'VIDEO').length,
    segments: items.reduce((sum, { segments }) => sum + segments.length, 0),
  });
}

/** Those of the items, and null for what users removed. */
async function expectFingerprints(writer: EditionWriter, reference: Reference): Promise<void> {
  const expected = [
    ...reference.items().map(({ record, fingerprint }): [string, string | null] => [record.id, fingerprint]),
    ...reference.removedIds().map((id): [string, string | null] => [id, null]),
  ];
  expect([...(await writer.fingerprints())].toSorted()).toEqual(expected.toSorted());
}

function withoutInstant(
  record: Awaited<ReturnType<Edition['retrieve']>>[number],
): ItemEntry['record'] | null {
  if (!record) return null;
  const { addedAt, hasThumbnail, ...rest } = record;
  expect(new Date(addedAt).toISOString()).toBe(addedAt);
  expect(hasThumbnail).toBe(rest.modality === 'VIDEO');
  return rest;
}
