import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMediaReader } from '../../src/media/media-reader.ts';
import { createEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import type { VectorStore } from '../../src/store/vector-store.ts';
import { postFile, startServer, type TestServer } from '../http/start-server.ts';
import { encode, LIMITS, type Pictures, type Sound, sine, toFlac } from '../media/make-media.ts';
import { createFakeBackbone, RULE } from './clip-fakes.ts';

const SAMPLE_RATE_HZ = 8_000;
const FRAMES_PER_SECOND = 12;
const PICTURES: Pictures = {
  widthPixels: 64,
  heightPixels: 36,
  framesPerSecond: FRAMES_PER_SECOND,
  count: 12 * FRAMES_PER_SECOND,
  greyAt: (frame) => frame % 256,
};
const TONE: Sound = { sampleRateHz: 44_100, channels: [sine(440, 12)] };
const SILENCE: Sound = { sampleRateHz: 44_100, channels: [new Float32Array(12 * 44_100)] };

describe('clips of real media, over HTTP and the embedded store', () => {
  let directory: string;
  let store: VectorStore;
  let server: TestServer;
  const at = (name: string) => join(directory, name);
  const upload = async (path: string) => server.send(postFile(await readFile(path)));

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'clips-media-'));
    store = await createEmbeddedStore({ directory: at('store'), threads: 1 });
    const backbones = {
      MUSIC: {
        ...createFakeBackbone('MUSIC'),
        input: { kind: 'waveform', sampleRateHz: SAMPLE_RATE_HZ },
      },
      VIDEO: {
        ...createFakeBackbone('VIDEO'),
        input: { kind: 'frames', framesPerSecond: FRAMES_PER_SECOND, widthPixels: 16, heightPixels: 16 },
      },
    } as const;
    server = await startServer({
      maxUploadBytes: 50_000_000,
      clips: {
        store: store.clips,
        reader: createMediaReader({ limits: LIMITS, ffmpegPath: null, ffprobePath: null }),
        embedding: () => ({ backbones, rule: RULE }),
      },
    });
  });
  afterAll(async () => {
    await server.close();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  it.each<[string, string, Parameters<typeof encode>[1], string[], number]>([
    ['a video with sound', 'both.mp4', { pictures: PICTURES, sound: TONE }, ['MUSIC', 'VIDEO'], 4],
    ['a silent video', 'silent.mp4', { pictures: PICTURES, sound: SILENCE }, ['VIDEO'], 2],
    ['a video without sound', 'mute.mp4', { pictures: PICTURES }, ['VIDEO'], 2],
    ['a song', 'song.mp3', { sound: TONE }, ['MUSIC'], 2],
  ])('%s is READY with its modalities', async (_title, name, media, modalities, segmentCount) => {
    const answer = await upload(encode(at(name), media));
    expect([answer.status, answer.json.modalities]).toEqual([201, modalities]);
    expect(answer.json.durationSeconds).toBeCloseTo(12, 0);
    const [clip] = await store.clips.get([answer.json.id]);
    expect(clip?.features).toHaveLength(segmentCount);
    expect(clip?.features.every(({ features }) => features[0] > 0)).toBe(true);
    expect(await server.filesLeft()).toEqual([]);
  });

  it('a file that ends too early, silence alone and hours of it are refused', async () => {
    const whole = encode(at('whole.mp4'), {
      pictures: PICTURES,
      sound: TONE,
      encoding: ['-movflags', '+faststart'],
    });
    await truncate(whole, Math.round((await readFile(whole)).length / 2));
    const cut = await upload(whole);
    expect([cut.status, cut.json.code]).toEqual([422, 'CORRUPT_MEDIA']);

    const silence = await upload(encode(at('silence.mp3'), { sound: SILENCE }));
    expect([silence.status, silence.json.code]).toEqual([422, 'NO_AUDIO']);

    await writeFile(at('hours.flac'), toFlac(new Float32Array(7_200 * SAMPLE_RATE_HZ), SAMPLE_RATE_HZ));
    const hours = await upload(at('hours.flac'));
    expect([hours.status, hours.json.code]).toEqual([422, 'TOO_LONG']);
    expect(await server.filesLeft()).toEqual([]);
  });
});
