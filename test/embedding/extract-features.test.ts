import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extractFeatures, PEAK_COUNT } from '../../src/embedding/extract-features.ts';
import { GraphInputError } from '../../src/shared/errors.ts';
import {
  createFakeBackbone,
  createFakeReader,
  type FakeMedia,
  fakeMedia,
  RULE,
} from '../retrieval/clip-fakes.ts';

describe('extractFeatures', () => {
  let directory: string;
  const reader = createFakeReader();
  const fileOf = async (name: string, media: FakeMedia) => {
    const path = join(directory, name);
    await writeFile(path, fakeMedia(media));
    return path;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'extract-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('gives every segment in order, with few in flight at a time', async () => {
    const backbone = createFakeBackbone('MUSIC');
    const path = await fileOf('long', { durationSeconds: 204, audio: true });
    const ends: number[] = [];
    const { segments, peaks, isSilent } = await extractFeatures(
      { path, onSegment: (endSeconds) => ends.push(endSeconds) },
      { reader, backbone, rule: RULE },
    );
    expect(segments).toHaveLength(21);
    expect(segments.map(({ span }) => span.endSeconds)).toEqual(ends);
    expect(segments[20].span).toEqual({ startSeconds: 194, endSeconds: 204 });
    expect(segments.every(({ features }) => features[0] === 1000 && features[1] === 500)).toBe(true);
    expect(backbone.maxInFlight).toBeGreaterThan(1);
    expect(backbone.maxInFlight).toBeLessThanOrEqual(4);
    expect(isSilent).toBe(false);
    // −6 dB of full scale, on a scale from −60 to 0.
    expect(peaks).toEqual(new Uint8Array(PEAK_COUNT).fill(90));
  });

  it('knows silence, and has no loudness of pictures', async () => {
    const silent = await fileOf('silent', { durationSeconds: 10, audio: true, silent: true });
    const ofSound = await extractFeatures(
      { path: silent },
      { reader, backbone: createFakeBackbone('MUSIC'), rule: RULE },
    );
    expect(ofSound).toMatchObject({ isSilent: true, peaks: new Uint8Array(PEAK_COUNT) });
    const mute = await fileOf('mute', { durationSeconds: 10, video: true });
    const ofPictures = await extractFeatures(
      { path: mute },
      { reader, backbone: createFakeBackbone('VIDEO'), rule: RULE },
    );
    expect(ofPictures).toMatchObject({ isSilent: false, peaks: null });
  });

  it('waits where the backbone is busy', async () => {
    const backbone = createFakeBackbone('VIDEO');
    backbone.refuse(5);
    const path = await fileOf('busy', { durationSeconds: 30, video: true });
    const { segments } = await extractFeatures({ path }, { reader, backbone, rule: RULE });
    expect(segments).toHaveLength(3);
  });

  it('takes a segment that the backbone refuses for a fault of its file', async () => {
    const extract = () => Promise.reject(new GraphInputError('The graph gave a state that is not finite.'));
    const backbone = { ...createFakeBackbone('MUSIC'), extract };
    const path = await fileOf('refused', { durationSeconds: 10, audio: true });
    await expect(extractFeatures({ path }, { reader, backbone, rule: RULE })).rejects.toMatchObject({
      name: 'MediaError',
      code: 'CORRUPT_MEDIA',
    });
  });

  it('refuses features that are not finite', async () => {
    const backbone = {
      ...createFakeBackbone('VIDEO'),
      extract: async () => [Float32Array.of(1, Number.NaN)],
    };
    const path = await fileOf('odd', { durationSeconds: 10, video: true });
    await expect(extractFeatures({ path }, { reader, backbone, rule: RULE })).rejects.toMatchObject({
      code: 'CORRUPT_MEDIA',
    });
  });

  it('throws what the reader or the backbone throws, and stops when it is told to', async () => {
    const tools = { reader, backbone: createFakeBackbone('VIDEO'), rule: RULE };
    const cut = await fileOf('cut', { durationSeconds: 30, video: true, decodeFault: 'CORRUPT_MEDIA' });
    await expect(extractFeatures({ path: cut }, tools)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' });

    const whole = await fileOf('whole', { durationSeconds: 300, video: true, msPerSegment: 5 });
    const broken = { ...tools.backbone, extract: () => Promise.reject(new Error('device lost')) };
    await expect(extractFeatures({ path: whole }, { ...tools, backbone: broken })).rejects.toThrow(
      'device lost',
    );

    const stop = new AbortController();
    const stopped = extractFeatures({ path: whole, onSegment: () => stop.abort() }, tools, stop.signal);
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  });
});
