import { mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMediaUrls } from '../../src/http/media-urls.ts';
import type { ItemRecord } from '../../src/store/vector-store.ts';
import { type StartOptions, startServer, type TestServer } from './start-server.ts';

const BYTES = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 251));
const HOUR_MS = 3_600_000;

describe('media', () => {
  let directory: string;
  let server: TestServer | null = null;
  let item: ItemRecord;

  const start = async (options: StartOptions = {}) => {
    server = await startServer({ items: [item], thumbnails: { t1: Uint8Array.of(255, 216) }, ...options });
    return server;
  };
  const itemAt = async (path: string): Promise<ItemRecord> => {
    await writeFile(path, BYTES);
    return {
      id: 't1',
      modality: 'MUSIC',
      title: 'A track',
      artist: null,
      genres: [],
      attributes: [],
      source: null,
      durationSeconds: 10,
      addedAt: '2026-01-31T09:00:00.000Z',
      pairedWith: null,
      mediaUrl: null,
      mediaPath: path,
      hasThumbnail: true,
    };
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'media-'));
    item = await itemAt(join(directory, 'track.mp3'));
  });
  afterEach(async () => {
    await server?.close();
    server = null;
    await rm(directory, { recursive: true, force: true });
  });

  it('sends a file whole, in part, and its head', async () => {
    const { send } = await start();
    const whole = await send({ path: '/media/t1' });
    expect(whole.status).toBe(200);
    expect(whole.body.equals(BYTES)).toBe(true);
    expect(whole.headers).toMatchObject({
      'content-type': 'audio/mpeg',
      'accept-ranges': 'bytes',
      'content-length': '1000',
      'cross-origin-resource-policy': 'cross-origin',
    });
    const part = await send({ path: '/media/t1', headers: { Range: 'bytes=990-' } });
    expect([part.status, part.headers['content-range']]).toEqual([206, 'bytes 990-999/1000']);
    expect(part.body.equals(BYTES.subarray(990))).toBe(true);
    const beyond = await send({ path: '/media/t1', headers: { Range: 'bytes=2000-' } });
    expect(beyond.status).toBe(416);
    const head = await send({ path: '/media/t1', method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '1000', 0]);
    const cached = await send({ path: '/media/t1', headers: { 'If-None-Match': whole.headers.etag ?? '' } });
    expect(cached.status).toBe(304);
  });

  it.each(['a\nb.mp3', '100% #1?.mp3', '"quoted" \'x\'.mp3', '🎵 é.mp3', '.hidden.mp3'])(
    'sends a file named %j',
    async (name) => {
      await mkdir(join(directory, '.folder'));
      item = await itemAt(join(directory, '.folder', name));
      const { send } = await start();
      expect((await send({ path: '/media/t1' })).body.equals(BYTES)).toBe(true);
    },
  );

  it('never sends a page, whatever a file is called', async () => {
    item = await itemAt(join(directory, 'track.html'));
    const { send } = await start();
    const { headers } = await send({ path: '/media/t1' });
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(headers['content-security-policy']).toMatch(/sandbox/);
  });

  it('answers 404 to an unknown id, a soundtrack that is not indexed, and a file that is gone', async () => {
    const { send } = await start();
    for (const id of ['unknown', 't1.sound', '..%2F..%2Fetc%2Fpasswd']) {
      const answer = await send({ path: `/media/${id}` });
      expect([id, answer.status, answer.json.code]).toEqual([id, 404, 'NOT_FOUND']);
    }
    expect((await send({ path: '/media/unknown/thumbnail' })).status).toBe(404);
    await unlink(item.mediaPath);
    const gone = await send({ path: '/media/t1' });
    expect([gone.status, gone.json.code]).toEqual([404, 'NOT_FOUND']);
    expect(gone.json.message).not.toContain(directory);
  });

  it('sends thumbnails', async () => {
    const { send } = await start();
    const answer = await send({ path: '/media/t1/thumbnail' });
    expect([answer.status, answer.headers['content-type'], [...answer.body]]).toEqual([
      200,
      'image/jpeg',
      [255, 216],
    ]);
  });

  it('asks for no signature without keys; with keys, for one that is whole and has not expired', async () => {
    let nowMs = Date.UTC(2026, 0, 31, 9);
    const now = () => nowMs;
    const apiKeys = ['secret'];
    const { send } = await start({ config: { apiKeys }, now });
    const urls = createMediaUrls({ publicUrl: null, apiKeys, now });
    const path = (await urls.mediaUrl(item)) ?? '';
    const thumbnail = urls.thumbnailUrl(item) ?? '';
    const status = async (url: string) => (await send({ path: url })).status;

    expect(path).toMatch(/^\/media\/t1\?expires=\d+&signature=[\w-]{22}$/);
    expect(await status(path)).toBe(200);
    expect(await status(thumbnail)).toBe(200);
    expect(await status('/media/t1')).toBe(403);
    expect(await status(path.replace('expires=', 'expires=9'))).toBe(403);
    expect(await status(path.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')))).toBe(403);
    expect(await status(path.replace('/media/t1', '/media/t1/thumbnail'))).toBe(403);
    expect(await status(path.replace('/media/t1', '/media/t2'))).toBe(403);
    const others = createMediaUrls({ publicUrl: null, apiKeys: ['another'], now });
    expect(await status((await others.mediaUrl(item)) ?? '')).toBe(403);

    nowMs += 11 * HOUR_MS;
    expect(await status(path)).toBe(200);
    nowMs += 13 * HOUR_MS;
    expect(await status(path)).toBe(403);
    expect(await status((await urls.mediaUrl(item)) ?? '')).toBe(200);
  });
});

describe('media URLs', () => {
  const item = { id: 't1', mediaUrl: null, mediaPath: import.meta.filename, hasThumbnail: true };

  it('are root-relative, absolute with a public URL, the item’s own where it has one, null where nothing can be read', async () => {
    const relative = createMediaUrls({ publicUrl: null, apiKeys: [] });
    expect(await relative.mediaUrl(item)).toBe('/media/t1');
    expect(relative.thumbnailUrl(item)).toBe('/media/t1/thumbnail');
    expect(relative.thumbnailUrl({ ...item, hasThumbnail: false })).toBeNull();
    expect(await relative.mediaUrl({ ...item, mediaPath: '/no/such/file' })).toBeNull();
    expect(await relative.mediaUrl({ ...item, mediaPath: `${import.meta.filename}.gone` })).toBeNull();
    const own = { ...item, mediaUrl: 'https://cdn.example/t1.mp3', mediaPath: '/no/such/file' };
    expect(await relative.mediaUrl(own)).toBe('https://cdn.example/t1.mp3');
    const absolute = createMediaUrls({ publicUrl: 'https://music.example/mvr', apiKeys: [] });
    expect(await absolute.mediaUrl(item)).toBe('https://music.example/mvr/media/t1');
  });

  it('stay the same for hours, over restarts and whatever the order of keys', async () => {
    let nowMs = Date.UTC(2026, 0, 31, 0, 0, 1);
    const now = () => nowMs;
    const first = await createMediaUrls({ publicUrl: null, apiKeys: ['a', 'b'], now }).mediaUrl(item);
    nowMs += 11 * HOUR_MS;
    const later = await createMediaUrls({ publicUrl: null, apiKeys: ['b', 'a'], now }).mediaUrl(item);
    expect(later).toBe(first);
    nowMs += HOUR_MS;
    expect(await createMediaUrls({ publicUrl: null, apiKeys: ['a', 'b'], now }).mediaUrl(item)).not.toBe(
      first,
    );
  });
});
