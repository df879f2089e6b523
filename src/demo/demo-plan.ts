import type { Split } from '../library/library.ts';
import { createRandom, type Random } from '../shared/random.ts';
import { DEMO_GENRES, type DemoGenre } from './genres.ts';
import { type Latents, perturbLatents, sampleLatents } from './latents.ts';
import { nameArtist, nameTrack, nameVideo, toMoods } from './names.ts';

/** What a demo library is made from: the same recipe gives the same files. */
export interface DemoRecipe {
  seed: number;
  genres: readonly DemoGenre[];
  /** Sources of each genre; a source is a release with one key, look and tempo, and gives two pairs. */
  sourcesPerGenre: Readonly<Record<Split, number>>;
}

/** 240 pairs from 120 sources of 6 genres: 120 to train, 24 to choose, 96 to test. */
export const DEMO_RECIPE: DemoRecipe = {
  seed: 20_241_220,
  genres: DEMO_GENRES,
  sourcesPerGenre: { train: 10, val: 2, test: 8 },
};

export type MusicFormat = 'mp3' | 'm4a' | 'opus';

/** One pair of the demo, with all that rendering, encoding and library.csv need. */
export interface DemoPair {
  seed: number;
  trackId: string;
  videoId: string;
  source: string;
  split: Split;
  genre: DemoGenre;
  /** Lends its harmony and its second colour. */
  secondGenre: DemoGenre | null;
  isLabelled: boolean;
  durationSeconds: number;
  /** Semitones from C. */
  key: number;
  music: Latents;
  video: Latents;
  musicFormat: MusicFormat;
  /** False: the video is silent; else its soundtrack is the track. */
  hasSoundtrack: boolean;
  trackTitle: string;
  videoTitle: string;
  artist: string;
  year: number;
  moods: string[];
}

interface Source {
  id: string;
  split: Split;
  genre: DemoGenre;
  secondGenre: DemoGenre | null;
  tempoBpm: number;
  key: number;
  artist: string;
  year: number;
  random: Random;
}

const PAIRS_PER_SOURCE = 2;
/** Together they spread a genre's tempo by 14 BPM around its mean. */
const SOURCE_TEMPO_DEVIATION_BPM = 11;
const PAIR_TEMPO_DEVIATION_BPM = 8.7;
const SECOND_GENRE_SHARE = 0.25;
const LABELLED_SHARE = 0.8;
const USUAL_SECONDS = 10;
/** Every so many pairs: one that is longer, so that it has several segments. */
const LONG_EVERY = 16;
const LONG_SECONDS = [20, 24, 30] as const;
const SILENT_EVERY = 12;
const MUSIC_FORMATS: readonly MusicFormat[] = ['mp3', 'm4a', 'opus'];

/** Every pair of the recipe, the same each time. */
export function planDemo(recipe: DemoRecipe): DemoPair[] {
  const random = createRandom(recipe.seed);
  const sources = planSources(recipe, random.fork('sources'));
  const count = sources.length * PAIRS_PER_SOURCE;
  const labelled = new Set(indices(count, LABELLED_SHARE, random.fork('labels')));
  return sources.flatMap((source, s) =>
    Array.from({ length: PAIRS_PER_SOURCE }, (_, p) => {
      const index = s * PAIRS_PER_SOURCE + p;
      return planPair(source, index, labelled.has(index), recipe.seed);
    }),
  );
}

/** Sources in mixed order, so that neighbouring ids are of different genres and splits. */
function planSources({ genres, sourcesPerGenre }: DemoRecipe, random: Random): Source[] {
  const places = genres.flatMap((genre) =>
    (['train', 'val', 'test'] as const).flatMap((split) =>
      Array.from({ length: sourcesPerGenre[split] }, () => ({ genre, split })),
    ),
  );
  const mixed = new Set(indices(places.length, SECOND_GENRE_SHARE, random));
  return random.shuffled(places).map(({ genre, split }, s) => {
    const others = genres.filter((other) => other !== genre);
    const own = random.fork(`source ${s}`);
    return {
      id: `release-${pad(s + 1)}`,
      split,
      genre,
      secondGenre: mixed.has(s) && others.length > 0 ? others[own.integer(others.length)] : null,
      tempoBpm: genre.meanTempoBpm + SOURCE_TEMPO_DEVIATION_BPM * own.normal(),
      key: own.integer(7) - 3,
      artist: nameArtist(own),
      year: 1974 + own.integer(52),
      random: own,
    };
  });
}

function planPair(source: Source, index: number, isLabelled: boolean, recipeSeed: number): DemoPair {
  const { id: sourceId, tempoBpm: sourceTempoBpm, random, ...inherited } = source;
  const own = random.fork(`pair ${index}`);
  const latents = sampleLatents(sourceTempoBpm + PAIR_TEMPO_DEVIATION_BPM * own.normal(), own);
  const isLong = index % LONG_EVERY === LONG_EVERY - 1;
  return {
    ...inherited,
    seed: createRandom(recipeSeed)
      .fork(`render ${index}`)
      .integer(2 ** 31),
    trackId: `track-${pad(index + 1)}`,
    videoId: `video-${pad(index + 1)}`,
    source: sourceId,
    isLabelled,
    durationSeconds: isLong ? LONG_SECONDS[own.integer(LONG_SECONDS.length)] : USUAL_SECONDS,
    music: perturbLatents(latents, own.fork('music')),
    video: perturbLatents(latents, own.fork('video')),
    musicFormat: MUSIC_FORMATS[index % MUSIC_FORMATS.length],
    hasSoundtrack: index % SILENT_EVERY !== SILENT_EVERY - 1,
    trackTitle: nameTrack(own),
    videoTitle: nameVideo(own),
    moods: toMoods(latents),
  };
}

/** A random `share` of the indices below `count`. */
function indices(count: number, share: number, random: Random): number[] {
  return random.shuffled(Array.from({ length: count }, (_, i) => i)).slice(0, Math.round(count * share));
}

function pad(number: number): string {
  return String(number).padStart(3, '0');
}
