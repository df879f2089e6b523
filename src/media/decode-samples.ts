import { MediaError } from '../shared/errors.ts';
import {
  assertReach,
  type DecodeJob,
  DURATION_SLACK_SECONDS,
  decodeStream,
  toWindowSpan,
  wholeUnits,
} from './decode-stream.ts';
import { assertDuration } from './inspect.ts';
import type { WaveformRequest } from './media.ts';

/** Sound is decoded from this much before a window, since decoders need a run-up. */
const RUN_UP_SECONDS = 1;
const WAV_SAMPLE_BYTES = 2;
/** RIFF header, 16-byte format chunk and the data chunk's header: all that ffmpeg writes with `-bitexact`. */
const WAV_HEADER_BYTES = 44;

/**
 * To mono: of stereo the mean of the channels (`-ac 1` would add them up √2 too loud), of 5.1 a weighted sum. And to the
 * asked rate by a filter steep enough for 5e-5 of full scale against soxr's best. Gaps become silence, so that time stays true.
 */
const RESAMPLE =
  'ochl=mono:rematrix_maxval=1.0:filter_size=64:phase_shift=10:cutoff=0.97:async=1:first_pts=0';

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

async function* skipBytes(chunks: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let remaining = count;
  for await (const chunk of chunks) {
    const skipped = Math.min(remaining, chunk.length);
    remaining -= skipped;
    if (skipped < chunk.length) yield chunk.subarray(skipped);
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
