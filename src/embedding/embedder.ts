import { createBatcher } from '../backbone/batcher.ts';
import type { GraphFile, Inference, InferenceGraph } from '../backbone/inference-client.ts';
import type { Tensor, Tensors } from '../backbone/onnx/tensor.ts';
import type { TextReader } from '../backbone/text/text-reader.ts';
import { type Dimensions, SPACES, type SpaceVectors } from '../head/head.ts';
import { MODALITIES, type Modality } from '../media/media.ts';
import { IntegrityError } from '../shared/errors.ts';
import { isFiniteVector, norm } from '../shared/vector-math.ts';
import type { Embedder } from './embedding.ts';

/** The ONNX file of one modality's heads, or of those for texts. */
export interface HeadFile extends GraphFile {
  featureDimension: number;
}

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
/** A head's output is a unit vector up to rounding, or exactly zero. */
const NORM_TOLERANCE = 1e-3;

/** Loads a bundle's heads. IntegrityError where a file does not match its hash or is no head. */
export async function createEmbedder({
  bundleId,
  dimensions,
  headFiles,
  text = null,
  inference,
}: EmbedderOptions): Promise<OpenEmbedder> {
  const files = [...MODALITIES.map((modality) => headFiles[modality]), ...(text ? [text.headFile] : [])];
  const graphs = await openAll(files, inference);
  const [music, video, texts] = files.map((file, i) => createHeadBatcher(graphs[i], file));
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
      await Promise.all(graphs.map((graph) => graph.close()));
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

/** The graphs of all files, in order; where one fails, none stays open. */
async function openAll(files: readonly HeadFile[], inference: Inference): Promise<InferenceGraph[]> {
  const attempts = await Promise.allSettled(files.map((file) => inference.open(file)));
  const failure = attempts.find((attempt) => attempt.status === 'rejected');
  const graphs = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  if (failure) {
    await Promise.all(graphs.map((graph) => graph.close()));
    throw failure.reason;
  }
  return graphs;
}

function createHeadBatcher(graph: InferenceGraph, file: HeadFile) {
  return createBatcher<Float32Array, SpaceVectors>({
    maxBatch: MAX_BATCH,
    maxQueued: MAX_QUEUED_VECTORS,
    keyOf: () => 'features',
    async run(batch) {
      const rows = new Float32Array(batch.length * file.featureDimension);
      batch.forEach((vector, i) => {
        rows.set(vector, i * file.featureDimension);
      });
      const dims = [batch.length, file.featureDimension];
      return splitVectors(
        await graph.run({ features: { type: 'float32', data: rows, dims } }),
        batch.length,
        file,
      );
    },
  });
}

function splitVectors(outputs: Tensors, count: number, file: HeadFile): SpaceVectors[] {
  const [ssl, sup] = SPACES.map((space) => {
    const tensor: Tensor | undefined = outputs[space];
    if (tensor?.type !== 'float32' || tensor.dims.length !== 2 || tensor.dims[0] !== count) {
      throw new IntegrityError(`${file.path} has no output ${space} [batch, dimension] of float32.`);
    }
    const width = tensor.dims[1];
    return Array.from({ length: count }, (_, i) =>
      toVector(tensor.data.slice(i * width, (i + 1) * width), file),
    );
  });
  return Array.from({ length: count }, (_, i) => ({ ssl: ssl[i], sup: sup[i] }));
}

/** A projection of zero has no direction: null. */
function toVector(projected: Float32Array, file: HeadFile): Float32Array | null {
  const length = norm(projected);
  if (length === 0) return null;
  if (Math.abs(length - 1) <= NORM_TOLERANCE) return projected;
  throw new IntegrityError(`${file.path} gave a vector of norm ${length}, not 1.`);
}
