import { MediaError, UserInputError } from '../shared/errors.ts';
import { inputArguments, streamOutput } from './ffmpeg.ts';
import { type Inspection, type InspectOptions, measurePackets, type StreamPosition } from './inspect.ts';
import type { MediaWindow, Span } from './media.ts';

/** What decodes one stream of one inspected file. */
export interface DecodeJob extends InspectOptions {
  path: string;
  file: Inspection;
}

/** A stream that yields less than this much under what its header promises still counts as whole. */
const SHORTFALL_SECONDS = 0.5;
/** Container durations are rounded; only past this much more has the header surely lied. */
export const DURATION_SLACK_SECONDS = 0.5;

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

/** What ffmpeg writes for one stream between two points of the file. */
export function decodeStream(
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
export async function assertReach(
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

/**
 * Cuts a byte stream so that every chunk holds whole units; an incomplete one at the end is dropped. A unit that came in
 * several chunks has a buffer of its own.
 */
export async function* wholeUnits(
  chunks: AsyncIterable<Buffer>,
  unitBytes: number,
): AsyncGenerator<Uint8Array> {
  let unit = new Uint8Array(unitBytes);
  let filledBytes = 0;
  const fill = (bytes: Uint8Array) => {
    unit.set(bytes, filledBytes);
    filledBytes += bytes.length;
  };
  for await (const chunk of chunks) {
    let rest: Uint8Array = chunk;
    if (filledBytes > 0) {
      const missing = rest.subarray(0, unitBytes - filledBytes);
      fill(missing);
      rest = rest.subarray(missing.length);
      if (filledBytes < unitBytes) continue;
      yield unit;
      unit = new Uint8Array(unitBytes);
      filledBytes = 0;
    }
    const wholeBytes = rest.length - (rest.length % unitBytes);
    // Before the chunk is given away.
    fill(rest.subarray(wholeBytes));
    if (wholeBytes > 0) yield new Uint8Array(rest.buffer, rest.byteOffset, wholeBytes);
  }
}
