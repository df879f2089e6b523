import { drawConfusion, drawLosses, drawSimilarities, drawTradeOff, type LossStep, toPng } from './charts.ts';
import type { EvaluationDetails, NearMiss } from './details.ts';
import { SEARCH_DIRECTIONS } from './items.ts';
import { describeGallery, titleOf as headingOf, toMarkdown, toTables } from './markdown.ts';
import type { EvaluationReport } from './report.ts';

export interface PageContent {
  report: EvaluationReport;
  details: EvaluationDetails;
  /** Empty where the bundle kept none. */
  losses: readonly LossStep[];
  /** What people call an item, by its id. */
  titleOf(id: string): string;
}

const DIRECTION_TITLES = { VIDEO_TO_MUSIC: 'Video → music', MUSIC_TO_VIDEO: 'Music → video' };

/** A report's files by name: one page that needs nothing else, its charts as SVG and PNG, and the figures. */
export async function createReportFiles(content: PageContent): Promise<Record<string, string | Uint8Array>> {
  const { report, details, losses } = content;
  const charts: Record<string, string> = {
    'trade-off': await drawTradeOff(report),
    similarities: await drawSimilarities(details),
    ...(hasLabels(details) && { confusion: await drawConfusion(details) }),
    ...(losses.length > 0 && { losses: await drawLosses(losses) }),
  };
  return {
    'report.html': toPage(content, charts),
    'evaluation.json': `${JSON.stringify(report, null, 2)}\n`,
    'evaluation.md': toMarkdown(report),
    ...Object.fromEntries(Object.entries(charts).map(([name, svg]) => [`${name}.svg`, svg])),
    ...Object.fromEntries(Object.entries(charts).map(([name, svg]) => [`${name}.png`, toPng(svg)])),
  };
}

function hasLabels({ confusion }: EvaluationDetails): boolean {
  return SEARCH_DIRECTIONS.some((direction) => confusion[direction].length > 0);
}

function toPage({ report, details, titleOf }: PageContent, charts: Record<string, string>): string {
  const { bundleId, gallery, recommendedAlpha, balancedAlpha } = report;
  const figure = (name: string, title: string, caption: string) =>
    charts[name]
      ? `<h2>${title}</h2><figure>${charts[name]}<figcaption>${caption}</figcaption></figure>`
      : '';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Evaluation of bundle ${bundleId.slice(0, 12)}</title>
<style>${STYLE}</style>
<h1>${headingOf(report)}</h1>
<p>Bundle <code>${bundleId}</code>, ${describeGallery(gallery)}.
Recommended α <b>${recommendedAlpha.value.toFixed(2)}</b> (${escapeHtml(recommendedAlpha.rule)}),
balanced α ${balancedAlpha.toFixed(2)}.</p>
${figure(
  'trade-off',
  'What α trades',
  'The own pair among the first ten, and the share of the first ten that carry a label of the query, with 95 % intervals.',
)}
${toTables(report)
  .map(({ title, header, rows }) => `<h2>${title}</h2>${toTable(header, rows)}`)
  .join('\n')}
${figure('confusion', 'Labels', 'Share of the first ten items at α 1 that carry a label, by the label of the query.')}
${figure('similarities', 'Similarities', 'Cosines of a video with its own music and with all other, by space.')}
${figure('losses', 'Training', 'The losses at each step, before their weights.')}
<h2>Nearest misses at the recommended α, item by item</h2>
${SEARCH_DIRECTIONS.map((direction) => toMisses(DIRECTION_TITLES[direction], details.nearestMisses[direction], titleOf)).join('\n')}
</html>
`;
}

function toMisses(title: string, misses: readonly NearMiss[], titleOf: (id: string) => string): string {
  if (misses.length === 0) return `<h3>${title}</h3><p>None: every pair came first, or there is none.</p>`;
  const rows = misses.map(({ queryId, partnerId, firstId, rank, margin }) => [
    ...[queryId, firstId, partnerId].map(titleOf),
    String(rank),
    margin.toFixed(3),
  ]);
  const header = ['query', 'came first', 'its own', 'rank of its own', 'margin'];
  return `<h3>${title}</h3>${toTable(header, rows)}`;
}

function toTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table>${line(header, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table></div>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #20243a; max-width: 1000px; margin: 32px auto; padding: 0 16px; }
h1 { font-size: 24px; } h2 { font-size: 18px; margin-top: 36px; } h3 { font-size: 15px; }
code { overflow-wrap: anywhere; font-size: 13px; }
figure { margin: 0; overflow-x: auto; } figure svg { max-width: 100%; min-width: 40rem; height: auto; } figcaption { color: #5b617c; font-size: 13px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px; border-bottom: 1px solid #e2e4ef; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
`;
