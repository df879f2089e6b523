import { MediaError, UserInputError } from '../shared/errors.ts';
import { inputArguments, streamOutput } from './ffmpeg.ts';
import {
  assertDuration,
  type Inspection,
  type InspectOptions,
  measurePackets,
  type StreamPosition,
} from './inspect.ts';
import type { FrameRequest, MediaWindow, Span, WaveformRequest } from './media.ts';

/** What decodes one stream of one inspected file. */
export interface DecodeJob extends InspectOptions {
  path: string;
  file: Inspection;
}

/** A stream that yields less than this much under what its header promises still counts as whole. */
const SHORTFALL_SECONDS = 0.5;
/** Sound is decoded from this much before a window, since decoders need a run-up. */
const RUN_UP_SECONDS = 1;
/** Container durations are rounded; only past this much more has the header surely lied. */
const DURATION_SLACK_SECONDS = 0.5;

/** Taken where the file doesn't tell its frame rate. */
const USUAL_FRAME_RATE = 60;
/** Some files tell a rate of thousands. */
const HIGHEST_FRAME_RATE = 120;

const WAV_SAMPLE_BYTES = 2;
/** RIFF header, 16-byte format chunk and the data chunk's header: all that ffmpeg writes with `-bitexact`. */
const WAV_HEADER_BYTES = 44;

/**
 * To mono as the mean of the channels (`-ac 1` would add them up √2 too loud), and to the asked rate by a filter
 * steep enough for 5e-5 of full scale against soxr's best. Gaps become silence, so that time stays true.
 */
const RESAMPLE =
  'ochl=mono:rematrix_maxval=1.0:filter_size=64:phase_shift=10:cutoff=0.97:async=1:first_pts=0';

/** The span that a window asks for; its end may be infinite. Throws a UserInputError where the file has none of it. */
export function toWindowSpan(window: MediaWindow | undefined, file: Inspection): Span {
  const startSeconds = window?.startSeconds ?? 0;
  const endSeconds = window?.endSeconds ?? Number.POSITIVE_INFINITY;
  if (startSeconds >= 0 && startSeconds < Math.min(endSeconds, file.durationSeconds)) {
    return { startSeconds, endSeconds };
  }
  throw new UserInputError(
    `The part from ${startSeconds} s to ${window?.endSeconds ?? file.durationSeconds} s lies outside the file's ${file.durationSeconds} s.`,
    'window',
  );
}

/** The sound as mono samples in −1 … 1. Throws NO_AUDIO, or CORRUPT_MEDIA after the last samples of a cut file. */
export async function* decodeSamples(job: DecodeJob, request: WaveformRequest): AsyncGenerator<Float32Array> {
  const stream = job.file.audioStream;
  if (!stream) throw new MediaError('NO_AUDIO', 'The file holds no sound.');
  const span = toWindowSpan(request.window, job.file);
  const rate = request.sampleRateHz;
  const seekSeconds = Math.max(0, Math.floor(span.startSeconds) - RUN_UP_SECONDS);
  const skippedSamples = Math.round((span.startSeconds - seekSeconds) * rate);
  const wantedSamples = Math.round((span.endSeconds - seekSeconds) * rate);
  const bytes = decodeStream(job, seekSeconds, span.endSeconds, stream.index, [
    ...['-af', `aresample=${rate}:${RESAMPLE}`],
    ...['-c:a', 'pcm_s16le', '-map_metadata', '-1', '-bitexact', '-f', 'wav'],
  ]);

  let position = 0;
  for await (const chunk of wholeUnits(skipBytes(bytes, WAV_HEADER_BYTES), WAV_SAMPLE_BYTES)) {
    const samples = toFloatSamples(chunk);
    const start = position;
    position += samples.length;
    assertDuration(seekSeconds + position / rate - DURATION_SLACK_SECONDS, job.limits);
    const wanted = samples.subarray(Math.max(0, skippedSamples - start), Math.max(0, wantedSamples - start));
    if (wanted.length > 0) yield wanted;
  }
  await assertReach(job, stream, span, seekSeconds + position / rate, 0);
}

/**
 * The pictures as RGB bytes, whole frames of [height, width, 3] a chunk. Throws NO_VIDEO, or CORRUPT_MEDIA after
 * the last frames of a cut file.
 */
export async function* decodeFrames(job: DecodeJob, request: FrameRequest): AsyncGenerator<Uint8Array> {
  const stream = job.file.videoStream;
  if (!stream) throw new MediaError('NO_VIDEO', 'The file holds no moving pictures.');
  const span = toWindowSpan(request.window, job.file);
  const { widthPixels, heightPixels, framesPerSecond } = request;
  const frameBytes = widthPixels * heightPixels * 3;
  const stride = frameStride(job.file, framesPerSecond);
  const bytes = decodeStream(job, span.startSeconds, span.endSeconds, stream.index, [
    // Flags that give the same bytes on every processor.
    ...['-vf', `scale=${widthPixels}:${heightPixels}:flags=bicubic+accurate_rnd+bitexact,format=rgb24`],
    ...['-r', String(framesPerSecond * stride), '-fps_mode', 'cfr'],
    ...['-c:v', 'rawvideo', '-f', 'image2pipe'],
  ]);

  let frames = 0;
  for await (const chunk of everyNthUnit(wholeUnits(bytes, frameBytes), frameBytes, stride)) {
    frames += chunk.length / frameBytes;
    assertDuration(span.startSeconds + frames / framesPerSecond - DURATION_SLACK_SECONDS, job.limits);
    yield chunk;
  }
  const endSeconds = span.startSeconds + frames / framesPerSecond;
  await assertReach(job, stream, span, endSeconds, 1 / framesPerSecond);
}

/**
 * ffmpeg's own way to a lower frame rate lets pictures run ahead by up to 1.5 frames, at first at a wrong speed;
 * to a higher one it is exact to half a frame. So it is asked for a multiple that is no lower than the video's
 * rate, of which every `stride`-th frame is taken.
 */
function frameStride(file: Inspection, framesPerSecond: number): number {
  const sourceRate = Math.min(file.video?.framesPerSecond || USUAL_FRAME_RATE, HIGHEST_FRAME_RATE);
  return Math.max(1, Math.ceil(sourceRate / framesPerSecond));
}

/** What ffmpeg writes for one stream between two points of the file. */
function decodeStream(
  { path, programs, limits, signal }: DecodeJob,
  startSeconds: number,
  endSeconds: number,
  streamIndex: number,
  outputArguments: string[],
): AsyncGenerator<Buffer> {
  const longestSeconds = Math.min(endSeconds, limits.maxDurationSeconds + 1) - startSeconds;
  return streamOutput({
    program: programs.ffmpeg,
    arguments: [
      ...['-nostdin', '-nostats'],
      ...(startSeconds > 0 ? ['-ss', String(startSeconds)] : []),
      ...inputArguments(path, limits),
      ...['-map', `0:${streamIndex}`, '-t', String(longestSeconds)],
      ...outputArguments,
      'pipe:1',
    ],
    limits,
    signal,
  });
}

/**
 * Checks that what was decoded reaches the end of the stream or span, since ffmpeg ends a file that is cut off
 * without an error. Throws CORRUPT_MEDIA where it does not, NO_AUDIO or NO_VIDEO where the stream ends before the
 * span starts.
 */
async function assertReach(
  job: DecodeJob,
  stream: StreamPosition,
  span: Span,
  decodedEndSeconds: number,
  frameSeconds: number,
): Promise<void> {
  const { file } = job;
  const slackSeconds = SHORTFALL_SECONDS + frameSeconds;
  const wantedEndSeconds = Math.min(span.endSeconds, stream.endSeconds ?? file.durationSeconds);
  const decodedSeconds = Math.max(0, decodedEndSeconds - span.startSeconds);
  if (decodedSeconds > 0 && decodedEndSeconds >= wantedEndSeconds - slackSeconds) return;

  // The file is cut off, or damaged, or its stream is shorter than the header tells, or ends in one long frame.
  const extents = await measurePackets(job.path, file.startTimestampSeconds, job);
  const own = extents.get(stream.index) ?? { lastStartSeconds: 0, endSeconds: 0 };
  const longest = Math.max(0, ...[...extents.values()].map((extent) => extent.endSeconds));
  const packetsEndSeconds = stream.endSeconds === null ? longest : own.endSeconds;
  if (packetsEndSeconds < wantedEndSeconds - slackSeconds) {
    throw new MediaError(
      'CORRUPT_MEDIA',
      `The file is cut off: ${packetsEndSeconds.toFixed(1)} s of ${wantedEndSeconds.toFixed(1)} s are there.`,
    );
  }
  if (own.endSeconds <= span.startSeconds) {
    throw stream === file.audioStream
      ? new MediaError('NO_AUDIO', 'The sound ends before the part that was asked for.')
      : new MediaError('NO_VIDEO', 'The pictures end before the part that was asked for.');
  }
  const lastStartSeconds = Math.min(own.lastStartSeconds, wantedEndSeconds);
  if (decodedSeconds === 0 || decodedEndSeconds < lastStartSeconds - slackSeconds) {
    throw new MediaError(
      'CORRUPT_MEDIA',
      `The file is damaged: only ${decodedSeconds.toFixed(1)} s can be decoded.`,
    );
  }
}

async function* skipBytes(chunks: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let remaining = count;
  for await (const chunk of chunks) {
    const skipped = Math.min(remaining, chunk.length);
    remaining -= skipped;
    if (skipped < chunk.length) yield chunk.subarray(skipped);
  }
}

/** Cuts a byte stream so that every chunk holds whole units; an incomplete one at the end is dropped. */
async function* wholeUnits(chunks: AsyncIterable<Buffer>, unitBytes: number): AsyncGenerator<Uint8Array> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    pending.push(chunk);
    pendingBytes += chunk.length;
    if (pendingBytes < unitBytes) continue;
    const joined = Buffer.concat(pending);
    const wholeBytes = joined.length - (joined.length % unitBytes);
    yield new Uint8Array(joined.buffer, joined.byteOffset, wholeBytes);
    pending = [joined.subarray(wholeBytes)];
    pendingBytes = joined.length - wholeBytes;
  }
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

function toFloatSamples(littleEndian: Uint8Array): Float32Array {
  const view = new DataView(littleEndian.buffer, littleEndian.byteOffset, littleEndian.byteLength);
  const samples = new Float32Array(littleEndian.length / WAV_SAMPLE_BYTES);
  for (let index = 0; index < samples.length; index++) {
    samples[index] = view.getInt16(index * WAV_SAMPLE_BYTES, true) / 32_768;
  }
  return samples;
}
