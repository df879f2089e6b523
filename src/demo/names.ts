import type { Random } from '../shared/random.ts';
import type { Latents } from './latents.ts';

const FIRST_NAMES =
  'Ada Bruno Clara Dario Elin Farid Greta Hugo Ines Jonas Kaya Leo Mira Noor Otis Petra'.split(' ');
const LAST_NAMES =
  'Almeida Brandt Castel Duarte Ekman Fontaine Grieg Holm Iversen Joshi Keller Lindqvist Moreau Novak Okafor Paz'.split(
    ' ',
  );
const BAND_ADJECTIVES = 'Paper Velvet Northern Hollow Electric Copper Quiet Midnight Salt Golden'.split(' ');
const BAND_NOUNS = 'Lanterns Harbour Foxes Cartographers Orchard Pilots Tides Parade Choir Satellites'.split(
  ' ',
);

const TRACK_ADJECTIVES =
  'Slow Glass Amber Distant Falling Silver Open Second Borrowed Winter Crooked Tidal Soft Neon Hidden Last'.split(
    ' ',
  );
const TRACK_NOUNS =
  'Harbour Signal Meadow Corridor Engine Letter Horizon River Window Satellite Orchard Mirror Avenue Lantern Coast Echo'.split(
    ' ',
  );
const VIDEO_MOTIONS =
  'Drifting Turning Rising Folding Passing Gliding Breathing Spinning Waking Flowing Falling Dancing'.split(
    ' ',
  );
const VIDEO_SUBJECTS =
  'Ribbons Lines Tides Fields Lights Patterns Shadows Prisms Currents Petals Corners Waves'.split(' ');
const VIDEO_TIMES =
  'at dawn,by night,in the rain,after hours,over water,in July,at the edge,from above'.split(',');

/** A person or a band. */
export function nameArtist(random: Random): string {
  if (random.uniform() < 0.5) return `${pick(FIRST_NAMES, random)} ${pick(LAST_NAMES, random)}`;
  return `${pick(BAND_ADJECTIVES, random)} ${pick(BAND_NOUNS, random)}`;
}

export function nameTrack(random: Random): string {
  return `${pick(TRACK_ADJECTIVES, random)} ${pick(TRACK_NOUNS, random)}`;
}

export function nameVideo(random: Random): string {
  return `${pick(VIDEO_MOTIONS, random)} ${pick(VIDEO_SUBJECTS, random).toLowerCase()} ${pick(VIDEO_TIMES, random)}`;
}

/** Words for how a pair feels, by the quadrants of energy and valence, and how full it is. */
export function toMoods({ energy, valence, density }: Latents): string[] {
  const feeling = energy > 0 ? (valence > 0 ? 'joyful' : 'tense') : valence > 0 ? 'serene' : 'melancholic';
  const fullness = density > 0.4 ? ['busy'] : density < -0.4 ? ['sparse'] : [];
  return [feeling, ...fullness];
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[random.integer(values.length)];
}
