/** The two trained embeddings: ssl (what goes together) and sup (what carries the same label). */
export type Space = 'ssl' | 'sup';
export const SPACES = ['ssl', 'sup'] as const satisfies readonly Space[];

/** The lengths of a bundle's vectors. */
export type Dimensions = Record<Space, number>;

/** A segment's unit vectors, or null for a space in which it has none. */
export interface SpaceVectors {
  ssl: Float32Array | null;
  sup: Float32Array | null;
}
