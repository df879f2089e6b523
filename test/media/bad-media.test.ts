import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMediaReader } from '../../src/media/media-reader.ts';
import { MediaError } from '../../src/shared/errors.ts';
import { collect, encode, LIMITS, runFfmpeg, sine, toFlac, toWav } from './make-media.ts';

const reader = readerWith({});
const rule = { segmentSeconds: 2, hopSeconds: 2 };
const waveform = { sampleRateHz: 24_000, rule };
const frames = { framesPerSecond: 12, widthPixels: 16, heightPixels: 9, rule };

const pictures = {
  widthPixels: 64,
  heightPixels: 48,
  framesPerSecond: 12,
  count: 96,
  greyAt: (frame: number) => (frame * 37) % 256,
};
const sound = { sampleRateHz: 44_100, channels: [sine(440, 8)] };
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'];
const VP9 = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'];

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bad-media-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function readerWith(limits: Partial<typeof LIMITS>) {
  return createMediaReader({ ffmpegPath: null, ffprobePath: null, limits: { ...LIMITS, ...limits } });
}

/** The code of the MediaError that a promise ends in; its message must not tell where files lie. */
async function faultOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MediaError);
  expect((error as MediaError).message).not.toContain(folder);
  return (error as MediaError).code;
}

/** Cuts a file after a share of its bytes. */
function truncate(path: string, share: number): string {
  const bytes = readFileSync(path);
  const cutPath = `${path}.cut`;
  writeFileSync(cutPath, bytes.subarray(0, Math.floor(bytes.length * share)));
  return cutPath;
}

describe('UNSUPPORTED_MEDIA', () => {
  it.each([
    ['text named as a video', 'text.mp4', Buffer.from('Once upon a time there was a text.\n'.repeat(100))],
    ['nothing at all', 'empty.mp4', Buffer.alloc(0)],
    ['a playlist that names another file', 'list.mp4', Buffer.from('#EXTM3U\n#EXTINF:10,\n/etc/passwd\n')],
    [
      'a concatenation that names another file',
      'concat.mp4',
      Buffer.from("ffconcat version 1.0\nfile 'a.mp4'\n"),
    ],
    ['an archive', 'archive.mp4', Buffer.from('PK\u0003\u0004'.padEnd(100, '\0'))],
  ])('is %s', async (_, name, content) => {
    writeFileSync(at(name), content);
    expect(await faultOf(reader.probe(at(name)))).toBe('UNSUPPORTED_MEDIA');
    expect(await faultOf(collect(reader.readWaveform(at(name), waveform)))).toBe('UNSUPPORTED_MEDIA');
  });

  it('is a single picture, a folder, and what is not there', async () => {
    const raw = ['-f', 'image2pipe', '-c:v', 'rawvideo', '-frame_size', '12288', '-video_size', '64x64'];
    const png = [
      '-pixel_format',
      'rgb24',
      '-i',
      'pipe:0',
      '-c:v',
      'png',
      '-frames:v',
      '1',
      '-f',
      'image2pipe',
    ];
    runFfmpeg([...raw, ...png, at('picture.mp4')], new Uint8Array(12_288));
    for (const path of [at('picture.mp4'), folder, at('missing.mp4')]) {
      expect(await faultOf(reader.probe(path))).toBe('UNSUPPORTED_MEDIA');
    }
  });
});

describe('CORRUPT_MEDIA', () => {
  it('is an mp4 that is cut off before its index', async () => {
    const path = truncate(encode(at('index-last.mp4'), { pictures, sound, encoding: H264 }), 0.6);
    expect(await faultOf(reader.probe(path))).toBe('CORRUPT_MEDIA');
  });

  it.each([
    ['index-first.mp4', [...H264, '-movflags', '+faststart']],
    ['cut.webm', VP9],
    ['cut.mkv', H264],
  ])('is the cut-off %s, after what can be read of it', async (name, encoding) => {
    const path = truncate(encode(at(name), { pictures, sound, encoding }), 0.6);
    expect((await reader.probe(path)).durationSeconds).toBeCloseTo(8, 1);
    for (const segments of [reader.readWaveform(path, waveform), reader.readFrames(path, frames)]) {
      const read: number[] = [];
      const reading = (async () => {
        for await (const segment of segments) read.push(segment.span.startSeconds);
      })();
      expect(await faultOf(reading)).toBe('CORRUPT_MEDIA');
      expect(read.slice(0, 1)).toEqual([0]);
      expect(read.length).toBeLessThan(4);
    }
  });

  it.each([
    ['mp3', (path: string) => encode(path, { sound, encoding: ['-c:a', 'libmp3lame'] })],
    ['wav', (path: string) => void writeFileSync(path, toWav(sound))],
    ['flac', (path: string) => void writeFileSync(path, toFlac(sine(440, 8), 44_100))],
  ])('or fewer seconds is a cut-off %s', async (extension, write) => {
    // Some headers tell the length that was, and some files are as long as their bytes: either way no more is made up.
    write(at(`cut.${extension}`));
    const path = truncate(at(`cut.${extension}`), 0.6);
    let seconds = 0;
    try {
      for await (const { span } of reader.readWaveform(path, waveform)) seconds = span.endSeconds;
      expect((await reader.probe(path)).durationSeconds).toBeLessThan(5.5);
    } catch (error) {
      expect(error).toMatchObject({ code: 'CORRUPT_MEDIA' });
    }
    expect(seconds).toBeGreaterThan(3.9);
    expect(seconds).toBeLessThan(5.5);
  });

  it('is a file whose packets are all noise', async () => {
    const path = encode(at('noise.mp4'), { pictures, sound, encoding: [...H264, '-movflags', '+faststart'] });
    const bytes = readFileSync(path);
    const start = bytes.indexOf('mdat') + 4;
    for (let index = start; index < bytes.length; index++) bytes[index] = (index * 2_654_435_761) >>> 24;
    writeFileSync(path, bytes);
    expect(await faultOf(collect(reader.readFrames(path, frames)))).toBe('CORRUPT_MEDIA');
  });
});

describe('TOO_LONG', () => {
  it.each(['flac', 'opus'])('are two hours of silence as %s', async (extension) => {
    const path = at(`silence.${extension}`);
    if (extension === 'flac') writeFileSync(path, toFlac(new Float32Array(7_200 * 8_000), 8_000));
    else {
      const minute = at('minute.opus');
      runFfmpeg(['-f', 'lavfi', '-i', 'anullsrc=r=8000:d=60', '-b:a', '6k', minute]);
      runFfmpeg(['-stream_loop', '119', '-i', minute, '-c', 'copy', path]);
    }
    expect(await faultOf(reader.probe(path))).toBe('TOO_LONG');
    expect(await faultOf(collect(reader.readWaveform(path, waveform)))).toBe('TOO_LONG');
  });

  it('is a recording without a duration that goes on and on', async () => {
    const path = encode(at('endless.webm'), { pictures, sound, encoding: [...VP9, '-live', '1'] });
    expect(await faultOf(readerWith({ maxDurationSeconds: 5 }).probe(path))).toBe('TOO_LONG');
  });

  it('is a file that goes on past the duration its header tells', async () => {
    const path = encode(at('lying.mkv'), { pictures, sound, encoding: H264 });
    const bytes = readFileSync(path);
    const duration = bytes.indexOf(Buffer.from([0x44, 0x89, 0x88])); // EBML: Duration, 8 bytes
    bytes.writeDoubleBE(1_000, duration + 3); // in milliseconds
    writeFileSync(path, bytes);
    const strict = readerWith({ maxDurationSeconds: 5 });
    expect((await strict.probe(path)).durationSeconds).toBe(1);
    expect(await faultOf(collect(strict.readFrames(path, frames)))).toBe('TOO_LONG');
    expect(await faultOf(collect(strict.readWaveform(path, waveform)))).toBe('TOO_LONG');
  });
});

describe('TOO_LARGE', () => {
  it('are pictures of 8000 × 8000', async () => {
    const path = hugeVideo('huge.mkv');
    expect(await faultOf(reader.probe(path))).toBe('TOO_LARGE');
    expect(await faultOf(collect(reader.readFrames(path, frames)))).toBe('TOO_LARGE');
  });

  it('is a file that needs more memory than is allowed', async () => {
    const path = hugeVideo('hungry.mkv');
    const starved = readerWith({ maxFrameSidePixels: 8_192, memoryBytes: 256 * 1024 ** 2 });
    expect(await faultOf(collect(starved.readFrames(path, frames)))).toBe('TOO_LARGE');
  });

  function hugeVideo(name: string) {
    const huge = { widthPixels: 8_000, heightPixels: 8_000, framesPerSecond: 1, count: 1, greyAt: () => 90 };
    return encode(at(name), { pictures: huge, encoding: ['-c:v', 'png'] });
  }
});

describe('TIMED_OUT', () => {
  it('is what takes too long, and the file is left as it was', async () => {
    const path = encode(at('slow.webm'), { pictures, sound, encoding: VP9 });
    const before = readdirSync(folder);
    expect(await faultOf(readerWith({ timeoutMs: 1 }).probe(path))).toBe('TIMED_OUT');
    expect(readdirSync(folder)).toEqual(before);
  });
});
