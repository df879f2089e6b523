import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT_ROOT } from '../src/config/config.ts';
import { UsageError } from '../src/shared/errors.ts';
import { mediansOf, timed } from './measure.ts';

/** How long the program takes to start, beside Node alone. Medians in milliseconds. */
export interface StartFigures {
  bareNodeMs: number;
  /** From the process's start to the first 200 of /readyz. */
  readyMs: number;
}

const ROUNDS = 3;

/** Starts `serve` on a folder that was made before: with a bundle, and an index of it. */
export function benchStart(dataDirectory: string): Promise<StartFigures> {
  return mediansOf(ROUNDS, {
    bareNodeMs: timed(() => once(spawn(process.execPath, ['--eval', '0']), 'exit')),
    readyMs: () => startOnce(dataDirectory),
  });
}

async function startOnce(dataDirectory: string): Promise<number> {
  const startedMs = performance.now();
  const server = spawn(process.execPath, [join(PROJECT_ROOT, 'src/cli.ts'), 'serve'], {
    env: { ...process.env, DATA_DIR: dataDirectory, PORT: '0', LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exit = once(server, 'exit');
  try {
    const url = await readUrl(server.stderr);
    while (!(await fetch(`${url}/readyz`)).ok) await sleep(5);
    return performance.now() - startedMs;
  } finally {
    server.kill('SIGTERM');
    await exit;
  }
}

/** The address in what the server prints once it listens. UsageError with all it printed where it ends before. */
async function readUrl(output: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of output) {
    text += chunk;
    const url = /(http:\S+)\/graphql/.exec(text)?.[1];
    if (url) return url;
  }
  throw new UsageError(`serve can't be started on this DATA_DIR: ${text.trim()}`);
}
