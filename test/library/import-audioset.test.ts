import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAudioSetSegments } from '../../src/library/audioset-segments.ts';
import { type AudioSetImport, importAudioSet } from '../../src/library/import-audioset.ts';
import { readLibrary } from '../../src/library/read-library.ts';
import type { MediaProbe } from '../../src/media/media.ts';
import { MediaError } from '../../src/shared/errors.ts';
import { createFolder } from './support.ts';

const label = (id: string, name: string, child_ids: string[] = []) => ({ id, name, child_ids });
const ONTOLOGY = JSON.stringify([
  label('/m/music', 'Music', ['/m/genre', '/m/mood', '/m/instrument']),
  label('/m/genre', 'Music genre', ['/m/jazz', '/m/rock']),
  label('/m/jazz', 'Jazz', ['/m/swing']),
  label('/m/swing', 'Swing music'),
  label('/m/rock', 'Rock music'),
  label('/m/mood', 'Music mood', ['/m/happy']),
  label('/m/happy', 'Happy music'),
  label('/m/instrument', 'Musical instrument', ['/m/drum']),
  label('/m/drum', 'Drum'),
  label('/m/dog', 'Dog'),
]);
const HEADER =
  '# Segments csv created by hand\n# num_ytids=1\n# YTID, start_seconds, end_seconds, positive_labels\n';
const TRAIN = `${HEADER}--PJHxphWEs, 30.000, 40.000, "/m/music,/m/swing,/m/drum,/m/happy"
cutout-0001, 90.000, 100.000, "/m/rock,/m/unknown"
inmillisec_, 5.500, 15.500, "/m/jazz"
barking-dog, 0.000, 10.000, "/m/dog"
notthere001, 0.000, 10.000, "/m/music"
too-short-1, 50.000, 60.000, "/m/music"
damagedfile, 0.000, 10.000, "/m/music"
cutout-0001, 90.000, 100.000, "/m/rock,/m/drum" 
`;
const TEST = `${HEADER}unlabelled1, 0.000, 10.000, "/m/music,/m/instrument"\n`;

/** A file's content says how long it is, or that it can't be read. */
async function probe(path: string): Promise<MediaProbe> {
  const { readFile } = await import('node:fs/promises');
  const [kind, seconds] = (await readFile(path, 'utf8')).split(' ');
  if (kind === 'damaged') throw new MediaError('CORRUPT_MEDIA', 'The file is damaged.');
  return {
    container: 'mp4',
    durationSeconds: Number(seconds),
    audio: { codec: 'aac', sampleRateHz: 48_000, channels: 2 },
    video: kind === 'video' ? { codec: 'h264', widthPixels: 2, heightPixels: 2, framesPerSecond: 24 } : null,
    tags: {},
  };
}

async function createMedia() {
  const lists = await createFolder({ 'train.csv': TRAIN, 'eval.csv': TEST, 'ontology.json': ONTOLOGY });
  const folder = await createFolder({
    'a/--PJHxphWEs.mp4': 'video 180',
    'cutout-0001_90.000_100.000.wav': 'music 10',
    'inmillisec__5500.mkv': 'video 10.1',
    'inmillisec__5.5.mp3': 'music 10',
    'barking-dog.mp4': 'video 10',
    'too-short-1.mp4': 'video 55',
    'damagedfile.mp4': 'damaged',
    'unlabelled1.webm': 'video 9.9',
    'holiday.mp4': 'video 30',
  });
  const options: AudioSetImport = {
    lists: [
      { file: join(lists, 'train.csv'), split: 'train' },
      { file: join(lists, 'eval.csv'), split: 'test' },
    ],
    ontologyFile: join(lists, 'ontology.json'),
    force: false,
    probe,
  };
  return { folder, options };
}

describe('importing AudioSet', () => {
  it('takes the music whose media are there, with its window, its labels by kind, and its split', async () => {
    const { folder, options } = await createMedia();
    const result = await importAudioSet(folder, options);
    const rows = result.library.items.map((item) => ({
      ...{ id: item.id, path: relative(folder, item.path), modality: item.modality, split: item.split },
      ...{ window: [item.startSeconds, item.endSeconds], genres: item.genres, source: item.source },
      others: item.attributes.map(({ name, value }) => `${name} ${value}`),
    }));
    expect(rows).toEqual([
      {
        id: '--PJHxphWEs_30',
        path: 'a/--PJHxphWEs.mp4',
        modality: 'VIDEO',
        split: 'train',
        window: [30, 40],
        genres: ['Swing music'],
        source: '--PJHxphWEs',
        others: ['mood Happy music', 'instrument Drum'],
      },
      {
        id: 'cutout-0001_90',
        path: 'cutout-0001_90.000_100.000.wav',
        modality: 'MUSIC',
        split: 'train',
        window: [null, null],
        genres: ['Rock music'],
        source: 'cutout-0001',
        others: ['instrument Drum'],
      },
      {
        id: 'inmillisec__5.5',
        path: 'inmillisec__5500.mkv',
        modality: 'VIDEO',
        split: 'train',
        window: [null, null],
        genres: ['Jazz'],
        source: 'inmillisec_',
        others: [],
      },
      {
        id: 'unlabelled1_0',
        path: 'unlabelled1.webm',
        modality: 'VIDEO',
        split: 'test',
        window: [null, null],
        genres: [],
        source: 'unlabelled1',
        others: [],
      },
    ]);
    expect(result.segments).toEqual({ listed: 8, music: 7, found: 6 });
    expect(result.unknownLabels).toEqual(['/m/unknown']);
    expect(result.unreadable).toEqual([
      { path: join(folder, 'inmillisec__5.5.mp3'), reason: 'the segment has inmillisec__5500.mkv' },
      {
        path: join(folder, 'too-short-1.mp4'),
        reason: 'it ends at 55 s, before its segment does at 60 s',
      },
      { path: join(folder, 'damagedfile.mp4'), reason: 'CORRUPT_MEDIA: The file is damaged.' },
    ]);
    expect(await readLibrary(result.file, probe)).toEqual(result.library);
    await expect(importAudioSet(folder, options)).rejects.toThrow('--force');
  });

  it('refuses a video in two splits, a folder without its media, and an ontology that is none', async () => {
    const { folder, options } = await createMedia();
    const [train] = options.lists;
    await expect(
      importAudioSet(folder, { ...options, lists: [train, { ...train, split: 'test' }] }),
    ).rejects.toThrow('7 videos stand in lists of different splits, such as --PJHxphWEs');
    await expect(importAudioSet(await createFolder({ 'x.mp4': 'video 1' }), options)).rejects.toThrow(
      'no file that is named after one of the 7 music segments',
    );
    await expect(importAudioSet(folder, { ...options, ontologyFile: train.file })).rejects.toThrow(
      'is no AudioSet ontology',
    );
  });

  it('reads a list as long as the longest', () => {
    const lines = Array.from(
      { length: 300_000 },
      (_, i) => `${String(i).padStart(11, '0')}, 0.000, 10.000, "/m/music"`,
    );
    expect(parseAudioSetSegments(`${HEADER}${lines.join('\n')}`, 'list.csv')).toHaveLength(300_000);
  });

  it('lists every faulty line', () => {
    const text = `${HEADER}short, 0, 10, "/m/a"\n--PJHxphWEs, 10, 5, "/m/a"\n--PJHxphWEs, 0, 5\n--PJHxphWEs, 0, 5, "/m/a"\n--PJHxphWEs, , 5, "/m/a"\n`;
    expect(() => parseAudioSetSegments(text, 'list.csv')).toThrow(
      /^list\.csv has 4 faults:\n {2}line 4: "short" is no video id.*\n {2}line 5: its end.*\n {2}line 6: 3 fields/,
    );
    expect(() => parseAudioSetSegments(HEADER, 'list.csv')).toThrow('lists no segments');
  });
});
