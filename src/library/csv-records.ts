import { CsvError, parse } from 'csv-parse/sync';
import { UsageError } from '../shared/errors.ts';

/** Something wrong in a CSV file; a column of null means the whole line. */
export interface CsvFault {
  line: number;
  column: string | null;
  message: string;
}

/** Faults as one message, in the order of their lines. */
export function toCsvError(file: string, faults: readonly CsvFault[]): UsageError {
  const lines = faults
    .toSorted((a, b) => a.line - b.line)
    .map(({ line, column, message }) => `  line ${line}${column === null ? '' : `, ${column}`}: ${message}`);
  return new UsageError(
    `${file} has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${lines.join('\n')}`,
  );
}

/** The fields of each record with the line that it starts on. UsageError where records can't be told apart. */
export function parseRecords(
  text: string,
  file: string,
  options: { comment?: string; trim?: boolean } = {},
): { line: number; fields: string[] }[] {
  try {
    const records = parse(text, {
      ...options,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n', '\r'],
    }) as unknown as { info: { lines: number }; record: string[] }[];
    let overcounted = 0; // the parser takes a quoted \r\n for two line breaks
    return records.map(({ info, record }) => {
      const quoted = record.join('');
      const breaks = quoted.split(/\r\n|\n|\r/).length - 1;
      overcounted += quoted.split(/[\r\n]/).length - 1 - breaks;
      return { line: info.lines - overcounted - breaks, fields: record };
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === 'number' ? `, line ${error.lines}` : '';
    throw new UsageError(`${file}${line}: ${error.message}`, { cause: error });
  }
}
