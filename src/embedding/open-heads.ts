import type { GraphFile, Inference } from '../backbone/inference-client.ts';
import type { GraphSlots, Tensors } from '../backbone/onnx/tensor.ts';
import { explainRefusal } from '../backbone/verify-graph.ts';
import { type Dimensions, SPACES, type SpaceVectors } from '../head/head.ts';
import { GraphInputError, IntegrityError } from '../shared/errors.ts';
import { norm } from '../shared/vector-math.ts';
import { FEATURES_INPUT, verifyHeadGraph } from './verify-head-graph.ts';

/** The ONNX file of one modality's heads, or of those for texts. */
export interface HeadFile extends GraphFile {
  featureDimension: number;
}

/** The heads of one file. */
export interface OpenHeads {
  /** Unit vectors of each feature vector, in order. */
  project(features: readonly Float32Array[]): Promise<SpaceVectors[]>;
  close(): Promise<void>;
}

/** A head's output is a unit vector up to rounding, or exactly zero. */
const NORM_TOLERANCE = 1e-3;

/**
 * Loads heads, checks that their graph is what the bundle says, and runs it once, so that the first query does not wait
 * for what a first run sets up. IntegrityError that names what differs, DeviceError where the device refuses the graph.
 */
export async function openHeads(
  file: HeadFile,
  dimensions: Dimensions,
  inference: Inference,
): Promise<OpenHeads> {
  const blank = [new Float32Array(file.featureDimension)];
  const verify = (slots: GraphSlots) => verifyHeadGraph(file, dimensions, slots);
  const graph = await inference
    .open(file, { warmUpFeeds: toFeeds(blank, file) })
    .catch((error) => explainRefusal(error, verify));
  const project = async (features: readonly Float32Array[]) =>
    splitVectors(await graph.run(toFeeds(features, file)), features.length, dimensions, file);
  try {
    verify(graph);
    // What the graph leaves open about its outputs, only a run tells.
    await project(blank);
  } catch (error) {
    await graph.close();
    if (!(error instanceof GraphInputError)) throw error;
    throw new IntegrityError(`${file.path} does not run on features of zeros: ${error.message}`, {
      cause: error,
    });
  }
  return { project, close: graph.close };
}

function toFeeds(features: readonly Float32Array[], { featureDimension }: HeadFile): Tensors {
  const rows = new Float32Array(features.length * featureDimension);
  features.forEach((vector, i) => {
    rows.set(vector, i * featureDimension);
  });
  return { [FEATURES_INPUT]: { type: 'float32', data: rows, dims: [features.length, featureDimension] } };
}

function splitVectors(
  outputs: Tensors,
  count: number,
  dimensions: Dimensions,
  file: HeadFile,
): SpaceVectors[] {
  const [ssl, sup] = SPACES.map((space) => {
    const { data, dims } = outputs[space];
    const width = dimensions[space];
    if (!(data instanceof Float32Array) || dims.join() !== [count, width].join()) {
      throw new IntegrityError(
        `${file.path} gave [${dims.join(', ')}] as ${space} of ${count} feature vectors, not [${count}, ${width}].`,
      );
    }
    return Array.from({ length: count }, (_, i) => toVector(data.slice(i * width, (i + 1) * width), file));
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
