import type { Dimensions } from '../../head/head.ts';
import { MODALITIES, type Modality } from '../../media/media.ts';
import { isMissing, QdrantRefusal } from './faults.ts';
import type { CollectionSettings, FieldSchema, Qdrant } from './qdrant-client.ts';

/** How the collections are laid out on the server. */
export interface CollectionLayout {
  /** Of the segments' collections. */
  shards: number;
  replicas: number;
  /** How many replicas must have written before a write is acknowledged. */
  writeConsistency: number;
  /** HNSW's m: links of a vector in its graph. */
  hnswLinks: number;
  /** HNSW's ef_construct: candidates that are looked at for a vector's links. */
  hnswCandidates: number;
  /** int8: graphs are walked over quantized vectors, which are kept in memory, and what they list is rescored. */
  quantization: 'none' | 'int8';
  /** Vectors and graphs are mapped from disk instead of being held in memory. */
  vectorsOnDisk: boolean;
}

export interface CollectionNames {
  items: string;
  meta: string;
  clips: string;
  segments(modality: Modality, bundleId: string): string;
}

/** Beside the vectors, which stay as they are: products and float64 scores are taken from the original float32. */
const INT8: CollectionSettings['quantization_config'] = { scalar: { type: 'int8', always_ram: true } };

const keyword: FieldSchema = { type: 'keyword' };
const float: FieldSchema = { type: 'float' };
const integer: FieldSchema = { type: 'integer' };

/** What a filter looks at, on items and on segments. */
const FILTER_FIELDS: Record<string, FieldSchema> = {
  genres: keyword,
  artist: keyword,
  source: keyword,
  attributes: keyword,
  wordStarts: keyword,
  durationSeconds: float,
};
const ITEM_FIELDS: Record<string, FieldSchema> = {
  bundle: { type: 'keyword', is_tenant: true },
  item: keyword,
  modality: keyword,
  spaces: keyword,
  idOrder: integer,
  idOrderNext: integer,
  segmentCount: integer,
  attributeNames: keyword,
  ...FILTER_FIELDS,
};
const SEGMENT_FIELDS: Record<string, FieldSchema> = {
  item: keyword,
  revision: keyword,
  cross: float,
  ...FILTER_FIELDS,
};
const META_FIELDS: Record<string, FieldSchema> = {
  kind: keyword,
  version: keyword,
  isRemoved: { type: 'bool' },
  isEdited: { type: 'bool' },
};
const CLIP_FIELDS: Record<string, FieldSchema> = { expiresAtMs: integer };

export function createCollectionNames(prefix: string): CollectionNames {
  return {
    items: `${prefix}-items`,
    meta: `${prefix}-meta`,
    clips: `${prefix}-clips`,
    segments: (modality, bundleId) => `${prefix}-${modality.toLowerCase()}-${bundleId}`,
  };
}

/** The path of an attribute's numbers; names of columns are hex there, since a path has a grammar of its own. */
export function numbersPath(attribute: string): string {
  return `numbers.n${Buffer.from(attribute, 'utf16le').toString('hex')}`;
}

/** Makes the collections that a store needs before its first edition. */
export async function makeStoreCollections(
  qdrant: Qdrant,
  names: CollectionNames,
  layout: CollectionLayout,
): Promise<void> {
  // One shard each: a write to many points of theirs then goes to the same replicas, in one step.
  const settings = { ...settingsOf(layout), shard_number: 1, vectors: {} };
  await makeCollection(qdrant, names.meta, settings, META_FIELDS);
  await makeCollection(qdrant, names.clips, settings, CLIP_FIELDS);
  await makeCollection(qdrant, names.items, settings, ITEM_FIELDS);
}

/** Makes the collection of one modality's segments. */
export async function makeSegmentCollection(
  qdrant: Qdrant,
  name: string,
  dimensions: Dimensions,
  numberAttributes: readonly string[],
  layout: CollectionLayout,
): Promise<void> {
  const { shards, hnswLinks, hnswCandidates, quantization, vectorsOnDisk } = layout;
  const vector = (size: number) => ({ size, distance: 'Dot' as const, on_disk: vectorsOnDisk });
  const settings: CollectionSettings = {
    ...settingsOf(layout),
    shard_number: shards,
    vectors: {
      ssl: vector(dimensions.ssl),
      sup: vector(dimensions.sup),
      joint: vector(dimensions.ssl + dimensions.sup),
    },
    hnsw_config: { m: hnswLinks, ef_construct: hnswCandidates, on_disk: vectorsOnDisk },
    ...(quantization === 'int8' && { quantization_config: INT8 }),
  };
  await makeCollection(qdrant, name, settings, { ...SEGMENT_FIELDS, ...numberFields(numberAttributes) });
}

/** Indexes the numbers of further attributes of the items. */
export async function indexNumbers(
  qdrant: Qdrant,
  name: string,
  numberAttributes: readonly string[],
): Promise<void> {
  await makeIndexes(qdrant, name, numberFields(numberAttributes));
}

function settingsOf({ replicas, writeConsistency }: CollectionLayout): CollectionSettings {
  return {
    replication_factor: replicas,
    write_consistency_factor: writeConsistency,
    on_disk_payload: true,
  };
}

function numberFields(attributes: readonly string[]): Record<string, FieldSchema> {
  return Object.fromEntries(attributes.map((attribute) => [numbersPath(attribute), float]));
}

/** Makes a collection where it is missing, with its indexes: they serve only points that come after them fully. */
async function makeCollection(
  qdrant: Qdrant,
  name: string,
  settings: CollectionSettings,
  fields: Record<string, FieldSchema>,
): Promise<void> {
  const { exists } = await qdrant.call((client) => client.collectionExists(name));
  if (!exists) {
    await qdrant.call((client) => client.createCollection(name, settings)).catch(ignoreExisting);
  }
  await makeIndexes(qdrant, name, fields);
}

async function makeIndexes(qdrant: Qdrant, name: string, fields: Record<string, FieldSchema>): Promise<void> {
  for (const [field_name, field_schema] of Object.entries(fields)) {
    await qdrant.call((client) => client.createPayloadIndex(name, { field_name, field_schema, wait: true }));
  }
}

/** Another process made it in the meantime, or an attempt of ours whose answer was lost. */
function ignoreExisting(error: unknown): void {
  if (!(error instanceof QdrantRefusal && error.status === 409)) throw error;
}

/** Deletes an edition's segments. */
export async function dropSegmentCollections(
  qdrant: Qdrant,
  names: CollectionNames,
  bundleId: string,
): Promise<void> {
  for (const modality of MODALITIES) {
    const name = names.segments(modality, bundleId);
    await qdrant.call((client) => client.deleteCollection(name)).catch(ignoreMissing);
  }
}

export function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
