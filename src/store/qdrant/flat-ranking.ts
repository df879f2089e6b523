import { rankItems } from '../ranking.ts';
import type { HitPosition, SearchRequest } from '../vector-store.ts';
import type { StoreContext } from './context.ts';
import type { EditionRecord } from './edition-record.ts';
import { matchValue } from './filter-condition.ts';
import { listItems } from './list-items.ts';
import type { Condition } from './qdrant-client.ts';
import { readSegments } from './read-segments.ts';
import { toHit } from './rescore.ts';
import type { ShownHit } from './search-plan.ts';

/** A part of a ranking in which every score is 0, so that it goes by id. */
export interface FlatPart {
  order: 0 | 1;
  conditions: Condition[];
}

/** In order: all of a ranking without a comparison, else the items that lack α's only space. */
export function flatParts(
  { alpha, target }: SearchRequest,
  isCompared: boolean,
  { bounds }: EditionRecord,
): FlatPart[] {
  if (!bounds[target]) return [];
  if (alpha > 0 && alpha < 1) return isCompared ? [] : [{ order: 0, conditions: [] }];
  const has = matchValue('spaces', alpha === 0 ? 'ssl' : 'sup');
  const lacking: FlatPart = { order: 1, conditions: [{ must_not: [has] }] };
  return isCompared ? [lacking] : [{ order: 0, conditions: [has] }, lacking];
}

/** The first `count` items of such a part behind the request's position. */
export async function readFlatHits(
  context: StoreContext,
  edition: EditionRecord,
  { target, filter, excludeIds, after, minScore, query, alpha, scoring }: SearchRequest,
  { order, conditions }: FlatPart,
  count: number,
): Promise<ShownHit[]> {
  if (count <= 0 || (minScore !== null && minScore > 0)) return [];
  const start = whereToStart(after, order);
  if (start === 'nowhere') return [];
  const { itemIds } = await listItems(
    context,
    edition.bundle,
    { modality: target, filter, excludeIds, first: count, after: start },
    ...conditions,
  );
  const found = await readSegments(context, edition, itemIds);
  const items = [...found].map(([id, { segments }]) => ({ id, segments }));
  return rankItems(items, query, alpha, scoring).flatMap(({ itemId, segment, ...position }) => {
    const item = found.get(itemId);
    return item
      ? { ...toHit(query, item.segments[segment], { itemId, ...position }), record: item.record }
      : [];
  });
}

/** The id behind which hits of this order and score 0 come after a position; null from the first one on. */
function whereToStart(after: HitPosition | null, order: 0 | 1): string | null | 'nowhere' {
  if (!after || after.order < order || (after.order === order && after.score > 0)) return null;
  return after.order === order && after.score === 0 ? after.itemId : 'nowhere';
}
