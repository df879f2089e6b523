import { z } from 'zod';

const tensorName = z.string().min(1);

/** What a graph does with a segment that is shorter than it can take: repeat it end to end, or refuse it. */
const shorterSegments = z.enum(['repeat', 'refuse']);

const waveformInputSchema = z.object({
  kind: z.literal('waveform'),
  name: tensorName,
  /** float32, mono, one segment a row; segments of unequal length never share a batch. */
  layout: z.literal('batch-samples'),
  sampleRateHz: z.int().positive(),
  minSamples: z.int().positive(),
  shorterSegments,
});

const framesInputSchema = z.object({
  kind: z.literal('frames'),
  name: tensorName,
  /** uint8 RGB, all frames of one segment together. */
  layout: z.literal('batch-frames-height-width-rgb'),
  framesPerSecond: z.number().positive(),
  widthPixels: z.int().positive(),
  heightPixels: z.int().positive(),
  minFrames: z.int().positive(),
  shorterSegments,
});

/** manifest.json beside a backbone's backbone.onnx: all that is needed to run it. */
export const backboneManifestSchema = z.object({
  schemaVersion: z.literal(1),
  /** Also the name of its folder. */
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  /** Of backbone.onnx, in hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  modality: z.enum(['MUSIC', 'VIDEO']),
  input: z.discriminatedUnion('kind', [waveformInputSchema, framesInputSchema]),
  output: z.object({
    name: tensorName,
    dimension: z.int().positive(),
    /** Where time is averaged: `graph` gives one vector per segment, [batch, dimension]. */
    pooling: z.literal('graph'),
  }),
  maxBatch: z.int().positive(),
  /** An SPDX identifier, or the licence's name. */
  licence: z.string().min(1),
  source: z.string().min(1),
});

export type BackboneManifest = z.infer<typeof backboneManifestSchema>;
