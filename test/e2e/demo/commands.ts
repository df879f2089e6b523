import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask, ranking, searchMusic } from '../support/requests.ts';
import { type MadeDemo, PAIRS, TEST_PAIRS, videoPath } from './made-demo.ts';

const [PAIR] = TEST_PAIRS.filter(({ hasSoundtrack }) => hasSoundtrack);
const GENRE = PAIR.genre.name;
const unitNorm = (vector: number[]) => Math.hypot(...vector);

export function describeCommands(demo: () => MadeDemo): void {
  describe('the command line', () => {
    it('search: prints what the API answers for an upload', async () => {
      const { workspace, server } = demo();
      const path = videoPath(demo(), PAIR);
      const options = ['--alpha', '0.3', '--genre', GENRE, '--first', '7', '--json'];
      const found = await workspace.runJson(['search', path, ...options]);
      const { system } = await ask(server.url, '{ system { device { used } } }');
      const device = system.device.used;
      expect(found).toMatchObject({
        __typename: 'MusicSearch',
        alpha: 0.3,
        scoring: 'WEIGHTED',
        by: 'VIDEO',
        querySpan: { startSeconds: 0, endSeconds: expect.any(Number) },
        warnings: [],
        hits: { pageInfo: { hasNextPage: true }, run: { exact: true, store: 'EMBEDDED', device } },
      });
      for (const { node } of found.hits.edges) {
        expect(node.genres).toContain(GENRE);
        expect(Object.keys(node).toSorted()).toEqual(
          ['addedAt', 'artist', 'durationSeconds', 'genres', 'id', 'mediaUrl', 'source', 'title'].toSorted(),
        );
      }
      const served = await searchMusic(server.url, {
        query: { media: { id: PAIR.videoId } },
        alpha: 0.3,
        genres: { any: [GENRE] },
        first: 7,
      });
      expect(ranking(found)).toEqual(ranking(served));
      expect(found.totalCount).toBe(served.totalCount);
    });

    it('search: takes music for videos, and videos for videos where it is told to', async () => {
      const { workspace, folder } = demo();
      const music = join(folder, 'music', `${PAIR.trackId}.${PAIR.musicFormat}`);
      const forMusic = await workspace.runJson(['search', music, '--json']);
      expect([forMusic.__typename, forMusic.by]).toEqual(['VideoSearch', 'MUSIC']);
      const forVideo = await workspace.runJson([
        ...['search', videoPath(demo(), PAIR), '--target', 'video', '--alpha', '0', '--json'],
      ]);
      expect(forVideo.__typename).toBe('VideoSearch');
    });

    it('embed: prints unit vectors that the API takes', async () => {
      const { workspace, server } = demo();
      const { bundleId, segments } = await workspace.runJson(['embed', videoPath(demo(), PAIR), '--json']);
      const { system } = await ask(server.url, '{ system { bundle { id sslDimension supDimension } } }');
      expect(bundleId).toBe(system.bundle.id);
      expect(segments.map(({ modality }: { modality: string }) => modality)).toEqual(['MUSIC', 'VIDEO']);
      for (const segment of segments) {
        expect([segment.ssl.length, segment.sup.length]).toEqual([
          system.bundle.sslDimension,
          system.bundle.supDimension,
        ]);
        expect(unitNorm(segment.ssl)).toBeCloseTo(1, 5);
        expect(unitNorm(segment.sup)).toBeCloseTo(1, 5);
        const [[backboneId, features]] = Object.entries<number[]>(segment.features);
        expect(backboneId).toBe(segment.modality === 'MUSIC' ? 'lite-audio-1' : 'lite-vision-1');
        expect(features.every(Number.isFinite)).toBe(true);
      }
      const { ssl, sup } = segments[1];
      const variables = { alpha: 0.4, filter: { not: { ids: { any: [PAIR.videoId] } } } };
      const byVectors = await searchMusic(server.url, { ...variables, query: { vectors: { ssl, sup } } });
      const byItem = await searchMusic(server.url, { ...variables, query: { media: { id: PAIR.videoId } } });
      expect(ranking(byVectors)).toEqual(ranking(byItem));
    });

    it('models and doctor: say what is there', async () => {
      const { workspace } = demo();
      const backbones = await workspace.runJson(['models', 'list', '--json']);
      expect(backbones).toMatchObject([
        { id: 'clip-vit-b32', modality: 'VIDEO', state: 'available' },
        { id: 'lite-audio-1', modality: 'MUSIC', state: 'built-in' },
        { id: 'lite-vision-1', modality: 'VIDEO', state: 'built-in' },
        { id: 'mert-v1-95m', modality: 'MUSIC' },
      ]);
      expect((await workspace.run(['models', 'verify'])).exitCode).toBe(0);

      const findings = await workspace.runJson(['doctor', '--json']);
      expect(findings.every(({ isFine }: { isFine: boolean }) => isFine)).toBe(true);
      expect(findings.find(({ what }: { what: string }) => what === 'Index').found).toMatch(
        /240 tracks, 240 videos/,
      );
    });

    it('scan: writes library.csv with pairs by name, and no second time without --force', async () => {
      const { workspace, folder } = demo();
      const found = join(workspace.folder, 'found');
      await mkdir(found);
      const link = (path: string, name: string) => symlink(path, join(found, name));
      await link(videoPath(demo(), PAIRS[0]), 'one.mp4');
      await link(join(folder, 'music', `${PAIRS[0].trackId}.${PAIRS[0].musicFormat}`), 'one.mp3');
      await link(videoPath(demo(), PAIRS[1]), 'two\nlines.mp4');
      await writeFile(join(found, 'broken.mp4'), 'no film');
      const first = await workspace.run(['scan', found]);
      expect([first.exitCode, first.stdout]).toEqual([0, '']);
      expect(first.stderr).toMatch(/1 tracks?, 2 videos, 1 pairs?/);
      expect(await readFile(join(found, 'library.csv'), 'utf8')).toContain('"two\nlines.mp4"');
      const again = await workspace.run(['scan', found]);
      expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('--force')]);
      expect((await workspace.run(['scan', found, '--force'])).exitCode).toBe(0);
    });

    it('ends with 1 where something failed, with 2 where it was used wrongly or nothing is there yet', async () => {
      const { workspace } = demo();
      const empty = { DATA_DIR: join(workspace.folder, 'empty') };
      const film = videoPath(demo(), PAIR);
      const noFilm = join(workspace.folder, 'no film.mp4');
      await writeFile(noFilm, 'no film');
      const cases: [exitCode: number, says: RegExp, string[], Record<string, string>?][] = [
        [1, /neither music nor video/, ['search', noFilm, '--json']],
        [1, /neither music nor video/, ['embed', noFilm, '--json']],
        [2, /There is no file/, ['search', join(workspace.folder, 'nowhere.mp4')]],
        [2, /0 to 1/, ['search', film, '--alpha', '1.5']],
        [2, /unknown command/, ['find', film]],
        [2, /There is no /, ['train', join(workspace.folder, 'nowhere')]],
        [2, /No bundle starts/, ['evaluate', demo().folder, '--bundle', 'ffff']],
        [2, /PORT/, ['serve'], { PORT: 'abc' }],
        [2, /control-mvr index/, ['search', film, '--json'], empty],
        [2, /control-mvr index/, ['serve'], empty],
        [2, /control-mvr train/, ['embed', film, '--json'], empty],
        [1, /none yet/, ['doctor'], empty],
      ];
      const runs = await Promise.all(
        cases.map(async ([exitCode, says, commandArguments, environment]) => {
          const ended = await workspace.run(commandArguments, environment);
          return { exitCode, says, commandArguments, ended };
        }),
      );
      for (const { exitCode, says, commandArguments, ended } of runs) {
        const text = ended.stderr + (commandArguments[0] === 'doctor' ? ended.stdout : '');
        expect([commandArguments, ended.exitCode, text]).toEqual([
          commandArguments,
          exitCode,
          expect.stringMatching(says),
        ]);
        expect(text).not.toMatch(/\n {4}at .*control-mvr|\.ts:\d+/);
        if (commandArguments[0] !== 'doctor') expect(ended.stdout).toBe('');
      }
    });
  });
}
