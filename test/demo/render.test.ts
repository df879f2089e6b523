import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DEMO_RECIPE, type DemoPair, planDemo } from '../../src/demo/demo-plan.ts';
import { MUSIC_SAMPLE_RATE_HZ } from '../../src/demo/instruments.ts';
import { renderMusic } from '../../src/demo/render-music.ts';
import {
  renderVideo,
  VIDEO_FRAMES_PER_SECOND,
  VIDEO_HEIGHT_PIXELS,
  VIDEO_WIDTH_PIXELS,
} from '../../src/demo/render-video.ts';

const base: DemoPair = { ...planDemo(DEMO_RECIPE)[0], durationSeconds: 8 };
const neutral = { energy: 0, brightness: 0, density: 0, valence: 0, register: 0, tempoBpm: 120 };

function withMusic(values: Partial<DemoPair['music']>): DemoPair {
  return { ...base, music: { ...neutral, ...values } };
}

function withVideo(values: Partial<DemoPair['video']>): DemoPair {
  return { ...base, video: { ...neutral, ...values } };
}

function hashMusic(pair: DemoPair): string {
  const { left, right } = renderMusic(pair);
  return createHash('sha256')
    .update(new Uint8Array(left.buffer))
    .update(new Uint8Array(right.buffer))
    .digest('hex');
}

function hashVideo(pair: DemoPair): string {
  const hash = createHash('sha256');
  for (const frame of renderVideo(pair)) hash.update(frame);
  return hash.digest('hex');
}

function rootMeanSquare(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

/** Mean luma of every frame. */
function lumaOf(pair: DemoPair): number[] {
  const size = VIDEO_WIDTH_PIXELS * VIDEO_HEIGHT_PIXELS;
  const meanOf = (frame: Uint8ClampedArray) => frame.subarray(0, size).reduce((sum, y) => sum + y, 0) / size;
  return renderVideo(pair).map(meanOf).toArray();
}

/** The delay, among those of 60 to 200 BPM, at which rises of a curve repeat best, as a tempo. */
function tempoOf(curve: number[], ratePerSecond: number): number {
  const rises = curve.map((value, i) => Math.max(0, value - (curve[i - 1] ?? value)));
  const scores = [];
  for (let lag = Math.ceil((60 * ratePerSecond) / 200); lag <= ratePerSecond; lag++) {
    let sum = 0;
    for (let i = lag; i < rises.length; i++) sum += rises[i] * rises[i - lag];
    scores.push({ lag, score: sum / (rises.length - lag) });
  }
  const best = scores.reduce((a, b) => (b.score > a.score ? b : a));
  return (60 * ratePerSecond) / best.lag;
}

describe('renderMusic', () => {
  it('plays the same pair the same, and another differently', () => {
    expect(hashMusic(base)).toBe(hashMusic(structuredClone(base)));
    expect(hashMusic({ ...base, seed: base.seed + 1 })).not.toBe(hashMusic(base));
  });

  it.each([-1.5, 0, 1.5])('neither clips nor falls silent with all latents at %f', (latent) => {
    const { left, right } = renderMusic(
      withMusic({ energy: latent, brightness: latent, density: latent, valence: latent, register: latent }),
    );
    expect(left).toHaveLength(8 * MUSIC_SAMPLE_RATE_HZ);
    for (const channel of [left, right]) {
      expect(channel.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)).toBeLessThan(0.8);
      expect(rootMeanSquare(channel)).toBeGreaterThan(0.02);
    }
  });

  it('is louder with energy and brighter with brightness', () => {
    const loudness = (energy: number) => rootMeanSquare(renderMusic(withMusic({ energy })).left);
    expect(loudness(1)).toBeGreaterThan(1.5 * loudness(-1));
    const crossings = (brightness: number) => {
      const { left } = renderMusic(withMusic({ brightness }));
      return left.filter((sample, i) => sample > 0 !== (left[i - 1] ?? 0) > 0).length;
    };
    expect(crossings(1)).toBeGreaterThan(1.2 * crossings(-1));
  });
});

describe('renderVideo', () => {
  it('draws the same pair the same, and another differently', () => {
    expect(hashVideo(base)).toBe(hashVideo(structuredClone(base)));
    expect(hashVideo({ ...base, seed: base.seed + 1 })).not.toBe(hashVideo(base));
  });

  it('pulses with the tempo', () => {
    for (const tempoBpm of [90, 120, 144]) {
      const luma = lumaOf(withVideo({ tempoBpm, energy: -0.5 }));
      expect(luma).toHaveLength(8 * VIDEO_FRAMES_PER_SECOND);
      const ratio = Math.log2(tempoOf(luma, VIDEO_FRAMES_PER_SECOND) / tempoBpm);
      expect(Math.abs(ratio - Math.round(ratio))).toBeLessThan(0.08); // octaves sound and look alike
    }
  });

  it('is lighter with brightness', () => {
    const mean = (brightness: number) =>
      lumaOf(withVideo({ brightness })).reduce((sum, luma) => sum + luma, 0);
    expect(mean(1)).toBeGreaterThan(1.3 * mean(-1));
  });
});
