import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPeakMeter, resamplePeaks } from '../../src/media/peaks.ts';
import { sine } from './make-media.ts';

const RATE = 8_000;

function segmentAt(startSeconds: number, samples: Float32Array) {
  return { span: { startSeconds, endSeconds: startSeconds + samples.length / RATE }, samples };
}

describe('peaks', () => {
  it('are decibels of the root mean square: silence 0, a full sine 95, a tenth of it 62', () => {
    const meter = createPeakMeter(RATE);
    meter.add(segmentAt(0, new Float32Array(RATE)));
    meter.add(segmentAt(1, sine(400, 1, RATE, 1)));
    meter.add(segmentAt(2, sine(400, 1, RATE, 0.1)));
    // 100 × (1 − 3.01 / 60) = 95.0; 20 dB less is 33.3 less.
    expect([...meter.read(3)]).toEqual([0, 95, 62]);
  });

  it('equal the mean power of every part, however the segments overlap', () => {
    const sounds = fc.integer({ min: 1, max: 10 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        // One amplitude for every bin of 50 ms, a whole number of bins for every part.
        amplitudes: fc.integer({ min: 1, max: 4 }).chain((binsPerPart) =>
          fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
            minLength: count * binsPerPart,
            maxLength: count * binsPerPart,
          }),
        ),
        overlapBins: fc.integer({ min: 0, max: 20 }),
      }),
    );
    fc.assert(
      fc.property(sounds, ({ count, amplitudes, overlapBins }) => {
        const binSamples = RATE / 20;
        const samples = Float32Array.from({ length: amplitudes.length * binSamples }, (_, index) =>
          Math.fround(amplitudes[Math.floor(index / binSamples)] as number),
        );
        const middle = Math.floor(amplitudes.length / 2) * binSamples;
        const again = Math.max(0, middle - overlapBins * binSamples);
        const meter = createPeakMeter(RATE, 7);
        meter.add(segmentAt(7, samples.slice(0, middle)));
        meter.add(segmentAt(7 + again / RATE, samples.slice(again)));
        const partSamples = samples.length / count;
        for (const [part, level] of meter.read(count).entries()) {
          const inPart = samples.subarray(part * partSamples, (part + 1) * partSamples);
          const power = inPart.reduce((sum, sample) => sum + sample * sample, 0) / partSamples;
          const exact = Math.min(100, Math.max(0, 100 + (100 / 60) * 10 * Math.log10(power)));
          expect(Math.abs(level - exact)).toBeLessThan(0.51);
        }
      }),
    );
  });

  it('are true to a last bin that is not full', () => {
    const meter = createPeakMeter(RATE);
    meter.add(segmentAt(0, new Float32Array(RATE / 20 + 10).fill(0.5)));
    expect(new Set(meter.read(7))).toEqual(new Set([90]));
  });

  it('resampled to fewer are what the meter gives for fewer, to one step of rounding', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 120, maxLength: 120 }),
        (levels) => {
          const meter = createPeakMeter(RATE);
          for (const [index, level] of levels.entries()) {
            const amplitude = level === 0 ? 0 : 10 ** ((level - 100) * 0.03);
            meter.add(segmentAt(index / 20, new Float32Array(RATE / 20).fill(amplitude)));
          }
          const stored = meter.read(120);
          expect([...stored]).toEqual(levels);
          const direct = meter.read(40);
          for (const [part, level] of resamplePeaks(stored, 40).entries()) {
            expect(Math.abs(level - (direct[part] as number))).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  it('resampled to more repeat themselves; nothing stays nothing', () => {
    expect([...resamplePeaks(Uint8Array.of(0, 40, 90), 6)]).toEqual([0, 0, 40, 40, 90, 90]);
    expect([...resamplePeaks(Uint8Array.of(), 3)]).toEqual([0, 0, 0]);
  });
});
