import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { BusyError, IntegrityError } from '../../shared/errors.ts';
import { MIGRATIONS, SCHEMA, SCHEMA_VERSION } from './schema.ts';

type Parameters = SQLInputValue[];

/** One connection. Statements are prepared once; errors of SQLite leave as ours. */
export interface Database {
  get<Row>(sql: string, ...parameters: Parameters): Row | undefined;
  all<Row>(sql: string, ...parameters: Parameters): Row[];
  /** Returns the number of rows changed. */
  run(sql: string, ...parameters: Parameters): number;
  /** All or nothing, alone among writers. Committed is on disk. */
  transaction<Result>(work: () => Result): Result;
  /** Reads within `work` see one state of the store. */
  snapshot<Result>(work: () => Result): Result;
  /** Another number after another connection, of any process, has committed. */
  dataVersion(): number;
  close(): void;
}

/**
 * Opens a store file. `write` creates it where it is missing; `read` needs one that a writer has opened.
 * IntegrityError where the file is no store of ours or another version's.
 */
export function openDatabase(path: string, access: 'read' | 'write'): Database {
  return translating(() => {
    const connection = new DatabaseSync(path, { readOnly: access === 'read', timeout: 20_000 });
    const database = wrap(connection);
    try {
      if (access === 'write') prepareFile(connection, database);
      checkSchemaVersion(database, path);
    } catch (error) {
      connection.close();
      throw error;
    }
    return database;
  });
}

function prepareFile(connection: DatabaseSync, database: Database): void {
  // Two vectors of 256 floats and their row fit three to such a page, but one to SQLite's usual 4 KiB.
  connection.exec('PRAGMA page_size = 8192');
  connection.exec('PRAGMA journal_mode = WAL');
  connection.exec('PRAGMA synchronous = FULL');
  connection.exec('PRAGMA foreign_keys = ON');
  database.transaction(() => {
    const version = schemaVersion(database);
    const change = version === 0 ? SCHEMA : MIGRATIONS[version];
    if (change === undefined) return;
    connection.exec(change);
    connection.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

function schemaVersion(database: Database): number {
  return database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
}

function checkSchemaVersion(database: Database, path: string): void {
  const version = schemaVersion(database);
  if (version === SCHEMA_VERSION) return;
  throw new IntegrityError(
    `${path} is a store of schema version ${version}; this program reads version ${SCHEMA_VERSION}. ` +
      'Move it away and run `bin/control-mvr index` again.',
  );
}

function wrap(connection: DatabaseSync): Database {
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    let statement = statements.get(sql);
    if (!statement) {
      statement = connection.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  };
  const within = <Result>(begin: string, work: () => Result): Result =>
    translating(() => {
      connection.exec(begin);
      try {
        const result = work();
        connection.exec('COMMIT');
        return result;
      } catch (error) {
        if (connection.isTransaction) connection.exec('ROLLBACK');
        throw error;
      }
    });

  return {
    get: <Row>(sql: string, ...parameters: Parameters) =>
      translating(() => prepare(sql).get(...parameters) as Row | undefined),
    all: <Row>(sql: string, ...parameters: Parameters) =>
      translating(() => prepare(sql).all(...parameters) as Row[]),
    run: (sql, ...parameters) => translating(() => Number(prepare(sql).run(...parameters).changes)),
    transaction: (work) => within('BEGIN IMMEDIATE', work),
    snapshot: (work) => within('BEGIN', work),
    dataVersion: () =>
      translating(() => (prepare('PRAGMA data_version').get() as { data_version: number }).data_version),
    close: () => connection.close(),
  };
}

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

function translating<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const code = (error as { errcode?: number }).errcode;
    const message = error instanceof Error ? error.message : String(error);
    if (code === SQLITE_BUSY) throw new BusyError('The store is busy with another write.', 1000);
    if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
      throw new IntegrityError(`The store's file is damaged: ${message}.`, { cause: error });
    }
    throw error;
  }
}
