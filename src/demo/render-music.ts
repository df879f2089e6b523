import { createRandom, type Random } from '../shared/random.ts';
import type { DemoPair } from './demo-plan.ts';
import {
  addNote,
  addReverb,
  addStrike,
  createTimbre,
  MUSIC_SAMPLE_RATE_HZ,
  renderHat,
  renderKick,
  renderSnare,
  type StereoSound,
} from './instruments.ts';
import { between } from './latents.ts';

const BEATS_PER_BAR = 4;
const STEPS_PER_BEAT = 4;
/** Seven-note scales from the brightest to the darkest. */
const MODES = [
  [0, 2, 4, 6, 7, 9, 11],
  [0, 2, 4, 5, 7, 9, 11],
  [0, 2, 4, 5, 7, 9, 10],
  [0, 2, 3, 5, 7, 9, 10],
  [0, 2, 3, 5, 7, 8, 10],
  [0, 1, 3, 5, 7, 8, 10],
] as const;
/** The most energetic tracks then peak under 0.8, which leaves room for what lossy codecs add. */
const LOUDNESS = 0.7;
const FADE_SECONDS = 0.03;

/** What a track is played from: the pair's latents as musical quantities. */
interface Score {
  random: Random;
  durationSeconds: number;
  secondsPerBeat: number;
  /** MIDI number of the tonic that the chords stand on. */
  tonic: number;
  scale: readonly number[];
  chords: readonly number[];
  voicing: readonly number[];
  /** Exponent of the harmonics' fall. */
  slope: number;
  harmonics: DemoPair['genre']['harmonics'];
  decaySeconds: number;
  /** Chance that a sixteenth off the beat is played. */
  fill: number;
  /** Detuning of the two voices of a chord's note, as a ratio. */
  detune: number;
  wet: number;
  /** 0 to some 1: how hard the drums are hit, how loud all of it is. */
  force: number;
  shine: number;
}

/**
 * Plays a pair's track: drums, bass, chords and a melody. Energy sets loudness and drums, brightness the slope of
 * the harmonics, density the notes per beat, valence mode and room, register pitch, tempo the beat; the genre sets
 * drum pattern, harmonics, decay and chords.
 *
 * @returns stereo at 48 kHz, within ±0.8
 */
export function renderMusic(pair: DemoPair): StereoSound {
  const score = toScore(pair);
  const sampleCount = Math.round(pair.durationSeconds * MUSIC_SAMPLE_RATE_HZ);
  const sound = { left: new Float32Array(sampleCount), right: new Float32Array(sampleCount) };
  playChords(sound, score);
  playMelody(sound, score);
  addReverb(sound, score.wet);
  playBass(sound, score, pair.genre.kick);
  playDrums(sound, score, pair.genre);
  master(sound, score);
  return sound;
}

function toScore(pair: DemoPair): Score {
  const { energy, brightness, density, valence, register, tempoBpm } = pair.music;
  const harmony = pair.secondGenre ?? pair.genre;
  const mode = Math.round(Math.min(MODES.length - 1, Math.max(0, between(valence, MODES.length - 1, 0))));
  return {
    random: createRandom(pair.seed).fork('music'),
    durationSeconds: pair.durationSeconds,
    secondsPerBeat: 60 / tempoBpm,
    tonic: 57 + pair.key + Math.round(between(register, -13, 13)),
    scale: MODES[mode],
    chords: harmony.chords,
    voicing: harmony.voicing,
    slope: between(brightness, 2.3, 0.75),
    harmonics: harmony.harmonics,
    decaySeconds: pair.genre.decaySeconds,
    fill: Math.min(0.95, Math.max(0.02, between(density, 0.05, 0.9))),
    detune: between(valence, 1.008, 1.001),
    wet: Math.max(0.02, between(valence, 0.22, 0.06)),
    force: Math.max(0.15, between(energy, 0.3, 1)),
    shine: Math.max(0.1, between(brightness, 0.25, 1)),
  };
}

/** The chord of each bar, held. */
function playChords(sound: StereoSound, score: Score): void {
  const timbre = createTimbre(score.harmonics, score.slope + 0.4);
  const barSeconds = BEATS_PER_BAR * score.secondsPerBeat;
  for (let bar = 0; bar * barSeconds < score.durationSeconds; bar++) {
    for (const step of score.voicing) {
      const frequencyHz = toHertz(pitchOf(score, chordOf(score, bar) + step));
      for (const side of [-1, 1]) {
        addNote(sound, timbre, {
          startSeconds: bar * barSeconds,
          lengthSeconds: barSeconds,
          frequencyHz: frequencyHz * score.detune ** side,
          gain: 0.16 / Math.sqrt(score.voicing.length),
          attackSeconds: 0.08,
          decaySeconds: 2.5,
          pan: 0.6 * side,
        });
      }
    }
  }
}

/** A walk over the scale, on every beat and, by chance, between; strong beats take notes of the chord. */
function playMelody(sound: StereoSound, score: Score): void {
  const timbre = createTimbre(score.harmonics, score.slope);
  const { random } = score;
  let degree = 7;
  forEachStep(score, (startSeconds, step) => {
    const onBeat = step % STEPS_PER_BEAT === 0;
    const isPlayed = onBeat || random.uniform() < score.fill;
    const bar = Math.floor(step / (STEPS_PER_BEAT * BEATS_PER_BAR));
    degree = Math.min(13, Math.max(4, degree + random.integer(5) - 2));
    const strong = chordOf(score, bar) + score.voicing[random.integer(score.voicing.length)] + 7;
    const pitch = pitchOf(score, onBeat ? strong : degree);
    const pan = 0.5 * (2 * random.uniform() - 1);
    if (!isPlayed) return;
    addNote(sound, timbre, {
      startSeconds,
      lengthSeconds: Math.min(1.5, 3 * score.decaySeconds + 0.05),
      frequencyHz: toHertz(pitch),
      gain: onBeat ? 0.5 : 0.38,
      attackSeconds: 0.004,
      decaySeconds: score.decaySeconds,
      pan,
    });
  });
}

/** The root of the chord with every kick. */
function playBass(sound: StereoSound, score: Score, pattern: string): void {
  const timbre = createTimbre('all', score.slope + 1.2);
  forEachStep(score, (startSeconds, step) => {
    const accent = accentOf(pattern, step);
    if (accent === 0) return;
    const bar = Math.floor(step / pattern.length);
    addNote(sound, timbre, {
      startSeconds,
      lengthSeconds: 0.5,
      frequencyHz: toHertz(Math.max(30, pitchOf(score, chordOf(score, bar)) - 24)),
      gain: 0.45 * accent,
      attackSeconds: 0.006,
      decaySeconds: 0.22,
      pan: 0,
    });
  });
}

function playDrums(sound: StereoSound, score: Score, genre: DemoPair['genre']): void {
  const kit = [
    { strike: renderKick(), pattern: genre.kick, gain: 1 },
    { strike: renderSnare(score.random), pattern: genre.snare, gain: 0.55 },
    { strike: renderHat(score.random), pattern: genre.hat, gain: 0.5 * score.shine },
  ];
  forEachStep(score, (startSeconds, step) => {
    for (const { strike, pattern, gain } of kit) {
      const accent = accentOf(pattern, step);
      if (accent > 0) addStrike(sound, strike, startSeconds, gain * accent * (0.35 + 0.65 * score.force));
    }
  });
}

/** Sets the loudness, rounds off peaks and fades both ends, as an excerpt has to be. */
function master(sound: StereoSound, { force }: Score): void {
  const drive = 0.5 + force;
  const loudness = LOUDNESS * force ** 0.6;
  const fade = FADE_SECONDS * MUSIC_SAMPLE_RATE_HZ;
  for (const channel of [sound.left, sound.right]) {
    for (let i = 0; i < channel.length; i++) {
      const edge = Math.min(1, i / fade, (channel.length - 1 - i) / fade);
      channel[i] = loudness * Math.tanh(drive * channel[i]) * edge;
    }
  }
}

function forEachStep(
  { durationSeconds, secondsPerBeat }: Score,
  play: (seconds: number, step: number) => void,
) {
  const stepSeconds = secondsPerBeat / STEPS_PER_BEAT;
  for (let step = 0; step * stepSeconds < durationSeconds; step++) play(step * stepSeconds, step);
}

function accentOf(pattern: string, step: number): number {
  return Number(pattern[step % pattern.length]) / 9;
}

function chordOf({ chords }: Score, bar: number): number {
  return chords[bar % chords.length];
}

/** MIDI number of a degree of the scale; degrees past the seventh go on in the next octave. */
function pitchOf({ tonic, scale }: Score, degree: number): number {
  return tonic + 12 * Math.floor(degree / scale.length) + scale[degree % scale.length];
}

function toHertz(midi: number): number {
  return 440 * 2 ** ((midi - 69) / 12);
}
