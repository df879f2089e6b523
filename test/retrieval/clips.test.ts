import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clips, type ClipsOptions, createClips } from '../../src/retrieval/clips.ts';
import { presentClip } from '../../src/retrieval/present-clip.ts';
import { BusyError } from '../../src/shared/errors.ts';
import { createMetrics } from '../../src/shared/metrics.ts';
import { INTERRUPTED } from '../../src/store/vector-store.ts';
import {
  createFakeBackbone,
  createFakeReader,
  createMemoryClipStore,
  type FakeMedia,
  fakeMedia,
  RULE,
  SILENT_LOG,
} from './clip-fakes.ts';

const bytesOf = (media: FakeMedia) => Readable.from([Buffer.from(fakeMedia(media))]);
const WHOLE: FakeMedia = { durationSeconds: 25, audio: true, video: true };
const ENDLESS: FakeMedia = { durationSeconds: 500, video: true, msPerSegment: 200 };

describe('clips', () => {
  let directory: string;
  let store: ReturnType<typeof createMemoryClipStore>;
  let clips: Clips;
  const opened: Clips[] = [];

  const open = (options: Partial<ClipsOptions> = {}): Clips => {
    const made = createClips({
      store,
      reader: createFakeReader(),
      embedding: () => ({
        backbones: { MUSIC: createFakeBackbone('MUSIC'), VIDEO: createFakeBackbone('VIDEO') },
        rule: RULE,
      }),
      limits: { maxUploadBytes: 1_000, maxClipSeconds: 600, clipLifetimeHours: 24 },
      directory,
      log: SILENT_LOG,
      metrics: createMetrics(),
      ...options,
    });
    opened.push(made);
    return made;
  };
  const filesLeft = async () =>
    (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const uploadAndWait = async (media: FakeMedia) => {
    const accepted = await clips.accept(bytesOf(media));
    const clip = await clips.waitFor(accepted.id, 20);
    if (!clip) throw new Error('The clip is gone.');
    return clip;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'clips-'));
    store = createMemoryClipStore();
    clips = open();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close(0)));
    await rm(directory, { recursive: true, force: true });
  });

  it('keeps the features of all that a file holds, in order, and drops its bytes', async () => {
    const accepted = await clips.accept(bytesOf(WHOLE));
    expect(accepted.id).toMatch(/^clip_[0-9a-f]{32}$/);
    expect(accepted.state.status).toBe('PROCESSING');
    const clip = await clips.waitFor(accepted.id, 20);
    expect(clip?.state).toEqual({ status: 'READY' });
    expect(clip?.features.map(({ modality, span }) => [modality, span.startSeconds])).toEqual([
      ['MUSIC', 0],
      ['MUSIC', 10],
      ['MUSIC', 15],
      ['VIDEO', 0],
      ['VIDEO', 10],
      ['VIDEO', 15],
    ]);
    expect(clip?.features[0]).toMatchObject({
      backboneId: 'fake-music',
      backboneSha256: '0'.repeat(64),
      features: Float32Array.of(1000, 500),
    });
    expect(await filesLeft()).toEqual([]);
  });

  it.each<[string, FakeMedia, string[]]>([
    ['a silent video', { ...WHOLE, silent: true }, ['VIDEO']],
    ['a video without sound', { ...WHOLE, audio: false }, ['VIDEO']],
    ['sound without pictures', { ...WHOLE, video: false }, ['MUSIC']],
  ])('%s is READY with what it holds', async (_title, media, modalities) => {
    expect(presentClip(await uploadAndWait(media))).toMatchObject({
      status: 'READY',
      progress: 1,
      modalities,
      durationSeconds: 25,
      failure: null,
    });
  });

  it.each<[string, FakeMedia, string]>([
    ['a file that breaks off', { ...WHOLE, decodeFault: 'CORRUPT_MEDIA' }, 'CORRUPT_MEDIA'],
    ['silence without pictures', { ...WHOLE, video: false, silent: true }, 'NO_AUDIO'],
  ])('%s is FAILED with its code and leaves no file', async (_title, media, code) => {
    const clip = await uploadAndWait(media);
    expect(clip.state).toMatchObject({ status: 'FAILED', failure: { code } });
    expect(clip.features).toEqual([]);
    expect(await filesLeft()).toEqual([]);
  });

  it('refuses what is too large, too long or no media, and leaves nothing', async () => {
    await expect(clips.accept(Readable.from([Buffer.alloc(600), Buffer.alloc(600)]))).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    await expect(clips.accept(bytesOf({ ...WHOLE, durationSeconds: 601 }))).rejects.toMatchObject({
      code: 'TOO_LONG',
    });
    await expect(clips.accept(Readable.from([Buffer.from('text')]))).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA',
    });
    expect(await filesLeft()).toEqual([]);
    expect(store.puts).toEqual([]);
  });

  it('is TOO_LONG where a container understates its length', async () => {
    const reader = createFakeReader();
    const probe: typeof reader.probe = async (path) => ({
      ...(await reader.probe(path)),
      durationSeconds: 5,
    });
    clips = open({ reader: { ...reader, probe } });
    const clip = await uploadAndWait({ durationSeconds: 700, video: true });
    expect(clip.state).toMatchObject({ status: 'FAILED', failure: { code: 'TOO_LONG' } });
  });

  it('leaves nothing of an upload that breaks off', async () => {
    const bytes = new PassThrough();
    const accepting = clips.accept(bytes);
    bytes.write('{"durationSeconds":');
    setImmediate(() => bytes.destroy(new Error('hung up')));
    await expect(accepting).rejects.toThrow('hung up');
    expect(await filesLeft()).toEqual([]);
    expect(store.puts).toEqual([]);
  });

  it('takes a bounded number at once, and frees a place however a clip ends', async () => {
    clips = open({ maxActive: 2 });
    const first = await clips.accept(bytesOf(ENDLESS));
    await expect(clips.accept(Readable.from([Buffer.from('text')]))).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA',
    });
    await clips.accept(bytesOf(ENDLESS));
    const refused = await clips.accept(bytesOf(WHOLE)).catch((error) => error);
    expect(refused).toBeInstanceOf(BusyError);
    expect(refused.retryAfterMs).toBeGreaterThan(0);
    await clips.delete(first.id);
    expect((await uploadAndWait(WHOLE)).state.status).toBe('READY');
  });

  it('gives no place in work to an upload that still comes in, and bounds those by themselves', async () => {
    clips = open({ maxActive: 1, maxReceiving: 2 });
    const slow = [new PassThrough(), new PassThrough()];
    const accepting = slow.map((bytes) => clips.accept(bytes).catch((error) => error));
    for (const bytes of slow) bytes.write('{');
    await expect.poll(filesLeft).toHaveLength(2);
    await expect(clips.accept(bytesOf(WHOLE))).rejects.toThrow(BusyError);

    slow[0].destroy(new Error('hung up'));
    expect((await accepting[0]).message).toBe('hung up');
    expect((await uploadAndWait(WHOLE)).state.status).toBe('READY');
    const inWork = await clips.accept(bytesOf(ENDLESS));
    slow[1].end(fakeMedia(WHOLE).slice(1));
    expect(await accepting[1]).toBeInstanceOf(BusyError);
    await clips.delete(inWork.id);
    expect(await filesLeft()).toEqual([]);
  });

  it('renews the lease with its progress while it works', async () => {
    const { id } = await clips.accept(bytesOf({ durationSeconds: 40, video: true, msPerSegment: 400 }));
    const early = await clips.waitFor(id, 0);
    expect(early?.state.status).toBe('PROCESSING');
    await clips.waitFor(id, 20);
    const states = store.puts.map(({ state }) => state);
    const progress = states.flatMap((state) => (state.status === 'PROCESSING' ? [state.progress] : []));
    expect(progress.length).toBeGreaterThanOrEqual(2);
    expect(progress.at(-1)).toBeGreaterThan(0);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(states.at(-1)).toEqual({ status: 'READY' });
  });

  it('stops work on a clip that is deleted, here or in the store, and never brings it back', async () => {
    const here = await clips.accept(bytesOf(ENDLESS));
    expect(await clips.delete(here.id)).toBe(true);
    expect(await clips.delete(here.id)).toBe(false);

    const elsewhere = await clips.accept(bytesOf(ENDLESS));
    await store.delete(elsewhere.id);
    expect(await clips.waitFor(elsewhere.id, 20)).toBeNull();
    expect(await filesLeft()).toEqual([]);
  });

  it.each<[string, FakeMedia]>([
    ['a renewed lease', { durationSeconds: 100, video: true, msPerSegment: 300 }],
    ['a result', { durationSeconds: 15, video: true, msPerSegment: 100 }],
  ])('never brings a deleted clip back by %s, however they fall together', async (_title, media) => {
    // Deletes behind the back of the clips right after each time they look, which is before they write.
    const { id } = await clips.accept(bytesOf(media));
    const get = store.get;
    let deletions = 0;
    store.get = async (ids) => {
      const found = await get(ids);
      if (await store.delete(id)) deletions++;
      return found;
    };
    const deleting = setTimeout(() => store.delete(id).then((was) => was && deletions++), 1_300);
    await clips.waitFor(id, 20);
    clearTimeout(deleting);
    store.get = get;
    expect(deletions).toBe(1);
    expect(await store.get([id])).toEqual([null]);
    expect(await filesLeft()).toEqual([]);
  });

  it('tells a fault of its own from a stop, and logs it', async () => {
    const logged: object[] = [];
    const fault = new RangeError('a fault of ours');
    const broken = { ...createFakeBackbone('VIDEO'), extract: () => Promise.reject(fault) };
    clips = open({
      embedding: () => ({ backbones: { MUSIC: createFakeBackbone('MUSIC'), VIDEO: broken }, rule: RULE }),
      log: { ...SILENT_LOG, error: (fields) => void logged.push(fields) },
    });
    const clip = await uploadAndWait({ durationSeconds: 5, video: true });
    expect(clip.state).toEqual({
      status: 'FAILED',
      failure: {
        code: 'INTERRUPTED',
        message: 'The clip could not be read because of a fault of the server.',
      },
    });
    expect(logged).toEqual([{ clipId: clip.id, error: fault }]);
  });

  it('keeps a clip whose file cannot be removed, and lets its lease go', async () => {
    const { id } = await clips.accept(bytesOf({ durationSeconds: 15, video: true, msPerSegment: 300 }));
    const [file] = await filesLeft();
    const path = join(file.parentPath, file.name);
    await rm(path);
    await mkdir(join(path, 'that is no file'), { recursive: true });
    expect((await clips.waitFor(id, 20))?.state).toEqual({ status: 'READY' });
    const { length } = store.puts;
    await sleep(1_500); // longer than between two renewals
    expect(store.puts).toHaveLength(length);
  });

  it('lets the lease go where the result cannot be kept', async () => {
    const { id } = await clips.accept(bytesOf({ durationSeconds: 15, video: true, msPerSegment: 100 }));
    let refusals = 0;
    store.replace = async () => {
      refusals++;
      throw new Error('The disk is full.');
    };
    await clips.waitFor(id, 20);
    await sleep(1_500);
    expect(refusals).toBe(1);
    expect((await store.get([id]))[0]?.state.status).toBe('PROCESSING'); // until its lease runs out
  });

  it('ends clips in work as INTERRUPTED when it closes, and takes no more', async () => {
    const { id } = await clips.accept(bytesOf(ENDLESS));
    await clips.close(10);
    const [clip] = await store.get([id]);
    expect(clip?.state).toEqual(INTERRUPTED);
    await expect(clips.accept(bytesOf(WHOLE))).rejects.toThrow(BusyError);
    expect(await readdir(directory)).toEqual([]);
  });

  it('recovers: removes what dead processes left, and nothing of the living', async () => {
    const host = hostname().replace(/[^A-Za-z0-9.-]/g, '_');
    const DEAD_PID = 2 ** 22 + 1; // above Linux' largest
    const folders = {
      killed: `${host}~${DEAD_PID}~a`,
      earlierLife: `${host}~${process.pid}~b`,
      living: `${host}~${process.ppid}~c`,
      otherHost: `elsewhere~1~d`,
      otherHostLongAgo: `elsewhere~1~e`,
    };
    for (const folder of Object.values(folders)) {
      await mkdir(join(directory, folder));
      await writeFile(join(directory, folder, 'upload'), 'half');
    }
    await utimes(join(directory, folders.otherHostLongAgo), 0, 0);
    const { id } = await clips.accept(bytesOf(ENDLESS));
    await clips.recover();
    const left = await readdir(directory);
    expect(left).toHaveLength(3);
    expect(left).toEqual(expect.arrayContaining([folders.living, folders.otherHost]));
    expect((await clips.waitFor(id, 0))?.state.status).toBe('PROCESSING');
  });
});
