/** What a piece of media can be searched by: MUSIC by its sound, VIDEO by its pictures. */
export type Modality = 'MUSIC' | 'VIDEO';
export const MODALITIES = ['MUSIC', 'VIDEO'] as const satisfies readonly Modality[];

/** A part of an item or clip, in seconds from the file's start. */
export interface Span {
  startSeconds: number;
  endSeconds: number;
}

/** What a file holds, by its content. Cover art is not video. */
export interface MediaProbe {
  /** The container's name as ffprobe gives it, such as `mov,mp4,m4a,3gp,3g2,mj2`. */
  container: string;
  durationSeconds: number;
  audio: { codec: string; sampleRateHz: number; channels: number } | null;
  video: { codec: string; widthPixels: number; heightPixels: number; framesPerSecond: number } | null;
  /** Tags in lower case: title, artist, genre … */
  tags: Record<string, string>;
}

/** How media is cut into segments: windows of `segmentSeconds` every `hopSeconds`. */
export interface SegmentRule {
  segmentSeconds: number;
  hopSeconds: number;
}

/** One segment's sound: mono samples in −1 … 1. */
export interface WaveformSegment {
  span: Span;
  samples: Float32Array;
}

/** One segment's pictures: `count` frames of RGB bytes, [count, height, width, 3] in row-major order. */
export interface FrameSegment {
  span: Span;
  pixels: Uint8Array;
  count: number;
}

/** Limits within which a file is read. Over them: TOO_LONG, TOO_LARGE, TIMED_OUT. */
export interface MediaLimits {
  /** Of the whole file, even where only a part of it is asked for. */
  maxDurationSeconds: number;
  maxFrameSidePixels: number;
  /** How long one process may keep its reader waiting in all; the reader's own time does not count. */
  timeoutMs: number;
  /** Address space of one process; pictures of 3840 × 2160 need nearly 1 GiB. */
  memoryBytes: number;
}

/**
 * The part of a file that is read; null leaves an end open. Spans count from the file's start all the same. An
 * end beyond the file's is its end; a start beyond it is a UserInputError.
 */
export interface MediaWindow {
  startSeconds: number | null;
  endSeconds: number | null;
}

export interface WaveformRequest {
  sampleRateHz: number;
  rule: SegmentRule;
  /** By default the whole file. The rule cuts what lies inside: the first segment starts where it starts. */
  window?: MediaWindow;
}

export interface PictureSize {
  widthPixels: number;
  heightPixels: number;
}

/**
 * Resizing on bytes with antialiasing, as Pillow does it: `stretch` to the size whatever the proportions, or
 * `cover`: the shorter side to `shorterSidePixels`, the longer in proportion, rounded down, then the centre.
 */
export type PictureResize = { by: 'bicubic' | 'bilinear' } & (
  | { fit: 'stretch' }
  | { fit: 'cover'; shorterSidePixels: number }
);

/** How frames come to their size. `decoder`: stretched while they are decoded, cheap and not to the byte. */
export type FrameResize = { by: 'decoder' } | PictureResize;

/**
 * Frames come at a constant rate: the n-th is what is shown at n / framesPerSecond. Where that is more than the video's
 * own rate, a picture may come half an interval early.
 */
export interface FrameRequest extends PictureSize {
  framesPerSecond: number;
  /** By the decoder unless told. */
  resize?: FrameResize;
  rule: SegmentRule;
  /** As in WaveformRequest. */
  window?: MediaWindow;
}

export interface ThumbnailRequest {
  /** At most; never wider than the pictures are. */
  widthPixels: number;
  /** As in WaveformRequest. */
  window?: MediaWindow | undefined;
}

/**
 * Reads media files in child processes. All methods throw a MediaError with its code (see MediaFault) and
 * leave no file and no process behind. Paths may hold any character.
 */
export interface MediaReader {
  probe(path: string, signal?: AbortSignal): Promise<MediaProbe>;
  /** The segments of the sound in order; NO_AUDIO where there is none; CORRUPT_MEDIA at the end if it was cut off. */
  readWaveform(path: string, request: WaveformRequest, signal?: AbortSignal): AsyncIterable<WaveformSegment>;
  /** The segments of the pictures in order, scaled to the asked size; NO_VIDEO where there are none. */
  readFrames(path: string, request: FrameRequest, signal?: AbortSignal): AsyncIterable<FrameSegment>;
  /** A JPEG in the proportions shown, from a third of the way into the window. */
  readThumbnail(path: string, request: ThumbnailRequest, signal?: AbortSignal): Promise<Uint8Array>;
}
