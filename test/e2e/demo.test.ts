import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeCommands } from './demo/commands.ts';
import { describeEvaluation } from './demo/evaluation.ts';
import { describeLibraryChanges } from './demo/library-changes.ts';
import type { MadeDemo } from './demo/made-demo.ts';
import { describePlayground } from './demo/playground.ts';
import { describeSearches } from './demo/searches.ts';
import { describeUploads } from './demo/uploads.ts';
import { createWorkspace, readStageSeconds } from './support/control-mvr.ts';
import { waitUntil } from './support/wait-until.ts';

/** Files as they are: path → when each was written. */
type Snapshot = Map<string, number>;

describe('from nothing to a server', { timeout: 600_000 }, () => {
  const workspace = createWorkspace('demo');
  const folder = join(workspace.dataDirectory, 'demo');
  let demo: MadeDemo;

  beforeAll(async () => {
    demo = { workspace, folder, server: await startInPieces() };
  }, 900_000);
  afterAll(() => workspace.close());

  /** `start`, killed in synthesis and while features are extracted, interrupted in training, and then left alone. */
  async function startInPieces() {
    const media = () => [join(folder, 'music'), join(folder, 'videos')];
    const features = () => [join(workspace.dataDirectory, 'features')];
    const kept: Snapshot[] = [];
    for (const { directories, enough } of [
      { directories: media, enough: 80 },
      { directories: features, enough: 200 },
    ]) {
      const killed = workspace.spawn(['start']);
      await waitUntil(
        async () => killed.child.exitCode !== null || (await snapshot(directories())).size >= enough,
      );
      await killed.kill();
      console.log('Killed. Stages that were done, in seconds:', readStageSeconds(killed.stderr()));
      kept.push(await snapshot([...media(), ...features()]));
    }
    const interrupted = workspace.spawn(['start']);
    await waitUntil(
      () => interrupted.child.exitCode !== null || interrupted.stderr().includes('❯ Training heads'),
    );
    interrupted.child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await interrupted.finished;
    expect([exitCode, stdout, stderr]).toEqual([1, '', expect.stringMatching(/Interrupted; run it again/)]);
    expect(stderr).not.toMatch(/\n {4}at .*\.ts:\d+/);
    kept.push(await snapshot([...media(), ...features()]));

    const [inSynthesis, inFeatures] = kept;
    dropHalfPairs(inSynthesis);
    expect(inSynthesis.size).toBeGreaterThan(70);
    expect(inSynthesis.size).toBeLessThan(480);
    expect(inFeatures.size).toBeGreaterThan(480);
    expect(inFeatures.size).toBeLessThan(960);

    const server = await workspace.serve('start');
    console.log('Start, the rest. Stages in seconds:', readStageSeconds(server.stderr()));
    const whole = await snapshot([...media(), ...features()]);
    expect(whole.size).toBe(960);
    for (const before of kept) expectKept(before, whole);
    return server;
  }

  const given = () => demo;
  it('makes a demo that is all there, and nothing beside it', async () => {
    expect((await readdir(workspace.dataDirectory)).toSorted()).toEqual(
      ['backbones', 'bundles', 'current-bundle', 'demo', 'features', 'store'].toSorted(),
    );
    expect((await readdir(folder)).toSorted()).toEqual(['library.csv', 'music', 'recipe.json', 'videos']);
    expect(await readdir(join(workspace.dataDirectory, 'bundles'))).toHaveLength(1);
  });
  describeEvaluation(given);
  describeSearches(given);
  describeUploads(given);
  describeCommands(given);
  describePlayground(given);
  describeLibraryChanges(given);

  describe('a later start', () => {
    it('stops when it is told to, and then serves what is there', async () => {
      const before = await snapshot([folder, join(workspace.dataDirectory, 'bundles')]);
      const secondsSince = (startMs: number) => ((performance.now() - startMs) / 1_000).toFixed(1);
      const stoppingMs = performance.now();
      const { exitCode, stdout } = await demo.server.stop();
      console.log(`Stopped after ${secondsSince(stoppingMs)} s`);
      expect([exitCode, stdout]).toEqual([0, '']);

      const startingMs = performance.now();
      demo.server = await workspace.serve('start');
      console.log(`Later start: ready after ${secondsSince(startingMs)} s`);
      const answer = await fetch(`${demo.server.url}/readyz`);
      expect(answer.status).toBe(200);
      expect(await snapshot([folder, join(workspace.dataDirectory, 'bundles')])).toEqual(before);
    });
  });
});

/** Finished files below these folders; drafts under other names are left out. */
async function snapshot(directories: readonly string[]): Promise<Snapshot> {
  const files: Snapshot = new Map();
  for (const directory of directories) {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile() || entry.name.endsWith('.draft')) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(path, (await stat(path)).mtimeMs);
    }
  }
  return files;
}

/** Leaves out a file whose pair was not finished: the two are made together, again. */
function dropHalfPairs(files: Snapshot): void {
  const numberOf = (path: string) => /-(\d+)\.\w+$/.exec(path)?.[1];
  for (const group of Map.groupBy(files.keys(), numberOf).values()) {
    if (group.length < 2) files.delete(group[0]);
  }
}

function expectKept(before: Snapshot, after: Snapshot): void {
  const changed = [...before].filter(([path, writtenMs]) => after.get(path) !== writtenMs);
  expect(changed).toEqual([]);
}
