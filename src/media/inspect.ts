import { z } from 'zod';
import { MediaError, UsageError } from '../shared/errors.ts';
import { collectOutput, type FfmpegPrograms, inputArguments, streamOutput } from './ffmpeg.ts';
import type { MediaLimits, MediaProbe, PictureSize } from './media.ts';
import { assertMediaSignature } from './sniff.ts';

/** A probe with what decoding needs besides. Seconds count from the file's start. */
export interface Inspection extends MediaProbe {
  /** The container's timestamp of the file's start. */
  startTimestampSeconds: number;
  /** The pictures' size as shown, in square pixels. */
  shownSize: PictureSize | null;
  audioStream: StreamPosition | null;
  videoStream: StreamPosition | null;
}

export interface StreamPosition {
  index: number;
  /** Where the stream ends by its own header; null where the header doesn't say. */
  endSeconds: number | null;
}

/** How far the packets of one stream go, decodable or not. */
export interface PacketExtent {
  lastStartSeconds: number;
  endSeconds: number;
}

export interface InspectOptions {
  programs: FfmpegPrograms;
  limits: MediaLimits;
  signal?: AbortSignal | undefined;
}

const MAX_PROBE_BYTES = 4 * 1024 * 1024;
const ENTRIES = [
  'format=format_name,duration,start_time:format_tags',
  'stream=index,codec_type,codec_name,sample_rate,channels,width,height,sample_aspect_ratio,avg_frame_rate,r_frame_rate,duration,start_time',
  'stream_tags:stream_disposition=attached_pic:stream_side_data=rotation',
].join(':');

const optionalNumber = z.coerce.number().optional().catch(undefined);
const tags = z.record(z.string(), z.string()).default({});
const streamSchema = z.object({
  index: z.number(),
  codec_type: z.string().optional(),
  codec_name: z.string().default('unknown'),
  sample_rate: optionalNumber,
  channels: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  sample_aspect_ratio: z.string().default('1:1'),
  avg_frame_rate: z.string().default('0/0'),
  r_frame_rate: z.string().default('0/0'),
  duration: optionalNumber,
  start_time: optionalNumber,
  tags,
  disposition: z.object({ attached_pic: z.number().default(0) }).default({ attached_pic: 0 }),
  side_data_list: z.array(z.object({ rotation: optionalNumber })).default([]),
});
const reportSchema = z.object({
  format: z.object({ format_name: z.string(), duration: optionalNumber, start_time: optionalNumber, tags }),
  streams: z.array(streamSchema).default([]),
});
type Stream = z.infer<typeof streamSchema>;

/** What ffprobe prints, and what it only warns of. */
type Report = z.infer<typeof reportSchema> & { durationIsEstimate: boolean; hasTooManyPixels: boolean };

/**
 * Reads what a file holds by its content, and refuses what is outside the limits. Throws a MediaError, or a UsageError
 * where ffprobe is none.
 */
export async function inspectFile(path: string, options: InspectOptions): Promise<Inspection> {
  await assertMediaSignature(path);
  const report = await readReport(path, options);
  const audio = report.streams.find((stream) => stream.codec_type === 'audio');
  const video = report.streams.find(
    (stream) => stream.codec_type === 'video' && !stream.disposition.attached_pic,
  );
  if (!audio && !video) {
    throw new MediaError('UNSUPPORTED_MEDIA', 'The file holds neither sound nor moving pictures.');
  }
  if (video) assertFrameSize(video, report, options.limits);
  const durationSeconds = await findDuration(path, report, options);
  assertDuration(durationSeconds, options.limits);
  return {
    container: report.format.format_name,
    durationSeconds,
    audio: audio
      ? { codec: audio.codec_name, sampleRateHz: audio.sample_rate ?? 0, channels: audio.channels ?? 0 }
      : null,
    video: video
      ? { codec: video.codec_name, ...uprightSize(video), framesPerSecond: frameRate(video) }
      : null,
    tags: lowerCaseKeys({ ...audio?.tags, ...report.format.tags }),
    startTimestampSeconds: report.format.start_time ?? 0,
    shownSize: video ? toShownSize(video) : null,
    audioStream: audio ? toPosition(audio, report) : null,
    videoStream: video ? toPosition(video, report) : null,
  };
}

/** TOO_LONG where a duration is over the limit. */
export function assertDuration(durationSeconds: number, limits: MediaLimits): void {
  if (durationSeconds <= limits.maxDurationSeconds) return;
  throw new MediaError('TOO_LONG', `The file is longer than ${limits.maxDurationSeconds} seconds.`);
}

/**
 * How far the packets of every stream go, by stream index, from reading the file without decoding it. Stops
 * at the limit on the duration.
 */
export async function measurePackets(
  path: string,
  startTimestampSeconds: number,
  { programs, limits, signal }: InspectOptions,
): Promise<Map<number, PacketExtent>> {
  const extents = new Map<number, PacketExtent>();
  const output = streamOutput({
    program: programs.ffprobe,
    arguments: [
      ...['-of', 'csv=p=0', '-show_entries', 'packet=stream_index,pts_time,duration_time'],
      ...inputArguments(path, limits),
    ],
    limits,
    signal,
  });
  let partialLine = '';
  for await (const chunk of output) {
    const lines = (partialLine + chunk.toString('latin1')).split('\n');
    partialLine = lines.pop() ?? '';
    for (const line of lines) {
      const [index, timestamp, duration] = line.split(',').map(Number.parseFloat);
      if (index === undefined || timestamp === undefined || Number.isNaN(timestamp)) continue;
      const start = timestamp - startTimestampSeconds;
      const known = extents.get(index);
      const endSeconds = start + (duration || 0);
      extents.set(index, {
        lastStartSeconds: Math.max(start, known?.lastStartSeconds ?? start),
        endSeconds: Math.max(endSeconds, known?.endSeconds ?? endSeconds),
      });
      if (start > limits.maxDurationSeconds) return extents;
    }
  }
  return extents;
}

async function readReport(path: string, { programs, limits, signal }: InspectOptions): Promise<Report> {
  const { stdout, stderrTail } = await collectOutput(
    {
      program: programs.ffprobe,
      arguments: ['-of', 'json', '-show_entries', ENTRIES, ...inputArguments(path, limits)],
      limits,
      signal,
    },
    MAX_PROBE_BYTES,
  );
  return {
    ...parseReport(stdout.toString('utf8'), programs.ffprobe),
    durationIsEstimate: /Estimating duration from bitrate/.test(stderrTail),
    hasTooManyPixels: /exceeds specified max pixel count/.test(stderrTail),
  };
}

function parseReport(printed: string, program: string): z.infer<typeof reportSchema> {
  if (printed.trim() === '') throw new UsageError(`${program} is no ffprobe: it prints no report.`);
  try {
    return reportSchema.parse(JSON.parse(printed));
  } catch (cause) {
    throw Object.assign(new MediaError('CORRUPT_MEDIA', 'What the file says of itself cannot be read.'), {
      cause,
    });
  }
}

/** The header's duration where it can be trusted, else that of the packets. */
async function findDuration(path: string, report: Report, options: InspectOptions): Promise<number> {
  const stated =
    report.format.duration ?? Math.max(0, ...report.streams.map((stream) => stream.duration ?? 0));
  if (stated > 0 && !report.durationIsEstimate) return stated;
  const extents = await measurePackets(path, report.format.start_time ?? 0, options);
  const measured = Math.max(0, ...[...extents.values()].map((extent) => extent.endSeconds));
  if (measured <= 0)
    throw new MediaError('CORRUPT_MEDIA', 'The file ends before its first sound or picture.');
  return measured;
}

function assertFrameSize({ width = 0, height = 0 }: Stream, report: Report, limits: MediaLimits): void {
  // The decoder forgets the size that it refuses.
  const isRefused = width === 0 && report.hasTooManyPixels;
  if (!isRefused && Math.max(width, height) <= limits.maxFrameSidePixels) return;
  throw new MediaError(
    'TOO_LARGE',
    `The pictures are larger than ${limits.maxFrameSidePixels} × ${limits.maxFrameSidePixels} pixels.`,
  );
}

function toPosition(stream: Stream, report: Report): StreamPosition {
  const start = (stream.start_time ?? 0) - (report.format.start_time ?? 0);
  const known = stream.duration !== undefined && !report.durationIsEstimate;
  return { index: stream.index, endSeconds: known ? start + (stream.duration as number) : null };
}

/** The size upright: a phone held upright stores its pictures lying, with a rotation beside them. */
function uprightSize({ width = 0, height = 0, side_data_list }: Stream): PictureSize {
  const rotation = side_data_list.find((side) => side.rotation !== undefined)?.rotation ?? 0;
  const isTurned = Math.abs(rotation) % 180 === 90;
  return isTurned
    ? { widthPixels: height, heightPixels: width }
    : { widthPixels: width, heightPixels: height };
}

/** Pixels may be wider than high, or unknown, which is 0:1. */
function toShownSize(stream: Stream): PictureSize {
  const [across = 0, down = 0] = stream.sample_aspect_ratio.split(':').map(Number);
  const aspect = across > 0 && down > 0 ? across / down : 1;
  return uprightSize({ ...stream, width: Math.max(1, Math.round((stream.width ?? 0) * aspect)) });
}

function frameRate(stream: Stream): number {
  for (const fraction of [stream.avg_frame_rate, stream.r_frame_rate]) {
    const [numerator = 0, denominator = 0] = fraction.split('/').map(Number);
    if (numerator > 0 && denominator > 0) return numerator / denominator;
  }
  return 0;
}

function lowerCaseKeys(record: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value]));
}
