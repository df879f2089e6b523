import { describe, expect, it } from 'vitest';
import type { Library, LibraryItem, Split } from '../../src/library/library.ts';
import { requireColumn } from '../../src/library/values.ts';
import type { FeatureTools } from '../../src/retrieval/library-features.ts';
import { UsageError } from '../../src/shared/errors.ts';
import {
  featureLibrary,
  hashTrainingData,
  toGallery,
  toRecordedSplits,
  toTrainingSet,
} from '../../src/training/featured-library.ts';
import { createFolder, createItem } from '../library/support.ts';

const SEGMENT = { span: { startSeconds: 0, endSeconds: 10 }, features: Float32Array.of(1, 2) };

/** Features without decoding: files are hashed and everything else is made up. */
const TOOLS = {
  rule: { segmentSeconds: 10, hopSeconds: 10 },
  backbones: { MUSIC: {}, VIDEO: {} },
  cache: { remember: async () => ({ segments: [SEGMENT], peaks: null, isSilent: false }) },
} as unknown as FeatureTools;

/** Every item has a file of its own, unless it names one. */
async function createLibrary(rows: (Partial<LibraryItem> & { id: string })[]): Promise<Library> {
  const folder = await createFolder(Object.fromEntries(rows.map(({ id }) => [id, id])));
  const items = rows.map((row) => createItem({ path: `${folder}/${row.id}`, ...row }));
  return { folder, items, attributes: [{ name: 'mood', isNumber: false }], unreadable: [] };
}

const featured = (library: Library, recordedSplits: Record<string, Split> | null = null) =>
  featureLibrary(library, { labelField: 'genres', recordedSplits }, TOOLS);

describe('recorded splits', () => {
  it('keep what training saw out of test where groups have merged since', async () => {
    const merged = await createLibrary(['a', 'b', 'c'].map((id) => ({ id, source: 'one' })));
    const splits: Split[] = ['train', 'val', 'test'];
    for (const a of splits) {
      for (const b of splits) {
        const { splits: kept } = await featured(merged, { a, b });
        const strictest = splits.find((split) => split === a || split === b);
        expect([...kept.values()].map(({ split }) => split)).toEqual([strictest, strictest, strictest]);
      }
    }
  });

  it('hold for every item, whichever others of its group go', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({ id: `i${i}`, source: `s${i % 20}` }));
    const first = await featured(await createLibrary(rows));
    const recorded = toRecordedSplits(first);
    expect(new Set(Object.values(recorded ?? {}))).toEqual(new Set(['train', 'val', 'test']));
    // The first of each group, whose id is the group's key, has gone.
    const later = await featured(await createLibrary(rows.slice(20)), recorded);
    for (const [id, { split }] of later.splits) expect(split).toBe(first.splits.get(id)?.split);
  });
});

describe('a featured library', () => {
  const ROWS = [
    { id: 'm', genres: ['jazz'], artist: 'Ann', source: 's' },
    { id: 'v', modality: 'VIDEO' as const, pairedWith: 'm', source: 's' },
    {
      id: 'n',
      attributes: [
        { name: 'mood', value: 'calm' },
        { name: 'mood', value: 'warm' },
      ],
    },
  ].map((row) => ({ ...row, split: 'test' as const }));

  it('draws by the values of any column, of the partner where an item has none, else by source', async () => {
    const library = await createLibrary(ROWS);
    const read = await featured(library);
    const unitsBy = (column?: string) => {
      const { tracks, videos } = toGallery(read, 'test', column);
      return Object.fromEntries([...tracks, ...videos].map(({ id, resampleUnit }) => [id, resampleUnit]));
    };
    expect(unitsBy()).toEqual({ m: 's', v: 's', n: 'n' });
    expect(unitsBy('artist')).toEqual({ m: 'Ann', v: 'Ann', n: 'n' });
    expect(unitsBy('genres')).toEqual({ m: 'jazz', v: 'jazz', n: 'n' });
    expect(unitsBy('kind')).toEqual({ m: 'music', v: 'video', n: 'music' });
    expect(unitsBy('mood')).toEqual({ m: 's', v: 's', n: 'calm' });
    for (const column of ['artist', 'source', 'mood']) requireColumn(library, column, 'resample by');
    expect(() => requireColumn(library, 'tempo', 'resample by')).toThrow(UsageError);
    expect(() => requireColumn(library, 'tempo', 'resample by')).toThrow(
      /"tempo" to resample by.*artist.*mood/,
    );
  });

  it('reports rows and items that cannot be read, and leaves their pairs out', async () => {
    const library = await createLibrary(ROWS);
    const row = { id: 'x', path: '/x', code: 'CORRUPT_MEDIA' as const, message: 'damaged' };
    const items = library.items.map((item) => (item.id === 'm' ? { ...item, path: '/nowhere' } : item));
    const read = await featured({ ...library, items, unreadable: [row] });
    expect(read.failures).toEqual([
      row,
      { id: 'm', path: '/nowhere', code: 'UNREADABLE', message: 'There is no such file.' },
    ]);
    expect(toTrainingSet(read).pairs).toEqual([]);
    expect(toGallery(read, 'test')).toMatchObject({
      tracks: [{ id: 'n' }],
      videos: [{ id: 'v' }],
      pairs: [],
    });
  });

  it('has a hash that depends on the parts of files that are taken', async () => {
    const library = await createLibrary(ROWS);
    const hashOf = async (changes: Partial<LibraryItem>) => {
      const items = library.items.map((item) => (item.id === 'm' ? { ...item, ...changes } : item));
      const read = await featured({ ...library, items });
      return hashTrainingData(toTrainingSet(read), read);
    };
    const whole = await hashOf({});
    expect(await hashOf({ title: 'another' })).toBe(whole);
    const hashes = [whole, await hashOf({ startSeconds: 3 }), await hashOf({ endSeconds: 3 })];
    expect(new Set(hashes).size).toBe(3);
  });
});
