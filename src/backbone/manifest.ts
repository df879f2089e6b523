import { createHash } from 'node:crypto';
import { z } from 'zod';
import { findContradictions } from './manifest-contradictions.ts';

const tensorName = z.string().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal');
/** A file inside the backbone's own folder. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a plain file name');

/** What is done with a segment that is shorter than the graph can take: repeat it end to end, or refuse it. */
const shorterSegments = z.enum(['repeat', 'refuse']).default('refuse');

/**
 * What is done with the end of a segment that no whole window fits into. `alone`: it runs as it is, never padded;
 * `padded`: zeros make it a whole window; `overlapping`: a whole window is taken that ends with the segment;
 * `dropped`: nothing. In every case it is dropped where it is shorter than the graph's minimum, unless the segment
 * holds nothing else.
 */
const remainder = z.enum(['alone', 'padded', 'overlapping', 'dropped']);

const waveformInputSchema = z.strictObject({
  kind: z.literal('waveform'),
  name: tensorName,
  /** float32, mono, −1 … 1, one window a row; rows of unequal length never share a batch. */
  layout: z.enum(['batch-samples', 'batch-channel-samples']),
  sampleRateHz: z.int().positive(),
  /** The fewest samples that the graph takes. */
  minSamples: z.int().positive(),
  shorterSegments,
  /** Segments are cut into windows of this length; absent: every segment is one row. */
  window: z.strictObject({ samples: z.int().positive(), remainder }).optional(),
  /** Of each window by itself. `zero-mean-unit-variance`: (x − mean) / √(variance + epsilon), variance over n. */
  normalisation: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('none') }),
      z.strictObject({ kind: z.literal('zero-mean-unit-variance'), epsilon: z.number().min(0) }),
    ])
    .default({ kind: 'none' }),
});

/** Beyond these nothing is read from a video, or no picture fits into memory. */
const MIN_FRAMES_PER_SECOND = 0.01;
const MAX_FRAMES_PER_SECOND = 240;
const sidePixels = z.int().positive().max(4_096);

const antialiased = z.enum(['bicubic', 'bilinear']);
const perChannel = z.tuple([z.number(), z.number(), z.number()]);

const framesInputSchema = z.strictObject({
  kind: z.literal('frames'),
  name: tensorName,
  /** With a frames axis: all frames of a segment or window together; without: one frame a row. Channels are RGB. */
  layout: z.enum([
    'batch-frames-height-width-rgb',
    'batch-frames-rgb-height-width',
    'batch-height-width-rgb',
    'batch-rgb-height-width',
  ]),
  framesPerSecond: z.number().min(MIN_FRAMES_PER_SECOND).max(MAX_FRAMES_PER_SECOND),
  widthPixels: sidePixels,
  heightPixels: sidePixels,
  /** The fewest frames that the graph takes. */
  minFrames: z.int().positive().default(1),
  shorterSegments,
  /** As for waveforms, in frames; absent: every segment is one row, or every frame where the layout says so. */
  window: z.strictObject({ frames: z.int().positive(), remainder }).optional(),
  /**
   * How pictures come to the size. `decoder`: stretched while they are decoded, cheap and near enough for statistics.
   * Else antialiased on bytes exactly as Pillow 11.3 does it, from pictures in their own size: `stretch` to the size, or
   * `cover`: the shorter side to `shorterSidePixels`, the longer in proportion, rounded down, then the centre.
   */
  resize: z
    .discriminatedUnion('by', [
      z.strictObject({ by: z.literal('decoder') }),
      z.discriminatedUnion('fit', [
        z.strictObject({ by: antialiased, fit: z.literal('stretch') }),
        z.strictObject({ by: antialiased, fit: z.literal('cover'), shorterSidePixels: sidePixels }),
      ]),
    ])
    .default({ by: 'decoder' }),
  /** What the graph is fed: the bytes themselves, or (byte / 255 − mean) / deviation for each of R, G, B. */
  pixels: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('uint8') }),
      z.strictObject({ type: z.literal('float32'), mean: perChannel, deviation: perChannel }),
    ])
    .default({ type: 'uint8' }),
});

const outputSchema = z.strictObject({
  /** float32; the graph's other outputs are not computed. */
  name: tensorName,
  /** Length of a feature vector. */
  dimension: z.int().positive(),
  /** The output's axes in their order; `layers` and `time` may be missing. */
  axes: z
    .array(z.enum(['batch', 'layers', 'time', 'dimension']))
    .refine(
      (axes) => axes[0] === 'batch' && axes.includes('dimension') && new Set(axes).size === axes.length,
      'must start with batch, hold dimension, and name no axis twice',
    )
    .default(['batch', 'dimension']),
  /** Indices along `layers` that are averaged; all of them unless told. */
  layers: z
    .array(z.int().min(0))
    .min(1)
    .refine((layers) => new Set(layers).size === layers.length, 'must name no layer twice')
    .optional(),
  /**
   * Where time is averaged. `graph`: a segment goes in whole and one vector comes out. `mean`: what comes out of
   * layers, time, windows and frames is averaged here; a window counts by its length.
   */
  pooling: z.enum(['graph', 'mean']),
  /** `unit`: the vector of every window or frame is scaled to length 1 before they are averaged, so all count alike. */
  normalisation: z.enum(['none', 'unit']).default('none'),
});

const textSchema = z.strictObject({
  /** The ONNX file of the text tower, whose embeddings share a space with this backbone's features. */
  file: fileName,
  sha256,
  tokenizer: z.strictObject({ kind: z.literal('clip-bpe'), file: fileName, sha256 }),
  input: z.strictObject({
    idsName: tensorName,
    /** Absent: the graph takes none. */
    maskName: tensorName.optional(),
    type: z.enum(['int64', 'int32']),
    /** The most tokens of one text, start and end among them. */
    contextLength: z.int().min(2),
  }),
  output: z.strictObject({ name: tensorName }),
  maxBatch: z.int().positive(),
});

/** manifest.json beside a backbone's backbone.onnx: all that is needed to run it. Unknown fields are faults. */
export const backboneManifestSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    /** Also the name of its folder. */
    id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
    /** Of backbone.onnx. */
    sha256,
    /** Files beside backbone.onnx that it refers to: weights of more than 2 GB lie in such. */
    weightFiles: z.array(z.strictObject({ file: fileName, sha256 })).default([]),
    modality: z.enum(['MUSIC', 'VIDEO']),
    input: z.discriminatedUnion('kind', [waveformInputSchema, framesInputSchema]),
    output: outputSchema,
    /** The most windows or frames, or segments where they go in whole, of one run. */
    maxBatch: z.int().positive(),
    /** Makes the backbone searchable by text. */
    text: textSchema.optional(),
    /** An SPDX identifier, or the licence's name. */
    licence: z.string().min(1),
    /** What the licence asks of whoever uses it, such as "Non-commercial use only". */
    licenceNotice: z.string().min(1).optional(),
    source: z.string().min(1),
  })
  .superRefine((manifest, context) => {
    for (const { path, message } of findContradictions(manifest)) {
      context.addIssue({ code: 'custom', path, message });
    }
  });

/** A manifest with every default filled in. */
export type BackboneManifest = z.infer<typeof backboneManifestSchema>;
/** A manifest as it is written: what is left out has its default. */
export type BackboneManifestFile = z.input<typeof backboneManifestSchema>;
export type WaveformInput = Extract<BackboneManifest['input'], { kind: 'waveform' }>;
export type FramesInput = Extract<BackboneManifest['input'], { kind: 'frames' }>;
export type TextTower = z.infer<typeof textSchema>;

/**
 * SHA-256, in hexadecimal, of a graph and of what is fed to it and read from it. A parsed manifest has its fields in the
 * schema's order, so equal manifests give equal hashes.
 */
export function hashWhatFeaturesDependOn({
  sha256,
  weightFiles,
  input,
  output,
}: Pick<BackboneManifest, 'sha256' | 'weightFiles'> & { input: object; output: object }): string {
  return createHash('sha256').update(JSON.stringify({ sha256, weightFiles, input, output })).digest('hex');
}
