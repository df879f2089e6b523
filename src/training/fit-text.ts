import type { TextReader } from '../backbone/text/text-reader.ts';
import type { TextHeadPart } from '../bundle/identity.ts';
import type { TextQuery } from '../evaluation/text-retrieval.ts';
import { applyHead } from '../head/apply-head.ts';
import type { Space } from '../head/head.ts';
import { buildHeadOnnx } from '../head/head-graph.ts';
import type { HeadWeights } from '../head/head-weights.ts';
import { weightedSum } from '../shared/vector-math.ts';
import type { TextExamples } from './text-heads.ts';
import { ANY_QUERIES, toLabelPrompts } from './text-prompts.ts';
import type { TrainingPair } from './training-set.ts';

/** What makes a bundle read texts. */
export interface FittedText {
  part: TextHeadPart;
  /** The vectors of texts, by the heads' definition. */
  embed(texts: readonly string[]): Promise<TextQuery[]>;
}

/** A label of fewer pairs does not say what it looks like. */
const LEAST_PAIRS_OF_LABEL = 3;
/** Of more labels the most frequent are taken: the time to fit them grows with the third power. */
const MAX_LABELS = 250;

/** Fits heads to a text tower's features. `pairs` are those of the train split; `toHeads` turns examples into heads. */
export async function fitText(
  reader: TextReader,
  pairs: readonly TrainingPair[],
  toHeads: (examples: TextExamples) => Promise<Record<Space, HeadWeights>>,
): Promise<FittedText> {
  const examples = await readExamples(reader, pairs);
  const heads = await toHeads(examples);
  return {
    part: {
      onnx: buildHeadOnnx({ modality: 'TEXT', ...heads }),
      towerSha256: reader.sha256,
      tokenizerSha256: reader.tokenizerSha256,
      gapClosing: examples.labelled.length > 0 ? 'linear' : 'centring',
    },
    async embed(texts) {
      const features = await reader.embed(texts);
      return texts.map((text, i) => ({
        text,
        vectors: { ssl: applyHead(heads.ssl, features[i]), sup: applyHead(heads.sup, features[i]) },
      }));
    },
  };
}

async function readExamples(reader: TextReader, pairs: readonly TrainingPair[]): Promise<TextExamples> {
  const labelled = listLabels(pairs).flatMap(({ label, video }) =>
    toLabelPrompts(label).map((prompt) => ({ prompt, video })),
  );
  const features = await reader.embed([...ANY_QUERIES, ...labelled.map(({ prompt }) => prompt)]);
  return {
    texts: features,
    labelled: labelled.map(({ video }, i) => ({ text: features[ANY_QUERIES.length + i], video })),
  };
}

/** The labels to fit, and the mean features of the videos that carry each; every video counts alike. */
function listLabels(pairs: readonly TrainingPair[]): { label: string; video: Float32Array }[] {
  const carriers = new Map<string, Float32Array[]>();
  for (const { labels, video } of pairs) {
    const features = meanOf(video);
    for (const label of new Set(labels)) carriers.set(label, [...(carriers.get(label) ?? []), features]);
  }
  return [...carriers]
    .filter(([, videos]) => videos.length >= LEAST_PAIRS_OF_LABEL)
    .sort(([a, own], [b, other]) => other.length - own.length || (a < b ? -1 : 1))
    .slice(0, MAX_LABELS)
    .map(([label, videos]) => ({ label, video: meanOf(videos) }));
}

function meanOf(rows: readonly Float32Array[]): Float32Array {
  return Float32Array.from(weightedSum(rows, new Array(rows.length).fill(1 / rows.length)));
}
