import { MODALITIES } from '../media/media.ts';
import { SEARCH_DIRECTIONS } from './items.ts';
import { BASELINES, type EvaluationReport, type Gallery } from './report.ts';
import type { IntervalKey, Row } from './tables.ts';

/** The report's WEIGHTED tables for people, as Markdown, with the baselines that were run. */
export function toMarkdown(report: EvaluationReport): string {
  const { recommendedAlpha, balancedAlpha } = report;
  const lines = [
    `# ${titleOf(report)}`,
    '',
    `Bundle ${report.bundleId.slice(0, 12)}, ${describeGallery(report.gallery)}. ` +
      `Recommended α ${recommendedAlpha.value.toFixed(2)} (${recommendedAlpha.rule}), ` +
      `balanced α ${balancedAlpha.toFixed(2)}${warningOf(balancedAlpha)}.`,
  ];
  for (const { title, header, rows } of toTables(report)) {
    const toLine = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
    lines.push(
      '',
      `## ${title}`,
      '',
      toLine(header),
      `|${'---|'.repeat(header.length)}`,
      ...rows.map(toLine),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** What a report's heading says. */
export function titleOf({ split, level }: Pick<EvaluationReport, 'split' | 'level'>): string {
  return `Evaluation on the ${split} split${level === 'segment' ? ', segment by segment' : ''}`;
}

/** How much is ranked. */
export function describeGallery({ tracks, videos, segments }: Gallery): string {
  if (!segments) return `${tracks} tracks, ${videos} videos`;
  return `${segments.tracks} segments of ${tracks} tracks, ${segments.videos} segments of ${videos} videos`;
}

/** A table for people, as texts. */
export interface TextTable {
  title: string;
  header: readonly string[];
  rows: string[][];
}

/** The WEIGHTED rows of each direction, behind them the baselines that were run; then labels asked for as texts. */
export function toTables(report: EvaluationReport): TextTable[] {
  const ofDirections = SEARCH_DIRECTIONS.map((direction) => ({
    title: direction === 'VIDEO_TO_MUSIC' ? 'Video → music' : 'Music → video',
    header: HEADER,
    rows: [
      ...report.directions[direction].WEIGHTED.map((row) => toCells(row.alpha.toFixed(1), row)),
      ...BASELINES.flatMap((name) => {
        const rows = report.baselines[name]?.[direction].WEIGHTED ?? [];
        // All others have one space, or none.
        if (name !== 'untrained') return rows.slice(0, 1).map((row) => toCells(name, row));
        const ends = rows.filter(({ alpha }) => alpha === 0 || alpha === 1);
        return ends.map((row) => toCells(`${name}, ${row.alpha}`, row));
      }),
    ],
  }));
  const { text } = report;
  if (!text) return ofDirections;
  const ofTexts = MODALITIES.map((modality) => ({
    title: modality === 'MUSIC' ? 'Labels as texts → music' : 'Labels as texts → video',
    header: HEADER,
    rows: text[modality].map((row) => toCells(row.alpha.toFixed(1), row)),
  }));
  return [...ofDirections, ...ofTexts];
}

const HEADER = [
  'α',
  'recall@1',
  'recall@5',
  'recall@10',
  'median rank',
  'MRR',
  'label precision@10',
  'base rate',
  'mAP',
  'nDCG@10',
];

function toCells(name: string, { pair, label, intervals }: Row): string[] {
  const percent = (value: number | undefined) =>
    value === undefined ? '–' : `${(100 * value).toFixed(1)} %`;
  const ranged = (value: number | undefined, key: IntervalKey) => {
    const range = intervals?.[key];
    if (!range) return percent(value);
    return `${percent(value)} (${range.map((end) => (100 * end).toFixed(0)).join('–')})`;
  };
  return [
    name,
    percent(pair?.recallAt1),
    percent(pair?.recallAt5),
    ranged(pair?.recallAt10, 'recallAt10'),
    pair?.medianRank.toString() ?? '–',
    pair?.mrr.toFixed(3) ?? '–',
    ranged(label?.precisionAt10, 'precisionAt10'),
    percent(label?.baseRate),
    label?.meanAveragePrecision.toFixed(3) ?? '–',
    label?.ndcgAt10.toFixed(3) ?? '–',
  ];
}

/** Far from the middle, one space drowns the other over most of the dial. */
function warningOf(balancedAlpha: number): string {
  return balancedAlpha < 0.3 || balancedAlpha > 0.7 ? ' (outside 0.3–0.7: the dial is lopsided)' : '';
}
