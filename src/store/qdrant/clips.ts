import { type ClipFeatures, type ClipRecord, type ClipStore, toReadState } from '../vector-store.ts';
import {
  type InCollections,
  retrievePoints,
  type StoreContext,
  scrollPoints,
  toChunks,
  unlessMissing,
} from './context.ts';
import { clipPointId } from './point-ids.ts';
import type { Filter, Payload } from './qdrant-client.ts';

const FIELDS = ['clip', 'expiresAtMs'];
const CLIPS_PER_READ = 16;

/** Uploaded queries, one point each. They belong to no bundle. */
export function createClipStore(context: StoreContext, inCollections: InCollections): ClipStore {
  const { qdrant, names } = context;

  const deleteWhere = async (filter: Filter): Promise<number> => {
    const count = await qdrant.count(names.clips, { filter, exact: true });
    if (count > 0) await qdrant.call((client) => client.delete(names.clips, { filter, wait: true }));
    return count;
  };

  return {
    put: (clip) =>
      inCollections(async () => {
        const points = [toPoint(clip)];
        await qdrant.call((client) => client.upsert(names.clips, { points, wait: true, ordering: 'medium' }));
      }),
    replace: (clip) =>
      inCollections(async () => {
        const point = toPoint(clip);
        await qdrant.call((client) =>
          client.upsert(names.clips, {
            points: [point],
            update_mode: 'update_only',
            update_filter: { must: [{ key: 'expiresAtMs', range: { gt: Date.now() } }] },
            wait: true,
            ordering: 'medium',
          }),
        );
        const points = await retrievePoints(context, names.clips, [point.id], ['clip']);
        return points.get(point.id)?.payload.clip === point.payload.clip;
      }),
    async get(ids) {
      const pointIds = ids.map(clipPointId);
      const points = await unlessMissing(
        qdrant.bounded(() => retrievePoints(context, names.clips, pointIds, FIELDS)),
        new Map<string, never>(),
      );
      const nowMs = Date.now();
      return pointIds.map((id) => {
        const payload = points.get(id)?.payload;
        if (!payload || (payload.expiresAtMs as number) <= nowMs) return null;
        return toClip(payload, nowMs);
      });
    },
    async delete(id) {
      const range = { gt: Date.now() };
      const filter = { must: [{ has_id: [clipPointId(id)] }, { key: 'expiresAtMs', range }] };
      return (await inCollections(() => deleteWhere(filter))) > 0;
    },
    sweep: () =>
      inCollections(() => deleteWhere({ must: [{ key: 'expiresAtMs', range: { lte: Date.now() } }] })),
  };
}

function toPoint(clip: ClipRecord) {
  const payload = { clip: JSON.stringify(toStored(clip)), expiresAtMs: Date.parse(clip.expiresAt) };
  return { id: clipPointId(clip.id), vector: {}, payload };
}

/** Those that have not expired, some at a time. */
export async function* listClips(context: StoreContext): AsyncGenerator<ClipRecord[]> {
  const { clips } = context.names;
  const nowMs = Date.now();
  const filter = { must: [{ key: 'expiresAtMs', range: { gt: nowMs } }] };
  const found = await unlessMissing(Array.fromAsync(scrollPoints(context, clips, filter, [])), []);
  for (const chunk of toChunks(found, CLIPS_PER_READ)) {
    const ids = chunk.map(({ id }) => id);
    const points = await retrievePoints(context, clips, ids, FIELDS);
    yield [...points.values()].map(({ payload }) => toClip(payload, nowMs));
  }
}

function toClip(payload: Payload, nowMs: number): ClipRecord {
  const clip = fromStored(JSON.parse(payload.clip as string));
  return { ...clip, state: toReadState(clip.state, nowMs) };
}

/** A clip whose features are base64 of little-endian float32. */
interface StoredClip extends Omit<ClipRecord, 'features'> {
  features: StoredFeatures[];
}

interface StoredFeatures extends Omit<ClipFeatures, 'features' | 'backboneSha256'> {
  features: string;
  /** Absent in what earlier versions wrote. */
  backboneSha256?: string;
}

function toStored(clip: ClipRecord): StoredClip {
  const features = clip.features.map((part) => {
    const { buffer, byteOffset, byteLength } = part.features;
    return { ...part, features: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
  });
  return { ...clip, features };
}

function fromStored(clip: StoredClip): ClipRecord {
  const features = clip.features.map((part) => {
    const bytes = Uint8Array.from(Buffer.from(part.features, 'base64'));
    return { ...part, backboneSha256: part.backboneSha256 ?? '', features: new Float32Array(bytes.buffer) };
  });
  return { ...clip, features };
}
