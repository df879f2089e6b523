import { z } from 'zod';
import { UserInputError } from '../../shared/errors.ts';
import type { HitPosition } from '../../store/vector-store.ts';

/** The cursor is of a bundle that is no longer loaded: start again from the first page. */
export class CursorExpiredError extends Error {
  override readonly name = 'CursorExpiredError';
}

/** What a cursor continues: the bundle it was made under and the hash of the arguments it belongs to. */
export interface CursorScope {
  bundleId: string;
  queryHash: string;
}

/** Where a page ends. */
export interface Place {
  position: HitPosition;
  /** The item's rank in the whole result, from 1. */
  rank: number;
}

const cursorSchema = z.tuple([
  z.string(),
  z.string(),
  z.int().positive(),
  z.union([z.literal(0), z.literal(1)]),
  z.number(),
  z.string(),
]);

// Enough of a bundle's SHA-256 to tell two bundles apart.
const shortBundleId = (bundleId: string) => bundleId.slice(0, 12);

/** Not signed: a forged one gets a page that costs what any page costs, with ranks as wrong as its own. */
export function toCursor({ bundleId, queryHash }: CursorScope, { position, rank }: Place): string {
  const { order, score, itemId } = position;
  const content: z.infer<typeof cursorSchema> = [
    shortBundleId(bundleId),
    queryHash,
    rank,
    order,
    score,
    itemId,
  ];
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** Throws a UserInputError for what isn't a cursor of these arguments, a CursorExpiredError for another bundle's. */
export function parseCursor(cursor: string, { bundleId, queryHash }: CursorScope): Place {
  const parsed = cursorSchema.safeParse(decode(cursor));
  if (!parsed.success) throw new UserInputError('after is not a cursor of this API.', 'after');
  const [itsBundleId, itsQueryHash, rank, order, score, itemId] = parsed.data;
  if (itsBundleId !== shortBundleId(bundleId))
    throw new CursorExpiredError('The cursor is of another bundle: start again from the first page.');
  if (itsQueryHash !== queryHash)
    throw new UserInputError('after is the cursor of a query with other arguments.', 'after');
  return { position: { order, score, itemId }, rank };
}

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
}
