import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const INSTALLER = resolve(import.meta.dirname, '../../scripts/install.mjs');

/** Stands in for npm: takes a while, and writes down when it begins and ends. */
const FAKE_NPM = `#!/bin/sh
echo begin >> "$RUNS"
rm -rf node_modules
sleep 0.6
mkdir -p node_modules
echo end >> "$RUNS"
`;

describe('install.mjs', () => {
  let root: string;
  const children: ChildProcess[] = [];

  const install = () => {
    const child = spawn(process.execPath, [join(root, 'scripts/install.mjs')], {
      env: { ...process.env, PATH: `${join(root, 'fake')}:${process.env.PATH}`, RUNS: join(root, 'runs') },
      stdio: 'ignore',
    });
    children.push(child);
    return child;
  };
  const exitCodeOf = async (child: ChildProcess) => (await once(child, 'exit'))[0];
  const runs = async () =>
    (await readFile(join(root, 'runs'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'control-mvr-install-'));
    await mkdir(join(root, 'fake'));
    await writeFile(join(root, 'fake/npm'), FAKE_NPM);
    await chmod(join(root, 'fake/npm'), 0o755);
    await cp(INSTALLER, join(root, 'scripts/install.mjs'), { recursive: true });
    await writeFile(join(root, 'package-lock.json'), '{}');
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(root, { recursive: true, force: true });
  });

  it('installs once for several that start together, and not again until the lock file changes', async () => {
    expect(await Promise.all([install(), install(), install()].map(exitCodeOf))).toEqual([0, 0, 0]);
    expect(await runs()).toEqual(['begin', 'end']);
    await writeFile(join(root, 'package-lock.json'), '{ }');
    expect(await exitCodeOf(install())).toBe(0);
    expect(await runs()).toEqual(['begin', 'end', 'begin', 'end']);
  });

  it('waits for the npm that a killed installer left, then installs anew', async () => {
    const killed = install();
    while ((await runs()).length === 0) await sleep(20);
    killed.kill('SIGKILL');
    expect(await exitCodeOf(install())).toBe(0);
    expect(await runs()).toEqual(['begin', 'end', 'begin', 'end']);
  });

  it('fails with npm, and can be tried again', async () => {
    await writeFile(join(root, 'fake/npm'), '#!/bin/sh\nexit 7\n');
    expect(await exitCodeOf(install())).toBe(1);
    await writeFile(join(root, 'fake/npm'), FAKE_NPM);
    expect(await exitCodeOf(install())).toBe(0);
  });
});
