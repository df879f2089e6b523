import { MediaError } from '../shared/errors.ts';
import {
  assertReach,
  type DecodeJob,
  DURATION_SLACK_SECONDS,
  decodeStream,
  toWindowSpan,
  wholeUnits,
} from './decode-stream.ts';
import { assertDuration, type Inspection } from './inspect.ts';
import type { FrameRequest, PictureSize } from './media.ts';

/** Taken where the file doesn't tell its frame rate. */
const USUAL_FRAME_RATE = 60;
/** Some files tell a rate of thousands. */
const HIGHEST_FRAME_RATE = 120;

/** Frames that are not resized by the decoder are reduced to this all the same; 1920 × 1080 pass as they are. */
const MAX_DECODED_PIXELS = 1920 * 1088;

/**
 * The pictures as RGB bytes, whole frames of [height, width, 3] a chunk, in the size of `decodedSizeOf`. Throws
 * NO_VIDEO, or CORRUPT_MEDIA after the last frames of a cut file.
 */
export async function* decodeFrames(job: DecodeJob, request: FrameRequest): AsyncGenerator<Uint8Array> {
  const stream = job.file.videoStream;
  if (!stream) throw new MediaError('NO_VIDEO', 'The file holds no moving pictures.');
  const span = toWindowSpan(request.window, job.file);
  const { framesPerSecond } = request;
  const { widthPixels, heightPixels } = decodedSizeOf(job.file, request);
  const frameBytes = widthPixels * heightPixels * 3;
  const sampling = isResizedByDecoder(request) ? sampleByStride(job.file, request) : SAMPLE_EXACTLY;
  const bytes = decodeStream(job, span.startSeconds, span.endSeconds, stream.index, [
    // Flags that give the same bytes on every processor.
    ...['-vf', `scale=${widthPixels}:${heightPixels}:flags=bicubic+accurate_rnd+bitexact,format=rgb24`],
    ...['-r', String(framesPerSecond * sampling.stride), '-fps_mode', 'cfr', ...sampling.arguments],
    ...['-c:v', 'rawvideo', '-f', 'image2pipe'],
  ]);

  const wholeSeconds = Math.min(span.endSeconds, job.file.durationSeconds) - span.startSeconds;
  const allFrames = wholeUnits(bytes, frameBytes);
  const frameChunks = sampling.stride > 1 ? everyNthUnit(allFrames, frameBytes, sampling.stride) : allFrames;
  const wholeFrames = sampling.isExact
    ? withoutStrayEnd(frameChunks, frameBytes, Math.round(wholeSeconds * framesPerSecond))
    : frameChunks;

  let frames = 0;
  for await (const chunk of wholeFrames) {
    frames += chunk.length / frameBytes;
    assertDuration(span.startSeconds + frames / framesPerSecond - DURATION_SLACK_SECONDS, job.limits);
    yield chunk;
  }
  const endSeconds = span.startSeconds + frames / framesPerSecond;
  await assertReach(job, stream, span, endSeconds, 1 / framesPerSecond);
}

/** The size in which frames leave the decoder: the one asked for, or their own where they are resized afterwards. */
export function decodedSizeOf({ shownSize }: Inspection, request: FrameRequest): PictureSize {
  if (isResizedByDecoder(request) || !shownSize) return request;
  const { widthPixels, heightPixels } = shownSize;
  const reduction = Math.min(1, Math.sqrt(MAX_DECODED_PIXELS / (widthPixels * heightPixels)));
  const reduce = (side: number) => Math.max(1, Math.round(side * reduction));
  return { widthPixels: reduce(widthPixels), heightPixels: reduce(heightPixels) };
}

function isResizedByDecoder({ resize }: FrameRequest): boolean {
  return resize === undefined || resize.by === 'decoder';
}

/** What ffmpeg is asked for so that the n-th frame taken is what is shown at n / framesPerSecond. */
interface FrameSampling {
  /** It gives this many times the frames; the others are left out here. */
  stride: number;
  arguments: string[];
  isExact: boolean;
}

/**
 * By itself ffmpeg goes to a lower frame rate in a way that lets pictures run ahead by up to 1.5 frames, at first at a
 * wrong speed. Told to drop whatever has ended when the next frame is due, it is exact.
 */
const SAMPLE_EXACTLY: FrameSampling = {
  stride: 1,
  arguments: ['-frame_drop_threshold', '0.0001'],
  isExact: true,
};

/**
 * To a higher frame rate ffmpeg is exact to half a frame. So it is asked for a multiple that is no lower than the
 * video's rate, of which every `stride`-th frame is taken: cheap for small frames, and what lite's features are of.
 */
function sampleByStride(file: Inspection, { framesPerSecond }: FrameRequest): FrameSampling {
  const sourceRate = Math.min(file.video?.framesPerSecond || USUAL_FRAME_RATE, HIGHEST_FRAME_RATE);
  return { stride: Math.max(1, Math.ceil(sourceRate / framesPerSecond)), arguments: [], isExact: false };
}

/** Units 0, stride, 2 · stride … of a stream of whole units. */
async function* everyNthUnit(
  chunks: AsyncIterable<Uint8Array>,
  unitBytes: number,
  stride: number,
): AsyncGenerator<Uint8Array> {
  let skip = 0; // units until the next that is taken
  for await (const chunk of chunks) {
    const count = chunk.length / unitBytes;
    const taken = new Uint8Array(Math.ceil(Math.max(0, count - skip) / stride) * unitBytes);
    let takenBytes = 0;
    for (; skip < count; skip += stride) {
      taken.set(chunk.subarray(skip * unitBytes, (skip + 1) * unitBytes), takenBytes);
      takenBytes += unitBytes;
    }
    skip -= count;
    if (takenBytes > 0) yield taken;
  }
}

/**
 * Leaves out one last frame beyond `count`, of which less than half of its time is there: streams tend to end some
 * milliseconds late. More frames than that are a file whose header tells too short a duration, and stay.
 */
async function* withoutStrayEnd(
  chunks: AsyncIterable<Uint8Array>,
  frameBytes: number,
  count: number,
): AsyncGenerator<Uint8Array> {
  let frames = 0;
  let stray: Uint8Array | null = null;
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += frameBytes) {
      const frame = chunk.subarray(start, start + frameBytes);
      if (stray) yield stray;
      stray = frames > 0 && frames === count ? frame : null;
      if (!stray) yield frame;
      frames++;
    }
  }
}
