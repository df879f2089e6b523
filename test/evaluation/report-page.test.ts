import { describe, expect, it } from 'vitest';
import { describeDetails } from '../../src/evaluation/details.ts';
import type { EvaluationItem, EvaluationSet } from '../../src/evaluation/items.ts';
import { createReport } from '../../src/evaluation/report.ts';
import { createReportFiles } from '../../src/evaluation/report-page.ts';

/** Vectors in a plane, by their angle in degrees; both spaces alike. */
function item(id: string, angle: number, labels: string[]): EvaluationItem {
  const radians = (angle * Math.PI) / 180;
  const vector = Float32Array.of(Math.cos(radians), Math.sin(radians));
  return { id, segments: [{ ssl: vector, sup: vector }], labels, source: null, resampleUnit: id };
}

/** v0 is nearest to its own t0; v1 is nearest to t2 and then to its own; v2 has none. */
const SET: EvaluationSet = {
  tracks: [item('t0', 0, ['x']), item('t1', 60, ['y']), item('t2', 45, ['x', 'y']), item('t3', 180, [])],
  videos: [item('v0', 2, ['x']), item('v1', 50, ['y']), item('v2', 170, ['x'])],
  pairs: [
    { videoId: 'v0', trackId: 't0' },
    { videoId: 'v1', trackId: 't1' },
  ],
};

describe('what lies behind an evaluation', () => {
  const details = describeDetails(SET, 0.5);

  it('has the labels of the answers by the label of the query, own pairs and unlabelled ones left out', () => {
    const shareOf = (queryLabel: string, answerLabel: string) =>
      details.confusion.VIDEO_TO_MUSIC.find(
        (cell) => cell.queryLabel === queryLabel && cell.answerLabel === answerLabel,
      )?.share;
    // x asks as v0, of t1 and t2, and as v2, of t0, t1 and t2; y asks as v1, of t0 and t2.
    expect(shareOf('x', 'x')).toBeCloseTo((1 / 2 + 2 / 3) / 2, 12);
    expect(shareOf('x', 'y')).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(shareOf('y', 'x')).toBe(1);
    expect(shareOf('y', 'y')).toBe(1 / 2);
  });

  it('sorts cosines of pairs and of all others into bins, whose shares add up to one', () => {
    for (const space of ['ssl', 'sup']) {
      for (const of of ['pairs', 'others']) {
        const bins = details.similarities.filter((bin) => bin.space === space && bin.of === of);
        expect(bins.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
      }
    }
    const pairs = details.similarities.filter(({ space, of }) => space === 'ssl' && of === 'pairs');
    // cos 2° = 0.999 and cos 10° = 0.985.
    expect(pairs).toEqual([{ space: 'ssl', of: 'pairs', cosine: 0.95, share: 1 }]);
  });

  it('names the queries whose partner came close', () => {
    const [miss, ...others] = details.nearestMisses.VIDEO_TO_MUSIC;
    expect(others).toEqual([]);
    expect(miss).toMatchObject({ queryId: 'v1', firstId: 't2', partnerId: 't1', rank: 2 });
    expect(miss.margin).toBeCloseTo(Math.cos((5 * Math.PI) / 180) - Math.cos((10 * Math.PI) / 180), 6);
  });
});

describe('the report', () => {
  const header = {
    bundleId: 'a'.repeat(64),
    split: 'test' as const,
    recommendedAlpha: { value: 0.5, rule: 'balanced <by hand>' },
    balancedAlpha: 0.5,
  };
  const content = {
    report: createReport(SET, header),
    details: describeDetails(SET, 0.5),
    losses: [
      { step: 1, ssl: 2, sup: 3, joint: null },
      { step: 2, ssl: 1, sup: 2, joint: null },
    ],
    titleOf: (id: string) => `<b>${id}</b>`,
  };

  it('is one page that asks for nothing else, with charts for papers beside it', async () => {
    const files = await createReportFiles(content);
    expect(Object.keys(files).sort()).toEqual([
      ...['confusion.png', 'confusion.svg', 'evaluation.json', 'evaluation.md', 'losses.png', 'losses.svg'],
      ...['report.html', 'similarities.png', 'similarities.svg', 'trade-off.png', 'trade-off.svg'],
    ]);
    const page = files['report.html'] as string;
    expect(page.match(/<svg/g)).toHaveLength(4);
    expect(/<script|<link|src=|href="http|@import|url\((?!#)/.exec(page)).toBeNull();
    expect(page).toContain('&lt;b&gt;v1&lt;/b&gt;');
    expect(page).toContain('balanced &lt;by hand&gt;');
    expect(/<b>v1|NaN|undefined/.exec(page)).toBeNull();
    expect(JSON.parse(files['evaluation.json'] as string)).toEqual(content.report);
    const png = files['trade-off.png'] as Uint8Array;
    expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
  });

  it('survives labels that XML can not hold', async () => {
    const hostile = ({ labels, ...rest }: EvaluationItem) => ({
      ...rest,
      labels: labels.map((name) => `${name}\u0001\ud800<`),
    });
    const set = { tracks: SET.tracks.map(hostile), videos: SET.videos.map(hostile), pairs: SET.pairs };
    const files = await createReportFiles({ ...content, details: describeDetails(set, 0.5) });
    expect(files['confusion.svg']).toContain('x\ufffd\ufffd&lt;');
    expect(files['confusion.png']).toBeInstanceOf(Uint8Array);
  });

  it('does without labels and without losses', async () => {
    const bare = ({ labels, ...rest }: EvaluationItem) => ({ ...rest, labels: [] });
    const set = { tracks: SET.tracks.map(bare), videos: SET.videos.map(bare), pairs: SET.pairs };
    const files = await createReportFiles({
      ...content,
      report: createReport(set, header),
      details: describeDetails(set, 0.5),
      losses: [],
    });
    expect(Object.keys(files)).not.toContain('confusion.svg');
    expect(Object.keys(files)).not.toContain('losses.svg');
    expect(/NaN|undefined/.exec(files['report.html'] as string)).toBeNull();
  });
});
