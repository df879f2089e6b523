import { MODALITIES } from '../media/media.ts';
import { SEARCH_DIRECTIONS } from './items.ts';
import { BASELINES, type EvaluationReport } from './report.ts';
import type { IntervalKey, Row } from './tables.ts';

/** The report's WEIGHTED tables for people, as Markdown, with chance and untrained heads where they were run. */
export function toMarkdown(report: EvaluationReport): string {
  const { gallery, recommendedAlpha, balancedAlpha } = report;
  const lines = [
    `# Evaluation on the ${report.split} split`,
    '',
    `Bundle ${report.bundleId.slice(0, 12)}, ${gallery.tracks} tracks, ${gallery.videos} videos. ` +
      `Recommended α ${recommendedAlpha.value.toFixed(2)} (${recommendedAlpha.rule}), ` +
      `balanced α ${balancedAlpha.toFixed(2)}${warningOf(balancedAlpha)}.`,
  ];
  for (const direction of SEARCH_DIRECTIONS) {
    lines.push('', `## ${direction === 'VIDEO_TO_MUSIC' ? 'Video → music' : 'Music → video'}`, '', ...HEADER);
    for (const row of report.directions[direction].WEIGHTED) lines.push(toLine(row.alpha.toFixed(1), row));
    for (const name of BASELINES) {
      const rows = report.baselines[name]?.[direction].WEIGHTED ?? [];
      const ends = rows.filter(({ alpha }) => alpha === 0 || alpha === 1);
      for (const row of name === 'chance' ? ends.slice(0, 1) : ends) {
        lines.push(toLine(name === 'chance' ? name : `${name}, ${row.alpha}`, row));
      }
    }
  }
  if (report.text) {
    for (const modality of MODALITIES) {
      const title = modality === 'MUSIC' ? 'Labels as texts → music' : 'Labels as texts → video';
      const rows = report.text[modality].map((row) => toLine(row.alpha.toFixed(1), row));
      lines.push('', `## ${title}`, '', ...HEADER, ...rows);
    }
  }
  return `${lines.join('\n')}\n`;
}

const HEADER = [
  '| α | recall@1 | recall@5 | recall@10 | median rank | MRR | label precision@10 | base rate | mAP | nDCG@10 |',
  '|---|---|---|---|---|---|---|---|---|---|',
];

function toLine(name: string, { pair, label, intervals }: Row): string {
  const percent = (value: number | undefined) =>
    value === undefined ? '–' : `${(100 * value).toFixed(1)} %`;
  const ranged = (value: number | undefined, key: IntervalKey) => {
    const range = intervals?.[key];
    if (!range) return percent(value);
    return `${percent(value)} (${range.map((end) => (100 * end).toFixed(0)).join('–')})`;
  };
  const cells = [
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
  return `| ${cells.join(' | ')} |`;
}

/** Far from the middle, one space drowns the other over most of the dial. */
function warningOf(balancedAlpha: number): string {
  return balancedAlpha < 0.3 || balancedAlpha > 0.7 ? ' (outside 0.3–0.7: the dial is lopsided)' : '';
}
