import { loadConfig } from '../config/config.ts';
import type { LibraryItem } from '../library/library.ts';
import { readLibrary } from '../library/read-library.ts';
import type { ItemFailure } from '../retrieval/library-features.ts';
import { createServices, type Services } from '../services.ts';
import { createProgress, type Progress, type Report } from './progress.ts';

/** What a command works with: services, a way to tell how far it is, and the signal of an interruption. */
export interface Session {
  services: Services;
  progress: Progress;
  signal: AbortSignal;
}

/** Runs a command with a session of its own and closes what it opened, whatever happens. */
export async function withSession(command: (session: Session) => Promise<void>): Promise<void> {
  const interruption = new AbortController();
  const interrupt = () =>
    interruption.abort(new DOMException('Interrupted; run it again to go on where it was.', 'AbortError'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const services = createServices(loadConfig(process.env));
  try {
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

/** Reads library.csv as one stage. */
export function openLibrary(path: string, { services, progress }: Session) {
  return progress.stage('Reading library.csv', () =>
    readLibrary(path, (file) => services.reader.probe(file)),
  );
}

/** Shows a run over items on a stage's line. */
export function itemProgress(report: Report) {
  return (done: number, total: number, item: LibraryItem) => report(done, total, item.title);
}

/** Lists the items that were left out, on stderr. */
export function reportFailures(failures: readonly ItemFailure[]): void {
  if (failures.length === 0) return;
  console.error(`${failures.length} ${failures.length === 1 ? 'file' : 'files'} could not be read:`);
  for (const { item, code, message } of failures) console.error(`  ${item.path}: ${code}: ${message}`);
}

/** One JSON document on stdout. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}
