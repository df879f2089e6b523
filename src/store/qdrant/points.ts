import { createHash } from 'node:crypto';
import { type Dimensions, SPACES, type Space, type SpaceVectors } from '../../head/head.ts';
import { dot } from '../../shared/vector-math.ts';
import { toNumber, toWords } from '../filter-match.ts';
import type { ItemChanges, ItemEntry, ItemRecord, SegmentRecord } from '../vector-store.ts';
import { numbersPath } from './collections.ts';
import { MAX_WORD_LENGTH, toAttributeKeyword, toKeyword } from './filter-condition.ts';
import { type IdOrder, itemPointId, segmentPointId, toIdOrder } from './point-ids.ts';
import type { Payload, PointStruct } from './qdrant-client.ts';

/** What an item's point carries beside the filter fields. */
export interface ItemPayload extends IdOrder {
  bundle: string;
  item: string;
  attributeNames: string[];
  modality: ItemRecord['modality'];
  /** Names the content; the item's segments carry it too, and those with another are not shown. */
  revision: string;
  fingerprint: string;
  segmentCount: number;
  /** The spaces that at least one segment has a vector in. */
  spaces: Space[];
  /** The record as indexed, as JSON, so that no number changes on the way. */
  record: string;
  /** What users changed, as JSON. */
  edits: string;
  addedAt: string;
  /** Base64. */
  peaks: string | null;
  thumbnail: string | null;
  hasThumbnail: boolean;
}

/** What a segment's point carries beside the filter fields. */
export interface SegmentPayload extends SegmentSquares {
  item: string;
  revision: string;
  ordinal: number;
  /** [startSeconds, endSeconds] as JSON. */
  span: string;
  spaces: Space[];
}

/** ‖ssl‖², ‖sup‖² and ⟨ssl, sup⟩; 1, 1 and 0 where the segment lacks a space, as BLENDED counts it. */
export interface SegmentSquares {
  sslSquare: number;
  supSquare: number;
  cross: number;
}

/** An item as it is to be written. */
export interface ItemPoints {
  item: PointStruct;
  segments: PointStruct[];
  squares: SegmentSquares[];
}

export function toPoints(
  bundleId: string,
  entry: ItemEntry,
  { edits, addedAt }: { edits: ItemChanges; addedAt: string },
  dimensions: Dimensions,
): ItemPoints {
  const { record, segments, peaks, thumbnail, fingerprint } = entry;
  const revision = revisionOf(entry);
  const fields = filterFields({ ...record, ...edits });
  const spaces = SPACES.filter((space) => segments.some((segment) => segment[space]));
  const squares = segments.map(squaresOf);
  const payload: ItemPayload = {
    bundle: bundleId,
    item: record.id,
    ...toIdOrder(record.id),
    attributeNames: [...new Set(record.attributes.map(({ name }) => toKeyword(name)))],
    modality: record.modality,
    revision,
    fingerprint: toKeyword(fingerprint),
    segmentCount: segments.length,
    spaces,
    record: JSON.stringify(record),
    edits: JSON.stringify(edits),
    addedAt,
    peaks: peaks && Buffer.from(peaks).toString('base64'),
    thumbnail: thumbnail && Buffer.from(thumbnail).toString('base64'),
    hasThumbnail: thumbnail !== null,
  };
  return {
    squares,
    item: { id: itemPointId(bundleId, record.id), vector: {}, payload: { ...fields, ...payload } },
    segments: segments.map((segment, ordinal) => ({
      id: segmentPointId(bundleId, record.id, revision, ordinal),
      vector: toNamedVectors(segment, dimensions),
      payload: {
        ...fields,
        item: record.id,
        revision,
        ordinal,
        span: JSON.stringify([segment.startSeconds, segment.endSeconds]),
        spaces: SPACES.filter((space) => segment[space]),
        ...squares[ordinal],
      } satisfies SegmentPayload & Payload,
    })),
  };
}

/** Names an item's content: whatever changes in it gives another name. */
function revisionOf({ record, segments, peaks, thumbnail, fingerprint }: ItemEntry): string {
  const hash = createHash('sha256').update(JSON.stringify([record, fingerprint, segments.length]));
  for (const { startSeconds, endSeconds, ssl, sup } of segments) {
    hash.update(JSON.stringify([startSeconds, endSeconds, ssl?.length ?? null, sup?.length ?? null]));
    for (const vector of [ssl, sup]) {
      if (vector) hash.update(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
    }
  }
  for (const preview of [peaks, thumbnail]) hash.update(preview ?? '').update('.');
  return hash.digest('base64url').slice(0, 22);
}

/** What filters and facets look at. */
export function filterFields(record: Omit<ItemRecord, 'addedAt' | 'hasThumbnail'>): Payload {
  const numbers: Record<string, number[]> = {};
  for (const { name, value } of record.attributes) {
    const number = toNumber(value);
    if (number === null) continue;
    const [, key] = numbersPath(name).split('.');
    numbers[key] ??= [];
    numbers[key].push(number);
  }
  return {
    ...editableFields(record),
    source: record.source && toKeyword(record.source),
    attributes: [...new Set(record.attributes.map(({ name, value }) => toAttributeKeyword(name, value)))],
    numbers,
    durationSeconds: record.durationSeconds,
  };
}

/** Those that an edit changes. */
export function editableFields({
  title,
  artist,
  genres,
}: Pick<ItemRecord, 'title' | 'artist' | 'genres'>): Payload {
  return {
    artist: artist && toKeyword(artist),
    genres: [...new Set(genres)].map(toKeyword),
    wordStarts: [...new Set(toWords(`${title} ${artist ?? ''}`).flatMap(startsOf))],
  };
}

function startsOf(word: string): string[] {
  const characters = [...word].slice(0, MAX_WORD_LENGTH);
  return characters.map((_, i) => characters.slice(0, i + 1).join(''));
}

function squaresOf({ ssl, sup }: SpaceVectors): SegmentSquares {
  if (!ssl || !sup) return { sslSquare: 1, supSquare: 1, cross: 0 };
  const cross = ssl.length === sup.length ? dot(ssl, sup) : 0;
  return { sslSquare: dot(ssl, ssl), supSquare: dot(sup, sup), cross };
}

function toNamedVectors({ ssl, sup }: SpaceVectors, dimensions: Dimensions): Record<string, number[]> {
  const joint = [...(ssl ?? new Float32Array(dimensions.ssl)), ...(sup ?? new Float32Array(dimensions.sup))];
  return { ...(ssl && { ssl: [...ssl] }), ...(sup && { sup: [...sup] }), joint };
}

/** A segment from its point, read with the joint vector. */
export function toSegmentRecord(
  { span, spaces }: SegmentPayload,
  joint: readonly number[],
  sslDimension: number,
): SegmentRecord {
  const [startSeconds, endSeconds]: [number, number] = JSON.parse(span);
  return {
    startSeconds,
    endSeconds,
    ssl: spaces.includes('ssl') ? Float32Array.from(joint.slice(0, sslDimension)) : null,
    sup: spaces.includes('sup') ? Float32Array.from(joint.slice(sslDimension)) : null,
  };
}

/** The fields of an item's point that `toItemRecord` needs. */
export const RECORD_FIELDS = ['record', 'edits', 'addedAt', 'hasThumbnail'] as const;

/** What the item shows: the indexed record under the users' edits. */
export function toItemRecord(payload: Pick<ItemPayload, (typeof RECORD_FIELDS)[number]>): ItemRecord {
  return {
    ...JSON.parse(payload.record),
    ...JSON.parse(payload.edits),
    addedAt: payload.addedAt,
    hasThumbnail: payload.hasThumbnail,
  };
}
