import { createRandom, type Random } from '../shared/random.ts';
import { type Colour, mixColours, scaleColour, toColour } from './colour.ts';
import type { DemoPair } from './demo-plan.ts';
import { between } from './latents.ts';
import { CHROMA_OFFSET, drawShape, type Frame, LUMA_OFFSET, type Shape } from './shapes.ts';

export const VIDEO_WIDTH_PIXELS = 320;
export const VIDEO_HEIGHT_PIXELS = 180;
export const VIDEO_FRAMES_PER_SECOND = 24;

/** Steps of the stripes' profile over one wavelength; a power of two. */
const PROFILE_STEPS = 1024;
const WAVE_AMPLITUDE = 90;

/** What a video is drawn from: the pair's latents as visible quantities. */
interface Look {
  secondsPerBeat: number;
  stripes: [Colour, Colour];
  shapeColours: [Colour, Colour];
  wavelengthPixels: number;
  angleRadians: number;
  /** How far the stripes move with every beat. */
  pixelsPerBeat: number;
  beatsPerScene: number;
  shapeKind: Shape['kind'];
  shapeCount: number;
  shapeRadius: number;
  /** Height of the shapes and of the light, as a share from the top. */
  level: number;
  /** Shapes take turns on so many parts of a beat. */
  turns: number;
}

/** What changes with a cut. */
interface Scene {
  stripeOffset: number;
  zoom: number;
  tiltRadians: number;
  swapsColours: boolean;
  shapes: { x: number; y: number; size: number; turn: number; spin: number }[];
}

/**
 * Draws a pair's video: flowing stripes behind shapes, 320 × 180 at 24 frames per second. Energy sets saturation,
 * speed and cuts, brightness luma, density shapes and stripes, valence warmth, register the height of the light and
 * the shapes, tempo the pulse; the genre sets hue, the stripes' angle and the kind of shape.
 *
 * @returns frames in YUV 4:2:0; each is overwritten by the next
 */
export function* renderVideo(pair: DemoPair): Generator<Uint8ClampedArray> {
  const look = toLook(pair);
  const random = createRandom(pair.seed).fork('video');
  const phase = random.uniform();
  const light = renderLight(look.level);
  const frame: Frame = {
    widthPixels: VIDEO_WIDTH_PIXELS,
    heightPixels: VIDEO_HEIGHT_PIXELS,
    bytes: new Uint8ClampedArray((VIDEO_WIDTH_PIXELS * VIDEO_HEIGHT_PIXELS * 3) / 2),
  };
  const frameCount = Math.round(pair.durationSeconds * VIDEO_FRAMES_PER_SECOND);
  let sceneNumber = -1;
  let scene = createScene(look, random);
  for (let f = 0; f < frameCount; f++) {
    const beat = f / VIDEO_FRAMES_PER_SECOND / look.secondsPerBeat + phase;
    const sceneAtBeat = Math.floor(beat / look.beatsPerScene);
    if (sceneAtBeat !== sceneNumber) scene = createScene(look, random.fork(`scene ${sceneAtBeat}`));
    sceneNumber = sceneAtBeat;
    drawStripes(frame, look, scene, light, beat);
    for (const shape of placeShapes(look, scene, beat)) drawShape(frame, shape);
    yield frame.bytes;
  }
}

function toLook(pair: DemoPair): Look {
  const { energy, brightness, density, valence, register, tempoBpm } = pair.video;
  const { genre, secondGenre } = pair;
  const saturation = Math.min(0.95, Math.max(0.12, between(energy, 0.25, 0.9)));
  const value = Math.min(0.98, Math.max(0.24, between(brightness, 0.36, 0.92)));
  const warmth = Math.min(1, Math.max(-1, 0.9 * valence));
  const secondHue = secondGenre ? secondGenre.hueDegrees : genre.hueDegrees + 26;
  const accent = mixColours(toColour(212, 0.75, 0.9, 0), toColour(28, 0.8, 1, 0), (warmth + 1) / 2);
  const white = toColour(0, 0, 1, warmth);
  const lit = 0.55 + 0.5 * value;
  return {
    secondsPerBeat: 60 / tempoBpm,
    stripes: [
      toColour(genre.hueDegrees, saturation, value, warmth),
      toColour(secondHue, saturation, value * 0.45, warmth),
    ],
    shapeColours: [scaleColour(accent, lit), scaleColour(mixColours(accent, white, 0.65), lit)],
    wavelengthPixels: Math.max(22, between(density, 95, 34)),
    angleRadians: (genre.stripeAngleDegrees * Math.PI) / 180,
    pixelsPerBeat: (Math.max(6, between(energy, 14, 110)) * 60) / tempoBpm,
    beatsPerScene: energy > 0.5 ? 2 : energy > -0.2 ? 4 : 8,
    shapeKind: genre.shape,
    shapeCount: Math.round(Math.max(1, between(density, 2, 13))),
    shapeRadius: Math.max(9, between(register, 30, 14)),
    level: Math.min(0.9, Math.max(0.1, between(register, 0.78, 0.22))),
    turns: Math.round(Math.min(4, Math.max(1, between(density, 1, 4)))),
  };
}

function createScene(look: Look, random: Random): Scene {
  return {
    stripeOffset: random.uniform() * PROFILE_STEPS,
    zoom: 0.8 + 0.45 * random.uniform(),
    tiltRadians: 0.22 * (random.uniform() - 0.5),
    swapsColours: random.uniform() < 0.5,
    shapes: Array.from({ length: look.shapeCount }, (_, k) => ({
      // Spread over the width by turns, so that no scene is empty on one side.
      x: (k + 0.15 + 0.7 * random.uniform()) / look.shapeCount,
      y: look.level + 0.3 * (random.uniform() - 0.5),
      size: 0.75 + 0.5 * random.uniform(),
      turn: 2 * Math.PI * random.uniform(),
      spin: 0.6 * (random.uniform() - 0.5),
    })),
  };
}

/** How bright each pixel is lit: a band of light at the shapes' height, and darker corners. */
function renderLight(level: number): Float32Array {
  const light = new Float32Array(VIDEO_WIDTH_PIXELS * VIDEO_HEIGHT_PIXELS);
  for (let y = 0; y < VIDEO_HEIGHT_PIXELS; y++) {
    const distance = (y / VIDEO_HEIGHT_PIXELS - level) / 0.36;
    const band = 0.66 + 0.46 * Math.exp(-distance * distance);
    const v = y / VIDEO_HEIGHT_PIXELS - 0.5;
    for (let x = 0; x < VIDEO_WIDTH_PIXELS; x++) {
      const h = x / VIDEO_WIDTH_PIXELS - 0.5;
      light[y * VIDEO_WIDTH_PIXELS + x] = band * (1 - 0.7 * (h * h + v * v));
    }
  }
  return light;
}

/** Stripes that step on with every beat and flash on it. */
function drawStripes(frame: Frame, look: Look, scene: Scene, light: Float32Array, beat: number): void {
  const { bytes, widthPixels: width, heightPixels: height } = frame;
  const flash = 0.86 + 0.4 * pulse(beat);
  const profile = renderProfile(look, scene, flash);
  const stepsPerPixel = (PROFILE_STEPS / look.wavelengthPixels) * scene.zoom;
  const angle = look.angleRadians + scene.tiltRadians;
  const moved = (Math.floor(beat) + ease(beat - Math.floor(beat))) * look.pixelsPerBeat;
  const offset = scene.stripeOffset - moved * stepsPerPixel;
  const wave = (at: number) => WAVE_AMPLITUDE * Math.sin(at / 38 + beat / 3);
  // The phase is a sum over the two axes, so each is worked out once.
  const columns = Int32Array.from({ length: width }, (_, x) => x * Math.cos(angle) * stepsPerPixel + wave(x));
  const rows = Int32Array.from(
    { length: height },
    (_, y) => y * Math.sin(angle) * stepsPerPixel + wave(1.4 * y + 50) + offset,
  );
  const mask = PROFILE_STEPS - 1;
  const chromaStart = width * height;
  const chromaSize = chromaStart >> 2;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      bytes[at] = LUMA_OFFSET + profile.luma[(columns[x] + rows[y]) & mask] * light[at];
    }
  }
  for (let y = 0, at = chromaStart; y < height; y += 2) {
    for (let x = 0; x < width; x += 2, at++) {
      const step = (columns[x] + rows[y]) & mask;
      const lit = light[y * width + x];
      bytes[at] = CHROMA_OFFSET + profile.blue[step] * lit;
      bytes[at + chromaSize] = CHROMA_OFFSET + profile.red[step] * lit;
    }
  }
}

/** The stripes' colours over one wavelength. */
function renderProfile(look: Look, scene: Scene, flash: number): Record<keyof Colour, Float32Array> {
  const [crest, valley] = scene.swapsColours ? look.stripes.toReversed() : look.stripes;
  const profile = {
    luma: new Float32Array(PROFILE_STEPS),
    blue: new Float32Array(PROFILE_STEPS),
    red: new Float32Array(PROFILE_STEPS),
  };
  for (let i = 0; i < PROFILE_STEPS; i++) {
    const at = i / PROFILE_STEPS;
    const colour = mixColours(valley, crest, smoothStep(0.5 + 0.5 * Math.sin(2 * Math.PI * at)));
    const sheen = flash * (0.94 + 0.12 * Math.sin(4 * Math.PI * at + 1));
    profile.luma[i] = colour.luma * sheen;
    profile.blue[i] = colour.blue * sheen;
    profile.red[i] = colour.red * sheen;
  }
  return profile;
}

/** Shapes that float around their places and swell, each on its part of the beat. */
function placeShapes(look: Look, scene: Scene, beat: number): Shape[] {
  return scene.shapes.map(({ x, y, size, turn, spin }, k) => {
    const swell = pulse(beat - (k % look.turns) / look.turns);
    return {
      kind: look.shapeKind,
      x: x * VIDEO_WIDTH_PIXELS + 9 * Math.sin(beat / 2.5 + turn),
      y: y * VIDEO_HEIGHT_PIXELS + 6 * Math.cos(beat / 3 + turn),
      radius: look.shapeRadius * size * (0.8 + 0.5 * swell),
      turnRadians: turn + spin * beat,
      colour: mixColours(look.shapeColours[0], look.shapeColours[1], 0.25 + 0.6 * swell),
      opacity: 0.88,
    };
  });
}

/** 1 on every beat, gone half-way to the next. */
function pulse(beat: number): number {
  return Math.exp(-5 * (beat - Math.floor(beat)));
}

/** Fast at the start of a beat, slow at its end. */
function ease(share: number): number {
  return 1 - (1 - share) ** 3;
}

function smoothStep(share: number): number {
  return share * share * (3 - 2 * share);
}
