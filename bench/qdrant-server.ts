import { setTimeout as sleep } from 'node:timers/promises';
import type { Dimensions } from '../src/head/head.ts';
import { UsageError } from '../src/shared/errors.ts';
import { compare } from '../src/store/qdrant/comparison.ts';
import { toQuery } from '../src/store/qdrant/list-segments.ts';
import { planSearch } from '../src/store/qdrant/search-plan.ts';
import type { SearchRequest } from '../src/store/vector-store.ts';

const headers = process.env.QDRANT_API_KEY ? { 'api-key': process.env.QDRANT_API_KEY } : undefined;

/** The address of the server that is filled and measured. UsageError where none is named or none answers. */
export async function findQdrant(): Promise<string> {
  const url = process.env.QDRANT_URL?.replace(/\/+$/, '');
  const remedy = 'Set QDRANT_URL to a Qdrant server that may be filled, such as http://127.0.0.1:6333.';
  if (!url) throw new UsageError(remedy);
  const answer = await fetch(`${url}/`, { headers }).catch(() => null);
  if (!answer?.ok) throw new UsageError(`No Qdrant server answers at ${url}. ${remedy}`);
  return url;
}

/** Until every segment is in its graph. */
export async function waitForGraphs(url: string, collection: string): Promise<void> {
  for (let greens = 0; greens < 3; ) {
    await sleep(1_000);
    const answer = await fetch(`${url}/collections/${collection}`, { headers });
    const { result } = (await answer.json()) as { result: { status: string } };
    greens = result.status === 'green' ? greens + 1 : 0;
  }
}

/** Deletes all that was made under a prefix. */
export async function dropCollections(url: string, prefix: string): Promise<void> {
  const answer = await fetch(`${url}/collections`, { headers });
  const { result } = (await answer.json()) as { result: { collections: { name: string }[] } };
  for (const { name } of result.collections) {
    if (name.startsWith(prefix)) await fetch(`${url}/collections/${name}`, { method: 'DELETE', headers });
  }
}

/** What the store sends first for a search. */
export function toListBody(request: SearchRequest, isExact: boolean, dimensions: Dimensions) {
  const comparison = compare(request, dimensions);
  if (!comparison) throw new Error('The request compares nothing.');
  const search = planSearch(request, comparison, { count: 0, isSmall: isExact });
  return { searches: search.lists.map((list) => toQuery(search, list)) };
}
