import { isBlend } from '../scoring.ts';
import { type Candidate, nominate } from './candidates.ts';
import type { StoreContext } from './context.ts';
import type { EditionRecord, SquareBounds } from './edition-record.ts';
import { listSegments } from './list-segments.ts';
import { type Contender, rescoreContenders } from './rescore.ts';
import { forgetLists, lengthenLists, listOutliers, type RankedSearch, type ShownHit } from './search-plan.ts';

/** The edition as it is known, and as it is now: the bounds of BLENDED widen with what is written. */
export interface WatchedEdition {
  current(): EditionRecord;
  refresh(): Promise<void>;
}

/** Points that are held and asked for at a time: the lists of deep pages take turns. */
const POINTS_PER_TURN = 65_536;

/** Brings every search to the hits its page is cut from: lists and reads more, all together, until each is sure. */
export async function rankSearches(
  context: StoreContext,
  edition: WatchedEdition,
  searches: readonly RankedSearch[],
): Promise<Map<RankedSearch, ShownHit[]>> {
  const ranked = new Map<RankedSearch, ShownHit[]>();
  while (ranked.size < searches.length) {
    const turn = takeTurn(searches.filter((search) => !ranked.has(search)));
    await readLists(context, edition, turn);
    const unscored: Contender[] = [];
    for (const search of turn) {
      const contenders = findContenders(search, edition.current());
      if (contenders === null) continue;
      const hits = contenders.map(({ item }) => search.hits.get(item));
      if (hits.every((hit) => hit !== undefined)) {
        ranked.set(search, hits);
        forgetLists(search);
      } else {
        const missing = contenders.filter((_, i) => !hits[i]);
        unscored.push(...missing.map((candidate) => ({ search, candidate })));
      }
    }
    if (unscored.length > 0) await rescoreContenders(context, edition.current(), unscored);
  }
  return ranked;
}

/** The first of them, whose lists have room together; one at least. */
function takeTurn(searches: readonly RankedSearch[]): RankedSearch[] {
  let pointCount = 0;
  return searches.filter(({ lists }, i) => {
    for (const { limit } of lists) pointCount += limit;
    return i === 0 || pointCount <= POINTS_PER_TURN;
  });
}

/** Reads the lists that are not there, and beside them the bounds that they are used with. */
async function readLists(
  context: StoreContext,
  edition: WatchedEdition,
  searches: readonly RankedSearch[],
): Promise<void> {
  const unread = searches.flatMap((search) =>
    search.lists.filter(({ points }) => points === null).map((list) => ({ search, list })),
  );
  if (unread.length === 0) return;
  const isBlended = unread.some(({ search: { request } }) => isBlend(request.alpha, request.scoring));
  await Promise.all([
    listSegments(context, edition.current().bundle, unread),
    ...(isBlended ? [edition.refresh()] : []),
  ]);
}

/** What may be on the page; null where longer lists are needed to say. */
function findContenders(search: RankedSearch, edition: EditionRecord): Candidate[] | null {
  const { request, shownRevisions } = search;
  const bounds = edition.bounds[request.target] as SquareBounds;
  if (listOutliers(search, bounds)) return null;
  const { contenders, tooShort } = nominate(
    search,
    ({ item, revision }) => shownRevisions.has(item) && shownRevisions.get(item) !== revision,
    bounds,
  );
  if (tooShort.length === 0) return contenders;
  lengthenLists(search, tooShort);
  return null;
}
