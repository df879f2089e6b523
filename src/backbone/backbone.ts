import type {
  FrameResize,
  FrameSegment,
  Modality,
  PictureSize,
  Span,
  WaveformSegment,
} from '../media/media.ts';

export type BackboneInput = Pick<WaveformSegment, 'samples'> | Pick<FrameSegment, 'pixels' | 'count'>;

/** What a waveform must be for a backbone. */
export interface WaveformFormat {
  kind: 'waveform';
  sampleRateHz: number;
}

/** What frames must be for a backbone. */
export interface FrameFormat extends PictureSize {
  kind: 'frames';
  framesPerSecond: number;
  /** By the decoder unless told. */
  resize?: FrameResize;
}

/**
 * A frozen network: one segment of media in, one vector of features out. It pools over windows and frames by
 * itself and pads or splits by its own rule, so that every caller hands over whole segments.
 */
export interface Backbone {
  /** Stable: part of every bundle's id and of the feature cache's key. */
  readonly id: string;
  /**
   * SHA-256, in hexadecimal, of what its features depend on: the ONNX file, and the manifest's input and output. A
   * built-in one's id fixes its manifest, so there it is the ONNX file alone.
   */
  readonly sha256: string;
  readonly modality: Modality;
  readonly input: WaveformFormat | FrameFormat;
  /** Length of a feature vector. */
  readonly dimension: number;
  /**
   * Features of each segment, in order. Calls from many callers are joined to batches on the device.
   * BusyError where the queue is full. A segment that fails rejects this call only.
   */
  extract(segments: readonly BackboneInput[], signal?: AbortSignal): Promise<Float32Array[]>;
}

/** Backbone features of one segment. */
export interface SegmentFeatures {
  modality: Modality;
  span: Span;
  /** The backbone that made them. */
  backboneId: string;
  features: Float32Array;
}
