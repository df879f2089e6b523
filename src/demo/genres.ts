/** What a genre alone decides, in sound and in pictures. Everything else comes from a pair's latents. */
export interface DemoGenre {
  name: string;
  meanTempoBpm: number;
  /** Sixteen steps of one 4/4 bar: 0 silent, 9 loudest. */
  kick: string;
  snare: string;
  hat: string;
  /** Which harmonics the instruments have beside the fundamental. */
  harmonics: 'odd' | 'even' | 'all';
  /** How long a plucked note takes to fall to 1/e. */
  decaySeconds: number;
  /** One chord a bar, as degrees of the scale from 0. */
  chords: readonly number[];
  /** Notes of a chord, as steps of the scale above its degree. */
  voicing: readonly number[];
  hueDegrees: number;
  stripeAngleDegrees: number;
  shape: 'disc' | 'ring' | 'diamond' | 'triangle' | 'square' | 'petal';
}

export const DEMO_GENRES: readonly DemoGenre[] = [
  {
    name: 'ambient',
    meanTempoBpm: 78,
    kick: '6000400050004000',
    snare: '0000000000000000',
    hat: '0020002000200030',
    harmonics: 'even',
    decaySeconds: 0.9,
    chords: [0, 3, 5, 3],
    voicing: [0, 4, 8],
    hueDegrees: 195,
    stripeAngleDegrees: 85,
    shape: 'disc',
  },
  {
    name: 'folk',
    meanTempoBpm: 92,
    kick: '8000500080005000',
    snare: '0000300000003000',
    hat: '0040404000404040',
    harmonics: 'all',
    decaySeconds: 0.35,
    chords: [0, 4, 5, 3],
    voicing: [0, 2, 4],
    hueDegrees: 48,
    stripeAngleDegrees: 60,
    shape: 'petal',
  },
  {
    name: 'jazz',
    meanTempoBpm: 107,
    kick: '6000400060024000',
    snare: '0000200300002003',
    hat: '6002600360026003',
    harmonics: 'odd',
    decaySeconds: 0.5,
    chords: [1, 4, 0, 5],
    voicing: [0, 2, 4, 6],
    hueDegrees: 258,
    stripeAngleDegrees: 35,
    shape: 'ring',
  },
  {
    name: 'house',
    meanTempoBpm: 121,
    kick: '9000900090009000',
    snare: '0000700000007000',
    hat: '0060006000600062',
    harmonics: 'odd',
    decaySeconds: 0.18,
    chords: [0, 0, 5, 6],
    voicing: [0, 2, 6],
    hueDegrees: 318,
    stripeAngleDegrees: 0,
    shape: 'diamond',
  },
  {
    name: 'rock',
    meanTempoBpm: 136,
    kick: '9000600090806000',
    snare: '0000900000009002',
    hat: '6060606060606060',
    harmonics: 'all',
    decaySeconds: 0.7,
    chords: [0, 6, 3, 0],
    voicing: [0, 4, 7],
    hueDegrees: 8,
    stripeAngleDegrees: 145,
    shape: 'triangle',
  },
  {
    name: 'electro',
    meanTempoBpm: 150,
    kick: '9004700090047000',
    snare: '0000800000008040',
    hat: '5242524252425242',
    harmonics: 'even',
    decaySeconds: 0.1,
    chords: [0, 3, 0, 4],
    voicing: [0, 1, 4],
    hueDegrees: 140,
    stripeAngleDegrees: 115,
    shape: 'square',
  },
];
