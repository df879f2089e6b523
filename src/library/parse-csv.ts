import { UsageError } from '../shared/errors.ts';
import { type CsvFault, parseRecords } from './csv-records.ts';

/** A record of a CSV file by column, with the line that it starts on. */
export interface CsvRow {
  line: number;
  /** Column → the cell's text as it stands. */
  cells: Record<string, string>;
}

export interface CsvTable {
  columns: string[];
  rows: CsvRow[];
  faults: CsvFault[];
}

/**
 * Splits RFC 4180 text in UTF-8, a byte order mark allowed, into rows under a header. Rows of the wrong length and
 * faulty headers are collected as faults; throws a UsageError that names the file where no rows can be told apart at
 * all.
 */
export function parseCsv(bytes: Uint8Array, file: string): CsvTable {
  const records = parseRecords(decodeUtf8(bytes, file), file);
  const header = records.shift();
  if (!header) throw new UsageError(`${file} is empty: its first line has to name the columns.`);
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

function decodeUtf8(bytes: Uint8Array, file: string): string {
  const startsWith = (...mark: number[]) => mark.every((byte, i) => bytes[i] === byte);
  if (startsWith(0xff, 0xfe) || startsWith(0xfe, 0xff)) {
    throw new UsageError(`${file} is UTF-16; save it as UTF-8.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const at = firstBadLine(bytes);
    throw new UsageError(`${file} is not UTF-8 (first seen on line ${at}); save it as UTF-8.`);
  }
}

function firstBadLine(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8').decode(bytes);
  return text.slice(0, text.indexOf('\ufffd')).split('\n').length;
}
