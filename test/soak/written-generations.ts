import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Edition,
  type EditionWriter,
  isOwnedBy,
  type SearchRequest,
  type Shard,
} from '../../src/store/vector-store.ts';
import { batchEntries, DIMENSIONS, vectorOf } from '../store/generations.ts';

export const SEGMENTS_PER_ITEM = 3;
const POLL_MS = 20;
export const WRITER_OPTIONS = {
  dimensions: DIMENSIONS,
  attributes: [],
  shard: null,
  discardEdits: false,
  restore: false,
};

/** What one writer was told to be written, by batch. */
export type Acknowledged = Map<number, number>;

/** Writes one shard's part of generation after generation until it is told to stop. */
export async function writeGenerations(
  writer: EditionWriter,
  {
    shard = null,
    firstGeneration = 0,
    isOver,
    onWritten,
  }: {
    shard?: Shard | null;
    firstGeneration?: number;
    isOver: () => boolean;
    onWritten: (batch: number, generation: number) => void;
  },
): Promise<void> {
  for (let generation = firstGeneration; !isOver(); generation++) {
    const { batch } = batchEntries(generation);
    await writer.upsert(entriesOf(generation, shard));
    onWritten(batch, generation);
  }
}

/** That every item is there, whole, and no older than what was acknowledged. */
export async function expectWritten(
  edition: Edition,
  acknowledged: Acknowledged,
  shard: Shard | null = null,
): Promise<string[]> {
  const allIds: string[] = [];
  for (const written of acknowledged.values()) {
    const ids = entriesOf(written, shard).map(({ record }) => record.id);
    const titles = new Set((await edition.retrieve(ids)).map((record) => record?.title));
    assert.equal(titles.size, 1);
    const shown = Number([...titles][0]);
    assert.ok(shown >= written, `generation ${shown} is shown, ${written} was acknowledged`);
    assert.deepEqual(
      (await edition.segments(ids)).map((item) => item?.segments),
      entriesOf(shown, shard).map(({ segments }) => segments),
    );
    allIds.push(...ids);
  }
  const hits = (await edition.search([EVERYTHING]))[0].hits.map(({ itemId }) => itemId);
  assert.equal(new Set(hits).size, hits.length);
  assert.deepEqual(
    allIds.filter((id) => !hits.includes(id)),
    [],
  );
  return allIds;
}

/** The same while a writer goes on: nothing acknowledged is gone. */
export async function expectNoOlder(
  edition: Edition,
  acknowledged: Acknowledged,
  shard: Shard | null = null,
): Promise<void> {
  for (const written of acknowledged.values()) {
    const ids = entriesOf(written, shard).map(({ record }) => record.id);
    for (const record of await edition.retrieve(ids)) {
      assert.ok(Number(record?.title ?? -1) >= written, `generation ${written} of ${ids[0]} is gone`);
    }
  }
}

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(POLL_MS);
}

export function newest(acknowledged: readonly Acknowledged[]): string {
  return acknowledged.map((written) => Math.max(-1, ...written.values())).join(' and ');
}

/** Of a collection, by its address: what lies there, shown or not; 0 where there is none. */
export async function countPoints(collectionUrl: string): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${collectionUrl}/points/count`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ exact: true }),
  });
  const { result } = (await answer.json()) as { result?: { count: number } };
  return result?.count ?? 0;
}

function entriesOf(generation: number, shard: Shard | null) {
  return batchEntries(generation).entries.filter(({ record }) => isOwnedBy(shard, record.id));
}

export const EVERYTHING: SearchRequest = {
  target: 'MUSIC',
  query: { ssl: vectorOf(1), sup: vectorOf(1) },
  alpha: 0.5,
  scoring: 'WEIGHTED',
  filter: null,
  excludeIds: [],
  minScore: null,
  first: 1000,
  after: null,
};
