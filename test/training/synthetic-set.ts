import { createRandom, type Random } from '../../src/shared/random.ts';
import type { TrainingPair, TrainingSet } from '../../src/training/training-set.ts';

/**
 * Pairs whose two sides share latents: a class, which is the label, and a few numbers of their own, which only the
 * pair shares. Each side sees them through its own random projection, with noise.
 */
export function createSyntheticSet(pairsPerSplit: Record<'train' | 'val' | 'test', number>): TrainingSet {
  const random = createRandom(5);
  const sides = { music: createView(18, random.fork('music')), video: createView(15, random.fork('video')) };
  const pairs: TrainingPair[] = [];
  for (const split of ['train', 'val', 'test'] as const) {
    for (let i = 0; i < pairsPerSplit[split]; i++) {
      const label = random.integer(2);
      const latents = [...Array.from({ length: 4 }, () => random.normal()), label * 3 - 1.5];
      const key = `${split}${i}`;
      pairs.push({
        id: `video-${key}`,
        trackId: `track-${key}`,
        source: null,
        componentKey: key,
        split,
        labels: random.uniform() < 0.8 ? [['calm', 'wild'][label]] : [],
        music: [sides.music(latents), sides.music(latents)].slice(i % 2),
        video: [sides.video(latents), sides.video(latents)].slice(i % 2),
      });
    }
  }
  return { pairs };
}

function createView(width: number, random: Random): (latents: number[]) => Float32Array {
  const rows = Array.from({ length: width }, () => Array.from({ length: 5 }, () => random.normal()));
  return (latents) =>
    Float32Array.from(rows, (row, i) => {
      const seen = row.reduce((sum, weight, k) => sum + weight * latents[k], 0);
      return i + 10 ** (i % 3) * (Math.tanh(seen / 3) + 0.05 * random.normal());
    });
}
