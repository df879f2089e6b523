import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMediaReader } from '../../src/media/media-reader.ts';
import { collect, LIMITS } from './make-media.ts';

const { REFERENCE_DIR, REAL_LIBRARY_DIR } = process.env;
const RATE = 24_000;
const rule = { segmentSeconds: 10, hopSeconds: 10 };
const reader = createMediaReader({ ffmpegPath: null, ffprobePath: null, limits: LIMITS });

describe.skipIf(!REFERENCE_DIR)('resampling against soxr (needs REFERENCE_DIR)', () => {
  const folder = join(REFERENCE_DIR ?? '', 'resample');

  async function compare(name: string) {
    const bytes = readFileSync(join(folder, `${name}.mono24000.bin`));
    const golden = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const [segment] = await collect(
      reader.readWaveform(join(folder, `${name}.wav`), { sampleRateHz: RATE, rule }),
    );
    const samples = segment?.samples ?? new Float32Array();
    expect(Math.abs(samples.length - golden.length)).toBeLessThanOrEqual(1);
    const ends = 0.05 * RATE;
    const all = { largest: 0, sum: 0, ours: 0, theirs: 0, both: 0 };
    for (let index = ends; index < golden.length - ends; index++) {
      const ours = samples[index] as number;
      const theirs = golden[index] as number;
      all.largest = Math.max(all.largest, Math.abs(ours - theirs));
      all.sum += Math.abs(ours - theirs);
      all.ours += ours * ours;
      all.theirs += theirs * theirs;
      all.both += ours * theirs;
    }
    return {
      largest: all.largest,
      mean: all.sum / (golden.length - 2 * ends),
      correlation: all.both / Math.sqrt(all.ours * all.theirs),
      gain: all.both / all.theirs,
    };
  }

  it('is within 5e-5 in band', async () => {
    const { largest, mean } = await compare('inband-44100');
    expect(largest).toBeLessThan(5e-5);
    expect(mean).toBeLessThan(2e-5);
  });

  it('is within the limits over the full band, as loud as the mean of both channels', async () => {
    const { mean, correlation, gain } = await compare('stereo-44100');
    expect(mean).toBeLessThan(6e-3);
    expect(correlation).toBeGreaterThan(0.995);
    expect(gain).toBeGreaterThan(0.98);
    expect(gain).toBeLessThan(1.01);
  });
});

describe.skipIf(!REAL_LIBRARY_DIR)('real media (needs REAL_LIBRARY_DIR)', () => {
  const paths = ['music', 'videos'].flatMap((kind) => {
    const folder = join(REAL_LIBRARY_DIR ?? '', kind);
    const names = REAL_LIBRARY_DIR ? readdirSync(folder) : [];
    // A few of every type of file.
    const types = Map.groupBy(names, (name) => name.split('.').pop());
    return [...types.values()].flatMap((ofType) => ofType.slice(0, 3).map((name) => join(folder, name)));
  });

  it('of every type are one segment of ten seconds', async () => {
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths) {
      const probe = await reader.probe(path);
      expect(probe.video !== null).toBe(path.includes('/videos/'));
      const sounds = await collect(reader.readWaveform(path, { sampleRateHz: RATE, rule }));
      expect(sounds).toHaveLength(1);
      expect(Math.abs((sounds[0]?.samples.length ?? 0) - 10 * RATE)).toBeLessThan(0.05 * RATE);
      if (!probe.video) continue;
      const size = { framesPerSecond: 12, widthPixels: 64, heightPixels: 36 };
      const pictures = await collect(reader.readFrames(path, { ...size, rule }));
      expect(pictures.map((segment) => segment.count)).toEqual([120]);
    }
  });
});
