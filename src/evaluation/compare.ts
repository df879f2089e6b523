import type { SearchDirection } from '../bundle/manifest.ts';
import { type Bootstrap, createBootstrap, type Interval } from './bootstrap.ts';
import { type EvaluationSet, SEARCH_DIRECTIONS, toQueries } from './items.ts';
import { mean } from './metrics.ts';
import { ALPHAS, type QueryOutcome, rankQueries } from './protocol.ts';

/** A figure of both bundles, and B − A with its 95 % interval over the same draws of both. */
export interface Difference {
  a: number;
  b: number;
  difference: number;
  interval: Interval;
}

/** Null where no query has a partner, or labelled company. */
export interface ComparisonRow extends Record<ComparedFigure, Difference | null> {
  /** 0, 0.1 … 1. */
  alpha: number;
}

/** Two bundles on one gallery, query by query. */
export interface Comparison {
  schemaVersion: 1;
  bundles: { a: string; b: string };
  split: string;
  scoring: 'WEIGHTED';
  gallery: { tracks: number; videos: number };
  directions: Record<SearchDirection, ComparisonRow[]>;
}

/** Figures that are means over queries: what one query adds, null where it has nothing to say. */
const FIGURES = {
  recallAt10: ({ rank }: QueryOutcome) => (rank === null ? null : Number(rank <= 10)),
  mrr: ({ rank }: QueryOutcome) => (rank === null ? null : 1 / rank),
  precisionAt10: ({ label }: QueryOutcome) => label?.precisionAt10 ?? null,
  meanAveragePrecision: ({ label }: QueryOutcome) => label?.averagePrecision ?? null,
};
export type ComparedFigure = keyof typeof FIGURES;

/** Compares two embeddings of the same items. RangeError where the items differ. */
export function compareSets(a: EvaluationSet, b: EvaluationSet): Comparison['directions'] {
  const idsOf = ({ tracks, videos }: EvaluationSet) => [...tracks, ...videos].map(({ id }) => id).join();
  if (idsOf(a) !== idsOf(b)) throw new RangeError('The two sets hold different items.');
  const rowsOf = (direction: SearchDirection): ComparisonRow[] => {
    const [queriesOfA, queriesOfB] = [toQueries(a, direction), toQueries(b, direction)];
    const bootstrap = createBootstrap(queriesOfA.map(({ item }) => item.resampleUnit));
    return ALPHAS.map((alpha): ComparisonRow => {
      const ofA = rankQueries(queriesOfA, alpha, 'WEIGHTED');
      const ofB = rankQueries(queriesOfB, alpha, 'WEIGHTED');
      const differ = (figure: ComparedFigure) =>
        differenceOf(ofA.map(FIGURES[figure]), ofB.map(FIGURES[figure]), bootstrap);
      return {
        alpha,
        recallAt10: differ('recallAt10'),
        mrr: differ('mrr'),
        precisionAt10: differ('precisionAt10'),
        meanAveragePrecision: differ('meanAveragePrecision'),
      };
    });
  };
  return { VIDEO_TO_MUSIC: rowsOf('VIDEO_TO_MUSIC'), MUSIC_TO_VIDEO: rowsOf('MUSIC_TO_VIDEO') };
}

function differenceOf(
  ofA: readonly (number | null)[],
  ofB: readonly (number | null)[],
  bootstrap: Bootstrap,
): Difference | null {
  const perQuery = ofA.map((value, query) => {
    const other = ofB[query];
    return value === null || other === null ? null : { a: value, b: other, gain: other - value };
  });
  const known = perQuery.filter((values) => values !== null);
  if (known.length === 0) return null;
  return {
    a: mean(known.map((values) => values.a)),
    b: mean(known.map((values) => values.b)),
    difference: mean(known.map(({ gain }) => gain)),
    interval: bootstrap.mean(perQuery.map((values) => values?.gain ?? null)),
  };
}

/** The comparison for people, as Markdown. */
export function comparisonToMarkdown({ bundles, split, gallery, directions }: Comparison): string {
  const lines = [
    `# Two bundles on the ${split} split`,
    '',
    `A ${bundles.a.slice(0, 12)}, B ${bundles.b.slice(0, 12)}, ${gallery.tracks} tracks, ${gallery.videos} videos. ` +
      'B − A with its 95 % interval over the same queries; * where it leaves out 0.',
  ];
  for (const direction of SEARCH_DIRECTIONS) {
    lines.push(
      '',
      `## ${direction === 'VIDEO_TO_MUSIC' ? 'Video → music' : 'Music → video'}`,
      '',
      '| α | recall@10 | MRR | label precision@10 | mAP |',
      '|---|---|---|---|---|',
    );
    for (const { alpha, ...figures } of directions[direction]) {
      const { recallAt10, mrr, precisionAt10, meanAveragePrecision } = figures;
      const cells = [recallAt10, mrr, precisionAt10, meanAveragePrecision].map(toCell);
      lines.push(`| ${[alpha.toFixed(1), ...cells].join(' | ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function toCell(figure: Difference | null): string {
  if (!figure) return '–';
  const { a, b, difference, interval } = figure;
  const sign = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
  const mark = interval[0] > 0 || interval[1] < 0 ? ' *' : '';
  return `${a.toFixed(3)} → ${b.toFixed(3)}: ${sign(difference)} (${interval.map(sign).join(' … ')})${mark}`;
}
