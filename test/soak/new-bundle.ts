import { expect } from 'vitest';
import { createQdrantStore, type QdrantStoreOptions } from '../../src/store/qdrant/qdrant-store.ts';
import type { Edition, VectorStore } from '../../src/store/vector-store.ts';
import { batchEntries, idsOfBatch, vectorOf } from '../store/generations.ts';
import type { QdrantServer } from '../store/qdrant/qdrant-server.ts';
import { EVERYTHING, WRITER_OPTIONS } from './written-generations.ts';

const BATCHES = [0, 1, 2, 3];
const CALLERS = 4;

/** A generation that tells a bundle's vectors and titles from those of the others. */
const MARKS: Record<string, number> = { old: 0, new: 100, newer: 200, newest: 300 };

/**
 * A new bundle is indexed over an old one while servers search: each answer is of one bundle, whole, as is each
 * server's; the old collections stay for the grace period, and servers drop them afterwards.
 */
export async function indexNewBundle(
  server: Pick<QdrantServer, 'url' | 'apiKey'>,
  prefix: string,
  layout: QdrantStoreOptions['layout'] = {},
): Promise<void> {
  const { url, apiKey } = server;
  const open = (gracePeriodMs: number) => createQdrantStore({ url, apiKey, prefix, gracePeriodMs, layout });
  const graceful = open(60_000);
  await fill(graceful, 'old');
  const seen: Record<string, number> = { old: 0, new: 0 };
  let isOver = false;
  const servers = Array.from({ length: CALLERS }, async () => {
    const store = open(60_000);
    let edition = await store.open('old');
    while (!isOver || edition.bundleId === 'old') {
      const bundleId = await store.currentBundleId();
      if (bundleId !== edition.bundleId) edition = await store.open(bundleId as string);
      await expectAllOf(edition);
      seen[edition.bundleId]++;
    }
  });
  const reader = await graceful.open('old');
  await Promise.all([
    ...servers,
    (async () => {
      await fill(graceful, 'new');
      isOver = true;
    })(),
  ]);
  expect(Math.min(seen.old, seen.new)).toBeGreaterThan(0);
  // A server that has not swapped yet still answers, whole.
  await expectAllOf(reader);
  await graceful.dropRetired();
  await expectAllOf(reader);
  await Promise.all(Array.from({ length: CALLERS }, () => open(0).dropRetired()));
  await expect(graceful.open('old')).rejects.toMatchObject({ name: 'IntegrityError' });
  await expectAllOf(await graceful.open('new'));
}

/** A run over a bundle, from its begin to its end. */
export async function fill(store: VectorStore, bundleId: string): Promise<void> {
  const writer = await store.write(bundleId, WRITER_OPTIONS);
  for (const batch of BATCHES) await writer.upsert(batchEntries(MARKS[bundleId] + batch).entries);
  await writer.finish({ keepIds: new Set(BATCHES.flatMap(idsOfBatch)) });
  await writer.close();
}

/** That the edition is its bundle's, and whole. */
export async function expectAllOf(edition: Edition): Promise<void> {
  const mark = MARKS[edition.bundleId];
  const [{ hits }] = await edition.search([EVERYTHING]);
  const ids = BATCHES.flatMap(idsOfBatch);
  expect(hits.map(({ itemId }) => itemId).toSorted()).toEqual(ids.toSorted());
  const records = await edition.retrieve(ids);
  const segments = await edition.segments(ids);
  for (const batch of BATCHES) {
    const at = ids.indexOf(idsOfBatch(batch)[0]);
    expect(records[at]?.title).toBe(String(mark + batch));
    expect(segments[at]?.segments.map(({ ssl }) => ssl)).toContainEqual(vectorOf(mark + batch));
  }
}
