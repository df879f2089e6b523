import { describe, expect, it } from 'vitest';
import { inspectItems, type ReadItem } from '../../src/library/inspection.ts';
import type { Library, LibraryItem } from '../../src/library/library.ts';
import { pairsOf } from '../../src/library/pairs.ts';
import { assignSplits, describeLeak } from '../../src/library/split.ts';
import { createItem } from './support.ts';

/** Items as they were read, of so many seconds each. */
function inspect(
  rows: (Partial<LibraryItem> & {
    id: string;
    seconds?: number;
    hash?: string;
    isSilent?: boolean;
    isUnread?: boolean;
  })[],
) {
  const items = rows.map(({ seconds, hash, isSilent, isUnread, ...row }) => createItem(row));
  const library: Library = {
    folder: '/library',
    items,
    attributes: [{ name: 'mood', isNumber: false }],
    unreadable: [],
  };
  const pairs = pairsOf(library);
  const details = new Map(rows.map((row) => [row.id, row]));
  const all = new Map([...items, ...pairs.map(({ music }) => music)].map((item) => [item.id, item]));
  const read = [...all.values()].flatMap((item): ReadItem[] => {
    const { seconds = 20, hash = item.path, isSilent = false, isUnread = false } = details.get(item.id) ?? {};
    const spans = [{ startSeconds: 3, endSeconds: 3 + seconds }];
    return isUnread ? [] : [{ item, contentHash: hash, spans, isSilent }];
  });
  return {
    ...inspectItems({
      library,
      labelField: 'genres',
      pairs,
      items: [...all.values()],
      read,
      unread: [],
      segmentSeconds: 10,
    }),
    items,
    hashes: new Map(read.map(({ item, contentHash }) => [item.id, contentHash])),
  };
}

const VIDEO = 'VIDEO' as const;

describe('an inspection', () => {
  it('counts tracks, videos, soundtracks, pairs and labels by split', () => {
    const { inspection } = inspect([
      { id: 'm1', genres: ['jazz', 'blues'], split: 'train' },
      { id: 'v1', modality: VIDEO, pairedWith: 'm1', split: 'train' },
      { id: 'm2', genres: ['jazz'], split: 'test' },
      { id: 'v2', modality: VIDEO, pairedWith: 'm2', split: 'test' },
      { id: 'v3', modality: VIDEO, genres: ['rock'], split: 'val' },
      { id: 'v4', modality: VIDEO, split: 'train' },
      { id: 'm3', genres: ['polka'], split: 'train' },
      { id: 'm4', genres: ['polka'], split: 'train', isUnread: true },
      { id: 'v5', modality: VIDEO, pairedWith: 'm4', split: 'train' },
    ]);
    expect(inspection.counts).toEqual({
      tracks: { train: 2, val: 0, test: 1 },
      videos: { train: 3, val: 1, test: 1 },
      soundtracks: { train: 1, val: 1, test: 0 },
      pairs: { train: 2, val: 1, test: 1 },
    });
    expect(inspection.unpaired).toEqual({ tracks: 1, videos: 1 });
    expect(inspection.labels).toEqual({
      field: 'genres',
      labels: [
        { label: 'jazz', pairs: { train: 1, val: 0, test: 1 } },
        { label: 'blues', pairs: { train: 1, val: 0, test: 0 } },
        { label: 'rock', pairs: { train: 0, val: 1, test: 0 } },
      ],
      unlabelled: { train: 1, val: 0, test: 0 },
      notInTrain: ['rock'],
      onlyInTrain: ['blues'],
    });
  });

  it('measures durations, and names what is short or silent', () => {
    const { inspection } = inspect([
      { id: 'a', seconds: 12 },
      { id: 'b', seconds: 4 },
      { id: 'c', seconds: 9.99, isSilent: true },
      { id: 'd', seconds: 40 },
    ]);
    expect(inspection.durationsSeconds).toEqual({
      tracks: {
        count: 4,
        least: 4,
        median: expect.closeTo(10.995, 9),
        greatest: 40,
        sum: expect.closeTo(65.99, 9),
      },
      videos: null,
      soundtracks: null,
    });
    expect(inspection).toMatchObject({ tooShort: ['b'], silent: ['c'] });
  });

  it('finds the same part of the same bytes, and neither other parts nor a video and its own sound', () => {
    const { inspection } = inspect([
      { id: 'a', hash: 'x' },
      { id: 'b', hash: 'x' },
      { id: 'part', hash: 'x', startSeconds: 10 },
      { id: 'v', modality: VIDEO, hash: 'y' },
    ]);
    expect(inspection.duplicates).toEqual([
      { modality: 'MUSIC', ids: ['a', 'b'], splits: [expect.any(String)] },
    ]);
  });

  it('tells of every leak, which the assignment of splits refuses in the same words', () => {
    const { inspection, splitOf, items, hashes } = inspect([
      { id: 'a', hash: 'x', split: 'train' },
      { id: 'b', hash: 'x', split: 'test' },
      { id: 'c', source: 's', split: 'val' },
      { id: 'd', source: 's', split: 'test' },
      { id: 'e', split: 'test' },
      { id: 'f', source: 'r', split: 'test' },
      { id: 'gone', source: 'r', split: 'val', isUnread: true },
    ]);
    expect(inspection.leaks).toEqual([
      {
        members: [
          { split: 'train', ids: ['a'] },
          { split: 'test', ids: ['b'] },
        ],
        joinedBy: ['content x'],
      },
      {
        members: [
          { split: 'val', ids: ['c'] },
          { split: 'test', ids: ['d'] },
        ],
        joinedBy: ['source "s"'],
      },
      {
        members: [
          { split: 'test', ids: ['f'] },
          { split: 'val', ids: ['gone'] },
        ],
        joinedBy: ['source "r"'],
      },
    ]);
    expect(['a', 'b', 'c', 'd', 'e'].map(splitOf)).toEqual(['train', 'test', 'val', 'test', 'test']);
    expect(inspection.duplicates[0]).toMatchObject({ ids: ['a', 'b'], splits: ['test', 'train'] });
    for (const leak of inspection.leaks) {
      expect(() => assignSplits(items, hashes)).toThrow(describeLeak(leak));
    }
  });
});
