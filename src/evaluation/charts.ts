import { Resvg } from '@resvg/resvg-js';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { BIN_WIDTH, type EvaluationDetails } from './details.ts';
import { SEARCH_DIRECTIONS } from './items.ts';
import type { EvaluationReport } from './report.ts';

/** A step of training and its losses before their weights; null for a part that was not trained. */
export interface LossStep {
  step: number;
  ssl: number | null;
  sup: number | null;
  joint: number | null;
}

const PNG_SCALE = 2;
/** Labels may hold what XML can't. */
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const COLOURS = { pair: '#4633d6', label: '#d9480f' };
const DIRECTION_NAMES = { VIDEO_TO_MUSIC: 'video → music', MUSIC_TO_VIDEO: 'music → video' };

/** The paper's Fig. 2: what pair retrieval loses and label retrieval gains along α, with 95 % intervals. */
export function drawTradeOff(report: EvaluationReport): Promise<string> {
  const values = SEARCH_DIRECTIONS.flatMap((direction) =>
    report.directions[direction].WEIGHTED.flatMap(({ alpha, pair, label, intervals }) => [
      ...toPoint(direction, alpha, 'pair recall@10', pair?.recallAt10, intervals?.recallAt10),
      ...toPoint(direction, alpha, 'label precision@10', label?.precisionAt10, intervals?.precisionAt10),
    ]),
  );
  const share = { axis: { format: '%', title: null }, scale: { domain: [0, 1] }, type: 'quantitative' };
  const color = {
    field: 'figure',
    type: 'nominal',
    legend: { title: null, orient: 'bottom' },
    scale: { domain: ['pair recall@10', 'label precision@10'], range: [COLOURS.pair, COLOURS.label] },
  };
  const x = { field: 'alpha', type: 'quantitative', title: 'α' };
  return toSvg({
    data: { values },
    facet: {
      column: { field: 'direction', type: 'nominal', title: null, sort: Object.values(DIRECTION_NAMES) },
    },
    spec: {
      width: 320,
      height: 240,
      layer: [
        {
          mark: { type: 'area', opacity: 0.15 },
          encoding: { x, y: { field: 'low', ...share }, y2: { field: 'high' }, color },
        },
        { mark: { type: 'line', point: true }, encoding: { x, y: { field: 'value', ...share }, color } },
      ],
    },
  } as TopLevelSpec);
}

function toPoint(
  direction: keyof typeof DIRECTION_NAMES,
  alpha: number,
  figure: string,
  value: number | undefined,
  interval: readonly [number, number] | undefined,
): object[] {
  if (value === undefined) return [];
  const [low, high] = interval ?? [value, value];
  return [{ direction: DIRECTION_NAMES[direction], alpha, figure, value, low, high }];
}

/** Which labels the answers carry, by the query's own. */
export function drawConfusion({ confusion }: EvaluationDetails): Promise<string> {
  const values = SEARCH_DIRECTIONS.flatMap((direction) =>
    confusion[direction].map((cell) => ({ ...cell, direction: DIRECTION_NAMES[direction] })),
  );
  return toSvg({
    data: { values },
    facet: {
      column: { field: 'direction', type: 'nominal', title: null, sort: Object.values(DIRECTION_NAMES) },
    },
    spec: {
      width: { step: 26 },
      height: { step: 26 },
      mark: 'rect',
      encoding: {
        x: { field: 'answerLabel', type: 'nominal', title: 'of the answers', sort: null },
        y: { field: 'queryLabel', type: 'nominal', title: 'of the query', sort: null },
        color: {
          field: 'share',
          type: 'quantitative',
          scale: { scheme: 'purples', domain: [0, 1] },
          legend: { title: null, format: '%' },
        },
      },
    },
  } as TopLevelSpec);
}

/** How well the cosines of pairs stand apart from those of all others. */
export function drawSimilarities({ similarities }: EvaluationDetails): Promise<string> {
  const values = similarities.map((bin) => ({ ...bin, end: bin.cosine + BIN_WIDTH }));
  return toSvg({
    data: { values },
    facet: { column: { field: 'space', type: 'nominal', title: null } },
    spec: {
      width: 320,
      height: 180,
      mark: { type: 'bar', opacity: 0.5 },
      encoding: {
        x: { field: 'cosine', type: 'quantitative', bin: 'binned', title: 'cosine' },
        x2: { field: 'end' },
        y: { field: 'share', type: 'quantitative', stack: null, axis: { format: '%', title: null } },
        color: {
          field: 'of',
          type: 'nominal',
          legend: { title: null, orient: 'bottom' },
          scale: { domain: ['pairs', 'others'], range: [COLOURS.pair, '#888888'] },
        },
      },
    },
  } as TopLevelSpec);
}

/** The losses, step by step. */
export function drawLosses(steps: readonly LossStep[]): Promise<string> {
  const values = steps.flatMap(({ step, ...losses }) =>
    Object.entries(losses).flatMap(([loss, value]) => (value === null ? [] : [{ step, loss, value }])),
  );
  return toSvg({
    data: { values },
    width: 680,
    height: 180,
    mark: { type: 'line', strokeWidth: 1 },
    encoding: {
      x: { field: 'step', type: 'quantitative' },
      y: { field: 'value', type: 'quantitative', title: null, scale: { zero: false } },
      color: { field: 'loss', type: 'nominal', legend: { title: null, orient: 'bottom' } },
    },
  } as TopLevelSpec);
}

/** A chart for papers and slides. Its letters need a font on the machine. */
export function toPng(svg: string): Uint8Array {
  return new Resvg(svg, { background: 'white', fitTo: { mode: 'zoom', value: PNG_SCALE } }).render().asPng();
}

async function toSvg(specification: TopLevelSpec): Promise<string> {
  const config = { background: 'white', font: 'sans-serif' };
  const view = new View(parse(compile({ ...specification, config }).spec), { renderer: 'none' });
  return (await view.toSVG()).replaceAll(NOT_XML, '\ufffd');
}
