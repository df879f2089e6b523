import { hash } from 'node:crypto';
import { UserInputError } from '../../shared/errors.ts';

/** Throws a UserInputError unless `first` is a whole number from 1 to `max`. */
export function requireFirst(first: number, max: number, argument = 'first'): void {
  if (!Number.isInteger(first) || first < 1 || first > max)
    throw new UserInputError(`${argument} is from 1 to ${max}, not ${first}.`, argument);
}

/** 96 bits of SHA-256 over the JSON of a value whose keys always come in the same order. */
export function toHash(value: unknown): string {
  return hash('sha256', JSON.stringify(value), 'base64url').slice(0, 16);
}

/** Relay's page information. Pages run forwards only, so a page has one before it where it continues one. */
export interface PageInfo {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
}

export function toPageInfo(
  edges: readonly { cursor: string }[],
  after: string | null,
  hasNextPage: boolean,
): PageInfo {
  return {
    hasNextPage,
    hasPreviousPage: after !== null,
    startCursor: edges.at(0)?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  };
}
