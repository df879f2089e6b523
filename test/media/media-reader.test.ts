import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMediaReader } from '../../src/media/media-reader.ts';
import { UserInputError } from '../../src/shared/errors.ts';
import { collect, encode, LIMITS, type Pictures, runFfmpeg, sine, toFlac, toWav } from './make-media.ts';

const RATE = 24_000;
const reader = createMediaReader({ ffmpegPath: null, ffprobePath: null, limits: LIMITS });
const rule = { segmentSeconds: 2, hopSeconds: 2 };
const waveform = { sampleRateHz: RATE, rule };
const frames = { framesPerSecond: 12, widthPixels: 16, heightPixels: 9, rule };

/** 5 s in which every frame is a step lighter than the one before. */
const staircase: Pictures = {
  widthPixels: 64,
  heightPixels: 48,
  framesPerSecond: 12,
  count: 60,
  greyAt: (frame) => 20 + 3 * frame,
};
const tone = { sampleRateHz: 44_100, channels: [sine(440, 5)] };
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '4'];
const VP9 = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-crf', '4', '-b:v', '0'];

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'media-reader-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const level = (samples: Float32Array) =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

/** The mean grey of every frame of a segment. */
function greys({ pixels, count }: { pixels: Uint8Array; count: number }): number[] {
  const size = pixels.length / count;
  return Array.from({ length: count }, (_, frame) => {
    const frameBytes = pixels.subarray(frame * size, (frame + 1) * size);
    return frameBytes.reduce((sum, byte) => sum + byte, 0) / size;
  });
}

const SOUND_FILES: [name: string, encoding: string[], container: string, codec: string][] = [
  ['tone.wav', ['-c:a', 'pcm_s16le'], 'wav', 'pcm_s16le'],
  ['tone.mp3', ['-c:a', 'libmp3lame'], 'mp3', 'mp3'],
  ['tone.m4a', ['-c:a', 'aac', '-f', 'mp4'], 'mov,mp4,m4a,3gp,3g2,mj2', 'aac'],
  ['tone.opus', ['-c:a', 'libopus'], 'ogg', 'opus'],
  ['tone.ogg', ['-c:a', 'libopus', '-f', 'ogg'], 'ogg', 'opus'],
];

const VIDEO_FILES: [name: string, encoding: string[], container: string, codecs: [string, string]][] = [
  ['stairs.mp4', [...X264, '-c:a', 'aac'], 'mov,mp4,m4a,3gp,3g2,mj2', ['h264', 'aac']],
  ['stairs.mov', [...X264, '-c:a', 'aac'], 'mov,mp4,m4a,3gp,3g2,mj2', ['h264', 'aac']],
  ['stairs.mkv', [...X264, '-c:a', 'libmp3lame'], 'matroska,webm', ['h264', 'mp3']],
  ['stairs.webm', [...VP9, '-c:a', 'libopus'], 'matroska,webm', ['vp9', 'opus']],
];

describe('sound', () => {
  it.each(SOUND_FILES)(
    '%s is read with its level, pitch and spans',
    async (name, encoding, container, codec) => {
      const path = encode(at(name), { sound: tone, encoding });
      const probe = await reader.probe(path);
      expect(probe).toMatchObject({ container, audio: { codec, channels: 1 }, video: null });
      expect(Math.abs(probe.durationSeconds - 5)).toBeLessThan(0.1);
      await expectTone(path);
    },
  );

  it('flac is read likewise', async () => {
    writeFileSync(at('tone.flac'), toFlac(sine(440, 5), 44_100));
    const probe = await reader.probe(at('tone.flac'));
    expect(probe).toMatchObject({
      container: 'flac',
      durationSeconds: 5,
      audio: { codec: 'flac', channels: 1 },
    });
    await expectTone(at('tone.flac'));
  });

  async function expectTone(path: string) {
    const segments = await collect(reader.readWaveform(path, waveform));
    expect(segments.map((segment) => Math.round(segment.span.startSeconds * 10) / 10)).toEqual([0, 2, 3]);
    expect(segments.map((segment) => segment.samples.length)).toEqual([2 * RATE, 2 * RATE, 2 * RATE]);
    const middle = segments[1] as (typeof segments)[number];
    // LAME turns its input down by 5 %.
    const relative = level(middle.samples) / (0.5 / Math.SQRT2);
    expect(relative).toBeGreaterThan(0.94);
    expect(relative).toBeLessThan(1.01);
    const crossings = middle.samples.filter(
      (sample, index) => sample >= 0 && (middle.samples[index - 1] ?? 0) < 0,
    ).length;
    expect(Math.abs(crossings - 880)).toBeLessThanOrEqual(1);
  }

  it('of several channels becomes their mean', async () => {
    const left = sine(440, 1);
    const silence = new Float32Array(left.length);
    const cases: [Float32Array[], number][] = [
      [[left], 1],
      [[left, left], 1],
      [[left, silence], 0.5],
      [[left, left.map((sample) => -sample)], 0],
    ];
    for (const [channels, share] of cases) {
      const path = at(`channels-${channels.length}-${share}.wav`);
      writeFileSync(path, toWav({ sampleRateHz: 44_100, channels }));
      const [segment] = await collect(reader.readWaveform(path, waveform));
      const samples = (segment?.samples ?? new Float32Array()).subarray(1_000, -1_000);
      expect(level(samples)).toBeCloseTo((share * 0.5) / Math.SQRT2, 3);
    }
  });

  it('of six channels never passes the loudest of them', async () => {
    const channels = Array.from({ length: 6 }, () => sine(440, 1, 44_100, 0.9));
    writeFileSync(at('six.wav'), toWav({ sampleRateHz: 44_100, channels }));
    const [segment] = await collect(reader.readWaveform(at('six.wav'), waveform));
    const peak = (segment?.samples ?? []).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    expect(peak).toBeGreaterThan(0.5);
    expect(peak).toBeLessThan(0.92);
  });

  it.each(['tone.wav', 'tone.mp3', 'tone.m4a', 'tone.opus'])(
    'of a window of %s is the same as in the whole',
    async (name) => {
      const encoding = SOUND_FILES.find(([file]) => file === name)?.[1] ?? [];
      // A sweep, so that a shift in time shows.
      const samples = Float32Array.from({ length: 44_100 * 8 }, (_, index) =>
        Math.fround(0.5 * Math.sin(2 * Math.PI * (300 * (index / 44_100) + 50 * (index / 44_100) ** 2))),
      );
      const path = encode(at(`sweep-${name}`), {
        sound: { sampleRateHz: 44_100, channels: [samples] },
        encoding,
      });
      const long = { sampleRateHz: RATE, rule: { segmentSeconds: 20, hopSeconds: 20 } };
      const [whole] = await collect(reader.readWaveform(path, long));
      const window = { startSeconds: 3.25, endSeconds: 6.5 };
      const segments = await collect(reader.readWaveform(path, { ...waveform, window }));
      expect(segments.map((segment) => segment.span)).toEqual([
        { startSeconds: 3.25, endSeconds: 5.25 },
        { startSeconds: 4.5, endSeconds: 6.5 },
      ]);
      for (const { span, samples: part } of segments) {
        const same = whole?.samples.subarray(span.startSeconds * RATE, span.endSeconds * RATE);
        const difference = part.map((sample, index) => sample - (same?.[index] ?? 0));
        expect(level(difference)).toBeLessThan(0.002);
      }
    },
  );
});

describe('pictures', () => {
  it.each(VIDEO_FILES)(
    '%s gives every frame in order, and its sound',
    async (name, encoding, container, codecs) => {
      const path = encode(at(name), { pictures: staircase, sound: tone, encoding });
      const probe = await reader.probe(path);
      expect(probe).toMatchObject({
        container,
        video: { codec: codecs[0], widthPixels: 64, heightPixels: 48, framesPerSecond: 12 },
        audio: { codec: codecs[1] },
      });
      const segments = await collect(reader.readFrames(path, frames));
      expect(segments.map((segment) => [segment.span, segment.count])).toEqual([
        [{ startSeconds: 0, endSeconds: 2 }, 24],
        [{ startSeconds: 2, endSeconds: 4 }, 24],
        [{ startSeconds: 3, endSeconds: 5 }, 24],
      ]);
      for (const segment of segments) {
        expect(segment.pixels.length).toBe(24 * 16 * 9 * 3);
        for (const [index, grey] of greys(segment).entries()) {
          const frame = segment.span.startSeconds * 12 + index;
          expect(Math.abs(grey - staircase.greyAt(frame))).toBeLessThan(3);
        }
      }
      const sound = await collect(reader.readWaveform(path, waveform));
      expect(sound).toHaveLength(3);
    },
  );

  it.each([10, 15, 24, 25, 30_000 / 1001, 60])(
    'at %f a second are taken at the asked times',
    async (rate) => {
      const greyAt = (frame: number) => 20 + (40 * frame) / rate;
      const count = Math.round(5 * rate);
      const path = encode(at('rate.mp4'), {
        pictures: { ...staircase, framesPerSecond: rate, count, greyAt },
        encoding: X264,
      });
      const long = { ...frames, rule: { segmentSeconds: 20, hopSeconds: 20 } };
      const [segment] = await collect(reader.readFrames(path, long));
      expect(segment?.count).toBe(60);
      for (const [index, grey] of greys(segment ?? { pixels: new Uint8Array(), count: 0 }).entries()) {
        const shownSeconds = (grey - 20) / 40;
        // A step of grey is 0.025 s.
        expect(Math.abs(shownSeconds - index / 12)).toBeLessThan(1 / rate + 0.03);
      }
    },
  );

  it('of a window start where it starts', async () => {
    const path = encode(at('window.mp4'), { pictures: staircase, encoding: X264 });
    const window = { startSeconds: 1.5, endSeconds: 2.5 };
    const [segment, ...others] = await collect(reader.readFrames(path, { ...frames, window }));
    expect(others).toEqual([]);
    expect(segment).toMatchObject({ span: window, count: 12 });
    const [first] = greys(segment ?? { pixels: new Uint8Array(), count: 0 });
    expect(Math.abs((first ?? 0) - staircase.greyAt(18))).toBeLessThan(3);
    const beyond = reader.readFrames(path, { ...frames, window: { startSeconds: 5, endSeconds: null } });
    await expect(collect(beyond)).rejects.toThrow(UserInputError);
  });

  it('without sound are a video, and their sound is NO_AUDIO', async () => {
    const path = encode(at('silent.mp4'), { pictures: staircase, encoding: X264 });
    expect(await reader.probe(path)).toMatchObject({ audio: null, video: { codec: 'h264' } });
    await expect(collect(reader.readWaveform(path, waveform))).rejects.toMatchObject({ code: 'NO_AUDIO' });
    expect(await collect(reader.readFrames(path, frames))).toHaveLength(3);
  });

  it('that stand still at the end last as long as they are shown', async () => {
    const moving = encode(at('moving.mp4'), { pictures: { ...staircase, count: 24 }, encoding: X264 });
    const still = { ...staircase, framesPerSecond: 0.25, count: 1 };
    encode(at('still.mp4'), { pictures: still, encoding: X264 });
    writeFileSync(at('list.txt'), 'file moving.mp4\nfile still.mp4\n');
    runFfmpeg(['-f', 'concat', '-i', at('list.txt'), '-c', 'copy', at('both.mp4')]);
    expect((await reader.probe(moving)).durationSeconds).toBe(2);
    expect((await reader.probe(at('both.mp4'))).durationSeconds).toBe(8);
    const segments = await collect(reader.readFrames(at('both.mp4'), frames));
    expect(segments.map((segment) => segment.count)).toEqual([24, 24, 24, 24]);
  });

  it('shorter than the sound are not taken for a file that is cut off', async () => {
    for (const name of ['short.mkv', 'short.mp4']) {
      const pictures = { ...staircase, count: 24 };
      const path = encode(at(name), { pictures, sound: tone, encoding: [...X264, '-c:a', 'aac'] });
      const segments = await collect(reader.readFrames(path, frames));
      expect(segments.map((segment) => segment.count)).toEqual([24]);
      expect(await collect(reader.readWaveform(path, waveform))).toHaveLength(3);
      const after = reader.readFrames(path, { ...frames, window: { startSeconds: 3, endSeconds: 4 } });
      await expect(collect(after)).rejects.toMatchObject({ code: 'NO_VIDEO' });
    }
  });

  it('of a phone held upright have the size and proportions shown', async () => {
    const wide = encode(at('lying.mp4'), { pictures: staircase, encoding: X264 });
    runFfmpeg(['-display_rotation', '90', '-i', `file:${wide}`, '-c', 'copy', at('upright.mp4')]);
    expect((await reader.probe(at('upright.mp4'))).video).toMatchObject({
      widthPixels: 48,
      heightPixels: 64,
    });
    const thumbnail = await reader.readThumbnail(at('upright.mp4'), { widthPixels: 24 });
    expect(jpegSize(thumbnail)).toEqual({ widthPixels: 24, heightPixels: 32 });
  });

  it('have a thumbnail, never wider than they are', async () => {
    const path = encode(at('thumbnail.webm'), { pictures: staircase, encoding: VP9 });
    expect(jpegSize(await reader.readThumbnail(path, { widthPixels: 32 }))).toEqual({
      widthPixels: 32,
      heightPixels: 24,
    });
    expect(jpegSize(await reader.readThumbnail(path, { widthPixels: 640 }))).toEqual({
      widthPixels: 64,
      heightPixels: 48,
    });
  });

  it('have a thumbnail from a third of the way into the window', async () => {
    const pictures = { ...staircase, framesPerSecond: 1, count: 9, greyAt: (frame: number) => 25 * frame };
    const path = encode(at('window.mp4'), { pictures, encoding: ['-pix_fmt', 'yuv420p'] });
    const greyOf = async (startSeconds: number | null, endSeconds: number | null) => {
      const window = { startSeconds, endSeconds };
      const jpeg = at('window.jpg');
      writeFileSync(jpeg, await reader.readThumbnail(path, { widthPixels: 32, window }));
      runFfmpeg(['-i', jpeg, '-c:v', 'rawvideo', '-pix_fmt', 'gray', '-f', 'image2pipe', at('window.grey')]);
      return readFileSync(at('window.grey'))[0];
    };
    expect(Math.abs((await greyOf(null, null)) - 75)).toBeLessThan(10);
    expect(Math.abs((await greyOf(6, 9)) - 175)).toBeLessThan(10);
    expect(Math.abs((await greyOf(6, null)) - 175)).toBeLessThan(10);
    expect(Math.abs((await greyOf(null, 3)) - 25)).toBeLessThan(10);
    await expect(greyOf(60, null)).rejects.toThrow(UserInputError);
  });

  it('on the cover of music are not a video', async () => {
    runFfmpeg(
      [...oneFrame(), '-c:v', 'mjpeg', '-frames:v', '1', '-f', 'image2pipe', at('cover.jpg')],
      grey(64),
    );
    encode(at('plain.mp3'), { sound: tone, encoding: ['-c:a', 'libmp3lame'] });
    const cover = ['-map', '0', '-map', '1', '-c', 'copy', '-disposition:v', 'attached_pic'];
    const tags = ['-metadata', 'title=Blå “tone”', '-metadata', 'ARTIST=Nobody', '-metadata', 'genre=jazz'];
    for (const name of ['cover.mp3', 'cover.m4a']) {
      runFfmpeg([
        ...[
          '-i',
          at(name === 'cover.mp3' ? 'plain.mp3' : 'tone.m4a'),
          '-f',
          'image2pipe',
          '-i',
          at('cover.jpg'),
        ],
        ...[...cover, ...tags, ...(name === 'cover.m4a' ? ['-f', 'mp4'] : []), at(name)],
      ]);
      const probe = await reader.probe(at(name));
      expect(probe).toMatchObject({
        video: null,
        tags: { title: 'Blå “tone”', artist: 'Nobody', genre: 'jazz' },
      });
      await expect(collect(reader.readFrames(at(name), frames))).rejects.toMatchObject({ code: 'NO_VIDEO' });
      await expect(reader.readThumbnail(at(name), { widthPixels: 32 })).rejects.toMatchObject({
        code: 'NO_VIDEO',
      });
      expect(await collect(reader.readWaveform(at(name), waveform))).toHaveLength(3);
    }
  });
});

describe('containers', () => {
  it("without a duration, such as a browser's recordings, are measured", async () => {
    const path = at('live.webm');
    encode(path, { pictures: staircase, sound: tone, encoding: [...VP9, '-c:a', 'libopus', '-live', '1'] });
    const probe = await reader.probe(path);
    expect(Math.abs(probe.durationSeconds - 5)).toBeLessThan(0.2);
    expect(await collect(reader.readFrames(path, frames))).toHaveLength(3);
    expect(await collect(reader.readWaveform(path, waveform))).toHaveLength(3);
  });

  it('whose duration is a guess from the bit rate are measured', async () => {
    // Quiet first: by its first frames' bit rate the file would seem several times as long.
    const samples = new Float32Array(44_100 * 6);
    for (let index = 44_100; index < samples.length; index++) samples[index] = Math.sin(index * index) / 2;
    const path = at('variable.mp3');
    const encoding = ['-c:a', 'libmp3lame', '-q:a', '0', '-write_xing', '0', '-id3v2_version', '0'];
    encode(path, { sound: { sampleRateHz: 44_100, channels: [samples] }, encoding });
    expect(Math.abs((await reader.probe(path)).durationSeconds - 6)).toBeLessThan(0.2);
    expect(await collect(reader.readWaveform(path, waveform))).toHaveLength(3);
  });

  it.each(['-dash 50%20 :pipe:1.wav', 'new\nline.wav', '%03d "quotes" \'and\' $(x) 🎵.wav'])(
    'named %j are read',
    async (name) => {
      writeFileSync(at(name), toWav(tone));
      expect((await reader.probe(at(name))).durationSeconds).toBe(5);
      expect(await collect(reader.readWaveform(at(name), waveform))).toHaveLength(3);
      const cwd = process.cwd();
      try {
        process.chdir(folder); // so that the dash comes first
        expect((await reader.probe(name)).durationSeconds).toBe(5);
      } finally {
        process.chdir(cwd);
      }
    },
  );
});

const grey = (side: number) => new Uint8Array(side * side * 3).fill(90);
const oneFrame = (side = 64) => [
  ...['-f', 'image2pipe', '-c:v', 'rawvideo', '-frame_size', String(side * side * 3)],
  ...['-video_size', `${side}x${side}`, '-pixel_format', 'rgb24', '-i', 'pipe:0'],
];

/** From the start-of-frame segment of a JPEG. */
function jpegSize(bytes: Uint8Array) {
  const view = Buffer.from(bytes);
  expect(view.readUInt16BE(0)).toBe(0xffd8);
  for (let offset = 2; ; offset += 2 + view.readUInt16BE(offset + 2)) {
    const marker = view.readUInt16BE(offset);
    if (marker >= 0xffc0 && marker <= 0xffc2) {
      return { heightPixels: view.readUInt16BE(offset + 5), widthPixels: view.readUInt16BE(offset + 7) };
    }
  }
}
