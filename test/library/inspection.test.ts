import { describe, expect, it } from 'vitest';
import { inspectItems, type ReadItem } from '../../src/library/inspection.ts';
import type { Library, LibraryItem, ReadFailure } from '../../src/library/library.ts';
import { pairsOf } from '../../src/library/pairs.ts';
import { assignSplits, describeLeak } from '../../src/library/split.ts';
import { createItem } from './support.ts';

/** Items as they were read, each of so many seconds or up to its end. */
function inspect(
  rows: (Partial<LibraryItem> & {
    id: string;
    seconds?: number;
    hash?: string;
    isSilent?: boolean;
    isUnread?: boolean;
  })[],
  failures: Record<string, ReadFailure['code']> = {},
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
    const startSeconds = item.startSeconds ?? 0;
    const endSeconds = Math.min(startSeconds + seconds, item.endSeconds ?? Number.POSITIVE_INFINITY);
    const spans = [{ startSeconds, endSeconds }];
    return isUnread ? [] : [{ item, contentHash: hash, spans, isSilent }];
  });
  return {
    ...inspectItems({
      library,
      labelField: 'genres',
      pairs,
      items: [...all.values()],
      read,
      unread: Object.entries(failures).map(([id, code]) => ({ id, path: '/library/x', code, message: '' })),
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

  it('finds the same part of the same bytes, however rows put it, and no other parts', () => {
    const { inspection } = inspect([
      { id: 'a', hash: 'x' },
      { id: 'b', hash: 'x' },
      { id: 'fromZero', hash: 'x', startSeconds: 0 },
      { id: 'toTheEnd', hash: 'x', endSeconds: 20 },
      { id: 'beyondTheEnd', hash: 'x', startSeconds: 0, endSeconds: 99 },
      { id: 'part', hash: 'x', startSeconds: 10, seconds: 10 },
      { id: 'other', hash: 'x', endSeconds: 10 },
    ]);
    expect(inspection.duplicates).toEqual([
      {
        modality: 'MUSIC',
        ids: ['a', 'b', 'fromZero', 'toTheEnd', 'beyondTheEnd'],
        splits: [expect.any(String)],
      },
    ]);
  });

  it('takes neither a video and its own sound for the same twice, nor a video and a track of one file', () => {
    const { inspection } = inspect([
      { id: 'v', modality: VIDEO },
      { id: 'w', modality: VIDEO, pairedWith: 't', hash: 'y' },
      { id: 't', hash: 'y' },
    ]);
    expect(inspection.duplicates).toEqual([]);
  });

  it('tells once of a video that can’t be read, and of a soundtrack that fails by something else', () => {
    const rows = [
      { id: 'm', isUnread: true },
      { id: 'bad', modality: VIDEO, isUnread: true },
      { id: 'half', modality: VIDEO, isUnread: true },
    ];
    const { inspection } = inspect(rows, {
      m: 'CORRUPT_MEDIA',
      bad: 'CORRUPT_MEDIA',
      'bad.sound': 'CORRUPT_MEDIA',
      half: 'TOO_LARGE',
      'half.sound': 'CORRUPT_MEDIA',
      'mute.sound': 'CORRUPT_MEDIA',
    });
    expect(inspection.unread.map(({ id }) => id)).toEqual(['m', 'bad', 'half', 'half.sound', 'mute.sound']);
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
