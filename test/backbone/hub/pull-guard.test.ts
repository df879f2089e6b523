import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withPullGuard } from '../../../src/backbone/hub/pull-guard.ts';

const GUARD = resolve(import.meta.dirname, '../../../src/backbone/hub/pull-guard.ts');
const PROCESSES = 6;

/** Waits until all are ready, so that they meet; then says when it is let in and when it leaves. */
const PULL = `
  import { appendFileSync, readFileSync } from 'node:fs';
  import { setTimeout as pause } from 'node:timers/promises';
  import { withPullGuard } from ${JSON.stringify(GUARD)};
  const [, directory] = process.argv;
  const say = (word) => appendFileSync(directory + '/log', word + '\\n');
  say('ready');
  while (readFileSync(directory + '/log', 'utf8').split('ready').length <= ${PROCESSES});
  await withPullGuard(directory, async () => {
    say('in');
    await pause(100);
    say('out');
  }).catch(({ name }) => say(name));
`;

describe('withPullGuard', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pull-guard-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('lets one of many processes past what a killed one left', async () => {
    for (let round = 0; round < 4; round += 1) {
      await rm(join(directory, 'log'), { force: true });
      const left = { token: 'left', host: hostname(), processId: 2 ** 30 };
      await writeFile(join(directory, '.pull.lock'), JSON.stringify(left));
      const children = Array.from({ length: PROCESSES }, () =>
        spawn(process.execPath, ['--input-type=module', '-e', PULL, directory], { stdio: 'inherit' }),
      );
      await Promise.all(children.map((child) => once(child, 'exit')));
      const said = (await readFile(join(directory, 'log'), 'utf8')).trim().split('\n');
      const entries = said.filter((word) => word === 'in' || word === 'out');
      expect(entries.length).toBeGreaterThan(0);
      expect(entries).toEqual(entries.map((_, at) => (at % 2 === 0 ? 'in' : 'out')));
      expect(said.filter((word) => word === 'BusyError')).toHaveLength(PROCESSES - entries.length / 2);
      expect(await readdir(directory)).toEqual(['log']);
    }
  }, 60_000);

  it('leaves another’s guard alone when it is done', async () => {
    const path = join(directory, '.pull.lock');
    await withPullGuard(directory, () =>
      writeFile(path, JSON.stringify({ token: 'another', host: 'elsewhere', processId: 1 })),
    );
    expect(existsSync(path)).toBe(true);
  });
});
