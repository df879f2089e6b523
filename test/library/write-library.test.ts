import { readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LibraryItem } from '../../src/library/library.ts';
import { readLibrary } from '../../src/library/read-library.ts';
import { formatLibrary, writeLibrary } from '../../src/library/write-library.ts';
import { createFolder, createItem } from './support.ts';

const text = fc
  .string({ minLength: 1, unit: 'grapheme' })
  .filter((value) => value.trim() === value && value !== '');
const value = text.filter((candidate) => !candidate.includes('|'));
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

const items = fc.uniqueArray(
  fc
    .record({
      id: fc.stringMatching(/^[A-Za-z0-9._~-]{1,12}$/),
      title: text,
      artist: orNull(text),
      genres: fc.uniqueArray(value, { maxLength: 3 }),
      source: orNull(text),
      split: orNull(fc.constantFrom('train', 'val', 'test')),
      startSeconds: orNull(fc.double({ min: 0, max: 1e6, noNaN: true })),
      mediaUrl: orNull(fc.webUrl()),
      attributes: fc
        .uniqueArray(value, { maxLength: 3 })
        .map((values) => values.map((mood) => ({ name: 'mood', value: `m ${mood}` }))),
    })
    .map((item) => createItem(item as Partial<LibraryItem> & { id: string })),
  { selector: ({ id }) => id, minLength: 1, maxLength: 8 },
);

describe('writeLibrary', () => {
  it('writes what readLibrary reads back, whatever the text', async () => {
    const folder = await createFolder({ 'müsic/one, two.mp3': 'x' });
    await fc.assert(
      fc.asyncProperty(items, async (generated) => {
        const written = generated.map((item) => ({ ...item, path: join(folder, 'müsic/one, two.mp3') }));
        const library = { folder, items: written, attributes: [{ name: 'mood', isNumber: false }] };
        await writeLibrary(library);
        expect(await readLibrary(folder, () => Promise.reject(new Error('probed')))).toEqual({
          ...library,
          unreadable: [],
        });
      }),
      { numRuns: 60 },
    );
    expect((await readdir(folder)).sort()).toEqual(['library.csv', 'müsic']);
  });

  it('leaves the old file whole where it cannot write the new one', async () => {
    const folder = await createFolder({ 'library.csv': 'path\n' });
    const broken = { folder, items: [{ ...createItem({ id: 'a' }), genres: null as never }], attributes: [] };
    await expect(writeLibrary(broken)).rejects.toThrow();
    expect(await readFile(join(folder, 'library.csv'), 'utf8')).toBe('path\n');
    expect(await readdir(folder)).toEqual(['library.csv']);
  });

  it('sweeps what a killed writer left, once it is old', async () => {
    const folder = await createFolder({ '.library.csv.dead': 'pa', '.library.csv.alive': 'pa', '.mine': '' });
    const longAgo = new Date(Date.now() - 2 * 3_600_000);
    for (const name of ['.library.csv.dead', '.mine']) await utimes(join(folder, name), longAgo, longAgo);
    await writeLibrary({ folder, items: [createItem({ id: 'a' })], attributes: [] });
    expect((await readdir(folder)).sort()).toEqual(['.library.csv.alive', '.mine', 'library.csv']);
  });

  it('names the columns of the contract in their order', () => {
    const folder = '/library';
    const csv = formatLibrary({
      folder,
      items: [createItem({ id: 'a' })],
      attributes: [{ name: 'x', isNumber: false }],
    });
    expect(csv).toBe(
      'id,kind,path,title,artist,genres,source,pairedWith,split,startSeconds,endSeconds,mediaUrl,x\r\n' +
        'a,music,a,a,,,,,,,,,\r\n',
    );
  });

  it('quotes what other readers would take for the end of a line', () => {
    const items = [createItem({ id: 'a', title: 'two\nlines', artist: 'a\rreturn' })];
    expect(formatLibrary({ folder: '/library', items, attributes: [] })).toContain(
      'a,music,a,"two\nlines","a\rreturn",,,,,,,\r\n',
    );
  });
});
