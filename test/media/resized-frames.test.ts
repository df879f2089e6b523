import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { PictureResize } from '../../src/media/media.ts';
import { createMediaReader } from '../../src/media/media-reader.ts';
import { createResizer } from '../../src/media/resize.ts';
import { collect, encode, ffmpeg, LIMITS, runFfmpeg } from './make-media.ts';

const rule = { segmentSeconds: 10, hopSeconds: 10 };
const cover: PictureResize = { by: 'bicubic', fit: 'cover', shorterSidePixels: 24 };
const request = { framesPerSecond: 1, widthPixels: 24, heightPixels: 24, resize: cover, rule };

describe('frames that the decoder leaves in their own size', () => {
  const reader = createMediaReader({ ffmpegPath: null, ffprobePath: null, limits: LIMITS });
  const folder = mkdtempSync(join(tmpdir(), 'resized-'));
  const at = (name: string) => join(folder, name);
  afterAll(async () => {
    await reader.close();
    rmSync(folder, { recursive: true });
  });

  /** A video of noise that stays the same for a second each. */
  function encodeNoise(
    name: string,
    widthPixels: number,
    heightPixels: number,
    seconds: number,
    extra: string[] = [],
  ) {
    const frameBytes = widthPixels * heightPixels * 3;
    const raw = Uint8Array.from({ length: frameBytes * seconds }, (_, i) => (i * i) / 91 + i * 13);
    const input = [
      ...['-f', 'image2pipe', '-c:v', 'rawvideo', '-frame_size', String(frameBytes)],
      ...[
        '-video_size',
        `${widthPixels}x${heightPixels}`,
        '-pixel_format',
        'rgb24',
        '-framerate',
        '1',
        '-i',
        'pipe:0',
      ],
    ];
    runFfmpeg([...input, '-r', '5', '-preset', 'ultrafast', ...extra, at(name)], raw);
    return at(name);
  }

  /** Whole frames as ffmpeg decodes them, every fifth. */
  function decodeWhole(path: string, widthPixels: number, heightPixels: number): Uint8Array[] {
    const scale = `scale=${widthPixels}:${heightPixels}:flags=bicubic+accurate_rnd+bitexact,format=rgb24`;
    const { stdout } = spawnSync(
      ffmpeg,
      [
        '-v',
        'error',
        '-i',
        path,
        '-vf',
        scale,
        '-fps_mode',
        'passthrough',
        '-c:v',
        'rawvideo',
        '-f',
        'image2pipe',
        'pipe:1',
      ],
      { maxBuffer: 2 ** 28 },
    );
    const frameBytes = widthPixels * heightPixels * 3;
    return Array.from(
      { length: stdout.length / frameBytes },
      (_, frame) => new Uint8Array(stdout.subarray(frame * frameBytes, (frame + 1) * frameBytes)),
    ).filter((_, frame) => frame % 5 === 0);
  }

  async function readPixels(path: string): Promise<Uint8Array> {
    const [segment] = await collect(reader.readFrames(path, request));
    return segment.pixels;
  }

  it('are resized as whole pictures are', async () => {
    const path = encodeNoise('noise.mp4', 90, 50, 3);
    const resizer = createResizer({ widthPixels: 90, heightPixels: 50 }, request, cover);
    const expected = Buffer.concat(decodeWhole(path, 90, 50).map(resizer));
    expect(expected.length).toBe(3 * 24 * 24 * 3);
    expect(Buffer.compare(await readPixels(path), expected)).toBe(0);
  });

  it('are taken upright, and with square pixels', async () => {
    const lying = encodeNoise('lying.mp4', 90, 50, 2);
    runFfmpeg(['-display_rotation:v:0', '90', '-i', lying, '-c', 'copy', at('upright.mp4')]);
    const upright = createResizer({ widthPixels: 50, heightPixels: 90 }, request, cover);
    const turned = Buffer.concat(decodeWhole(at('upright.mp4'), 50, 90).map(upright));
    expect(Buffer.compare(await readPixels(at('upright.mp4')), turned)).toBe(0);

    const wide = encodeNoise('wide.mp4', 90, 50, 2, ['-aspect', '18:5']);
    const stretched = createResizer({ widthPixels: 180, heightPixels: 50 }, request, cover);
    const whole = Buffer.concat(decodeWhole(wide, 180, 50).map(stretched));
    expect(Buffer.compare(await readPixels(wide), whole)).toBe(0);
  });

  it('larger than 1920 × 1088 are reduced before, in proportion', async () => {
    const path = encodeNoise('large.mp4', 3000, 1000, 1, ['-r', '1']);
    // √(1920 · 1088 / (3000 · 1000)) of both sides.
    const resizer = createResizer({ widthPixels: 2503, heightPixels: 834 }, request, cover);
    const expected = Buffer.concat(decodeWhole(path, 2503, 834).map(resizer));
    expect(Buffer.compare(await readPixels(path), expected)).toBe(0);
  });

  it.each([
    [30, 300, 1, 10],
    [24_000 / 1001, 240, 1, 10],
    [25, 268, 2, 21],
    [2.5, 26, 1, 10],
    [25, 7, 1, 1],
    [0.25, 3, 1, 12],
  ])(
    'at %d frames a second, %d frames: the n-th is what is shown at n / %d s, and %d are',
    async (rate, count, framesPerSecond, expectedCount) => {
      const greyAt = (frame: number) => 16 + Math.round((220 * frame) / count);
      const pictures = { widthPixels: 48, heightPixels: 48, framesPerSecond: rate, count, greyAt };
      const path = encode(at(`${rate}-${count}.mp4`), { pictures });
      const long = { ...request, framesPerSecond, rule: { segmentSeconds: 60, hopSeconds: 60 } };
      const [{ pixels, count: found }] = await collect(reader.readFrames(path, long));
      expect(found).toBe(expectedCount);
      for (let frame = 0; frame < found; frame++) {
        // What starts at n / framesPerSecond is shown then; timestamps are rounded.
        const shown = Math.floor((frame / framesPerSecond) * rate + 0.01);
        const grey = pixels[frame * 24 * 24 * 3];
        expect(Math.abs(grey - greyAt(shown)), `frame ${frame}: ${grey}`).toBeLessThanOrEqual(2);
      }
    },
  );

  it('are cut to segments and windows as others are', async () => {
    const greyAt = (frame: number) => 16 + frame;
    const pictures = { widthPixels: 48, heightPixels: 48, framesPerSecond: 10, count: 235, greyAt };
    const path = encode(at('segments.mp4'), { pictures });
    const spans = (await collect(reader.readFrames(path, request))).map(({ span, count }) => [
      span.startSeconds,
      span.endSeconds,
      count,
    ]);
    expect(spans).toEqual([
      [0, 10, 10],
      [10, 20, 10],
      [14, 23.5, 10],
    ]);
    const short = encode(at('short.mp4'), { pictures: { ...pictures, count: 3 } });
    const { durationSeconds } = await reader.probe(short);
    const [only] = await collect(reader.readFrames(short, request));
    expect(durationSeconds).toBeCloseTo(0.3);
    expect(only).toMatchObject({ span: { startSeconds: 0, endSeconds: durationSeconds }, count: 1 });
    const window = { startSeconds: 5, endSeconds: 8 };
    const [part, ...others] = await collect(reader.readFrames(path, { ...request, window }));
    expect(others).toEqual([]);
    expect([part.span.startSeconds, part.span.endSeconds, part.count]).toEqual([5, 8, 3]);
    expect(Math.abs(part.pixels[0] - greyAt(50))).toBeLessThanOrEqual(2);
  });
});
