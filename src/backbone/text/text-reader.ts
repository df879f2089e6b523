import { basename, join } from 'node:path';
import { IntegrityError } from '../../shared/errors.ts';
import { toUnit } from '../../shared/vector-math.ts';
import { toGraphFile } from '../backbone-files.ts';
import { createBatcher } from '../batcher.ts';
import type { Inference } from '../inference-client.ts';
import { type BackboneManifest, hashWhatFeaturesDependOn, type TextTower } from '../manifest.ts';
import type { GraphSlots, Tensor, Tensors } from '../onnx/tensor.ts';
import { explainRefusal } from '../verify-graph.ts';
import type { TokenizerHandlers, TokenizerWorkerData } from './tokenizer.worker.ts';
import { verifyTextGraph } from './verify-text-graph.ts';

/** The side of a backbone that reads words: text in, one vector out, in the space of the backbone's features. */
export interface TextReader {
  /**
   * SHA-256, in hexadecimal, of what its features depend on beside the vocabulary: the ONNX file with its weights, and
   * the manifest's `text.input` and `text.output`.
   */
  readonly sha256: string;
  /** Of the vocabulary. */
  readonly tokenizerSha256: string;
  /**
   * Features of each text, in order, scaled as the backbone scales those of a window. What a text has beyond the
   * context is cut off. Calls from many callers are joined to batches. BusyError where the queue is full.
   */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
}

export interface OpenTextReader extends TextReader {
  close(): Promise<void>;
}

export interface TextReaderOptions {
  /** The backbone's manifest with its part about text. */
  manifest: BackboneManifest & { text: TextTower };
  /** The backbone's folder. */
  directory: string;
  inference: Inference;
}

const MAX_QUEUED_TEXTS = 1_024;

/**
 * Loads a backbone's text tower and its vocabulary, checks that the graph is what the manifest says, and runs it once.
 * IntegrityError that names what differs, DeviceError where the device refuses the graph.
 */
export async function openTextReader({
  manifest: { text, output, weightFiles },
  directory,
  inference,
}: TextReaderOptions): Promise<OpenTextReader> {
  await using opening = new AsyncDisposableStack();
  const tokenizer = await openTokenizer(text, directory, inference);
  opening.defer(tokenizer.close);
  const file = toGraphFile(directory, { ...text, weightFiles });
  const { path } = file;
  const verify = (slots: GraphSlots) => verifyTextGraph(text, output.dimension, path, slots);
  const warmUpFeeds = toFeeds([[tokenizer.endId]], text, tokenizer.endId, text.input.contextLength);
  const graph = await inference.open(file, { warmUpFeeds }).catch((error) => explainRefusal(error, verify));
  opening.defer(graph.close);
  const rowLength = verify(graph);
  const run = async (rows: readonly number[][]): Promise<Float32Array[]> => {
    const length = rowLength ?? Math.max(...rows.map((row) => row.length));
    const outputs = await graph.run(toFeeds(rows, text, tokenizer.endId, length));
    const vectors = toVectors(outputs[text.output.name], rows.length, output.dimension, path);
    return output.normalisation === 'unit' ? vectors.map((vector) => toUnit(vector) ?? vector) : vectors;
  };
  // What the graph leaves open about its output, only a run tells.
  await run(await tokenizer.encode(['']));
  const batcher = createBatcher<number[], Float32Array>({
    maxBatch: text.maxBatch,
    maxQueued: MAX_QUEUED_TEXTS,
    keyOf: () => 'text',
    run,
  });
  const opened = opening.move();
  return {
    sha256: hashWhatFeaturesDependOn({ ...text, weightFiles }),
    tokenizerSha256: text.tokenizer.sha256,
    embed: async (texts, signal) => batcher.submit(await tokenizer.encode(texts), signal),
    close: () => opened.disposeAsync(),
  };
}

/** A vocabulary takes a third of a second to load and long words some time to cut: it has a thread of its own. */
async function openTokenizer({ tokenizer, input }: TextTower, directory: string, inference: Inference) {
  const worker = inference.startWorker<TokenizerHandlers>({
    name: `${basename(directory)}/${tokenizer.file}`,
    module: new URL('./tokenizer.worker.ts', import.meta.url),
    workerData: {
      path: join(directory, tokenizer.file),
      sha256: tokenizer.sha256,
      contextLength: input.contextLength,
    } satisfies TokenizerWorkerData,
    restore: (call) => call('open', undefined),
  });
  try {
    const { endId } = await worker.call('open', undefined);
    const encode = (texts: readonly string[]) => worker.call('encode', { texts });
    return { endId, encode, close: worker.close };
  } catch (error) {
    await worker.close();
    throw error;
  }
}

/** Rows behind their ends are filled with end tokens, which the tower does not look at. */
function toFeeds(rows: readonly number[][], { input }: TextTower, endId: number, length: number): Tensors {
  const at = (value: (row: number[], position: number) => number) =>
    rows.flatMap((row) => Array.from({ length }, (_, position) => value(row, position)));
  const toTensor = (values: number[]): Tensor => {
    const dims = [rows.length, length];
    return input.type === 'int64'
      ? { type: 'int64', data: BigInt64Array.from(values, BigInt), dims }
      : { type: 'int32', data: Int32Array.from(values), dims };
  };
  const ids = toTensor(at((row, position) => row[position] ?? endId));
  if (input.maskName === undefined) return { [input.idsName]: ids };
  const mask = toTensor(at((row, position) => (position < row.length ? 1 : 0)));
  return { [input.idsName]: ids, [input.maskName]: mask };
}

function toVectors(tensor: Tensor, count: number, dimension: number, path: string): Float32Array[] {
  const { data, dims } = tensor;
  if (!(data instanceof Float32Array) || dims.join() !== [count, dimension].join()) {
    throw new IntegrityError(
      `${path} gave [${dims.join(', ')}] for ${count} texts, not [${count}, ${dimension}].`,
    );
  }
  return Array.from({ length: count }, (_, row) => data.slice(row * dimension, (row + 1) * dimension));
}
