import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/config.ts';
import { type RunningServer, startServer } from '../src/main.ts';
import { createServices, type Services } from '../src/services.ts';
import { postFile, send } from './http/start-server.ts';
import { sine, toWav } from './media/make-media.ts';
import { createEntries, DIMENSION } from './support/api.ts';
import { fillStore } from './support/fill-store.ts';
import { writeRandomBundle } from './support/random-bundle.ts';

/** The whole server, with real workers, over a small store. */
describe('The server', () => {
  let directory: string;
  let services: Services;
  let server: RunningServer;
  const workers: Worker[] = [];
  const remember = (worker: Worker) => workers.push(worker);

  const query = (document: string) =>
    send(server.url, {
      method: 'POST',
      path: '/graphql',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: document }),
    });
  const searchBy = async (id: string) => {
    const { json } = await query(
      `{ searchMusic(query: { media: { id: "${id}" } }) { ... on MusicSearch {
        hits(first: 5) { edges { score node { id } } } } } }`,
    );
    return json;
  };
  const upload = async () => {
    const sound = { sampleRateHz: 24_000, channels: [sine(440, 3, 24_000)] };
    return send(server.url, postFile(toWav(sound), 'clip.wav'));
  };
  const readiness = async () => (await send(server.url, { path: '/readyz' })).status;

  beforeAll(async () => {
    process.on('worker', remember);
    directory = await mkdtemp(join(tmpdir(), 'control-mvr-main-'));
    services = createServices(
      loadConfig({ DATA_DIR: directory, PORT: '0', DEVICE: 'cpu', LOG_LEVEL: 'silent' }),
    );
    const bundleId = await writeRandomBundle(services, DIMENSION);
    const entries = createEntries(1);
    await fillStore(await services.openStore(), bundleId, entries);
    server = await startServer(services);
  });
  afterAll(async () => {
    await server.close();
    await services.close();
    process.off('worker', remember);
    await rm(directory, { recursive: true, force: true });
  });

  it('counts searches, extractions, projections and queues', async () => {
    const clip = await upload();
    expect(clip.json).toMatchObject({ status: 'READY' });
    expect((await searchBy(clip.json.id)).data.searchMusic.hits.edges).toHaveLength(5);
    const { body } = await send(server.url, { path: '/metrics' });
    for (const line of [
      'control_mvr_search_duration_seconds_count{target="MUSIC"} 1',
      'control_mvr_embed_duration_seconds_count{stage="extract",modality="MUSIC"} 1',
      'control_mvr_embed_duration_seconds_count{stage="project",modality="MUSIC"} 1',
      'control_mvr_queue_depth{queue="extract-music"} 0',
      'control_mvr_queue_depth{queue="project-video"} 0',
      'control_mvr_clips_total{outcome="READY"} 1',
    ]) {
      expect(body.toString().split('\n')).toContain(line);
    }
  });

  it('is not ready while its workers are lost, and answers as before once they were started again', async () => {
    const before = await searchBy('v00');
    expect(before.data.searchMusic.hits.edges).toHaveLength(5);
    expect(await readiness()).toBe(200);

    await Promise.all(workers.map((worker) => worker.terminate()));
    expect(await readiness()).toBe(503);
    expect((await searchBy('v00')).errors[0].extensions.code).toBe('INTERNAL_SERVER_ERROR');

    while ((await readiness()) !== 200) await sleep(50);
    expect(await searchBy('v00')).toEqual(before);
    const clip = await upload();
    expect((await searchBy(clip.json.id)).data.searchMusic.hits.edges).toHaveLength(5);
  });
});
