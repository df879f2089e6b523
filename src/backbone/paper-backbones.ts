import { readFileSync } from 'node:fs';
import type { BackboneManifestFile } from './manifest.ts';

/** A manifest without what only the downloaded or exported files can tell. */
export type PaperManifest = Omit<BackboneManifestFile, 'sha256' | 'text'>;

/**
 * The vision tower of CLIP ViT-B/32. Every frame's embedding is scaled to length 1 before the mean, since CLIP itself
 * compares directions alone.
 */
export const CLIP_VIT_B32 = readPaperManifest('clip-vit-b32');

/** MERT-v1-95M with the means over time of its 13 hidden states taken in the graph; export/ makes that graph. */
export const MERT_V1_95M = readPaperManifest('mert-v1-95m');

/** They are JSON, since what exports a graph writes them too. */
function readPaperManifest(id: string): PaperManifest {
  return JSON.parse(readFileSync(new URL(`./paper/${id}.json`, import.meta.url), 'utf8'));
}
