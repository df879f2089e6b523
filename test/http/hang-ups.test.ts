import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Inference } from '../../src/backbone/inference-client.ts';
import { createBackboneRegistry, PROFILES } from '../../src/backbone/registry.ts';
import { loadConfig } from '../../src/config/config.ts';
import { startServer } from '../../src/main.ts';
import type { Modality } from '../../src/media/media.ts';
import { createServices } from '../../src/services.ts';
import { sine, toWav } from '../media/make-media.ts';
import { createEntries, DIMENSION } from '../support/api.ts';
import { fillStore } from '../support/fill-store.ts';
import { writeRandomBundle } from '../support/random-bundle.ts';
import { REFERENCE_DIR } from '../support/reference.ts';
import { TINY_CLIP } from '../support/tiny-backbones.ts';
import { installTinyClip } from '../support/tiny-text.ts';
import { postFile, type SendOptions, send } from './start-server.ts';

const POLL = { timeout: 20_000, interval: 20 };

describe('a caller who hangs up', () => {
  it('leaves no search by a clip behind', async () => {
    await using server = await startHoldableServer(PROFILES.lite);
    const sound = toWav({ sampleRateHz: 24_000, channels: [sine(440, 3, 24_000)] });
    const { json: clip } = await send(server.url, postFile(sound, 'clip.wav'));
    const search = searchBy(`media: { id: "${clip.id}" }`);
    await hangUpTwice(server, 'project-music', search);
    await expectHits(server.url, search);
    // The run that was under way, and that of the caller who stayed.
    expect(server.rowCounts()).toEqual([1, 1]);
  });

  it.skipIf(!REFERENCE_DIR)('leaves no search by a text behind (skipped: set REFERENCE_DIR)', async () => {
    await using server = await startHoldableServer({ ...PROFILES.lite, VIDEO: TINY_CLIP.id });
    const search = searchBy('text: "calm piano"');
    await hangUpTwice(server, 'extract-text', search);
    await expectHits(server.url, search);
    // The tower's run that was under way, and the runs of tower and heads for the caller who stayed.
    expect(server.rowCounts()).toEqual([1, 1, 1]);
  });
});

type HoldableServer = Awaited<ReturnType<typeof startHoldableServer>>;

/** Two callers ask the same, one while the device is busy for the other; both hang up before it is done. */
async function hangUpTwice(server: HoldableServer, queue: string, search: SendOptions): Promise<void> {
  const depth = () => server.metric(`control_mvr_queue_depth{queue="${queue}"}`);
  server.hold();
  const running = open(server.url, search);
  await expect.poll(server.rowCounts, POLL).toEqual([1]);
  const waiting = open(server.url, search);
  await expect.poll(depth, POLL).toBe(2);
  waiting.destroy();
  await expect.poll(depth, POLL).toBe(1);
  running.destroy();
  await expect.poll(depth, POLL).toBe(0);
  expect(server.rowCounts()).toEqual([1]);
  const hangUps =
    'control_mvr_http_request_duration_seconds_count{method="POST",route="/graphql",status="499"}';
  await expect.poll(() => server.metric(hangUps), POLL).toBe(2);
  expect(server.logError).not.toHaveBeenCalled();
  server.release();
}

const searchBy = (query: string): SendOptions => ({
  method: 'POST',
  path: '/graphql',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({
    query: `{ searchMusic(query: { ${query} }) { ... on MusicSearch { hits(first: 5) { edges { rank } } } } }`,
  }),
});

async function expectHits(url: string, search: SendOptions): Promise<void> {
  const { json } = await send(url, search);
  expect(json.data.searchMusic.hits.edges).toHaveLength(5);
}

/** Sends a request whose answer nobody waits for. */
function open(url: string, { method, path, headers, body }: SendOptions) {
  const opened = request(`${url}${path}`, { method, headers, agent: false });
  opened.on('error', () => {});
  return opened.end(body);
}

/** The whole server, on a device that can be held. */
async function startHoldableServer(backboneIds: Record<Modality, string>) {
  await using starting = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'control-mvr-hang-ups-'));
  starting.defer(() => rm(directory, { recursive: true, force: true }));
  const config = loadConfig({ DATA_DIR: directory, PORT: '0', DEVICE: 'cpu', LOG_LEVEL: 'silent' });
  const { backbones: folder } = config.directories;
  if (backboneIds.VIDEO === TINY_CLIP.id) installTinyClip(folder);

  const made = createServices(config);
  const logError = vi.spyOn(made.log, 'error');
  starting.defer(made.close);
  const { inference, ...device } = createHoldableDevice(made.inference);
  const backbones = createBackboneRegistry({ directory: folder, inference });
  starting.defer(backbones.close);
  const services = { ...made, inference, backbones };
  const bundleId = await writeRandomBundle(services, DIMENSION, backboneIds);
  await fillStore(await services.openStore(), bundleId, createEntries(1));
  const { url, close } = await startServer(services);
  starting.defer(close);
  starting.defer(device.release);

  const started = starting.move();
  return {
    ...device,
    url,
    logError,
    /** The value of a metric that is named with its labels; null where it has none yet. */
    async metric(name: string): Promise<number | null> {
      const { body } = await send(url, { path: '/metrics' });
      const line = body
        .toString()
        .split('\n')
        .find((each) => each.startsWith(`${name} `));
      return line === undefined ? null : Number(line.slice(name.length));
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** An inference whose runs wait while it is held. */
function createHoldableDevice(inference: Inference) {
  let held: PromiseWithResolvers<void> | null = null;
  let rowCounts: number[] = [];
  const open: Inference['open'] = async (file, options) => {
    const graph = await inference.open(file, options);
    const run: typeof graph.run = async (feeds) => {
      rowCounts.push(Object.values(feeds)[0].dims[0]);
      await held?.promise;
      return graph.run(feeds);
    };
    return { ...graph, run };
  };
  return {
    inference: { ...inference, open },
    /** The number of rows of each run since it was held. */
    rowCounts: () => rowCounts,
    hold() {
      rowCounts = [];
      held = Promise.withResolvers();
    },
    release() {
      held?.resolve();
      held = null;
    },
  };
}
