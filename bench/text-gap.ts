import { labelFigures, mean } from '../src/evaluation/metrics.ts';
import { applyHead } from '../src/head/apply-head.ts';
import type { Space, SpaceVectors } from '../src/head/head.ts';
import type { HeadWeights } from '../src/head/head-weights.ts';
import { createRandom, type Random } from '../src/shared/random.ts';
import { toUnit } from '../src/shared/vector-math.ts';
import { rankItems } from '../src/store/ranking.ts';
import { defaultTrainingOptions } from '../src/training/options.ts';
import { toTextHeads } from '../src/training/text-heads.ts';
import { trainHeads } from '../src/training/train-heads.ts';
import type { TrainingPair } from '../src/training/training-set.ts';

// How well texts find music when heads were trained on pictures alone, in a made-up world: text and picture towers
// share directions, and each has a constant offset and noise of its own. Prints a Markdown table; takes a minute.

const SEEDS = [1, 2, 3];
const LABELS = 10;
/** What music and pictures have, and no label speaks of. */
const TRAITS = 8;
const OWN_LATENTS = 6;
const LATENTS = LABELS + TRAITS + OWN_LATENTS;
const FEATURES = { music: 64, video: 96 };
const TRAINING_PAIRS = 600;
const GALLERY = 400;
/** Lengths, before a feature is scaled to 1: how far all pictures, or all texts, lie from zero, and their own noise. */
const OFFSET = 2;
const NOISE = 0.6;
const SEGMENTS = 3;
const TEMPLATES = 3;
const ALPHAS = [0, 0.5, 1];
const RIDGE_SHARES = [0.1, 1, 3, 10];
/** How far the towers agree on what a direction means: the cosine of a text's and a picture's, noise apart. */
const AGREEMENTS = [0.8, 0.4];

interface World {
  music(latents: readonly number[]): Float32Array;
  video(latents: readonly number[]): Float32Array;
  text(latents: readonly number[]): Float32Array;
}

interface Thing {
  label: number;
  traits: number[];
  latents: number[];
}

function createWorld(random: Random, agreement: number): World {
  const project = (width: number, name: string) => {
    const source = random.fork(name);
    return Array.from({ length: width }, () => Array.from({ length: LATENTS }, source.normal));
  };
  const offsetOf = (name: string) => {
    const source = random.fork(name);
    return (toUnit(Array.from({ length: FEATURES.video }, source.normal)) as Float32Array).map(
      (x) => OFFSET * x,
    );
  };
  const [shared, sound] = [project(FEATURES.video, 'shared'), project(FEATURES.music, 'sound')];
  // Texts and pictures agree on most of a direction, not on all of it.
  const own = project(FEATURES.video, 'text');
  const [pictures, texts] = [offsetOf('pictures'), offsetOf('texts')];
  const noise = random.fork('noise');
  const see = (rows: number[][], latents: readonly number[], offset: Float32Array | null, scale: number) => {
    const seen = rows.map(
      (row, i) =>
        (offset?.[i] ?? 0) +
        (scale * row.reduce((sum, weight, k) => sum + weight * latents[k], 0)) / Math.sqrt(rows.length * 4) +
        (NOISE * noise.normal()) / Math.sqrt(rows.length),
    );
    return toUnit(seen) as Float32Array;
  };
  const mixed = shared.map((row, i) =>
    row.map((weight, k) => agreement * weight + Math.sqrt(1 - agreement ** 2) * own[i][k]),
  );
  return {
    music: (latents) =>
      see(
        sound,
        latents.map((x) => Math.tanh(x)),
        null,
        1,
      ),
    video: (latents) => see(shared, latents, pictures, 1),
    text: (latents) => see(mixed, latents, texts, 0.7),
  };
}

const unitLatents = (entries: [index: number, value: number][]) => {
  const latents = new Array(LATENTS).fill(0);
  for (const [index, value] of entries) latents[index] = value;
  return latents;
};
const labelLatents = (label: number) => unitLatents([[label, 2]]);
const traitLatents = (trait: number) => unitLatents([[LABELS + trait, 2]]);

function drawThing(random: Random): Thing {
  const label = random.integer(LABELS);
  const traits = Array.from({ length: TRAITS }, (_, trait) => trait).filter(() => random.uniform() < 0.25);
  const latents = unitLatents([
    [label, 2],
    ...traits.map((trait): [number, number] => [LABELS + trait, 1.5]),
  ]);
  for (let i = LATENTS - OWN_LATENTS; i < LATENTS; i++) latents[i] = random.normal();
  return { label, traits, latents };
}

async function measure(seed: number, agreement: number) {
  const random = createRandom(seed);
  const world = createWorld(random, agreement);
  const draw = random.fork('things');
  const repeat = <T>(count: number, make: () => T) => Array.from({ length: count }, make);
  const things = repeat(TRAINING_PAIRS, () => drawThing(draw));
  const pairs = things.map(
    ({ label, latents }, i): TrainingPair => ({
      id: `v${i}`,
      trackId: `t${i}`,
      source: null,
      componentKey: `${i}`,
      split: 'train',
      labels: [`${label}`],
      music: repeat(SEGMENTS, () => world.music(latents)),
      video: repeat(SEGMENTS, () => world.video(latents)),
    }),
  );
  const { heads } = await trainHeads({ pairs }, { ...defaultTrainingOptions(pairs.length), seed });
  const gallery = repeat(GALLERY, () => drawThing(draw)).map((thing, i) => ({
    ...thing,
    id: `g${i}`,
    segments: repeat(SEGMENTS, () => project(heads.MUSIC, world.music(thing.latents))),
  }));

  const prompts = (latents: number[]) => repeat(TEMPLATES, () => world.text(latents));
  const anyTexts = repeat(40, () =>
    world.text(drawThing(draw).latents.map((x) => (draw.uniform() < 0.3 ? x : 0))),
  );
  const labelled = Array.from({ length: LABELS }, (_, label) => {
    const videos = pairs.filter(({ labels }) => labels.includes(`${label}`)).flatMap(({ video }) => video);
    const video = Float32Array.from(videos[0], (_, i) => mean(videos.map((row) => row[i])));
    return prompts(labelLatents(label)).map((text) => ({ text, video }));
  }).flat();
  const texts = [...anyTexts, ...labelled.map(({ text }) => text)];
  const ways: Record<string, Record<Space, HeadWeights>> = {
    'the video heads as they are': heads.VIDEO,
    'centred on the pictures': toTextHeads(heads.VIDEO, { texts, labelled: [] }),
    ...Object.fromEntries(
      RIDGE_SHARES.map((share) => [
        `centred, and by a linear map, λ ${share}`,
        toTextHeads(heads.VIDEO, { texts, labelled }, share),
      ]),
    ),
  };
  const asked = {
    labels: Array.from({ length: LABELS }, (_, label) => ({
      texts: prompts(labelLatents(label)),
      isRelevant: (thing: Thing) => thing.label === label,
    })),
    traits: Array.from({ length: TRAITS }, (_, trait) => ({
      texts: prompts(traitLatents(trait)),
      isRelevant: (thing: Thing) => thing.traits.includes(trait),
    })),
  };
  const byId = new Map(gallery.map((thing) => [thing.id, thing]));
  return Object.entries(ways).flatMap(([way, text]) =>
    Object.entries(asked).flatMap(([what, queries]) =>
      ALPHAS.map((alpha) => {
        const figures = queries.flatMap(({ texts, isRelevant }) =>
          texts.map((one) => {
            const ranking = rankItems(gallery, project(text, one), alpha, 'WEIGHTED');
            return labelFigures(ranking.map(({ itemId }) => (isRelevant(byId.get(itemId) as Thing) ? 1 : 0)));
          }),
        );
        return {
          key: `${what} | ${alpha} | ${way}`,
          map: mean(figures.map((one) => one?.averagePrecision ?? 0)),
          precision: mean(figures.map((one) => one?.precisionAt10 ?? 0)),
          base: mean(figures.map((one) => one?.baseRate ?? 0)),
        };
      }),
    ),
  );
}

function project(heads: Record<Space, HeadWeights>, features: Float32Array): SpaceVectors {
  return { ssl: applyHead(heads.ssl, features), sup: applyHead(heads.sup, features) };
}

console.log(
  '| towers agree | asked for | α | texts read by | mAP | precision@10 | base rate |\n|---|---|---|---|---|---|---|',
);
for (const agreement of AGREEMENTS) {
  const runs: Awaited<ReturnType<typeof measure>>[] = [];
  for (const seed of SEEDS) runs.push(await measure(seed, agreement));
  runs[0].forEach(({ key, base }, i) => {
    const show = (pick: (row: (typeof runs)[0][0]) => number) => {
      const values = runs.map((rows) => pick(rows[i]));
      return `${mean(values).toFixed(3)} (${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)})`;
    };
    const [map, precision] = [show((row) => row.map), show((row) => row.precision)];
    console.log(`| ${agreement} | ${key} | ${map} | ${precision} | ${base.toFixed(2)} |`);
  });
}
