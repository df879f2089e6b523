import { MediaError } from '../shared/errors.ts';
import { decodedSizeOf, decodeFrames } from './decode-frames.ts';
import { decodeSamples } from './decode-samples.ts';
import { type DecodeJob, toWindowSpan } from './decode-stream.ts';
import { collectOutput, type FfmpegPaths, inputArguments, locateFfmpeg } from './ffmpeg.ts';
import { type Inspection, inspectFile } from './inspect.ts';
import type { MediaLimits, MediaReader } from './media.ts';
import { createResizeClient } from './resize-client.ts';
import { segmentStream, toUnitRule } from './segment.ts';

export interface MediaReaderOptions extends FfmpegPaths {
  limits: MediaLimits;
}

const MAX_THUMBNAIL_BYTES = 4 * 1024 * 1024;
/** Of mjpeg: 2 is the best, 31 the smallest. */
const THUMBNAIL_QUALITY = 4;

export interface OpenMediaReader extends MediaReader {
  /** Ends the threads that resized frames; without such there is nothing to close. */
  close(): Promise<void>;
}

/** A reader that decodes with ffmpeg. Throws a UsageError where there is no ffmpeg for this platform. */
export function createMediaReader({ limits, ...paths }: MediaReaderOptions): OpenMediaReader {
  const programs = locateFfmpeg(paths);
  const resizing = createResizeClient();
  const openFile = async (path: string, signal: AbortSignal | undefined): Promise<DecodeJob> => {
    const options = { programs, limits, signal };
    return { ...options, path, file: await inspectFile(path, options) };
  };

  return {
    async probe(path, signal) {
      const { file } = await openFile(path, signal);
      const { container, durationSeconds, audio, video, tags } = file;
      return { container, durationSeconds, audio, video, tags };
    },

    async *readWaveform(path, request, signal) {
      const job = await openFile(path, signal);
      const { startSeconds } = toWindowSpan(request.window, job.file);
      const rate = request.sampleRateHz;
      const chunks = decodeSamples(job, request);
      for await (const segment of segmentStream(chunks, 1, toUnitRule(request.rule, rate))) {
        yield { span: toSpan(job.file, startSeconds, segment, 1, rate), samples: segment.elements };
      }
    },

    async *readFrames(path, request, signal) {
      const job = await openFile(path, signal);
      const { startSeconds } = toWindowSpan(request.window, job.file);
      const rate = request.framesPerSecond;
      const frameBytes = request.widthPixels * request.heightPixels * 3;
      const { resize } = request;
      const decoded = decodeFrames(job, request);
      const chunks =
        resize && resize.by !== 'decoder'
          ? resizing.resizeAll(decoded, { source: decodedSizeOf(job.file, request), target: request, resize })
          : decoded;
      for await (const segment of segmentStream(chunks, frameBytes, toUnitRule(request.rule, rate))) {
        yield {
          span: toSpan(job.file, startSeconds, segment, frameBytes, rate),
          pixels: segment.elements,
          count: segment.elements.length / frameBytes,
        };
      }
    },

    async readThumbnail(path, { widthPixels, window }, signal) {
      const job = await openFile(path, signal);
      if (!job.file.videoStream) throw new MediaError('NO_VIDEO', 'The file holds no moving pictures.');
      const streamIndex = job.file.videoStream.index;
      const { startSeconds, endSeconds } = toWindowSpan(window, job.file);
      const lengthSeconds = Math.min(endSeconds, job.file.durationSeconds) - startSeconds;
      const third = await readPicture(job, streamIndex, widthPixels, startSeconds + lengthSeconds / 3);
      if (third.length > 0) return third;
      // No frame starts that late: a still picture that is shown all along.
      const first = await readPicture(job, streamIndex, widthPixels, 0);
      if (first.length > 0) return first;
      throw new MediaError('CORRUPT_MEDIA', 'No picture of the file can be decoded.');
    },

    close: resizing.close,
  };
}

async function readPicture(
  { path, programs, limits, signal }: DecodeJob,
  streamIndex: number,
  widthPixels: number,
  atSeconds: number,
): Promise<Uint8Array> {
  // iw * sar: pixels may be wider than high. Both sides are even, as JPEG's usual subsampling wants.
  const width = `max(2,trunc(min(${widthPixels},iw*sar)/2)*2)`;
  const { stdout } = await collectOutput(
    {
      program: programs.ffmpeg,
      arguments: [
        ...['-nostdin', '-nostats', '-ss', String(atSeconds)],
        ...inputArguments(path, limits),
        ...['-map', `0:${streamIndex}`, '-frames:v', '1', '-map_metadata', '-1'],
        ...['-vf', `scale=w='${width}':h='max(2,trunc(ow/dar/2)*2)':flags=bicubic,format=yuvj420p`],
        ...['-c:v', 'mjpeg', '-q:v', String(THUMBNAIL_QUALITY), '-f', 'image2pipe', 'pipe:1'],
      ],
      limits,
      signal,
    },
    MAX_THUMBNAIL_BYTES,
  );
  return new Uint8Array(stdout);
}

/** A last unit that the file ends within is cut; what lies wholly behind the end that a header tells counts as it is. */
function toSpan(
  { durationSeconds }: Inspection,
  startSeconds: number,
  segment: { startUnit: number; elements: Float32Array | Uint8Array },
  elementsPerUnit: number,
  unitsPerSecond: number,
) {
  const endUnit = segment.startUnit + segment.elements.length / elementsPerUnit;
  const endSeconds = startSeconds + endUnit / unitsPerSecond;
  const lastStartSeconds = startSeconds + (endUnit - 1) / unitsPerSecond;
  return {
    startSeconds: startSeconds + segment.startUnit / unitsPerSecond,
    endSeconds: lastStartSeconds < durationSeconds ? Math.min(endSeconds, durationSeconds) : endSeconds,
  };
}
