import { createHash } from 'node:crypto';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readLibrary } from '../../src/library/read-library.ts';
import { MediaError, UsageError } from '../../src/shared/errors.ts';
import { createFolder } from './support.ts';

const neverProbed = () => Promise.reject(new Error('probed'));

async function readRows(csv: string | Uint8Array, files: string[] = [], probe = neverProbed as never) {
  const media = Object.fromEntries(files.map((name) => [name, name]));
  const folder = await createFolder({ 'library.csv': csv, ...media });
  return { folder, library: await readLibrary(folder, probe) };
}

async function faultsOf(csv: string | Uint8Array, files: string[] = [], probe = neverProbed as never) {
  const error = await readRows(csv, files, probe).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UsageError);
  return (error as UsageError).message;
}

describe('readLibrary', () => {
  it('fills in every default from a path alone', async () => {
    const { folder, library } = await readRows('kind,path\nvideo,a/My clip.mp4\n', ['a/My clip.mp4']);
    const id = createHash('sha256').update('a/My clip.mp4').digest('hex').slice(0, 16);
    expect(library).toEqual({
      folder,
      attributes: [],
      unreadable: [],
      items: [
        {
          id,
          modality: 'VIDEO',
          path: join(folder, 'a/My clip.mp4'),
          title: 'My clip',
          artist: null,
          genres: [],
          source: null,
          pairedWith: null,
          split: null,
          startSeconds: null,
          endSeconds: null,
          mediaUrl: null,
          attributes: [],
        },
      ],
    });
  });

  it('reads quotes, a byte order mark, CRLF, repeated values and further columns', async () => {
    const csv =
      '\ufeffid,path,kind,title,genres,split,startSeconds,endSeconds,mediaUrl,bpm,mood\r\n' +
      't1,a.mp3,music,"A ""quoted"", title",jazz| folk |jazz|,val,1.5,1e1,https://x.org/a?b,120,calm|warm\r\n' +
      '\r\n' +
      't2,b.mp3,music,,,,,,,99.5,2020\r\n' +
      't3,b.mp3,music,,,,,,,,\r\n';
    const { library } = await readRows(csv, ['a.mp3', 'b.mp3']);
    expect(library.attributes).toEqual([
      { name: 'bpm', isNumber: true },
      { name: 'mood', isNumber: false },
    ]);
    expect(library.items[0]).toMatchObject({
      title: 'A "quoted", title',
      genres: ['jazz', 'folk'],
      split: 'val',
      startSeconds: 1.5,
      endSeconds: 10,
      mediaUrl: 'https://x.org/a?b',
      attributes: [
        { name: 'bpm', value: '120' },
        { name: 'mood', value: 'calm' },
        { name: 'mood', value: 'warm' },
      ],
    });
    expect(library.items[2]).toMatchObject({ title: 'b', attributes: [] });
  });

  it('takes an empty kind from the content, by pictures before sound', async () => {
    const probe = async (path: string) => ({ video: path.endsWith('v') ? {} : null, audio: {} });
    const { library } = await readRows('id,path\na,v\nb,m\n', ['v', 'm'], probe as never);
    expect(library.items.map(({ modality }) => modality)).toEqual(['VIDEO', 'MUSIC']);
  });

  it('takes no file that is missing or broken for a fault of the text', async () => {
    const probe = async (path: string) => {
      if (path.endsWith('broken')) throw new MediaError('CORRUPT_MEDIA', 'damaged');
      return { video: null, audio: {} };
    };
    const csv = 'id,kind,path,pairedWith\nm,music,gone,\nb,,broken,\nc,,broken,\nv,video,x,b\nok,,a,\n';
    const { folder, library } = await readRows(csv, ['a', 'broken'], probe as never);
    expect(library.items.map(({ id }) => id)).toEqual(['m', 'v', 'ok']);
    const path = join(folder, 'broken');
    expect(library.unreadable).toEqual(
      ['b', 'c'].map((id) => ({ id, path, code: 'CORRUPT_MEDIA', message: 'damaged' })),
    );
    const noTool = () => Promise.reject(new UsageError('no ffprobe'));
    await expect(readRows(csv, [], noTool as never)).rejects.toThrow('no ffprobe');
  });

  it('probes a few files at a time, each once, tells how far it is and stops when it is told to', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `f${i}`);
    const csv = ['id,path', ...names.flatMap((name) => [`${name}a,${name}`, `${name}b,${name}`])].join('\n');
    const folder = await createFolder({ 'library.csv': csv });
    const progress: string[] = [];
    let inWork = 0;
    let mostInWork = 0;
    let probes = 0;
    const probe = async () => {
      probes++;
      mostInWork = Math.max(mostInWork, ++inWork);
      await sleep(1);
      inWork--;
      return { video: null, audio: {} };
    };
    const onProgress = (done: number, total: number) => progress.push(`${done} of ${total}`);
    const { items } = await readLibrary(folder, probe, { onProgress });
    expect(items.map(({ id }) => id)).toEqual(names.flatMap((name) => [`${name}a`, `${name}b`]));
    expect(probes).toBe(20);
    expect(mostInWork).toBeGreaterThan(1);
    expect(mostInWork).toBeLessThan(6);
    expect(progress.at(-1)).toBe('20 of 20');

    const stop = new AbortController();
    const stopped = readLibrary(folder, probe, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(probes).toBeLessThan(40);
  });

  it('follows a symbolic link to media outside the folder', async () => {
    const elsewhere = await createFolder({ 'a.mp3': 'a' });
    const folder = await createFolder({ 'library.csv': 'path,kind\nlinked/a.mp3,music\n' });
    await symlink(elsewhere, join(folder, 'linked'));
    const library = await readLibrary(join(folder, 'library.csv'), neverProbed);
    expect(library.items[0].path).toBe(join(folder, 'linked/a.mp3'));
  });

  it('reports every fault of every row at once, each with line and column', async () => {
    const probe = () => Promise.reject(new MediaError('CORRUPT_MEDIA', 'damaged'));
    const message = await faultsOf(
      [
        'id,kind,path,pairedWith,split,startSeconds,endSeconds,mediaUrl,note',
        'a,music,a.mp3,,,,,,"two\nlines"',
        'a,music,a.mp3,,,,,,',
        'b b,film,a.mp3,,,,,,',
        'clip_1,music,gone.mp3,,,,,,',
        'c,video,../a.mp3,nobody,,,,,',
        'd,video,/a.mp3,c,,,,,',
        'e,music,a.mp3,a,dev,5,5,ftp://x/y,',
        'f,music,,,,-1,abc,,',
        'g,,a.mp3,,,,,,',
        'v,video,a.mp3,,,,,,',
        'v.sound,music,a.mp3,,,,,,',
      ].join('\n'),
      ['a.mp3'],
      probe as never,
    );
    const places = [...message.matchAll(/^ {2}line (\d+), (\w+): /gm)].map(
      ([, line, column]) => `${line} ${column}`,
    );
    expect(places.sort()).toEqual(
      [
        '4 id',
        '5 id',
        '5 kind',
        '6 id',
        '7 path',
        '7 pairedWith',
        '8 path',
        '8 pairedWith',
        '9 pairedWith',
        '9 split',
        '9 endSeconds',
        '9 mediaUrl',
        '10 path',
        '10 startSeconds',
        '10 endSeconds',
        '12 id',
      ].sort(),
    );
    expect(message).toContain('has 16 faults');
  });

  it.each([
    ['no path column', 'id,kind\na,music\n', 'line 1, path: this column is required'],
    ['a column twice', 'path,path\na,b\n', 'line 1, path: this column stands there twice'],
    ['a column without a name', 'path,\na,b\n', 'line 1: column 2 has no name'],
    ['rows of the wrong length', 'path,kind\na\nb,music,x\n', 'line 3: 3 fields under 2 columns'],
    [
      'parts of one file',
      'kind,path\nmusic,a\nmusic,a\n',
      'line 3, id: line 2 has the same path; parts of one file need an id each',
    ],
    ['a quote that stays open', 'path\n"a', 'library.csv, line 2: Quote Not Closed'],
    ['no header', '', 'its first line has to name the columns'],
    ['Latin-1', Buffer.from('path\nb\ncaf\xe9.mp3\n', 'latin1'), 'is not UTF-8 (first seen on line 3)'],
    ['UTF-16', Buffer.from('\ufeffpath\na\n', 'utf16le'), 'is UTF-16; save it as UTF-8'],
  ])('names %s', async (_, csv, expected) => {
    expect(await faultsOf(csv)).toContain(expected);
  });

  it.each([
    ['a quote that stays open', 'path\n"a'],
    ['no header', ''],
    ['Latin-1', Buffer.of(0xe9)],
    ['UTF-16', Buffer.of(0xff, 0xfe)],
  ])('names the file as it was given: %s', async (_, csv) => {
    const file = join(await createFolder({ 'songs.txt': csv }), 'songs.txt');
    await expect(readLibrary(file, neverProbed)).rejects.toThrow(file);
  });

  it('names the command that makes a missing library', async () => {
    const folder = await createFolder({});
    await expect(readLibrary(folder, neverProbed)).rejects.toThrow(`control-mvr scan ${folder}`);
    await expect(readLibrary(join(folder, 'x'), neverProbed)).rejects.toThrow(UsageError);
  });
});
