import type { BundleManifest } from '../bundle/manifest.ts';
import type { Modality, Span } from '../media/media.ts';
import type { ItemQuery, Scoring, SearchRequest } from '../store/vector-store.ts';
import type { PageArguments, SearchArguments } from './search/arguments.ts';
import { countFacets, type Facets } from './search/facets.ts';
import { filterWarnings, type SearchWarning } from './search/filter-warnings.ts';
import { type HitPage, searchPage } from './search/hit-page.ts';
import { type QueryNotSupported, queryNotSupported, type SearchProblem } from './search/outcomes.ts';
import { toHash } from './search/page.ts';
import { parseFilter } from './search/parse-filter.ts';
import { type ParsedSearch, parseQuery } from './search/parse-query.ts';
import { type QueryVectors, queryVectors } from './search/query-vectors.ts';
import type { SearchContext } from './search/reads.ts';
import type { ParsedFilter } from './search/to-item-filter.ts';

/** A search whose query stands as vectors. What it finds is computed as it is read. */
export interface Search {
  kind: 'Search';
  /** Equal for equal arguments under one bundle. */
  id: string;
  target: Modality;
  alpha: number;
  scoring: Scoring;
  bundleId: string;
  /** The side and the part of the query media that were used; null for seeds, texts and raw vectors. */
  by: Modality | null;
  querySpan: Span | null;
  warnings(): Promise<SearchWarning[]>;
  hits(page: PageArguments): Promise<HitPage>;
  /** Items that the filter lets through, those searched with left out, whatever `minScore`. */
  totalCount(): Promise<number>;
  facets: Facets;
}

/**
 * Finds music or videos for a query: arguments → vectors → hits, ranks, facets and counts as they are selected.
 *
 * Throws a UserInputError that names a wrong argument, and a BusyError where the device's queue is full. What is
 * right but can't be answered comes back as a SearchProblem.
 */
export function search(
  target: Modality,
  searchArguments: SearchArguments,
  context: SearchContext,
): Promise<Search | SearchProblem> {
  const { serving, limits, reads } = context;
  return reads.preparing(async () => {
    const parsed = parseQuery(target, searchArguments, serving.manifest, limits);
    const unsupported = checkScoring(parsed, serving.manifest);
    if (unsupported) return unsupported;
    const filter = await parseFilter(searchArguments, target, context);
    const query = await queryVectors(parsed, context);
    if (query.kind !== 'QueryVectors') return query;
    return present(parsed, filter, query, context);
  });
}

/** A blend adds the two vectors, so they must be of one length. */
function checkScoring({ scoring }: ParsedSearch, { identity }: BundleManifest): QueryNotSupported | null {
  const { sslDimension, supDimension } = identity;
  if (scoring === 'WEIGHTED' || sslDimension === supDimension) return null;
  return queryNotSupported(
    `BLENDED needs spaces of one dimension; the loaded bundle has ${sslDimension} and ${supDimension}.`,
  );
}

function present(
  parsed: ParsedSearch,
  filter: ParsedFilter,
  query: QueryVectors,
  context: SearchContext,
): Search {
  const { target, alpha, scoring, minScore } = parsed;
  const { by, querySpan, embedMs } = query;
  const { reads, serving } = context;
  const bundleId = serving.manifest.id;
  const excludeIds = [...new Set(query.itemIds)].sort();
  const queryHash = hashSearch(bundleId, parsed, filter, query);
  const request: Omit<SearchRequest, 'first' | 'after'> = {
    target,
    query: query.vectors,
    alpha,
    scoring,
    filter: filter.whole,
    excludeIds,
    minScore,
  };
  const passing = (part: ItemQuery['filter']): ItemQuery => ({ modality: target, filter: part, excludeIds });
  return {
    kind: 'Search',
    id: queryHash,
    target,
    alpha,
    scoring,
    bundleId,
    by,
    querySpan,
    warnings: () => filterWarnings(target, filter.whole, reads),
    hits: (page) => searchPage({ bundleId, queryHash, request, embedMs }, page, context),
    totalCount: () => reads.count(passing(filter.whole)),
    facets: countFacets(reads, { forGenres: passing(filter.rest), forAttributes: passing(filter.whole) }),
  };
}

const toBytes = (vector: Float32Array | null) =>
  vector && Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');

/**
 * What makes two searches the same: media by id, side and part; a text by its words; vectors by value; the filter in
 * normal form.
 */
function hashSearch(
  bundleId: string,
  { target, query, alpha, scoring, minScore }: ParsedSearch,
  filter: ParsedFilter,
  { by, querySpan, vectors }: QueryVectors,
): string {
  const subject =
    query.kind === 'media'
      ? [query.media.id, by, querySpan]
      : query.kind === 'seeds'
        ? query.seeds
        : query.kind === 'text'
          ? ['text', query.text]
          : [toBytes(vectors.ssl), toBytes(vectors.sup)];
  return toHash([bundleId, target, subject, alpha, scoring, filter.genres, filter.rest, minScore]);
}
