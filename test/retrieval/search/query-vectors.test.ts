import { describe, expect, it } from 'vitest';
import type { SpaceVectors } from '../../../src/head/head.ts';
import { queryVectors } from '../../../src/retrieval/search/query-vectors.ts';
import type { SearchContext } from '../../../src/retrieval/search/reads.ts';

const vectors: SpaceVectors = { ssl: Float32Array.of(0.6, 0.8), sup: Float32Array.of(-0.6, -0.8) };

const ask = (alpha: number, scoring: 'WEIGHTED' | 'BLENDED', asked = vectors) =>
  queryVectors(
    { target: 'MUSIC', query: { kind: 'vectors', vectors: asked }, alpha, scoring, minScore: null },
    // Raw vectors need nothing of it.
    {} as SearchContext,
  );

describe('queryVectors', () => {
  it('refuses two vectors that cancel out in a blend, and only there', async () => {
    await expect(ask(0.5, 'BLENDED')).rejects.toMatchObject({ name: 'UserInputError', argument: 'query' });
    for (const alpha of [0, 0.4999, 1]) {
      expect(await ask(alpha, 'BLENDED')).toMatchObject({ kind: 'QueryVectors', vectors });
    }
    expect(await ask(0.5, 'WEIGHTED')).toMatchObject({ kind: 'QueryVectors', vectors });
    const half = { ssl: vectors.ssl, sup: null };
    expect(await ask(0.5, 'BLENDED', half)).toMatchObject({ kind: 'QueryVectors', vectors: half });
  });
});
