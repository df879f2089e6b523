import type { Modality } from '../../media/media.ts';
import type { Scoring } from '../../store/vector-store.ts';

/*
 * What a caller hands over: the API's inputs after GraphQL has coerced them. Ranges, lengths and combinations
 * are not yet checked. Absent and null mean the same.
 */

type Optional<T> = T | null | undefined;

export interface MediaArgument {
  id: string;
  by?: Optional<Modality>;
  startSeconds?: Optional<number>;
  endSeconds?: Optional<number>;
}

interface SeedArgument {
  media: MediaArgument;
  weight: number;
}

export interface VectorsArgument {
  ssl?: Optional<readonly number[]>;
  sup?: Optional<readonly number[]>;
}

/** Exactly one of its fields is set. */
export interface QueryArgument {
  media?: Optional<MediaArgument>;
  seeds?: Optional<readonly SeedArgument[]>;
  text?: Optional<string>;
  vectors?: Optional<VectorsArgument>;
}

export interface GenreFilterArgument {
  any?: Optional<readonly string[]>;
  all?: Optional<readonly string[]>;
  none?: Optional<readonly string[]>;
}

export interface ValueFilterArgument {
  any?: Optional<readonly string[]>;
  none?: Optional<readonly string[]>;
}

export interface RangeArgument {
  min?: Optional<number>;
  max?: Optional<number>;
}

export interface AttributeFilterArgument extends ValueFilterArgument {
  name: string;
  range?: Optional<RangeArgument>;
}

export interface ItemFilterArgument {
  genres?: Optional<GenreFilterArgument>;
  artists?: Optional<ValueFilterArgument>;
  sources?: Optional<ValueFilterArgument>;
  attributes?: Optional<readonly AttributeFilterArgument[]>;
  words?: Optional<string>;
  durationSeconds?: Optional<RangeArgument>;
  ids?: Optional<ValueFilterArgument>;
  and?: Optional<readonly ItemFilterArgument[]>;
  or?: Optional<readonly ItemFilterArgument[]>;
  not?: Optional<ItemFilterArgument>;
}

/** What narrows items down, in lists and searches alike. */
export interface FilterArguments {
  genres?: Optional<GenreFilterArgument>;
  filter?: Optional<ItemFilterArgument>;
}

/** How a search ranks, whatever it searches with. */
export interface RankingArguments extends FilterArguments {
  alpha?: Optional<number>;
  scoring: Scoring;
  minScore?: Optional<number>;
}

export interface SearchArguments extends RankingArguments {
  query: QueryArgument;
}

export interface PageArguments {
  first: number;
  after?: Optional<string>;
}
