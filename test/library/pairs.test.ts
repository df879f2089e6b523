import { describe, expect, it } from 'vitest';
import { pairsOf } from '../../src/library/pairs.ts';
import { UsageError } from '../../src/shared/errors.ts';
import { createItem } from './support.ts';

const track = createItem({ id: 'm', genres: ['jazz'], attributes: [] });
const bare = createItem({ id: 'n' });
const videos = [
  createItem({ id: 'a', modality: 'VIDEO', pairedWith: 'm', genres: ['rock'] }),
  createItem({ id: 'b', modality: 'VIDEO', pairedWith: 'n', genres: ['rock'] }),
  createItem({ id: 'c', modality: 'VIDEO', genres: ['folk'], attributes: [{ name: 'mood', value: 'calm' }] }),
];
const library = {
  folder: '/',
  items: [track, bare, ...videos],
  attributes: [{ name: 'mood', isNumber: false }],
  unreadable: [],
};

describe('pairsOf', () => {
  it("pairs every video, with the track's labels, else the video's", () => {
    const pairs = pairsOf(library);
    expect(pairs.map(({ video, music, labels }) => [video.id, music.id, labels])).toEqual([
      ['a', 'm', ['jazz']],
      ['b', 'n', ['rock']],
      ['c', 'c.sound', ['folk']],
    ]);
    expect(pairs[2].music).toMatchObject({ modality: 'MUSIC', path: videos[2].path, pairedWith: null });
  });

  it('leaves a video out whose track is a row that could not be read, rather than take its own sound', () => {
    const unreadable = [{ id: 'm', path: '/m', code: 'CORRUPT_MEDIA' as const, message: 'damaged' }];
    const pairs = pairsOf({ ...library, items: [bare, ...videos], unreadable });
    expect(pairs.map(({ video }) => video.id)).toEqual(['b', 'c']);
  });

  it('takes labels from any further column, and refuses one that is not there', () => {
    expect(pairsOf(library, 'mood').map(({ labels }) => labels)).toEqual([[], [], ['calm']]);
    expect(() => pairsOf(library, 'tempo')).toThrow(UsageError);
  });
});
