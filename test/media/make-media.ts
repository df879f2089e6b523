import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { locateFfmpeg } from '../../src/media/ffmpeg.ts';
import type { MediaLimits } from '../../src/media/media.ts';

export const { ffmpeg, ffprobe } = locateFfmpeg({ ffmpegPath: null, ffprobePath: null });

export const LIMITS: MediaLimits = {
  maxDurationSeconds: 600,
  maxFrameSidePixels: 4096,
  timeoutMs: 60_000,
  memoryBytes: 2 ** 30,
};

export interface Sound {
  sampleRateHz: number;
  channels: Float32Array[];
}

export interface Pictures {
  widthPixels: number;
  heightPixels: number;
  framesPerSecond: number;
  count: number;
  /** The grey of a frame, 0 to 255. */
  greyAt: (frame: number) => number;
}

export function sine(
  frequencyHz: number,
  seconds: number,
  sampleRateHz = 44_100,
  amplitude = 0.5,
): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * sampleRateHz) }, (_, index) =>
    Math.fround(amplitude * Math.sin((2 * Math.PI * frequencyHz * index) / sampleRateHz)),
  );
}

/** Encodes sound, pictures or both; the container and codecs follow from `encoding`. */
export function encode(
  path: string,
  media: { sound?: Sound; pictures?: Pictures; encoding?: string[] },
): string {
  const wavPath = `${path}.sound.wav`;
  const inputs: string[] = [];
  if (media.pictures) {
    const { widthPixels, heightPixels, framesPerSecond } = media.pictures;
    inputs.push(
      ...['-f', 'image2pipe', '-c:v', 'rawvideo', '-frame_size', String(widthPixels * heightPixels * 3)],
      ...['-video_size', `${widthPixels}x${heightPixels}`, '-pixel_format', 'rgb24'],
      ...['-framerate', String(framesPerSecond), '-i', 'pipe:0'],
    );
  }
  if (media.sound) {
    writeFileSync(wavPath, toWav(media.sound));
    inputs.push('-i', `file:${wavPath}`);
  }
  runFfmpeg(
    [...inputs, ...(media.encoding ?? []), `file:${resolve(path)}`],
    media.pictures && toRaw(media.pictures),
  );
  if (media.sound) rmSync(wavPath);
  return path;
}

export function runFfmpeg(programArguments: string[], input?: Uint8Array): void {
  const result = spawnSync(ffmpeg, ['-v', 'error', '-y', ...programArguments], { input: input ?? '' });
  if (result.status !== 0) throw new Error(`ffmpeg ${programArguments.join(' ')}: ${result.stderr}`);
}

function toRaw({ widthPixels, heightPixels, count, greyAt }: Pictures): Uint8Array {
  const frameBytes = widthPixels * heightPixels * 3;
  const raw = new Uint8Array(count * frameBytes);
  for (let frame = 0; frame < count; frame++) {
    raw.fill(greyAt(frame), frame * frameBytes, (frame + 1) * frameBytes);
  }
  return raw;
}

/** A WAV file with 16-bit samples. */
export function toWav({ sampleRateHz, channels }: Sound): Buffer {
  const length = channels[0]?.length ?? 0;
  const bytes = Buffer.alloc(44 + length * channels.length * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(channels.length, 22);
  bytes.writeUInt32LE(sampleRateHz, 24);
  bytes.writeUInt32LE(sampleRateHz * channels.length * 2, 28);
  bytes.writeUInt16LE(channels.length * 2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(bytes.length - 44, 40);
  let offset = 44;
  for (let index = 0; index < length; index++) {
    for (const channel of channels) {
      offset = bytes.writeInt16LE(
        Math.round(Math.max(-1, Math.min(1, channel[index] ?? 0)) * 32_767),
        offset,
      );
    }
  }
  return bytes;
}

/**
 * A mono FLAC file (RFC 9639) of 16-bit samples, in verbatim subframes, or constant ones where a block holds one
 * value only; the decoder's build has no FLAC encoder.
 */
export function toFlac(samples: Float32Array, sampleRateHz: number): Buffer {
  const blockSize = 4096;
  const info = Buffer.alloc(42);
  info.write('fLaC', 0);
  info.writeUInt32BE(0x80000022, 4); // the last metadata block, STREAMINFO, of 34 bytes
  info.writeUInt16BE(blockSize, 8);
  info.writeUInt16BE(blockSize, 10);
  info.writeBigUInt64BE((BigInt(sampleRateHz) << 44n) | (15n << 36n) | BigInt(samples.length), 18);
  const frames: Buffer[] = [info];
  for (let start = 0; start < samples.length; start += blockSize) {
    const block = samples.subarray(start, start + blockSize);
    const header = Buffer.from([
      ...[0xff, 0xf8, 0x70, 0x08], // fixed block size, given in 16 bits; rate as in STREAMINFO; mono, 16 bits
      ...codedNumber(start / blockSize),
      ...[(block.length - 1) >> 8, (block.length - 1) & 0xff],
    ]);
    const isConstant = block.every((sample) => sample === block[0]);
    const values = isConstant ? block.subarray(0, 1) : block;
    const subframe = Buffer.alloc(1 + values.length * 2);
    subframe[0] = isConstant ? 0 : 2;
    for (const [index, sample] of values.entries())
      subframe.writeInt16BE(Math.round(sample * 32_767), 1 + index * 2);
    const frame = Buffer.concat([header, Buffer.from([checksum(header, 8, 0x07)]), subframe]);
    const footer = Buffer.alloc(2);
    footer.writeUInt16BE(checksum(frame, 16, 0x8005));
    frames.push(frame, footer);
  }
  return Buffer.concat(frames);
}

/** FLAC's variable-length frame number, coded like UTF-8. */
function codedNumber(value: number): number[] {
  if (value < 0x80) return [value];
  if (value < 0x800) return [0xc0 | (value >> 6), 0x80 | (value & 0x3f)];
  return [0xe0 | (value >> 12), 0x80 | ((value >> 6) & 0x3f), 0x80 | (value & 0x3f)];
}

function checksum(bytes: Uint8Array, bits: 8 | 16, polynomial: number): number {
  const top = 1 << (bits - 1);
  const mask = 2 ** bits - 1;
  let remainder = 0;
  for (const byte of bytes) {
    remainder ^= byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) {
      remainder = (remainder & top ? (remainder << 1) ^ polynomial : remainder << 1) & mask;
    }
  }
  return remainder;
}

export async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}
