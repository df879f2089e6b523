import { UsageError } from '../shared/errors.ts';
import { parseDecimal } from './csv-columns.ts';
import { type CsvFault, parseRecords, toCsvError } from './csv-records.ts';

/** A line of an AudioSet segment list: a part of a video, and what is heard in it. */
export interface AudioSetSegment {
  videoId: string;
  startSeconds: number;
  endSeconds: number;
  /** Machine ids of labels, such as /m/04rlf. */
  labelIds: string[];
}

const VIDEO_ID = /^[A-Za-z0-9_-]{11}$/;

/**
 * Reads a segment list as AudioSet publishes it: lines of `YTID, start_seconds, end_seconds, "label,label"` under
 * comments. UsageError that lists every faulty line.
 */
export function parseAudioSetSegments(text: string, file: string): AudioSetSegment[] {
  const faults: CsvFault[] = [];
  const segments = parseRecords(text, file, { comment: '#', trim: true }).flatMap(({ line, fields }) => {
    const [videoId = '', start = '', end = '', labels = ''] = fields;
    const segment = {
      videoId,
      startSeconds: parseDecimal(start) ?? Number.NaN,
      endSeconds: parseDecimal(end) ?? Number.NaN,
      labelIds: labels.split(',').filter((label) => label !== ''),
    };
    const fault = findFault(segment, fields.length);
    if (fault) faults.push({ line, column: null, message: fault });
    return fault ? [] : [segment];
  });
  if (faults.length > 0) throw toCsvError(file, faults);
  if (segments.length === 0) throw new UsageError(`${file} lists no segments.`);
  return segments;
}

function findFault(
  { videoId, startSeconds, endSeconds, labelIds }: AudioSetSegment,
  fields: number,
): string | null {
  if (fields !== 4) return `${fields} fields instead of 4: YTID, start_seconds, end_seconds, positive_labels`;
  if (!VIDEO_ID.test(videoId)) return `"${videoId}" is no video id of 11 characters`;
  if (!(startSeconds >= 0 && endSeconds > startSeconds)) return 'its end is not behind its start';
  if (labelIds.length === 0) return 'it has no labels';
  return null;
}
