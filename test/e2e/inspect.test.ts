import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { createRandom } from '../../src/shared/random.ts';
import { encode, runFfmpeg, toWav } from '../media/make-media.ts';
import { writeRandomBundle } from '../support/random-bundle.ts';
import { createWorkspace } from './support/control-mvr.ts';

const SAMPLE_RATE_HZ = 24_000;
const SONGS = 12;

/** A made-up song: a chord of its own, struck at a tempo of its own, over some noise. */
function song(seed: number, seconds: number): Float32Array {
  const random = createRandom(seed);
  const tones = Array.from({ length: 4 }, () => 80 * 2 ** (5 * random.uniform()));
  const beatSeconds = 0.25 + 0.6 * random.uniform();
  const [decay, noise] = [2 + 10 * random.uniform(), 0.3 * random.uniform()];
  return Float32Array.from({ length: seconds * SAMPLE_RATE_HZ }, (_, i) => {
    const time = i / SAMPLE_RATE_HZ;
    const strike = Math.exp(-decay * (time % beatSeconds));
    const chord = tones.reduce((sum, toneHz) => sum + Math.sin(2 * Math.PI * toneHz * time), 0);
    return 0.15 * strike * chord + noise * (random.uniform() - 0.5);
  });
}

const sound = (samples: Float32Array) => ({ sampleRateHz: SAMPLE_RATE_HZ, channels: [samples] });
const pictures = (phase: number, seconds: number) => ({
  widthPixels: 64,
  heightPixels: 36,
  framesPerSecond: 12,
  count: 12 * seconds,
  greyAt: (frame: number) => Math.round(128 + 100 * Math.sin(phase + frame / (5 + phase))),
});

describe('inspect', { timeout: 120_000 }, () => {
  const workspace = createWorkspace('inspect');
  const folder = join(workspace.folder, 'library');
  const at = (name: string) => join(folder, name);

  beforeAll(async () => {
    await mkdir(folder);
    for (let i = 0; i < SONGS; i++) await writeFile(at(`m${i}.wav`), toWav(sound(song(i, 12))));
    await copyFile(at('m0.wav'), at('same.wav'));
    runFfmpeg(['-i', at('m1.wav'), '-b:a', '128k', at('again.mp3')]);
    await writeFile(at('short.wav'), toWav(sound(song(90, 4))));
    await writeFile(at('silent.wav'), toWav(sound(new Float32Array(10 * SAMPLE_RATE_HZ))));
    await writeFile(at('damaged.wav'), 'no sound at all');
    encode(at('v2.mp4'), { pictures: pictures(1, 12) });
    encode(at('own.mp4'), { pictures: pictures(2, 25), sound: sound(song(91, 25)) });
    const songs = Array.from(
      { length: SONGS },
      (_, i) => `m${i},music,m${i}.wav,${i === 2 ? 'jazz' : ''},,train`,
    );
    const rows = [
      'id,kind,path,genres,pairedWith,split',
      ...songs.with(2, 'm2,music,m2.wav,jazz,,test'),
      'same,music,same.wav,,,test',
      'again,music,again.mp3,,,val',
      'short,music,short.wav,,,train',
      'silent,music,silent.wav,,,train',
      'damaged,music,damaged.wav,,,train',
      'gone,music,gone.wav,,,train',
      'v2,video,v2.mp4,,m2,test',
      'own,video,own.mp4,rock|folk,,test',
    ];
    await writeFile(at('library.csv'), `${rows.join('\n')}\n`);
  });
  afterAll(() => workspace.close());

  it('tells in one document what training would find, leaks and all', async () => {
    const document = await workspace.runJson(['inspect', folder, '--json']);
    expect(document).toMatchObject({
      schemaVersion: 1,
      counts: {
        tracks: { train: SONGS - 1 + 2, val: 1, test: 2 },
        videos: { train: 0, val: 0, test: 2 },
        soundtracks: { train: 0, val: 0, test: 1 },
        pairs: { train: 0, val: 0, test: 2 },
      },
      unpaired: { tracks: SONGS + 3, videos: 0 },
      labels: { field: 'genres', notInTrain: ['folk', 'jazz', 'rock'], onlyInTrain: [] },
      durationsSeconds: {
        tracks: { count: SONGS + 4, least: 4, median: 12 },
        videos: { least: 12, greatest: 25 },
        soundtracks: { count: 1, sum: expect.closeTo(25, 1) },
      },
      tooShort: ['short'],
      silent: ['silent'],
      duplicates: [{ modality: 'MUSIC', ids: ['m0', 'same'], splits: ['test', 'train'] }],
      nearDuplicates: {
        groups: [{ modality: 'MUSIC', ids: ['m1', 'again'], splits: ['train', 'val'] }],
        notCompared: ['VIDEO'],
      },
    });
    expect(document.leaks).toHaveLength(1);
    expect(document.leaks[0].members).toEqual([
      { split: 'train', ids: ['m0'] },
      { split: 'test', ids: ['same'] },
    ]);
    expect(document.unread.map(({ id, code }: { id: string; code: string }) => [id, code])).toEqual([
      ['damaged', 'UNSUPPORTED_MEDIA'],
      ['gone', 'UNREADABLE'],
    ]);
  });

  it('tells people the same, and of what is to be mended first', async () => {
    const { exitCode, stdout, stderr } = await workspace.run(['inspect', folder]);
    expect(exitCode, stderr).toBe(0);
    for (const line of [
      '| tracks | 13 | 1 | 2 | 16 |',
      '## Splits that leak: `train` and `evaluate` refuse them (1)',
      '- music: m0, same, ACROSS test and train',
      '## Shorter than a segment (1)',
      'Not in train, so nothing is learned of them: folk, jazz, rock.',
    ]) {
      expect(stdout.split('\n')).toContain(line);
    }
    expect(stdout).toMatch(/- music: m1, again, ACROSS train and val \(distance 0\.0\d+\)/);
    const trained = await workspace.run(['train', folder]);
    expect([trained.exitCode, trained.stderr]).toEqual([
      2,
      expect.stringContaining('same (joined by content'),
    ]);
  });

  it('refuses a column that is not there before it reads any media', async () => {
    const { exitCode, stderr } = await workspace.run(['inspect', folder, '--label', 'mood']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('no column "mood"')]);
    expect(stderr).not.toContain('Extracting');
  });
});

describe('evaluate --level segment', { timeout: 120_000 }, () => {
  const workspace = createWorkspace('segments');
  const folder = join(workspace.folder, 'library');
  let bundle: string;

  beforeAll(async () => {
    await mkdir(folder);
    for (const [index, seconds] of [12, 25, 25].entries()) {
      encode(join(folder, `v${index}.mp4`), {
        pictures: pictures(index, seconds),
        sound: sound(song(index, seconds)),
      });
    }
    await writeFile(join(folder, 'm.wav'), toWav(sound(song(8, 40))));
    const rows = [0, 1, 2].map((i) => `v${i},video,v${i}.mp4,${i === 2 ? 'm' : ''},jazz,test`);
    await writeFile(
      join(folder, 'library.csv'),
      `${['id,kind,path,pairedWith,genres,split', ...rows, 'm,music,m.wav,,jazz,test'].join('\n')}\n`,
    );
    const services = createServices(loadConfig({ DATA_DIR: workspace.dataDirectory, LOG_LEVEL: 'silent' }));
    bundle = await writeRandomBundle(services, 8);
    await services.close();
  });
  afterAll(() => workspace.close());

  it('ranks segments, names the level and how many there are, and takes baselines at it', async () => {
    const options = ['--bundle', bundle, '--baselines', '--json'];
    const document = await workspace.runJson(['evaluate', folder, '--level', 'segment', ...options]);
    expect(document).toMatchObject({
      level: 'segment',
      gallery: { tracks: 3, videos: 3, segments: { tracks: 2 + 3 + 4, videos: 2 + 3 + 3 } },
    });
    const { VIDEO_TO_MUSIC, MUSIC_TO_VIDEO } = document.directions;
    expect(VIDEO_TO_MUSIC.WEIGHTED).toHaveLength(11);
    for (const tables of [document.directions, document.baselines.chance, document.baselines.untrained]) {
      expect(tables.VIDEO_TO_MUSIC.BLENDED[5].pair.queries).toBe(8);
      expect(tables.MUSIC_TO_VIDEO.BLENDED[5].pair.queries).toBe(9);
    }
    expect(MUSIC_TO_VIDEO.WEIGHTED[0].label.queries).toBe(9);
  });

  it('does not go with a comparison', async () => {
    const { exitCode, stderr } = await workspace.run([
      ...['evaluate', folder, '--level', 'segment', '--compare', 'a', 'b'],
    ]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--level')]);
  });
});
