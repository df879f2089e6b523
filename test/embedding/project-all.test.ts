import { describe, expect, it } from 'vitest';
import { createBatcher } from '../../src/backbone/batcher.ts';
import type { Embedder } from '../../src/embedding/embedding.ts';
import { projectAll } from '../../src/embedding/project-all.ts';
import type { SpaceVectors } from '../../src/head/head.ts';
import { BusyError } from '../../src/shared/errors.ts';

/** Heads that give back what they are given, behind a queue that takes few. */
function createSmallEmbedder(maxQueued: number): Embedder {
  const batcher = createBatcher<Float32Array, SpaceVectors>({
    maxBatch: 256,
    maxQueued,
    keyOf: () => 'features',
    run: async (batch) => batch.map((vector) => ({ ssl: vector, sup: null })),
  });
  return {
    bundleId: 'b',
    dimensions: { ssl: 2, sup: 2 },
    project: (_modality, features, signal) => batcher.submit(features, signal),
  };
}

const rowsOf = (caller: number, count: number) =>
  Array.from({ length: count }, (_, i) => Float32Array.of(caller, i));

describe('projectAll', () => {
  it('waits for a full queue, and gives each of many callers its own, in order', async () => {
    const embedder = createSmallEmbedder(1_000);
    const calls = Array.from({ length: 17 }, (_, caller) => rowsOf(caller, 540));
    const refused = await Promise.allSettled(calls.map((rows) => embedder.project('VIDEO', rows)));
    expect(refused.some((call) => call.status === 'rejected' && call.reason instanceof BusyError)).toBe(true);

    const projected = await Promise.all(calls.map((rows) => projectAll(embedder, 'VIDEO', rows)));
    expect(projected.map((vectors) => vectors.map(({ ssl }) => ssl))).toEqual(calls);
  });

  it('takes more vectors than a call takes arguments', async () => {
    const rows = rowsOf(0, 200_000);
    const vectors = await projectAll(createSmallEmbedder(4_096), 'MUSIC', rows);
    expect(vectors.every(({ ssl }, i) => ssl === rows[i])).toBe(true);
    expect(vectors).toHaveLength(rows.length);
  });

  it('stops waiting when it is told to, and throws any other fault', async () => {
    const busy = () => Promise.reject(new BusyError('Full.', 1e6));
    const stop = AbortSignal.timeout(20);
    const waiting = projectAll(
      { bundleId: 'b', dimensions: { ssl: 2, sup: 2 }, project: busy },
      'MUSIC',
      rowsOf(0, 1),
      stop,
    );
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    const lost = () => Promise.reject(new Error('device lost'));
    await expect(
      projectAll({ bundleId: 'b', dimensions: { ssl: 2, sup: 2 }, project: lost }, 'MUSIC', rowsOf(0, 1)),
    ).rejects.toThrow('lost');
  });
});
