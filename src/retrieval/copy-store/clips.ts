import type { CopyableStore } from '../../store/copyable-store.ts';
import type { ClipRecord } from '../../store/vector-store.ts';
import type { Difference } from './compare.ts';
import { hashClip, sizeOfClip } from './digest.ts';

interface Stores {
  source: CopyableStore;
  target: CopyableStore;
  signal?: AbortSignal;
}

/** Hashes of the clips that were copied, by id. */
export type SentClips = Map<string, string>;

/** Copies uploads that were read, or could not be; one that is still being read belongs to the server that reads it. */
export async function copyClips({
  source,
  target,
  signal,
}: Stores): Promise<{ sent: SentClips; copied: number; sizeBytes: number }> {
  const sent: SentClips = new Map();
  let copied = 0;
  let sizeBytes = 0;
  for await (const batch of source.readClips()) {
    signal?.throwIfAborted();
    const clips = batch.filter(({ state }) => state.status !== 'PROCESSING');
    const held = await target.clips.get(clips.map(({ id }) => id));
    for (const [i, clip] of clips.entries()) {
      const hash = hashClip(clip);
      sent.set(clip.id, hash);
      if (hashOrNull(held[i]) === hash) continue;
      await target.clips.put(clip);
      copied++;
      sizeBytes += sizeOfClip(clip);
    }
  }
  return { sent, copied, sizeBytes };
}

const CLIPS_PER_READ = 16;

/** Compares what was sent with what the target holds; a clip that is gone from the source as well has expired. */
export async function verifyClips({ source, target }: Stores, sent: SentClips): Promise<Difference[]> {
  const ids = [...sent.keys()];
  const differences: Difference[] = [];
  for (let start = 0; start < ids.length; start += CLIPS_PER_READ) {
    const batch = ids.slice(start, start + CLIPS_PER_READ);
    const held = await target.clips.get(batch);
    const kept = await source.clips.get(batch);
    for (const [i, id] of batch.entries()) {
      if (hashOrNull(held[i]) === sent.get(id) || kept[i] === null) continue;
      const reason = held[i]
        ? 'its content in the target is not that of the source'
        : 'it is missing in the target';
      differences.push({ kind: 'CLIP', id, reason });
    }
  }
  return differences;
}

function hashOrNull(clip: ClipRecord | null): string | null {
  return clip && hashClip(clip);
}
