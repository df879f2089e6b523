import { expect, it } from 'vitest';
import { joinSearches } from '../../src/store/embedded/join-searches.ts';
import type { SearchPage, SearchRequest } from '../../src/store/vector-store.ts';

/** A search that tells its requests apart by `alpha`, refuses a negative one, and is held back until it is let go. */
function createHeldSearch() {
  const sizes: number[] = [];
  const holding = Promise.withResolvers<void>();
  let lastCall: Promise<unknown> = holding.promise;
  const search = async (requests: readonly SearchRequest[]): Promise<SearchPage[]> => {
    sizes.push(requests.length);
    if (requests.some(({ alpha }) => alpha < 0)) throw new Error('negative');
    return requests.map(({ alpha }) => ({
      hits: [],
      records: [],
      hasNextPage: false,
      exact: true,
      searchMs: alpha,
    }));
  };
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const call = lastCall.then(work);
    lastCall = call.catch(() => {});
    return call;
  };
  const joined = joinSearches(search, inTurn);
  return { sizes, letGo: holding.resolve, ask: (...alphas: number[]) => joined(alphas.map(toRequest)) };
}

const toRequest = (alpha: number) => ({ alpha }) as SearchRequest;
const answersOf = (pages: SearchPage[]) => pages.map(({ searchMs }) => searchMs);

it('answers the calls that wait together, each with its own pages', async () => {
  const { sizes, letGo, ask } = createHeldSearch();
  const calls = [ask(1, 2), ask(), ask(3)];
  letGo();
  expect((await Promise.all(calls)).map(answersOf)).toEqual([[1, 2], [], [3]]);
  expect(sizes).toEqual([3]);
  expect(answersOf(await ask(4))).toEqual([4]);
  expect(sizes).toEqual([3, 1]);
});

it('lets a wrong call fail alone', async () => {
  const { letGo, ask } = createHeldSearch();
  const calls = [ask(1), ask(2, -1), ask(3)];
  letGo();
  const [first, wrong, last] = await Promise.allSettled(calls);
  expect(wrong).toMatchObject({ status: 'rejected', reason: { message: 'negative' } });
  expect([first, last]).toMatchObject([
    { status: 'fulfilled', value: [{ searchMs: 1 }] },
    { status: 'fulfilled', value: [{ searchMs: 3 }] },
  ]);
});

it('joins no more than a bounded number of requests, and never splits a call', async () => {
  const { sizes, letGo, ask } = createHeldSearch();
  const alphas = Array.from({ length: 40 }, (_, i) => i);
  const calls = [ask(...alphas), ...alphas.map((alpha) => ask(alpha))];
  letGo();
  const [whole, ...singles] = (await Promise.all(calls)).map(answersOf);
  expect(whole).toEqual(alphas);
  expect(singles.flat()).toEqual(alphas);
  expect(sizes).toEqual([40, 32, 8]);
});
