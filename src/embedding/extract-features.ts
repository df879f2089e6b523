import type { Backbone, SegmentFeatures } from '../backbone/backbone.ts';
import type { FrameSegment, MediaReader, MediaWindow, SegmentRule, WaveformSegment } from '../media/media.ts';
import { createPeakMeter, type PeakMeter } from '../media/peaks.ts';
import { GraphInputError, MediaError } from '../shared/errors.ts';
import { isFiniteVector } from '../shared/vector-math.ts';
import { retryWhenBusy } from './retry-when-busy.ts';

/** Peaks per item as they are kept; the API resamples them to the number that is asked for. */
export const PEAK_COUNT = 1_000;

/** Segments decoded and not yet embedded: enough for a batch, few enough to bound memory. */
const MAX_SEGMENTS_IN_FLIGHT = 4;

/** The loudest sample below which sound counts as silence: −70 dB of full scale. */
const SILENT_AMPLITUDE = 10 ** (-70 / 20);

export interface ExtractRequest {
  path: string;
  /** The part of the file that is the item; by default all of it. */
  window?: MediaWindow;
  /** Called with each segment's end, in seconds from the file's start, once it is decoded. */
  onSegment?: (endSeconds: number) => void;
}

export interface ExtractTools {
  reader: MediaReader;
  /** Its modality says what is read: the sound for MUSIC, the pictures for VIDEO. */
  backbone: Backbone;
  rule: SegmentRule;
}

export interface FeatureExtraction {
  /** In the file's order; at least one. */
  segments: SegmentFeatures[];
  /** PEAK_COUNT levels of loudness, 0 to 100; null for pictures. */
  peaks: Uint8Array | null;
  /** True for sound that never rises above −70 dB of full scale; false for pictures. */
  isSilent: boolean;
}

/**
 * Decodes a file and runs its segments through a backbone as they come; a few are in flight at a time, so that
 * the backbone can join them to batches while memory stays bounded. Waits where the backbone's queue is full.
 * Throws what the reader throws, a MediaError with its code; CORRUPT_MEDIA where features are not finite.
 */
export async function extractFeatures(
  request: ExtractRequest,
  { reader, backbone, rule }: ExtractTools,
  signal?: AbortSignal,
): Promise<FeatureExtraction> {
  const stop = new AbortController();
  const work = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const loudness = createLoudness(backbone, request.window?.startSeconds ?? 0);
  const segments: SegmentFeatures[] = [];
  const inFlight = new Set<Promise<void>>();
  let failure: unknown = null;

  const embed = async (segment: WaveformSegment | FrameSegment, index: number) => {
    try {
      const [features] = await retryWhenBusy(() => backbone.extract([segment], work), work);
      if (!isFiniteVector(features)) {
        throw new MediaError('CORRUPT_MEDIA', 'The file gives features that are not finite.');
      }
      segments[index] = {
        modality: backbone.modality,
        span: segment.span,
        backboneId: backbone.id,
        features,
      };
    } catch (error) {
      failure ??= toMediaFault(error, backbone);
      stop.abort(error);
    }
  };

  let count = 0;
  try {
    for await (const segment of readSegments(reader, backbone, rule, request, work)) {
      if ('samples' in segment) loudness.add(segment);
      request.onSegment?.(segment.span.endSeconds);
      const task = embed(segment, count++).finally(() => inFlight.delete(task));
      inFlight.add(task);
      if (inFlight.size >= MAX_SEGMENTS_IN_FLIGHT) await Promise.race(inFlight);
      work.throwIfAborted();
    }
  } catch (error) {
    failure ??= error;
    stop.abort(error);
  }
  await Promise.all(inFlight);
  if (failure) throw failure;
  if (count === 0) throw new MediaError('CORRUPT_MEDIA', 'Nothing in the file could be decoded.');
  return { segments, ...loudness.read() };
}

/** A segment that a backbone refuses is its file's fault: the device is well. */
function toMediaFault(error: unknown, { id }: Backbone): unknown {
  if (!(error instanceof GraphInputError)) return error;
  return new MediaError(
    'CORRUPT_MEDIA',
    `The backbone ${id} gives no features for this file: ${error.message}`,
  );
}

function readSegments(
  reader: MediaReader,
  backbone: Backbone,
  rule: SegmentRule,
  { path, window }: ExtractRequest,
  signal: AbortSignal,
): AsyncIterable<WaveformSegment | FrameSegment> {
  const { input } = backbone;
  if (input.kind === 'waveform') {
    return reader.readWaveform(path, { sampleRateHz: input.sampleRateHz, rule, window }, signal);
  }
  return reader.readFrames(path, { ...input, rule, window }, signal);
}

interface Loudness {
  add(segment: WaveformSegment): void;
  read(): Pick<FeatureExtraction, 'peaks' | 'isSilent'>;
}

function createLoudness(backbone: Backbone, startSeconds: number): Loudness {
  if (backbone.input.kind !== 'waveform') {
    return { add: () => {}, read: () => ({ peaks: null, isSilent: false }) };
  }
  const meter: PeakMeter = createPeakMeter(backbone.input.sampleRateHz, startSeconds);
  let isSilent = true;
  return {
    add(segment) {
      meter.add(segment);
      isSilent &&= !segment.samples.some((sample) => Math.abs(sample) > SILENT_AMPLITUDE);
    },
    read: () => ({ peaks: meter.read(PEAK_COUNT), isSilent }),
  };
}
