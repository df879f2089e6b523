import { createSession, type OnnxSession } from '../backbone/onnx/runtime.ts';
import { SPACES, type SpaceVectors } from '../head/head.ts';
import { MODALITIES, type Modality } from '../media/media.ts';
import { norm } from '../shared/vector-math.ts';
import { type HeadWeightsSet, perSpace, projectRows, toRows } from './head-set.ts';

/** Exported heads, loaded. They block their thread while they run. */
export interface HeadSessions {
  project(modality: Modality, rows: readonly Float32Array[]): Promise<SpaceVectors[]>;
  close(): Promise<void>;
}

const ROWS_PER_RUN = 1_024;

export async function openHeadSessions(onnx: Record<Modality, Uint8Array>): Promise<HeadSessions> {
  const sessions = {} as Record<Modality, OnnxSession>;
  for (const modality of MODALITIES)
    sessions[modality] = await createSession(onnx[modality], { device: 'cpu' });
  return {
    async project(modality, rows) {
      const vectors: SpaceVectors[] = [];
      for (let start = 0; start < rows.length; start += ROWS_PER_RUN) {
        vectors.push(...(await runHeads(sessions[modality], rows.slice(start, start + ROWS_PER_RUN))));
      }
      return vectors;
    },
    async close() {
      for (const modality of MODALITIES) await sessions[modality].close();
    },
  };
}

/** The greatest difference of any element between TensorFlow.js and the exported heads on these rows. */
export async function measureParity(
  sessions: HeadSessions,
  weights: HeadWeightsSet,
  modality: Modality,
  rows: readonly Float32Array[],
): Promise<number> {
  const exported = await sessions.project(modality, rows);
  const trained = projectRows(weights, modality, rows);
  let greatest = 0;
  trained.forEach((vectors, row) => {
    for (const space of SPACES) {
      const other = exported[row][space];
      vectors[space]?.forEach((value, i) => {
        greatest = Math.max(greatest, Math.abs(value - (other?.[i] ?? 0)));
      });
    }
  });
  return greatest;
}

async function runHeads(session: OnnxSession, rows: readonly Float32Array[]): Promise<SpaceVectors[]> {
  const width = rows[0].length;
  const matrix = new Float32Array(rows.length * width);
  rows.forEach((row, index) => {
    matrix.set(row, index * width);
  });
  const outputs = await session.run({
    features: { type: 'float32', data: matrix, dims: [rows.length, width] },
  });
  const bySpace = perSpace((space) => {
    const { data, dims } = outputs[space];
    return toRows(data as Float32Array, dims[1]).map((row) => (norm(row) > 0 ? row : null));
  });
  return rows.map((_, row) => ({ ssl: bySpace.ssl[row], sup: bySpace.sup[row] }));
}
