import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../config/config.ts';
import type { Session } from './session.ts';
import { takeTurn } from './take-turn.ts';

const SOURCES = join(PROJECT_ROOT, 'src/web');
const BUILT = join(PROJECT_ROOT, 'dist');
const STAMP = join(BUILT, 'web/.built-from');

/** Builds the web pages unless they are there, built from these sources. */
export async function buildPages({ progress, signal }: Session): Promise<void> {
  const wanted = await hashSources();
  const areBuilt = async () => (await readFile(STAMP, 'utf8').catch(() => null)) === wanted;
  if (await areBuilt()) return;
  const build = async () => {
    if (await areBuilt()) return;
    await progress.stage('Building the playground', () => runVite(signal));
    await writeFile(STAMP, wanted);
  };
  const waiting = 'Another process is building the playground; waiting for it …';
  await takeTurn({ directory: BUILT, file: '.web.lock', work: 'build' }, build, { waiting, signal });
}

/** SHA-256 over the pages' sources and the versions of what is bundled with them. */
async function hashSources(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(PROJECT_ROOT, 'package-lock.json')));
  const names = await readdir(SOURCES, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(file).update(await readFile(file));
  return hash.digest('hex');
}

async function runVite(signal: AbortSignal): Promise<void> {
  const vite = join(PROJECT_ROOT, 'node_modules/vite/bin/vite.js');
  const options = ['build', '--config', join(SOURCES, 'vite.config.ts'), '--logLevel', 'error'];
  const build = spawn(process.execPath, [vite, ...options], {
    cwd: PROJECT_ROOT,
    stdio: ['ignore', process.stderr, process.stderr],
    signal,
  });
  const [code] = await once(build, 'exit');
  if (code !== 0) throw new Error(`The pages could not be built (vite ended with ${code}).`);
}
