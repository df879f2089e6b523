import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { send, toMultipart } from '../../http/start-server.ts';
import { runFfmpeg } from '../../media/make-media.ts';
import { ask, type Found, ranking, searchMusic, searchVideos, upload } from '../support/requests.ts';
import { type MadeDemo, readVideo, TEST_PAIRS, videoPath } from './made-demo.ts';

const SOUNDING = TEST_PAIRS.filter(({ hasSoundtrack }) => hasSoundtrack);
const LONG = SOUNDING.filter(({ durationSeconds }) => durationSeconds > 10);

const scores = ({ hits }: Found) => hits.edges.map(({ score }) => score);
const byClip = (id: string, by: 'VIDEO' | 'MUSIC') => ({ media: { id, by } });

export function describeUploads(demo: () => MadeDemo): void {
  const filesLeft = async () =>
    (await readdir(join(demo().workspace.dataDirectory, 'uploads'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);

  describe('uploaded clips', () => {
    it('are searched by their pictures alone: a muted copy ranks the same, hit for hit', async () => {
      const { server, workspace } = demo();
      const muted = join(workspace.folder, 'muted.mp4');
      for (const pair of [SOUNDING[0], LONG[0]]) {
        runFfmpeg(['-i', videoPath(demo(), pair), '-c', 'copy', '-an', muted]);
        const original = await upload(server.url, await readVideo(demo(), pair));
        const copy = await upload(server.url, await readFile(muted));
        expect([original.modalities.toSorted(), copy.modalities]).toEqual([['MUSIC', 'VIDEO'], ['VIDEO']]);
        for (const alpha of [0, 0.5, 1]) {
          const [whole, silent] = await Promise.all(
            [original, copy].map(({ id }) => searchMusic(server.url, { query: { media: { id } }, alpha })),
          );
          expect(whole.by).toBe('VIDEO');
          expect(silent.querySpan).toEqual(whole.querySpan);
          expect(ranking(silent)).toEqual(ranking(whole));
          const gaps = scores(silent).map((score, at) => Math.abs(score - scores(whole)[at]));
          expect(Math.max(...gaps)).toBeLessThanOrEqual(1e-6);
        }
      }
    });

    it('find the very track by their sound', async () => {
      const { url } = demo().server;
      for (const pair of [...SOUNDING.slice(0, 4), LONG[0]]) {
        const clip = await upload(url, await readVideo(demo(), pair));
        const found = await searchMusic(url, { query: byClip(clip.id, 'MUSIC'), alpha: 0 });
        expect([found.by, ranking(found)[0]]).toEqual(['MUSIC', pair.trackId]);
        expect(found.hits.edges[0].ssl.similarity).toBeGreaterThan(0.9);
      }
    });

    it('find the very video by their pictures, as the indexed video would', async () => {
      const { url } = demo().server;
      for (const pair of [SOUNDING[3], LONG[0]]) {
        const clip = await upload(url, await readVideo(demo(), pair));
        const found = await searchVideos(url, { query: byClip(clip.id, 'VIDEO'), alpha: 0.5 });
        expect(ranking(found)[0]).toBe(pair.videoId);

        const [byUpload, byItem] = await Promise.all(
          [clip.id, pair.videoId].map((id) => searchMusic(url, { query: { media: { id } }, alpha: 0.5 })),
        );
        expect(ranking(byUpload)).toEqual(ranking(byItem));
        const gaps = scores(byUpload).map((score, at) => Math.abs(score - scores(byItem)[at]));
        expect(Math.max(...gaps)).toBeLessThanOrEqual(1e-5);
      }
    });

    it('are forgotten when they are deleted', async () => {
      const { url } = demo().server;
      const { id } = await upload(url, await readVideo(demo(), SOUNDING[0]));
      expect((await send(url, { method: 'DELETE', path: `/clips/${id}` })).status).toBe(204);
      const { searchMusic: answer } = await ask(
        url,
        `{ searchMusic(query: { media: { id: "${id}" } }) { __typename } }`,
      );
      expect(answer.__typename).toBe('MediaNotFound');
    });
  });

  describe('bad uploads', () => {
    const post = (bytes: Buffer | string, fileName: string) =>
      send(demo().server.url, {
        method: 'POST',
        path: '/clips',
        ...toMultipart([{ disposition: `name="file"; filename="${fileName}"`, bytes }]),
      });

    it('are refused with a code and leave nothing behind', async () => {
      const video = await readVideo(demo(), SOUNDING[0]);
      const refused = [
        { code: 'UNSUPPORTED_MEDIA', answer: await post('This is no film.\n'.repeat(500), 'film.mp4') },
        { code: 'UNSUPPORTED_MEDIA', answer: await post('', 'empty.mp4') },
        { code: 'CORRUPT_MEDIA', answer: await post(video.subarray(0, video.length / 2), 'half.mp4') },
      ];
      for (const { code, answer } of refused) {
        expect([answer.json.code, Math.floor(answer.status / 100)]).toEqual([code, 4]);
        expect(answer.json).toEqual({
          code,
          message: expect.stringMatching(/\w/),
          requestId: expect.any(String),
        });
      }
      expect(await filesLeft()).toEqual([]);
    });

    it('are taken whatever the file is called', async () => {
      const video = await readVideo(demo(), SOUNDING[0]);
      for (const name of ['two%0Alines.mp4', '..%2F..%2Fcurrent-bundle', 'notes.txt', 'ümläut 🎬.mp4']) {
        expect((await post(video, name)).status, name).toBe(201);
      }
      // A bare line break ends the part's header, so it is a malformed one or one with a shorter name.
      const answer = await post(video, 'two\nlines.mp4');
      expect([201, 400]).toContain(answer.status);
      expect(await filesLeft()).toEqual([]);
    });

    it('leave the server answering', async () => {
      const { url } = demo().server;
      expect((await send(url, { path: '/healthz' })).status).toBe(200);
      expect((await send(url, { path: '/readyz' })).status).toBe(200);
      const found = await searchMusic(url, { query: { media: { id: SOUNDING[0].videoId } } });
      expect(found.hits.edges).toHaveLength(100);
    });
  });
}
