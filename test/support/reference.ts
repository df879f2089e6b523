import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { locateFfmpeg } from '../../src/media/ffmpeg.ts';

/** Golden inputs and outputs; tests that need them are skipped without. */
export const { REFERENCE_DIR } = process.env;

export const referencePath = (...parts: string[]) => join(REFERENCE_DIR ?? '', ...parts);

/** An array of float32 with its shape. */
export function readFloats(...parts: string[]): { data: Float32Array; shape: number[] } {
  const path = referencePath(...parts);
  const bytes = readFileSync(`${path}.bin`);
  const { shape } = JSON.parse(readFileSync(`${path}.json`, 'utf8'));
  return {
    data: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
    shape,
  };
}

export function readBytes(...parts: string[]): Uint8Array {
  return new Uint8Array(readFileSync(`${referencePath(...parts)}.bin`));
}

// biome-ignore lint/suspicious/noExplicitAny: each document has a form of its own
export function readDocument(...parts: string[]): any {
  return JSON.parse(readFileSync(referencePath(...parts), 'utf8'));
}

export interface ReferenceImage {
  name: string;
  widthPixels: number;
  heightPixels: number;
  /** RGB, [height, width, 3]. */
  pixels: Uint8Array;
}

/** The images; the one with an alpha channel over white, as the golden values have it. */
export function readImages(): ReferenceImage[] {
  const { ffmpeg } = locateFfmpeg({ ffmpegPath: null, ffprobePath: null });
  const images: { name: string; width: number; height: number; mode: string }[] = readDocument(
    'clip/preprocess/images.json',
  );
  return images.map(({ name, width, height, mode }) => {
    const format = mode === 'RGBA' ? 'rgba' : 'rgb24';
    const { stdout, status, stderr } = spawnSync(
      ffmpeg,
      [
        ...['-v', 'error', '-f', 'image2pipe', '-i', referencePath('clip/images', `${name}.png`)],
        ...['-vf', `format=${format}`, '-c:v', 'rawvideo', '-f', 'image2pipe', 'pipe:1'],
      ],
      { maxBuffer: 2 ** 26 },
    );
    if (status !== 0) throw new Error(`${name}: ${stderr}`);
    return {
      name,
      widthPixels: width,
      heightPixels: height,
      pixels: mode === 'RGBA' ? overWhite(stdout) : new Uint8Array(stdout),
    };
  });
}

function overWhite(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let pixel = 0; pixel < rgba.length / 4; pixel++) {
    const alpha = rgba[pixel * 4 + 3];
    for (let channel = 0; channel < 3; channel++) {
      const blended = rgba[pixel * 4 + channel] * alpha + 255 * (255 - alpha);
      rgb[pixel * 3 + channel] = Math.round(blended / 255);
    }
  }
  return rgb;
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    // NaN is larger than any limit.
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}
