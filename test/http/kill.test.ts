import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { fakeMedia } from '../retrieval/clip-fakes.ts';
import { postFile, send } from './start-server.ts';

const SCRIPT = resolve(import.meta.dirname, 'killable-server.ts');
const KILLS = 10;
const QUICK = postFile(fakeMedia({ durationSeconds: 25, audio: true, video: true }));
const SLOW = postFile(fakeMedia({ durationSeconds: 500, video: true, msPerSegment: 500 }));

describe('uploads under kill -9', () => {
  let directory: string;
  const children: ChildProcess[] = [];

  const start = async () => {
    const child = spawn(process.execPath, [SCRIPT, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: directory }, // what the killed leave goes with it
    });
    children.push(child);
    const [line] = await once(child.stdout, 'data');
    return { child, url: String(line).trim() };
  };
  const kill = async (child: ChildProcess) => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const filesLeft = async () =>
    (await readdir(join(directory, 'uploads'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kill-'));
    await mkdir(join(directory, 'uploads'));
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });

  it(`keeps what was acknowledged and nothing of what was half there, ${KILLS} times over`, async () => {
    const readyIds: string[] = [];
    const processingIds: string[] = [];
    for (let round = 0; round < KILLS; round++) {
      const { child, url } = await start();
      expect(await filesLeft()).toEqual([]);
      const ready = await send(url, QUICK);
      expect(ready.status).toBe(201);
      readyIds.push(ready.json.id);
      const processing = await send(url, { ...SLOW, path: '/clips?waitSeconds=0' });
      expect(processing.status).toBe(202);
      processingIds.push(processing.json.id);
      const half = request(`${url}/clips`, { method: 'POST', agent: false });
      half.on('error', () => {});
      half.write('{"durationSeconds":');
      while ((await filesLeft()).length < 2) await sleep(10);
      await kill(child);
    }

    const { child } = await start();
    expect(await filesLeft()).toEqual([]);
    await kill(child);
    const store = await createEmbeddedStore({ directory: join(directory, 'store'), threads: 1 });
    const ready = await store.clips.get(readyIds);
    expect(ready.map((clip) => [clip?.state.status, clip?.features.length])).toEqual(
      readyIds.map(() => ['READY', 6]),
    );
    await expect
      .poll(async () => (await store.clips.get(processingIds)).map((clip) => clip?.state), {
        timeout: 20_000,
      })
      .toEqual(
        processingIds.map(() => ({
          status: 'FAILED',
          failure: { code: 'INTERRUPTED', message: expect.any(String) },
        })),
      );
    await store.close();
  });
});
