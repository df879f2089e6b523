import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCudaLibraries } from '../src/backbone/onnx/accelerator.ts';
import { loadConfig, PROJECT_ROOT } from '../src/config/config.ts';
import { listen } from '../src/http/listen.ts';
import { type RunningServer, startServer } from '../src/main.ts';
import { createServices, type Services } from '../src/services.ts';
import { postFile, send } from './http/start-server.ts';
import { sine, toWav } from './media/make-media.ts';
import { createEntries, DIMENSION } from './support/api.ts';
import { fillStore } from './support/fill-store.ts';
import { writeRandomBundle } from './support/random-bundle.ts';

interface Ended {
  exitCode: number;
  stdout: string;
  stderr: string;
}

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
  /** The command, over the same store, to its end. */
  const serve = (environment: Record<string, string>) => {
    const { promise, resolve } = Promise.withResolvers<Ended>();
    execFile(
      process.execPath,
      [join(PROJECT_ROOT, 'src/cli.ts'), 'serve'],
      {
        env: { PATH: process.env.PATH, DATA_DIR: directory, LOG_LEVEL: 'silent', ...environment },
        timeout: 50_000,
      },
      (error, stdout, stderr) => resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr }),
    );
    return promise;
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

  it('says in GraphQL and in the metrics alike what it runs on', async () => {
    const { json } = await query('{ system { device { requested used name } } }');
    const { device } = json.data.system;
    expect(device).toEqual({ requested: 'cpu', used: 'CPU', name: services.inference.device()?.name });
    const { body } = await send(server.url, { path: '/metrics' });
    const isInfo = (line: string) => line.startsWith('control_mvr_device_info{');
    const lines = body.toString().split('\n').filter(isInfo);
    expect(lines).toHaveLength(1);
    const labels = [...lines[0].matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]);
    expect(Object.fromEntries(labels)).toEqual({ ...device, name: device.name ?? '' });
  });

  it.skipIf(hasCudaLibraries())(
    'does not start on a device that is missing, and says what to install (skipped: CUDA’s libraries are here)',
    async () => {
      const free = await listen((_request, response) => response.end(), { host: '127.0.0.1', port: 0 });
      await free.drain(0);
      const { exitCode, stdout, stderr } = await serve({ DEVICE: 'cuda', PORT: new URL(free.url).port });
      expect([exitCode, stdout]).toEqual([1, '']);
      expect(stderr).toContain('The device cuda does not run here');
      expect(stderr).toContain(
        'ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js',
      );
      expect(stderr).not.toMatch(/\n {4}at |GraphQL|onnxruntime::/);
      await expect(send(free.url, { path: '/healthz' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    },
  );

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
