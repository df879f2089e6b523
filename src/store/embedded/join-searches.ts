import type { SearchPage, SearchRequest } from '../vector-store.ts';

type Search = (requests: readonly SearchRequest[]) => Promise<SearchPage[]>;

interface WaitingCall {
  requests: readonly SearchRequest[];
  answer: PromiseWithResolvers<SearchPage[]>;
}

/** A pass over the vectors for so many costs little more for each; more would keep the first ones waiting. */
const MAX_REQUESTS = 32;

/**
 * Joins the calls that wait for their turn into one, since the requests of a call share a pass over the vectors.
 * What fails together is searched again call by call, so that a fault in one leaves the others alone.
 */
export function joinSearches(
  search: Search,
  inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>,
): Search {
  const waiting: WaitingCall[] = [];

  /** Those that waited longest; one call at least, however many requests it has. */
  const takeCalls = (): WaitingCall[] => {
    let count = 0;
    const next = waiting.findIndex(({ requests }, i) => {
      count += requests.length;
      return i > 0 && count > MAX_REQUESTS;
    });
    return waiting.splice(0, next < 0 ? waiting.length : next);
  };

  const answerTogether = async (calls: readonly WaitingCall[]): Promise<void> => {
    const pages = await search(calls.flatMap(({ requests }) => requests));
    let start = 0;
    for (const { requests, answer } of calls) {
      answer.resolve(pages.slice(start, start + requests.length));
      start += requests.length;
    }
  };

  const answerNext = async (): Promise<void> => {
    const calls = takeCalls();
    if (calls.length === 0) return; // a turn before answered them
    try {
      await answerTogether(calls);
    } catch (error) {
      if (calls.length === 1) calls[0].answer.reject(error);
      else {
        for (const call of calls) await answerTogether([call]).catch(call.answer.reject);
      }
    }
  };

  return (requests) => {
    const answer = Promise.withResolvers<SearchPage[]>();
    waiting.push({ requests, answer });
    inTurn(answerNext);
    return answer.promise;
  };
}
