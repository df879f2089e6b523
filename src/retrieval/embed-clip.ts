import type { Backbone } from '../backbone/backbone.ts';
import { extractFeatures } from '../embedding/extract-features.ts';
import {
  type MediaProbe,
  type MediaReader,
  MODALITIES,
  type Modality,
  type SegmentRule,
} from '../media/media.ts';
import { MediaError, type MediaFault } from '../shared/errors.ts';
import type { ClipFeatures } from '../store/vector-store.ts';

/** What turns media into features: that of the bundle that is served. */
export interface ClipEmbedding {
  backbones: Record<Modality, Backbone>;
  rule: SegmentRule;
}

export interface ClipFile {
  path: string;
  probe: MediaProbe;
}

export interface EmbedClipTools extends ClipEmbedding {
  reader: MediaReader;
  maxClipSeconds: number;
  /** Called with 0 … 1 as segments are read. */
  onProgress: (progress: number) => void;
}

/** What containers add at the end of a clip that is as long as it may be. */
export const DURATION_SLACK_SECONDS = 0.5;

const ABSENT: Record<Modality, MediaFault> = { MUSIC: 'NO_AUDIO', VIDEO: 'NO_VIDEO' };

/**
 * Features of all that a file can be searched by: its sound unless that is silent, its pictures where it has
 * some. Reads both at once. MediaError where neither is there, or where one that is there can't be read.
 */
export async function embedClip(
  { path, probe }: ClipFile,
  { reader, backbones, rule, maxClipSeconds, onProgress }: EmbedClipTools,
  signal: AbortSignal,
): Promise<ClipFeatures[]> {
  const held = MODALITIES.filter((modality) => (modality === 'MUSIC' ? probe.audio : probe.video));
  const readSeconds = new Map<Modality, number>(held.map((modality) => [modality, 0]));
  const stop = new AbortController();
  const work = AbortSignal.any([signal, stop.signal]);

  const onSegment = (modality: Modality, endSeconds: number) => {
    requireDuration(endSeconds, maxClipSeconds);
    readSeconds.set(modality, endSeconds);
    const total = [...readSeconds.values()].reduce((sum, seconds) => sum + seconds, 0);
    onProgress(Math.min(1, total / (held.length * probe.durationSeconds)));
  };
  const embedSide = async (modality: Modality): Promise<ClipFeatures[]> => {
    const backbone = backbones[modality];
    try {
      const { segments, isSilent } = await extractFeatures(
        { path, onSegment: (endSeconds) => onSegment(modality, endSeconds) },
        { reader, backbone, rule },
        work,
      );
      return isSilent ? [] : segments.map((segment) => ({ ...segment, backboneSha256: backbone.sha256 }));
    } catch (error) {
      if (error instanceof MediaError && error.code === ABSENT[modality]) return [];
      stop.abort(error);
      throw error;
    }
  };

  const sides = await Promise.allSettled(held.map(embedSide));
  if (stop.signal.aborted) throw stop.signal.reason;
  const features = sides.flatMap((side) => (side.status === 'fulfilled' ? side.value : []));
  if (features.length === 0) {
    throw new MediaError('NO_AUDIO', 'The file holds no pictures, and no sound above silence.');
  }
  return features;
}

/** TOO_LONG beyond the limit and its slack. */
export function requireDuration(durationSeconds: number, maxClipSeconds: number): void {
  if (durationSeconds <= maxClipSeconds + DURATION_SLACK_SECONDS) return;
  throw new MediaError('TOO_LONG', `The file is longer than ${maxClipSeconds} seconds.`);
}
