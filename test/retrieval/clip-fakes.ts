import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backbone } from '../../src/backbone/backbone.ts';
import type {
  FrameSegment,
  MediaProbe,
  MediaReader,
  Modality,
  SegmentRule,
  WaveformSegment,
} from '../../src/media/media.ts';
import { spansOf } from '../../src/media/segment.ts';
import { BusyError, MediaError, type MediaFault } from '../../src/shared/errors.ts';
import { createLog } from '../../src/shared/log.ts';
import type { ClipRecord, ClipStore } from '../../src/store/vector-store.ts';

export const RULE: SegmentRule = { segmentSeconds: 10, hopSeconds: 10 };
export const SILENT_LOG = createLog('silent');
const SAMPLE_RATE_HZ = 100;

/** What a fake media file says of itself, as JSON: the fake reader "decodes" it. */
export interface FakeMedia {
  durationSeconds: number;
  audio?: boolean;
  video?: boolean;
  silent?: boolean;
  /** Thrown by the decoder after the first segment. */
  decodeFault?: MediaFault;
  msPerSegment?: number;
}

export const fakeMedia = (media: FakeMedia): string => JSON.stringify(media);

/** Reads files of FakeMedia; anything else is UNSUPPORTED_MEDIA. */
export function createFakeReader(): MediaReader {
  const parse = async (path: string): Promise<FakeMedia> => {
    try {
      return JSON.parse(await readFile(path, 'utf8'));
    } catch {
      throw new MediaError('UNSUPPORTED_MEDIA', 'The file is no media.');
    }
  };
  async function* pace<T>(
    media: FakeMedia,
    make: (span: WaveformSegment['span']) => T,
    signal?: AbortSignal,
  ) {
    for (const [index, span] of spansOf(media.durationSeconds, RULE).entries()) {
      await sleep(media.msPerSegment ?? 0, undefined, { signal });
      if (index > 0 && media.decodeFault) throw new MediaError(media.decodeFault, 'It broke off.');
      yield make(span);
    }
  }
  return {
    async probe(path): Promise<MediaProbe> {
      const media = await parse(path);
      return {
        container: 'fake',
        durationSeconds: media.durationSeconds,
        audio: media.audio ? { codec: 'fake', sampleRateHz: SAMPLE_RATE_HZ, channels: 1 } : null,
        video: media.video ? { codec: 'fake', widthPixels: 2, heightPixels: 2, framesPerSecond: 1 } : null,
        tags: {},
      };
    },
    async *readWaveform(path, _request, signal) {
      const media = await parse(path);
      const level = media.silent ? 1e-6 : 0.5;
      yield* pace<WaveformSegment>(
        media,
        (span) => ({
          span,
          samples: new Float32Array((span.endSeconds - span.startSeconds) * SAMPLE_RATE_HZ).fill(level),
        }),
        signal,
      );
    },
    async *readFrames(path, _request, signal) {
      const media = await parse(path);
      yield* pace<FrameSegment>(media, (span) => ({ span, pixels: new Uint8Array(12), count: 1 }), signal);
    },
    readThumbnail: async () => new Uint8Array(),
  };
}

export interface FakeBackbone extends Backbone {
  /** The most segments that were in work at once. */
  readonly maxInFlight: number;
  /** Makes the next calls fail with BusyError. */
  refuse(calls: number): void;
}

/** Features: [number of samples or frames, sum of the values]. */
export function createFakeBackbone(modality: Modality): FakeBackbone {
  let inFlight = 0;
  let maxInFlight = 0;
  let refusals = 0;
  return {
    id: `fake-${modality.toLowerCase()}`,
    sha256: '0'.repeat(64),
    modality,
    input:
      modality === 'MUSIC'
        ? { kind: 'waveform', sampleRateHz: SAMPLE_RATE_HZ }
        : { kind: 'frames', framesPerSecond: 1, widthPixels: 2, heightPixels: 2 },
    dimension: 2,
    get maxInFlight() {
      return maxInFlight;
    },
    refuse: (calls) => {
      refusals = calls;
    },
    async extract(segments, signal) {
      if (refusals-- > 0) throw new BusyError('Full.', 1);
      inFlight += segments.length;
      maxInFlight = Math.max(maxInFlight, inFlight);
      try {
        await sleep(5, undefined, { signal });
        return segments.map((segment) => {
          const values = 'samples' in segment ? segment.samples : segment.pixels;
          let sum = 0;
          for (const value of values) sum += value;
          return Float32Array.of(values.length, sum);
        });
      } finally {
        inFlight -= segments.length;
      }
    },
  };
}

/** A clip store in memory with the contract's rules on expiry and leases. */
export function createMemoryClipStore(): ClipStore & { readonly puts: ClipRecord[] } {
  const clips = new Map<string, ClipRecord>();
  const puts: ClipRecord[] = [];
  const isExpired = (clip: ClipRecord) => Date.parse(clip.expiresAt) <= Date.now();
  const look = (id: string): ClipRecord | null => {
    const clip = clips.get(id);
    if (!clip || isExpired(clip)) return null;
    if (clip.state.status === 'PROCESSING' && Date.parse(clip.state.leaseUntil) <= Date.now()) {
      return { ...clip, state: { status: 'FAILED', failure: { code: 'INTERRUPTED', message: 'Lost.' } } };
    }
    return clip;
  };
  return {
    puts,
    put: async (clip) => {
      puts.push(clip);
      clips.set(clip.id, clip);
    },
    async replace(clip) {
      if (!look(clip.id)) return false;
      puts.push(clip);
      clips.set(clip.id, clip);
      return true;
    },
    get: async (ids) => ids.map(look),
    delete: async (id) => clips.delete(id),
    async sweep() {
      const expired = [...clips.values()].filter(isExpired);
      for (const { id } of expired) clips.delete(id);
      return expired.length;
    },
  };
}
