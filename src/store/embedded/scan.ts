import { createGraphBuilder } from '../../backbone/onnx/graph-builder.ts';
import { createSession } from '../../backbone/onnx/runtime.ts';
import type { Tensor } from '../../backbone/onnx/tensor.ts';

/** Products of a matrix with query vectors, in float32, by onnxruntime. */
export interface MatrixScan {
  /** Per query vector its dot product with each of the `rowCount` rows of `dimension` numbers. */
  products(
    matrix: Float32Array,
    rowCount: number,
    dimension: number,
    queries: readonly Float32Array[],
  ): Promise<Float32Array[]>;
}

/** Query vectors of one run: bounds what its output takes in memory. */
const MAX_QUERIES_PER_RUN = 32;

/** `threads` are used within one product; `run` blocks the calling thread meanwhile. */
export async function createMatrixScan(threads: number): Promise<MatrixScan> {
  const session = await createSession(buildGraph(), { device: 'cpu', threads });

  const run = async (
    matrix: Tensor,
    rowCount: number,
    dimension: number,
    queries: readonly Float32Array[],
  ) => {
    const joined = new Float32Array(queries.length * dimension);
    queries.forEach((query, i) => {
      joined.set(query, i * dimension);
    });
    const { scores } = await session.run({
      matrix,
      queries: { type: 'float32', data: joined, dims: [queries.length, dimension] },
    });
    const values = scores.data as Float32Array;
    // Copies: a view that is kept would keep the scores of all queries.
    return queries.map((_, i) => values.slice(i * rowCount, (i + 1) * rowCount));
  };

  return {
    async products(values, rowCount, dimension, queries) {
      const data = values.subarray(0, rowCount * dimension);
      const matrix: Tensor = { type: 'float32', data, dims: [rowCount, dimension] };
      const results: Float32Array[] = [];
      for (let start = 0; start < queries.length; start += MAX_QUERIES_PER_RUN) {
        results.push(
          ...(await run(matrix, rowCount, dimension, queries.slice(start, start + MAX_QUERIES_PER_RUN))),
        );
      }
      return results;
    },
  };
}

/**
 * scores [queries, rows] = queries · matrixᵀ. Measured against the transposed arrangements, this one is as fast
 * for one query and faster for several, and leaves each query's scores in one piece.
 */
function buildGraph(): Uint8Array {
  const graph = createGraphBuilder('scan');
  const matrix = graph.input('matrix', 'float32', ['rows', 'dimension']);
  const queries = graph.input('queries', 'float32', ['queries', 'dimension']);
  const scores = graph.node('Gemm', [queries, matrix], { transB: 1 });
  graph.output(scores, { name: 'scores', type: 'float32', dims: ['queries', 'rows'] });
  return graph.build();
}
