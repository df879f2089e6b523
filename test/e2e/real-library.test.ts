import { copyFile, mkdir, readFile, symlink } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCsv } from '../../src/library/parse-csv.ts';
import { createWorkspace } from './support/control-mvr.ts';

const { REAL_LIBRARY_DIR } = process.env;
/** Of recall@10 among the 90 tracks of its test split. */
const CHANCE = 10 / 90;

interface Row {
  alpha: number;
  pair: { recallAt1: number; recallAt5: number; recallAt10: number; medianRank: number };
  label: { baseRate: number; precisionAt10: number };
  intervals: { recallAt10: [number, number] };
}

describe.skipIf(!REAL_LIBRARY_DIR)(
  'a library of real media (skipped: set REAL_LIBRARY_DIR)',
  {
    timeout: 900_000,
  },
  () => {
    const workspace = createWorkspace('real');
    const original = REAL_LIBRARY_DIR ?? '';
    const library = join(workspace.folder, 'library');
    let paths: string[];

    beforeAll(async () => {
      const { rows } = await readRows(original);
      paths = rows.map(({ cells }) => cells.path);
      await mkdir(library);
      await copyFile(join(original, 'library.csv'), join(library, 'library.csv'));
      for (const name of new Set(paths.map((path) => path.split('/')[0]))) {
        await symlink(join(original, name), join(library, name));
      }
    });
    afterAll(() => workspace.close());

    it('scan finds every file and pairs equal stems', async () => {
      const found = join(workspace.folder, 'found');
      for (const path of paths) {
        const [folder] = path.split('/');
        await mkdir(join(found, folder), { recursive: true });
        // m0001.m4a and v0001.mp4 belong together; under one stem, scan can tell.
        const name = `pair-${basename(path, extname(path)).slice(1)}${extname(path)}`;
        await symlink(join(original, path), join(found, folder, name));
      }
      const { exitCode, stderr } = await workspace.run(['scan', found]);
      expect(exitCode, stderr).toBe(0);
      const { rows } = await readRows(found);
      expect(rows).toHaveLength(450);
      const tracks = new Map(
        rows.filter(({ cells }) => cells.kind === 'music').map(({ cells }) => [cells.id, cells]),
      );
      const videos = rows.filter(({ cells }) => cells.kind === 'video').map(({ cells }) => cells);
      expect([tracks.size, videos.length]).toEqual([225, 225]);
      const stem = (path = '') => basename(path, extname(path));
      for (const { path, pairedWith } of videos) expect(stem(tracks.get(pairedWith)?.path)).toBe(stem(path));
    });

    it('train, evaluate, index and search run over it, and retrieval lies above chance', async () => {
      const trained = await workspace.run(['train', library]);
      expect(trained.exitCode, trained.stderr).toBe(0);
      const evaluation = await workspace.runJson([
        ...['evaluate', library, '--baselines', '--resample-by', 'game', '--json'],
      ]);
      console.log(summary(evaluation));
      expect(evaluation.gallery).toEqual({ tracks: 90, videos: 90 });
      const [row]: Row[] = evaluation.directions.VIDEO_TO_MUSIC.WEIGHTED;
      expect(row.intervals.recallAt10[0]).toBeGreaterThan(CHANCE);

      const indexed = await workspace.run(['index', library]);
      expect(indexed.exitCode, indexed.stderr).toBe(0);
      expect(indexed.stderr).toMatch(/Indexed 450, unchanged 0, .*deleted 0, failed 0/);

      const video = paths.find((path) => path.startsWith('videos/')) ?? '';
      const found = await workspace.runJson([
        ...['search', join(library, video), '--alpha', '0.3', '--genre', 'orchestral', '--json'],
      ]);
      expect(found.hits.edges.length).toBeGreaterThan(0);
      for (const { score, ssl, sup, node } of found.hits.edges) {
        expect(node.genres).toContain('orchestral');
        expect(score).toBeCloseTo(0.7 * ssl.similarity + 0.3 * sup.similarity, 5);
      }
    });
  },
);

async function readRows(folder: string) {
  const file = join(folder, 'library.csv');
  return parseCsv(await readFile(file), file);
}

// biome-ignore lint/suspicious/noExplicitAny: the document of evaluate
function summary({ directions, baselines }: any): string {
  const line = (name: string, { pair, label, intervals }: Row) => {
    const [low, high] = intervals?.recallAt10 ?? [];
    return [
      name.padEnd(32),
      `recall@1 ${pair.recallAt1.toFixed(3)}  @5 ${pair.recallAt5.toFixed(3)}  @10 ${pair.recallAt10.toFixed(3)}`,
      low === undefined ? '' : `(${low.toFixed(2)}–${high.toFixed(2)} over games)`,
      `median rank ${pair.medianRank}  precision@10 ${label.precisionAt10.toFixed(3)} (base ${label.baseRate.toFixed(3)})`,
    ].join('  ');
  };
  return ['VIDEO_TO_MUSIC', 'MUSIC_TO_VIDEO']
    .flatMap((direction) => [
      ...[0, 5, 10].map((at) => line(`${direction} α ${at / 10}`, directions[direction].WEIGHTED[at])),
      line(`${direction} untrained`, baselines.untrained[direction].WEIGHTED[0]),
    ])
    .join('\n');
}
