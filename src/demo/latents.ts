import type { Random } from '../shared/random.ts';

/** What music and pictures have in common. Each is uniform in −1 … 1 over the pairs. */
export const LATENT_NAMES = ['energy', 'brightness', 'density', 'valence', 'register'] as const;

export type LatentName = (typeof LATENT_NAMES)[number];

export interface Latents extends Record<LatentName, number> {
  tempoBpm: number;
}

/** What one side of a pair lets through, as a share of a latent's own deviation. */
const SIDE_NOISE = 0.7;
const UNIFORM_DEVIATION = 1 / Math.sqrt(3);
/** Each side keeps the tempo within this share. */
const TEMPO_TOLERANCE = 0.02;
/** Below, a beat is heard and seen as two; above, as half of one. */
const TEMPO_RANGE_BPM = [60, 196] as const;

export function sampleLatents(tempoBpm: number, random: Random): Latents {
  const sampled = Object.fromEntries(LATENT_NAMES.map((name) => [name, 2 * random.uniform() - 1]));
  return { ...(sampled as Record<LatentName, number>), tempoBpm: reflect(tempoBpm, ...TEMPO_RANGE_BPM) };
}

/** The latents as one side shows them: with noise of its own, so that no pair is told by them exactly. */
export function perturbLatents(shared: Latents, random: Random): Latents {
  const noisy = Object.fromEntries(
    LATENT_NAMES.map((name) => [name, shared[name] + SIDE_NOISE * UNIFORM_DEVIATION * random.normal()]),
  );
  const tempoBpm = shared.tempoBpm * (1 + TEMPO_TOLERANCE * (2 * random.uniform() - 1));
  return { ...(noisy as Record<LatentName, number>), tempoBpm };
}

/**
 * Where a latent puts a quantity between `low` (−1) and `high` (1). Noise carries it past either end by at most
 * 30 % of the way.
 */
export function between(latent: number, low: number, high: number): number {
  const share = Math.min(1.3, Math.max(-0.3, (latent + 1) / 2));
  return low + (high - low) * share;
}

function reflect(value: number, low: number, high: number): number {
  if (value < low) return 2 * low - value;
  return value > high ? 2 * high - value : value;
}
