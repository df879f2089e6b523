import type { Random } from '../shared/random.ts';
import type { DemoGenre } from './genres.ts';

export const MUSIC_SAMPLE_RATE_HZ = 48_000;

/** Two channels of equal length, in −1 … 1 once they are mastered. */
export interface StereoSound {
  left: Float32Array;
  right: Float32Array;
}

/** A short mono sound that is rendered once and struck many times. */
export type Strike = Float32Array;

export interface Note {
  startSeconds: number;
  lengthSeconds: number;
  frequencyHz: number;
  gain: number;
  attackSeconds: number;
  /** Time to fall to 1/e after the attack; Infinity holds. */
  decaySeconds: number;
  /** −1 left … 1 right. */
  pan: number;
}

/** An instrument of steady tone: its waveform for a fundamental. */
export interface Timbre {
  tableFor(frequencyHz: number): Float32Array;
}

const TABLE_SIZE = 2048;
const MAX_HARMONICS = 32;
const MAX_HARMONIC_HZ = 14_000;
const RELEASE_SECONDS = 0.03;

/**
 * A timbre whose nth harmonic has the amplitude n^−slope. Harmonics above {@link MAX_HARMONIC_HZ} are left out; all
 * waveforms have the same energy, so that brightness does not change loudness.
 */
export function createTimbre(harmonics: DemoGenre['harmonics'], slope: number): Timbre {
  const tables = new Map<number, Float32Array>();
  return {
    tableFor(frequencyHz) {
      const count = Math.max(1, Math.min(MAX_HARMONICS, Math.floor(MAX_HARMONIC_HZ / frequencyHz)));
      const table = tables.get(count) ?? renderTable(harmonics, slope, count);
      tables.set(count, table);
      return table;
    },
  };
}

function renderTable(harmonics: DemoGenre['harmonics'], slope: number, count: number): Float32Array {
  const table = new Float32Array(TABLE_SIZE + 1); // one more, for interpolation
  let energy = 0;
  for (let n = 1; n <= count; n++) {
    const isEven = n % 2 === 0;
    const isPresent = n === 1 || harmonics === 'all' || isEven === (harmonics === 'even');
    if (!isPresent) continue;
    const amplitude = n ** -slope;
    energy += amplitude ** 2 / 2;
    for (let i = 0; i <= TABLE_SIZE; i++)
      table[i] += amplitude * Math.sin((2 * Math.PI * n * i) / TABLE_SIZE);
  }
  const scale = 0.5 / Math.sqrt(energy);
  for (let i = 0; i <= TABLE_SIZE; i++) table[i] *= scale;
  return table;
}

/** Adds a note; what reaches past the end of the sound is cut off. */
export function addNote(sound: StereoSound, timbre: Timbre, note: Note): void {
  const table = timbre.tableFor(note.frequencyHz);
  const step = (note.frequencyHz * TABLE_SIZE) / MUSIC_SAMPLE_RATE_HZ;
  const start = Math.round(note.startSeconds * MUSIC_SAMPLE_RATE_HZ);
  const length = Math.round(note.lengthSeconds * MUSIC_SAMPLE_RATE_HZ);
  const end = Math.min(sound.left.length, start + length);
  const attack = Math.max(1, note.attackSeconds * MUSIC_SAMPLE_RATE_HZ);
  const release = RELEASE_SECONDS * MUSIC_SAMPLE_RATE_HZ;
  const fallPerSample = Math.exp(-1 / (note.decaySeconds * MUSIC_SAMPLE_RATE_HZ));
  const leftGain = note.gain * Math.sqrt((1 - note.pan) / 2);
  const rightGain = note.gain * Math.sqrt((1 + note.pan) / 2);
  let phase = 0;
  let fall = 1;
  for (let i = start; i < end; i++) {
    const age = i - start;
    let envelope = fall;
    if (age < attack) envelope = age / attack;
    else fall *= fallPerSample;
    const left = length - age;
    if (left < release) envelope *= left / release;
    const at = phase | 0;
    const sample = (table[at] + (table[at + 1] - table[at]) * (phase - at)) * envelope;
    sound.left[i] += sample * leftGain;
    sound.right[i] += sample * rightGain;
    phase += step;
    if (phase >= TABLE_SIZE) phase -= TABLE_SIZE;
  }
}

/** Adds a strike to both channels alike. */
export function addStrike(sound: StereoSound, strike: Strike, startSeconds: number, gain: number): void {
  const start = Math.round(startSeconds * MUSIC_SAMPLE_RATE_HZ);
  const end = Math.min(sound.left.length, start + strike.length);
  for (let i = Math.max(0, start); i < end; i++) {
    sound.left[i] += strike[i - start] * gain;
    sound.right[i] += strike[i - start] * gain;
  }
}

/** A sine that falls from 150 to 48 Hz. */
export function renderKick(): Strike {
  let phase = 0;
  return renderStrike(0.3, (seconds) => {
    phase += (2 * Math.PI * (48 + 102 * Math.exp(-seconds / 0.03))) / MUSIC_SAMPLE_RATE_HZ;
    return Math.sin(phase) * Math.exp(-seconds / 0.09);
  });
}

/** Noise over a short tone. */
export function renderSnare(random: Random): Strike {
  return renderStrike(0.22, (seconds) => {
    const noise = (2 * random.uniform() - 1) * Math.exp(-seconds / 0.06);
    return 0.6 * noise + 0.5 * Math.sin(2 * Math.PI * 190 * seconds) * Math.exp(-seconds / 0.05);
  });
}

/** High noise: the difference of neighbouring samples of noise. */
export function renderHat(random: Random): Strike {
  let before = 0;
  return renderStrike(0.09, (seconds) => {
    const noise = 2 * random.uniform() - 1;
    const high = noise - before;
    before = noise;
    return 0.5 * high * Math.exp(-seconds / 0.022);
  });
}

function renderStrike(lengthSeconds: number, sampleAt: (seconds: number) => number): Strike {
  const strike = new Float32Array(Math.round(lengthSeconds * MUSIC_SAMPLE_RATE_HZ));
  return strike.map((_, i) => sampleAt(i / MUSIC_SAMPLE_RATE_HZ));
}

/** Delays of the reverb's combs in samples at 48 kHz, two a channel; mutually prime, so that echoes don't line up. */
const COMB_DELAYS = { left: [1697, 1621], right: [1759, 1549] } as const;
const COMB_FEEDBACK = 0.8;

/** Adds a room: two feedback combs a channel (after Schroeder), fed with both channels. */
export function addReverb(sound: StereoSound, wet: number): void {
  const send = sound.left.map((sample, i) => (sample + sound.right[i]) / 2);
  for (const channel of ['left', 'right'] as const) {
    const output = sound[channel];
    for (const delay of COMB_DELAYS[channel]) {
      const line = new Float32Array(delay);
      let damped = 0;
      for (let i = 0, at = 0; i < send.length; i++) {
        const echo = line[at];
        damped += 0.5 * (echo - damped);
        line[at] = send[i] + COMB_FEEDBACK * damped;
        output[i] += wet * echo;
        if (++at === delay) at = 0;
      }
    }
  }
}
