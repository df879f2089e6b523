import type { Modality } from '../../media/media.ts';
import type { FacetCounts, ItemQuery, ValueCount } from '../../store/vector-store.ts';
import type { FilterArguments } from './arguments.ts';
import { requireFirst } from './page.ts';
import { parseFilter } from './parse-filter.ts';
import type { SearchContext, SearchReads } from './reads.ts';

/** Values that one facet may list. */
const MAX_FACET_VALUES = 1_000;

interface FacetArguments {
  first: number;
}
interface AttributeFacetArguments extends FacetArguments {
  /** Only these; null: all. */
  names?: readonly string[] | null;
}

/** Counts of items, each asked of the store when it is read. */
export interface Facets {
  genres(page: FacetArguments): Promise<ValueCount[]>;
  attributes(page: AttributeFacetArguments): Promise<FacetCounts['attributes']>;
}

/** Facets over what two filters let through: genres are counted without the ticked genres, attributes with them. */
export function countFacets(
  reads: Pick<SearchReads, 'facets'>,
  { forGenres, forAttributes }: { forGenres: ItemQuery; forAttributes: ItemQuery },
): Facets {
  return {
    genres: async ({ first }) => {
      requireFirst(first, MAX_FACET_VALUES);
      const { genres } = await reads.facets(forGenres);
      return genres.slice(0, first);
    },
    attributes: async ({ names, first }) => {
      requireFirst(first, MAX_FACET_VALUES);
      const { attributes } = await reads.facets(forAttributes);
      return attributes
        .filter(({ name }) => names?.includes(name) ?? true)
        .map((attribute) => ({ ...attribute, values: attribute.values.slice(0, first) }));
    },
  };
}

/** Facets of the library, or of the part that a filter lets through. */
export async function libraryFacets(
  modality: Modality,
  { filter }: Pick<FilterArguments, 'filter'>,
  context: SearchContext,
): Promise<Facets> {
  const { whole } = await parseFilter({ filter }, modality, context);
  const query = { modality, filter: whole, excludeIds: [] };
  return countFacets(context.reads, { forGenres: query, forAttributes: query });
}
