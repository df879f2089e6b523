import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { loadConfig } from '../config/config.ts';
import type { LibraryItem, ReadFailure } from '../library/library.ts';
import { readLibrary } from '../library/read-library.ts';
import { createServices, type Services } from '../services.ts';
import { UsageError } from '../shared/errors.ts';
import { makeFolder } from '../shared/make-folder.ts';
import { createProgress, type Progress, type Report } from './progress.ts';

/** What a command works with: services, a way to tell how far it is, and the signal of an interruption. */
export interface Session {
  services: Services;
  progress: Progress;
  signal: AbortSignal;
}

/** Programs that started this one pass a terminal's Ctrl+C on: what comes again so soon is the same one. */
const REPEAT_MS = 1_000;
/** The exit code of who does not wait for the command to end tidily. */
const INTERRUPTED = 130;

/**
 * Runs a command with a session of its own and closes what it opened, whatever happens. UsageError where DATA_DIR is
 * needed and can't be made.
 */
export async function withSession(
  command: (session: Session) => Promise<void>,
  { needsDataFolder = true } = {},
): Promise<void> {
  const interruption = new AbortController();
  let interruptedAtMs = Number.POSITIVE_INFINITY;
  const interrupt = () => {
    if (performance.now() - interruptedAtMs > REPEAT_MS) process.exit(INTERRUPTED);
    interruptedAtMs = Math.min(interruptedAtMs, performance.now());
    interruption.abort(new DOMException('Interrupted; run it again to go on where it was.', 'AbortError'));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const services = createServices(loadConfig(process.env));
  try {
    if (needsDataFolder) await makeDataFolder(services);
    await command({ services, progress: createProgress(), signal: interruption.signal });
  } catch (error) {
    interruption.signal.throwIfAborted(); // whatever broke off then, this is why
    throw error;
  } finally {
    await services.close();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** UsageError where the folder can't be made, or is none. */
export async function makeDataFolder({ config }: Pick<Services, 'config'>): Promise<void> {
  const { data } = config.directories;
  try {
    await makeFolder(data);
    await access(`${data}/`); // a file fails by the slash
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = `DATA_DIR can't be made: ${data} (${code}). Name a folder that this user may write.`;
    throw new UsageError(message, { cause });
  }
}

/** Reads library.csv as one stage. */
export function openLibrary(path: string, { services, progress, signal }: Session) {
  return progress.stage('Reading library.csv', (report) =>
    readLibrary(path, services.reader.probe, { signal, onProgress: report }),
  );
}

/** Shows a run over items on a stage's line. */
export function itemProgress(report: Report) {
  return (done: number, total: number, item: LibraryItem) => report(done, total, item.title);
}

/** Lists the files that were left out, on stderr; a video and its soundtrack may have failed by one. */
export function reportFailures(failures: readonly ReadFailure[]): void {
  if (failures.length === 0) return;
  const lines = new Set(failures.map(({ path, code, message }) => `  ${path}: ${code}: ${message}`));
  const fileCount = new Set(failures.map(({ path }) => path)).size;
  console.error(`${fileCount} ${fileCount === 1 ? 'file' : 'files'} could not be read:`);
  for (const line of lines) console.error(line);
}

/** Before work begins that would be lost otherwise. UsageError, saying what was to come there, where it can't. */
export async function makeWritableFolder(folder: string, what: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`No ${what} can be written to ${folder} (${code}).`, { cause });
  }
}

/** One JSON document on stdout. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}
