import type { Durations, Likeness } from '../library/inspection.ts';
import { describeLeak, type SplitCounts } from '../library/split.ts';
import type { LibraryReport } from './library-report.ts';

/** Lines of one list, and rows of the table of labels; the document has all. */
const MOST_LINES = 20;

/** A library's report for people, as Markdown. What is as it should be is left out. */
export function libraryToMarkdown(report: LibraryReport): string {
  const parts = [
    '# What is in the library',
    toTable(['', 'train', 'val', 'test', 'all'], toCountRows(report)),
    toTable(['seconds', 'least', 'median', 'greatest', 'in all'], toDurationRows(report)),
    ...describeLabels(report),
    ...list('Splits that leak: `train` and `evaluate` refuse them', report.leaks.map(describeLeak)),
    ...list('The same twice', report.duplicates.map(describeLikeness)),
    ...list(
      'Nearly the same',
      report.nearDuplicates.groups.map(
        (group) => `${describeLikeness(group)} (distance ${group.distance.toFixed(4)})`,
      ),
    ),
    ...report.nearDuplicates.notCompared.map(
      (modality) => `Too few items of ${modality} to tell which are nearly the same.`,
    ),
    ...list('Shorter than a segment', report.tooShort),
    ...list('Silent', report.silent),
    ...list(
      'Can’t be read',
      report.unread.map(({ id, path, code, message }) => `${id}, ${path}: ${code}: ${message}`),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function toCountRows({ counts, labels, unpaired }: LibraryReport): string[][] {
  const row = (name: string, ofSplits: SplitCounts) => {
    const { train, val, test } = ofSplits;
    return [name, ...[train, val, test, train + val + test].map(String)];
  };
  const only = (name: string, count: number) => (count > 0 ? [[name, '', '', '', String(count)]] : []);
  return [
    row('tracks', counts.tracks),
    row('videos', counts.videos),
    row('soundtracks of videos', counts.soundtracks),
    row('pairs', counts.pairs),
    row(`pairs without ${labels.field}`, labels.unlabelled),
    ...only('tracks in no pair', unpaired.tracks),
    ...only('videos in no pair', unpaired.videos),
  ];
}

function toDurationRows({ durationsSeconds }: LibraryReport): string[][] {
  const row = (name: string, durations: Durations | null) => {
    if (!durations) return [];
    const { least, median, greatest, sum } = durations;
    return [[name, ...[least, median, greatest, sum].map((seconds) => seconds.toFixed(1))]];
  };
  const { tracks, videos, soundtracks } = durationsSeconds;
  return [...row('tracks', tracks), ...row('videos', videos), ...row('soundtracks of videos', soundtracks)];
}

function describeLabels({ labels: { field, labels, notInTrain, onlyInTrain } }: LibraryReport): string[] {
  if (labels.length === 0) return [`No pair has ${field}.`];
  const rows = labels
    .slice(0, MOST_LINES)
    .map(({ label, pairs: { train, val, test } }) => [
      label,
      ...[train, val, test, train + val + test].map(String),
    ]);
  const more = labels.length - rows.length;
  return [
    `## Pairs by ${field}`,
    toTable([field, 'train', 'val', 'test', 'all'], rows),
    ...(more > 0 ? [`… and ${more} more.`] : []),
    ...(notInTrain.length > 0
      ? [`Not in train, so nothing is learned of them: ${enumerate(notInTrain)}.`]
      : []),
    ...(onlyInTrain.length > 0
      ? [`In train alone, so nothing is measured of them: ${enumerate(onlyInTrain)}.`]
      : []),
  ];
}

function describeLikeness({ modality, ids, splits }: Likeness): string {
  const across = splits.length > 1 ? `, ACROSS ${splits.join(' and ')}` : '';
  return `${modality === 'MUSIC' ? 'music' : 'video'}: ${enumerate(ids)}${across}`;
}

/** A heading with its lines; nothing where there are none. */
function list(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, MOST_LINES).map((line) => `- ${line}`);
  const more = lines.length - shown.length;
  return [
    `## ${title} (${lines.length})`,
    [...shown, ...(more > 0 ? [`- … and ${more} more`] : [])].join('\n'),
  ];
}

function enumerate(names: readonly string[]): string {
  const more = names.length - MOST_LINES;
  return [...names.slice(0, MOST_LINES), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function toTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}
