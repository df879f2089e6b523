/** What the resolvers of each type of the schema start from; codegen.ts names them. */
import type { BundleManifest } from '../bundle/manifest.ts';
import type { ItemPage } from '../retrieval/list-items.ts';
import type { Facets } from '../retrieval/search/facets.ts';
import type { Hit, HitPage, SpaceScore } from '../retrieval/search/hit-page.ts';
import type { ClipNotReady, MediaNotFound, QueryNotSupported } from '../retrieval/search/outcomes.ts';
import type { Search } from '../retrieval/search.ts';
import type { ClipRecord, ItemRecord } from '../store/vector-store.ts';

/** Every field of it has its own resolver. */
export type SystemSource = Record<string, never>;
export type BundleSource = BundleManifest;
export type ItemSource = ItemRecord;
export type ItemConnectionSource = ItemPage;
export type ClipSource = ClipRecord;
export type SearchSource = Search;
export type HitConnectionSource = HitPage;
export type HitSource = Hit;
export type SpaceScoreSource = SpaceScore;
export type FacetsSource = Facets;
export type MediaNotFoundSource = MediaNotFound;
export type ClipNotReadySource = ClipNotReady;
export type QueryNotSupportedSource = QueryNotSupported;
