import type { Library } from '../library/library.ts';
import { type IngestOptions, type IngestReport, ingest } from '../retrieval/ingest.ts';
import { featureToolsOf, findBundleId, loadBundle } from '../services.ts';
import { itemProgress, openLibrary, reportFailures, type Session } from './session.ts';

export type IndexArguments = Pick<IngestOptions, 'shard' | 'soundtracks' | 'discardEdits' | 'restore'> & {
  bundle?: string;
};

/** `index LIBRARY`: makes the store equal the library; servers swap to it. Fails where a file could not be read. */
export async function index(path: string, options: IndexArguments, session: Session): Promise<void> {
  const library = await openLibrary(path, session);
  const report = await indexLibrary(library, options, session);
  reportFailures(report.failures);
  console.error(
    `Indexed ${report.indexed}, unchanged ${report.unchanged}, deleted ${report.deleted}, ` +
      `failed ${report.failures.length}. Bundle ${report.bundleId} is served.`,
  );
  if (report.failures.length > 0) process.exitCode = 1;
}

export async function indexLibrary(
  library: Library,
  { bundle, ...options }: IndexArguments,
  { services, progress, signal }: Session,
): Promise<IngestReport> {
  const loaded = await loadBundle(await findBundleId(bundle, services.config), services);
  const store = await services.openStore();
  const tools = { ...featureToolsOf(loaded, services), embedder: loaded.embedder, store };
  return progress.stage('Indexing', (report) =>
    ingest(library, { ...options, signal, onProgress: itemProgress(report) }, tools),
  );
}
