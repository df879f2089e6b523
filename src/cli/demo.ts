import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCurrentBundle } from '../bundle/current-bundle.ts';
import { PROJECT_ROOT } from '../config/config.ts';
import { synthesiseDemo } from '../demo/synthesise-demo.ts';
import { locateFfmpeg } from '../media/ffmpeg.ts';
import { buildPages } from './build-pages.ts';
import { indexLibrary } from './index-library.ts';
import { serve } from './serve.ts';
import { openLibrary, reportFailures, type Session } from './session.ts';
import { takeTurn } from './take-turn.ts';
import { trainLibrary } from './train.ts';

/**
 * Stands in DATA_DIR while the demo is being made, so that an interrupted run goes on. Holds the id of the demo's bundle
 * once it is trained: with another bundle in its place the folder is the operator's own.
 */
const UNFINISHED_MARK = 'demo-unfinished';

/** How the demo's heads are trained; chosen by cross-validation on its train and val. */
const TRAINING_OPTIONS = join(PROJECT_ROOT, 'src/demo/training.json');

/** `demo`: library → features → heads → index. Goes on where it was. */
export async function demo(session: Session): Promise<void> {
  await alone(session, () => makeDemo(session));
}

/** `npm start`: the pages, the demo where there is nothing yet, and the server. */
export async function start(session: Session): Promise<void> {
  await buildPages(session);
  if (await isDemoDue(session)) {
    await alone(session, async () => {
      if (await isDemoDue(session)) await makeDemo(session); // unless who was waited for made it
    });
  }
  await serve(session);
}

/** One process at a time makes the demo in a DATA_DIR. */
function alone({ services, signal }: Session, work: () => Promise<void>): Promise<void> {
  const { data } = services.config.directories;
  const waiting = `Another process is making the demo in ${data}; waiting for it …`;
  return takeTurn({ directory: data, file: '.demo.lock', work: 'demo' }, work, { waiting, signal });
}

async function makeDemo(session: Session): Promise<void> {
  const { services, progress, signal } = session;
  const { data, demo: folder } = services.config.directories;
  const mark = join(data, UNFINISHED_MARK);
  await writeFile(mark, (await readMark(mark)) ?? '');
  const { ffmpeg } = locateFfmpeg(services.config);
  await progress.stage('Synthesising the demo library', (report) =>
    synthesiseDemo(folder, { ffmpeg, signal, onProgress: report }),
  );
  const library = await openLibrary(folder, session);
  const bundle = await trainLibrary(library, { label: 'genres', options: TRAINING_OPTIONS }, session);
  await writeFile(mark, bundle.id);
  const options = { bundle: bundle.id, shard: null, soundtracks: false, discardEdits: false, restore: false };
  const { failures } = await indexLibrary(library, options, session);
  reportFailures(failures);
  await rm(mark, { force: true });
}

/** True where there is neither a bundle nor an index, or only those of a demo that was interrupted. */
async function isDemoDue({ services }: Session): Promise<boolean> {
  const { data } = services.config.directories;
  const demoBundleId = await readMark(join(data, UNFINISHED_MARK));
  const isOfAnother = (id: string | null) => id !== null && id !== demoBundleId;
  // The store may be away, for which the server waits: it is asked only where there is no other bundle.
  if (isOfAnother(await readCurrentBundle(data))) return false;
  const store = await services.openStore();
  return !isOfAnother(await store.currentBundleId());
}

/** Null where no demo was begun or it was finished; empty before its bundle is trained. */
async function readMark(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
