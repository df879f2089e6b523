import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const alpha = z.number().min(0).max(1);

const headManifestSchema = z.object({
  /** File name inside the bundle's folder. */
  file: z.string().regex(/^[A-Za-z0-9_-]+\.onnx$/),
  sha256,
  backboneId: z.string(),
  backboneSha256: sha256,
  featureDimension: z.int().positive(),
});

/** How texts are read: by the text tower of the video backbone, and by heads of their own. */
const textHeadManifestSchema = z.object({
  file: headManifestSchema.shape.file,
  sha256,
  /** Of the text tower's graph and of its vocabulary. */
  towerSha256: sha256,
  tokenizerSha256: sha256,
  /**
   * What brings texts to where pictures lie, as part of the heads. `centring`: the mean and the spread of both are made
   * equal; `linear`: then a linear map brings the texts of labels to the pictures that carry them.
   */
  gapClosing: z.enum(['centring', 'linear']),
});

const tradeOffPointSchema = z.object({
  direction: z.enum(['VIDEO_TO_MUSIC', 'MUSIC_TO_VIDEO']),
  alpha,
  pairRecallAt10: z.number().nullable(),
  labelPrecisionAt10: z.number().nullable(),
});

/** manifest.json of a bundle. What stands under `identity` makes the id; the rest describes. */
export const bundleManifestSchema = z.object({
  schemaVersion: z.literal(1),
  /** SHA-256 of the canonical JSON of `identity`, in hexadecimal. */
  id: sha256,
  identity: z.object({
    heads: z.object({ MUSIC: headManifestSchema, VIDEO: headManifestSchema }),
    /** Absent where the video backbone has no text tower. */
    text: textHeadManifestSchema.optional(),
    sslDimension: z.int().positive(),
    supDimension: z.int().positive(),
    segmentRule: z.object({ segmentSeconds: z.number().positive(), hopSeconds: z.number().positive() }),
    normalisation: z.literal('unit'),
    /** The column of library.csv that the sup space was trained on. */
    labelField: z.string(),
  }),
  createdAt: z.iso.datetime(),
  profile: z.string(),
  /** The labels seen in training, sorted. */
  labels: z.array(z.string()),
  seed: z.int(),
  /** SHA-256 over the training data's ids, hashes, labels, pairs and splits. */
  dataSha256: sha256,
  /** Each item's split, by id, where library.csv left some empty; null where the file said all. */
  splits: z.record(z.string(), z.enum(['train', 'val', 'test'])).nullable(),
  /** Standard deviations of cross-modal similarity over non-pairs. */
  similarityDeviation: z.object({ ssl: z.number(), sup: z.number() }),
  balancedAlpha: alpha,
  recommendedAlpha: alpha,
  recommendedAlphaRule: z.string(),
  tradeOff: z.array(tradeOffPointSchema),
  /** Figures of training: pairs, steps, final losses, seconds, backend. */
  training: z.record(z.string(), z.unknown()),
});

export type BundleManifest = z.infer<typeof bundleManifestSchema>;
export type HeadManifest = z.infer<typeof headManifestSchema>;
export type TextHeadManifest = z.infer<typeof textHeadManifestSchema>;
export type TradeOffPoint = z.infer<typeof tradeOffPointSchema>;
export type SearchDirection = TradeOffPoint['direction'];
