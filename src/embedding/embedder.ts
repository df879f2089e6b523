import { createBatcher } from '../backbone/batcher.ts';
import type { Inference } from '../backbone/inference-client.ts';
import type { TextReader } from '../backbone/text/text-reader.ts';
import type { Dimensions, SpaceVectors } from '../head/head.ts';
import { MODALITIES, type Modality } from '../media/media.ts';
import { isFiniteVector } from '../shared/vector-math.ts';
import type { Embedder } from './embedding.ts';
import { type HeadFile, type OpenHeads, openHeads } from './open-heads.ts';

export interface EmbedderOptions {
  bundleId: string;
  /** What the heads give. */
  dimensions: Dimensions;
  headFiles: Record<Modality, HeadFile>;
  /** What reads texts; null or absent where the bundle reads none. */
  text?: { reader: TextReader; headFile: HeadFile } | null;
  inference: Inference;
}

export interface OpenEmbedder extends Embedder {
  close(): Promise<void>;
}

const MAX_BATCH = 256;
const MAX_QUEUED_VECTORS = 4096;

/** Loads a bundle's heads. IntegrityError where a file does not match its hash or holds other heads. */
export async function createEmbedder({
  bundleId,
  dimensions,
  headFiles,
  text = null,
  inference,
}: EmbedderOptions): Promise<OpenEmbedder> {
  const files = [...MODALITIES.map((modality) => headFiles[modality]), ...(text ? [text.headFile] : [])];
  const heads = await openAll(files, dimensions, inference);
  const [music, video, texts] = heads.map(createHeadBatcher);
  const batchers = { MUSIC: music, VIDEO: video };

  return {
    bundleId,
    dimensions,
    async project(modality, features, signal) {
      checkFeatures(features, modality, headFiles[modality]);
      return batchers[modality].submit(features, signal);
    },
    ...(text && {
      async embedTexts(wanted: readonly string[], signal?: AbortSignal) {
        const features = await text.reader.embed(wanted, signal);
        checkFeatures(features, 'text', text.headFile);
        return texts.submit(features, signal);
      },
    }),
    async close() {
      await Promise.all(heads.map((each) => each.close()));
    },
  };
}

function checkFeatures(
  features: readonly Float32Array[],
  kind: string,
  { featureDimension }: HeadFile,
): void {
  features.forEach((vector, i) => {
    if (vector.length !== featureDimension) {
      throw new RangeError(
        `Feature vector ${i} has ${vector.length} dimensions; the ${kind} heads take ${featureDimension}.`,
      );
    }
    if (!isFiniteVector(vector)) throw new RangeError(`Feature vector ${i} has values that are not finite.`);
  });
}

/** The heads of all files, in order; where one fails, none stays open. */
async function openAll(
  files: readonly HeadFile[],
  dimensions: Dimensions,
  inference: Inference,
): Promise<OpenHeads[]> {
  const attempts = await Promise.allSettled(files.map((file) => openHeads(file, dimensions, inference)));
  const failure = attempts.find((attempt) => attempt.status === 'rejected');
  const heads = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  if (failure) {
    await Promise.all(heads.map((each) => each.close()));
    throw failure.reason;
  }
  return heads;
}

function createHeadBatcher({ project }: OpenHeads) {
  return createBatcher<Float32Array, SpaceVectors>({
    maxBatch: MAX_BATCH,
    maxQueued: MAX_QUEUED_VECTORS,
    keyOf: () => 'features',
    run: project,
  });
}
