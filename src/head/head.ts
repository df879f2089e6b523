/** The two trained embeddings: ssl (what goes together) and sup (what carries the same label). */
export type Space = 'ssl' | 'sup';
export const SPACES = ['ssl', 'sup'] as const satisfies readonly Space[];

/** A segment's unit vectors, or null for a space in which it has none. */
export interface SpaceVectors {
  ssl: Float32Array | null;
  sup: Float32Array | null;
}
