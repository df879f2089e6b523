import type { Device } from '../../backbone/device.ts';
import type { Limits } from '../../config/config.ts';
import type { SpaceVectors } from '../../head/head.ts';
import type { Modality } from '../../media/media.ts';
import type { ItemFilter } from '../../store/filter.ts';
import type {
  AttributeType,
  ClipRecord,
  FacetCounts,
  ItemQuery,
  ItemRecord,
  ItemSegments,
  ListPage,
  ListRequest,
  SearchPage,
  SearchRequest,
  SpaceRankRequest,
  SpaceRanks,
  StoreKind,
  UnknownValue,
} from '../../store/vector-store.ts';
import type { Serving } from '../serving.ts';

/** A store search under a key: equal keys stand for equal requests. */
export interface KeyedSearch {
  key: string;
  request: SearchRequest;
}

/**
 * The reads that a search is made of, one at a time. Whoever implements them joins those that are asked for
 * together into one call of the edition or the embedder.
 */
export interface SearchReads {
  item(id: string): Promise<ItemRecord | null>;
  items(ids: readonly string[]): Promise<(ItemRecord | null)[]>;
  segments(itemId: string): Promise<ItemSegments | null>;
  clip(id: string): Promise<ClipRecord | null>;
  /** Vectors of all the clip's segments of one modality, in order. */
  projectClip(clip: ClipRecord, modality: Modality): Promise<SpaceVectors[]>;
  /** The text's vectors. Only where the bundle reads texts. */
  embedText(text: string): Promise<SpaceVectors>;
  search(search: KeyedSearch): Promise<SearchPage>;
  spaceRanks(request: SpaceRankRequest): Promise<SpaceRanks>;
  count(query: ItemQuery): Promise<number>;
  facets(query: ItemQuery): Promise<FacetCounts>;
  list(request: ListRequest): Promise<ListPage>;
  unknownValues(modality: Modality, filter: ItemFilter): Promise<UnknownValue[]>;
  attributes(modality: Modality): Promise<AttributeType[]>;
  /** Runs the part of a search before its scan; scans wait for it, so that all of one level share one pass. */
  preparing<T>(work: () => Promise<T>): Promise<T>;
}

/** What a search knows of the request and the server that it runs in. */
export interface SearchContext {
  readonly serving: Pick<Serving, 'manifest' | 'backboneIds' | 'embedder'>;
  readonly storeKind: StoreKind;
  /** The device that embeds. */
  readonly device: Device;
  readonly limits: Limits;
  readonly reads: SearchReads;
}
