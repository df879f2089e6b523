import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type CollectionLayout, createCollectionNames } from '../src/store/qdrant/collections.ts';
import { createQdrant } from '../src/store/qdrant/qdrant-client.ts';
import { createQdrantStore } from '../src/store/qdrant/qdrant-store.ts';
import { createClusteredLibrary } from './clustered-library.ts';
import { median, secondsOf } from './measure.ts';
import { dropCollections, findQdrant, waitForGraphs } from './qdrant-server.ts';
import { DEEPEST_RANK, type Row, requestRows, storeRows } from './recall-rows.ts';
import { tellFaults } from './tell-faults.ts';

// Prints a table of recall and time on stdout. QDRANT_URL names a server that may be filled. What is filled under a
// --prefix of one's own stays, and is not filled again.

const ALPHAS = [0, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 1];
const TIMEOUT_MS = 120_000;

tellFaults();
const { values: flags } = parseArgs({
  options: {
    segments: { type: 'string', default: '100000' },
    queries: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    'item-noise': { type: 'string', default: '0.6' },
    'segment-noise': { type: 'string', default: '0.4' },
    'same-cluster': { type: 'string', default: '0' },
    lacking: { type: 'string', default: '0' },
    m: { type: 'string' },
    'ef-construct': { type: 'string' },
    quantization: { type: 'string' },
    prefix: { type: 'string', default: '' },
    rows: { type: 'string', default: '' },
  },
});
const url = await findQdrant();
const apiKey = process.env.QDRANT_API_KEY ?? null;
const prefix = flags.prefix || 'recall-bench';

const layout: Partial<CollectionLayout> = {
  ...(flags.m && { hnswLinks: Number(flags.m) }),
  ...(flags['ef-construct'] && { hnswCandidates: Number(flags['ef-construct']) }),
  ...(flags.quantization && { quantization: flags.quantization as CollectionLayout['quantization'] }),
};
const openStore = (exactBelow: number) =>
  createQdrantStore({ url, apiKey, prefix, layout, exactBelow, timeoutMs: TIMEOUT_MS });
const qdrant = createQdrant({ url, apiKey, timeoutMs: TIMEOUT_MS, maxAttempts: 4 });
const collection = createCollectionNames(prefix).segments('MUSIC', 'bundle');

const library = createClusteredLibrary({
  segmentCount: Number(flags.segments),
  seed: Number(flags.seed),
  itemNoise: Number(flags['item-noise']),
  segmentNoise: Number(flags['segment-noise']),
  sameClusterShare: Number(flags['same-cluster']),
  lackingShare: Number(flags.lacking),
});

try {
  const { exists } = await qdrant.call((client) => client.collectionExists(collection));
  const loadSeconds = exists ? 0 : await secondsOf(() => library.load(openStore(0)));
  const graphSeconds = await secondsOf(() => waitForGraphs(url, collection));
  console.log(`Filled in ${loadSeconds.toFixed(0)} s, graphs ${graphSeconds.toFixed(0)} s more.`);
  console.log(`${JSON.stringify(flags)}, load ${loadavg()[0].toFixed(1)}\n`);
  const editions = {
    lists: await openStore(0).open('bundle'),
    exact: await openStore(Number.MAX_SAFE_INTEGER).open('bundle'),
  };
  const rows = [...requestRows(qdrant, collection), ...storeRows(editions)];
  const chosen = rows.filter(({ name }) => new RegExp(flags.rows).test(name));
  if (Number(flags.queries) > 0) console.log(await measure(chosen));
} finally {
  if (!flags.prefix) await dropCollections(url, prefix);
}

/** Recall of items in each cell, and the median time in milliseconds. */
async function measure(rows: readonly Row[]): Promise<string> {
  const cells = rows.map(() => ALPHAS.map(() => ({ found: 0, expected: 0, times: [] as number[] })));
  for (let i = 0; i < Number(flags.queries); i++) {
    const query = library.newQuery();
    const bruteForce = library.createBruteForce(query);
    const known = new Map<string, string[]>();
    for (const [a, alpha] of ALPHAS.entries()) {
      for (const [r, { genre, scoring, skip, first, search }] of rows.entries()) {
        const key = JSON.stringify([alpha, genre, scoring]);
        const ranking = known.get(key) ?? bruteForce.rank({ alpha, genre, scoring, first: DEEPEST_RANK });
        known.set(key, ranking);
        const expected = new Set(ranking.slice(skip, skip + first));
        const { itemIds, elapsedMs } = await search(query, alpha);
        const cell = cells[r][a];
        cell.found += itemIds.filter((id) => expected.has(id)).length;
        cell.expected += expected.size;
        cell.times.push(elapsedMs);
      }
    }
  }
  const toLine = (fields: readonly string[]) => `| ${fields.join(' | ')} |`;
  return [
    toLine(['recall; ms at α', ...ALPHAS.map(String)]),
    toLine(['---', ...ALPHAS.map(() => '---')]),
    ...rows.map(({ name }, r) =>
      toLine([
        name,
        ...cells[r].map(
          ({ found, expected, times }) => `${toRecall(found / expected)}; ${median(times).toFixed(1)}`,
        ),
      ]),
    ),
  ].join('\n');
}

/** Cut, not rounded: only what misses nothing is 1. */
function toRecall(share: number): string {
  return share === 1 ? '1' : (Math.floor(share * 1000) / 1000).toFixed(3);
}
