import type { BackboneManifestFile } from '../manifest.ts';
import { AUDIO_FEATURES, buildAudioGraph, SAMPLE_RATE_HZ } from './audio-graph.ts';
import { dimensionOf, type FeatureGroup } from './feature-group.ts';
import {
  buildVisionGraph,
  FRAMES_PER_SECOND,
  HEIGHT_PIXELS,
  VISION_FEATURES,
  WIDTH_PIXELS,
} from './vision-graph.ts';

/** A backbone that the project builds by itself: its manifest, less the hash, and its graph. */
export interface BuiltInBackbone {
  manifest: Omit<BackboneManifestFile, 'sha256'>;
  /** What its features measure, in their order. */
  features: readonly FeatureGroup[];
  buildOnnx(): Uint8Array;
}

/** Pulses are measured over delays of up to 2.2 s, which takes a few seconds of media. */
const SHORTEST_SECONDS = 5;
/** A larger batch is no faster on a CPU, and rounds otherwise: features would depend on who shares it. */
const MAX_BATCH = 1;

const origin = { licence: 'Apache-2.0', source: 'built by control-mvr' };

/** The ids carry a version: a graph that computes something else takes the next one. */
export const LITE_BACKBONES: readonly BuiltInBackbone[] = [
  {
    manifest: {
      schemaVersion: 1,
      id: 'lite-audio-1',
      modality: 'MUSIC',
      input: {
        kind: 'waveform',
        name: 'waveform',
        layout: 'batch-samples',
        sampleRateHz: SAMPLE_RATE_HZ,
        minSamples: SHORTEST_SECONDS * SAMPLE_RATE_HZ,
        shorterSegments: 'repeat',
      },
      output: { name: 'features', dimension: dimensionOf(AUDIO_FEATURES), pooling: 'graph' },
      maxBatch: MAX_BATCH,
      ...origin,
    },
    features: AUDIO_FEATURES,
    buildOnnx: buildAudioGraph,
  },
  {
    manifest: {
      schemaVersion: 1,
      id: 'lite-vision-1',
      modality: 'VIDEO',
      input: {
        kind: 'frames',
        name: 'frames',
        layout: 'batch-frames-height-width-rgb',
        framesPerSecond: FRAMES_PER_SECOND,
        widthPixels: WIDTH_PIXELS,
        heightPixels: HEIGHT_PIXELS,
        minFrames: SHORTEST_SECONDS * FRAMES_PER_SECOND,
        shorterSegments: 'repeat',
      },
      output: { name: 'features', dimension: dimensionOf(VISION_FEATURES), pooling: 'graph' },
      maxBatch: MAX_BATCH,
      ...origin,
    },
    features: VISION_FEATURES,
    buildOnnx: buildVisionGraph,
  },
];

/** What a backbone's features measure; null for one that the project does not build. */
export function featureGroupsOf(backboneId: string): readonly FeatureGroup[] | null {
  return LITE_BACKBONES.find(({ manifest }) => manifest.id === backboneId)?.features ?? null;
}
