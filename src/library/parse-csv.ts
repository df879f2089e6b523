import { CsvError, parse } from 'csv-parse/sync';
import { UsageError } from '../shared/errors.ts';
import { LIBRARY_FILE_NAME } from './csv-columns.ts';

/** A record of a CSV file by column, with the line that it starts on. */
export interface CsvRow {
  line: number;
  /** Column → the cell's text as it stands. */
  cells: Record<string, string>;
}

/** Something wrong in a CSV file; a column of null means the whole line. */
export interface CsvFault {
  line: number;
  column: string | null;
  message: string;
}

export interface CsvTable {
  columns: string[];
  rows: CsvRow[];
  faults: CsvFault[];
}

/**
 * Splits RFC 4180 text in UTF-8, a byte order mark allowed, into rows under a header. Rows of the wrong length and
 * faulty headers are collected as faults; throws a UsageError where no rows can be told apart at all.
 */
export function parseCsv(bytes: Uint8Array): CsvTable {
  const records = parseRecords(decodeUtf8(bytes));
  const header = records.shift();
  if (!header) throw new UsageError(`${LIBRARY_FILE_NAME} is empty: its first line has to name the columns.`);
  const columns = header.fields.map((name) => name.trim());
  const faults: CsvFault[] = [];
  columns.forEach((name, c) => {
    const fault = (message: string) => faults.push({ line: header.line, column: name || null, message });
    if (name === '') fault(`column ${c + 1} has no name`);
    else if (columns.indexOf(name) < c) fault('this column stands there twice');
  });
  const rows: CsvRow[] = [];
  for (const { line, fields } of records) {
    if (fields.length !== columns.length) {
      const message = `${fields.length} fields under ${columns.length} columns`;
      faults.push({ line, column: null, message });
      continue;
    }
    rows.push({ line, cells: Object.fromEntries(columns.map((name, c) => [name, fields[c]])) });
  }
  return { columns, rows, faults };
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

function decodeUtf8(bytes: Uint8Array): string {
  const startsWith = (...mark: number[]) => mark.every((byte, i) => bytes[i] === byte);
  if (startsWith(0xff, 0xfe) || startsWith(0xfe, 0xff)) {
    throw new UsageError(`${LIBRARY_FILE_NAME} is UTF-16; save it as UTF-8.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const at = firstBadLine(bytes);
    throw new UsageError(`${LIBRARY_FILE_NAME} is not UTF-8 (first seen on line ${at}); save it as UTF-8.`);
  }
}

function firstBadLine(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8').decode(bytes);
  return text.slice(0, text.indexOf('\ufffd')).split('\n').length;
}

function parseRecords(text: string): { line: number; fields: string[] }[] {
  try {
    const records = parse(text, {
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
    throw new UsageError(`${LIBRARY_FILE_NAME}${line}: ${error.message}`, { cause: error });
  }
}
