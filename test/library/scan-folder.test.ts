import { readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { hashFile, UnreadableFileError } from '../../src/library/content-hash.ts';
import { readLibrary } from '../../src/library/read-library.ts';
import { scanFolder } from '../../src/library/scan-folder.ts';
import type { MediaProbe } from '../../src/media/media.ts';
import { MediaError, UsageError } from '../../src/shared/errors.ts';
import { createFolder } from './support.ts';

/** Folders named `locked` can't be opened, even by who may open everything. */
vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const readdir = async (path: string, options: never) => {
    if (basename(String(path)) !== 'locked') return original.readdir(path, options);
    throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', syscall: 'scandir' });
  };
  return { ...original, readdir };
});

/** Content by what the file says of itself, so that names play no part. */
async function probe(path: string): Promise<MediaProbe> {
  const [kind, genre = ''] = (await readFile(path, 'utf8')).split(':');
  if (kind === 'damaged') throw new MediaError('CORRUPT_MEDIA', 'The file is damaged.');
  if (kind !== 'music' && kind !== 'video') throw new MediaError('UNSUPPORTED_MEDIA', 'No media.');
  const video = { codec: 'h264', widthPixels: 2, heightPixels: 2, framesPerSecond: 24 };
  return {
    container: 'mp4',
    durationSeconds: 1,
    audio: { codec: 'aac', sampleRateHz: 48_000, channels: 2 },
    video: kind === 'video' ? video : null,
    tags: genre ? { title: ` ${basename(path)} tagged `, artist: 'Someone', genre } : {},
  };
}

describe('scanFolder', () => {
  it('takes media by content, tags first, pairs equal stems and reports what it could not read', async () => {
    const folder = await createFolder({
      'music/a.mp3': 'music:Jazz; Folk/Jazz',
      'videos/a.mp4': 'video',
      'music/live/b.ogg': 'music',
      'Video/live/b.mkv': 'video',
      'c.mp3': 'music',
      'deep/c.mp4': 'video',
      'both/d.mp4': 'video',
      'both/d.flac': 'music',
      'both/d.aac': 'music',
      'named.txt': 'music',
      'broken.mp4': 'damaged',
      'notes.mp3': 'text',
      '.hidden.mp3': 'music',
    });
    await symlink(join(folder, 'both'), join(folder, 'zlink'));
    const progress: number[] = [];
    const result = await scanFolder(folder, {
      force: false,
      probe,
      onProgress: (done) => progress.push(done),
    });

    const pairs = result.library.items.flatMap((video) => {
      const track = result.library.items.find(({ id }) => id === video.pairedWith);
      return track ? [[relative(folder, video.path), relative(folder, track.path)]] : [];
    });
    expect(pairs).toEqual([
      ['Video/live/b.mkv', 'music/live/b.ogg'],
      ['both/d.mp4', 'both/d.aac'],
      ['videos/a.mp4', 'music/a.mp3'],
    ]);
    expect(result.library.items).toHaveLength(10);
    expect(result.library.items.find(({ path }) => path.endsWith('a.mp3'))).toMatchObject({
      title: 'a.mp3 tagged',
      artist: 'Someone',
      genres: ['Jazz', 'Folk'],
    });
    expect(result.library.items.find(({ path }) => path.endsWith('named.txt'))).toMatchObject({
      modality: 'MUSIC',
      title: 'named',
    });
    expect(result.unreadable).toEqual([
      { path: join(folder, 'broken.mp4'), reason: 'CORRUPT_MEDIA: The file is damaged.' },
    ]);
    expect(result.otherFiles).toEqual([join(folder, 'notes.mp3')]);
    expect(progress.at(-1)).toBe(12);
    expect(await readLibrary(result.file, probe)).toEqual(result.library);
  });

  it('keeps a library.csv unless it is forced, and never writes an empty one', async () => {
    const folder = await createFolder({ 'library.csv': 'mine', 'a.mp3': 'music' });
    await expect(scanFolder(folder, { force: false, probe })).rejects.toThrow('--force');
    expect(await readFile(join(folder, 'library.csv'), 'utf8')).toBe('mine');
    await scanFolder(folder, { force: true, probe });
    expect((await readLibrary(folder, probe)).items).toHaveLength(1);
    await expect(scanFolder(await createFolder({ x: 'text' }), { force: false, probe })).rejects.toThrow(
      UsageError,
    );
    await expect(scanFolder(join(folder, 'gone'), { force: false, probe })).rejects.toThrow(UsageError);
  });

  it('reports folders, links and names that it cannot take, and goes on', async () => {
    const folder = await createFolder({ 'a.mp3': 'music', 'locked/b.mp3': 'music', 'open/c.mp3': 'music' });
    await writeFile(
      Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(0xe9), Buffer.from('.mp3')]),
      'music',
    );
    await symlink(join(folder, 'nowhere'), join(folder, 'dangling.mp3'));
    const { library, unreadable } = await scanFolder(folder, { force: false, probe });
    expect(library.items.map(({ path }) => relative(folder, path))).toEqual(['a.mp3', 'open/c.mp3']);
    expect(unreadable).toEqual([
      { path: join(folder, 'caf\ufffd.mp3'), reason: expect.stringContaining('not UTF-8') },
      { path: join(folder, 'dangling.mp3'), reason: expect.stringContaining('ENOENT') },
      { path: join(folder, 'locked'), reason: expect.stringContaining('EACCES') },
    ]);
    const locked = scanFolder(join(folder, 'locked'), { force: false, probe });
    await expect(locked).rejects.toThrow(UsageError);
    await expect(locked).rejects.toThrow('EACCES');
  });

  it('stops when it is told to and leaves nothing behind', async () => {
    const folder = await createFolder({ 'a.mp3': 'music' });
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(scanFolder(folder, { force: false, probe, signal })).rejects.toThrow('stopped');
    await expect(readFile(join(folder, 'library.csv'))).rejects.toThrow('ENOENT');
  });
});

describe('hashFile', () => {
  it('tells a file that cannot be read from all other faults', async () => {
    const folder = await createFolder({ file: 'x', 'folder/x': 'x' });
    await symlink(join(folder, 'loop'), join(folder, 'loop'));
    for (const name of ['gone', 'file/below', 'folder', 'loop', 'n'.repeat(300)]) {
      await expect(hashFile(join(folder, name)), name).rejects.toThrow(UnreadableFileError);
    }
    await expect(hashFile('/dev/null')).rejects.toThrow(UnreadableFileError);
    const stopped = hashFile(join(folder, 'file'), AbortSignal.abort());
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is the SHA-256 of the bytes', async () => {
    const folder = await createFolder({ abc: 'abc' });
    expect(await hashFile(join(folder, 'abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
