import { adoptBundle } from '../bundle/adopt-bundle.ts';
import type { Library } from '../library/library.ts';
import { IncompleteIndexError, type IngestOptions, type IngestReport, ingest } from '../retrieval/ingest.ts';
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
    `Indexed ${report.indexed}, unchanged ${report.unchanged}, removed by users ${report.removed}, ` +
      `deleted ${report.deleted}, failed ${report.failures.length}. ` +
      `Bundle ${report.bundleId} ${report.isCurrent ? 'is served.' : 'is served once its other shards are indexed.'}`,
  );
  const { droppedSoundtracks } = report;
  if (droppedSoundtracks > 0) {
    console.error(
      `${droppedSoundtracks} ${droppedSoundtracks === 1 ? 'soundtrack of a video is no track' : 'soundtracks of videos are no tracks'} ` +
        'any more, since this run was without --soundtracks.',
    );
  }
  if (report.failures.length > 0) process.exitCode = 1;
}

export async function indexLibrary(
  library: Library,
  { bundle, ...options }: IndexArguments,
  { services, progress, signal }: Session,
): Promise<IngestReport> {
  const loaded = await loadBundle(await findBundleId(bundle, services.config), services);
  await adoptBundle(loaded.bundle, services.config.directories.bundles);
  const store = await services.openStore();
  const tools = { ...featureToolsOf(loaded, services), embedder: loaded.embedder, store };
  try {
    return await progress.stage('Indexing', (report) =>
      ingest(library, { ...options, signal, onProgress: itemProgress(report) }, tools),
    );
  } catch (error) {
    if (error instanceof IncompleteIndexError) reportFailures(error.failures);
    throw error;
  }
}
