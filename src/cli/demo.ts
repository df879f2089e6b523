import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCurrentBundle } from '../bundle/current-bundle.ts';
import { synthesiseDemo } from '../demo/synthesise-demo.ts';
import { locateFfmpeg } from '../media/ffmpeg.ts';
import { buildPages } from './build-pages.ts';
import { indexLibrary } from './index-library.ts';
import { serve } from './serve.ts';
import { openLibrary, reportFailures, type Session } from './session.ts';
import { trainLibrary } from './train.ts';

/** Stands in DATA_DIR while the demo is being made: an interrupted run goes on, an operator's own data is left alone. */
const UNFINISHED_MARK = 'demo-unfinished';

/** `demo`: library → features → heads → index. Goes on where it was. */
export async function demo(session: Session): Promise<void> {
  const { services, progress, signal } = session;
  const { data, demo: folder } = services.config.directories;
  const mark = join(data, UNFINISHED_MARK);
  await mkdir(data, { recursive: true });
  await writeFile(mark, '');
  const { ffmpeg } = locateFfmpeg(services.config);
  await progress.stage('Synthesising the demo library', (report) =>
    synthesiseDemo(folder, { ffmpeg, signal, onProgress: report }),
  );
  const library = await openLibrary(folder, session);
  const bundle = await trainLibrary(library, { label: 'genres' }, session);
  const options = { bundle: bundle.id, shard: null, soundtracks: false, discardEdits: false, restore: false };
  const { failures } = await indexLibrary(library, options, session);
  reportFailures(failures);
  await rm(mark);
}

/** `npm start`: the pages, the demo where there is nothing yet, and the server. */
export async function start(session: Session): Promise<void> {
  await buildPages(session);
  if (await isDemoDue(session)) await demo(session);
  await serve(session);
}

async function isDemoDue({ services }: Session): Promise<boolean> {
  const { data } = services.config.directories;
  if (existsSync(join(data, UNFINISHED_MARK))) return true;
  if (await readCurrentBundle(data)) return false;
  const store = await services.openStore();
  return (await store.currentBundleId()) === null;
}
