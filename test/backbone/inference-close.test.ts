import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MODULES = `
  import { createInference } from '${import.meta.resolve('../../src/backbone/inference-client.ts')}';
  import { createBackboneRegistry } from '${import.meta.resolve('../../src/backbone/registry.ts')}';
  const segment = { samples: Float32Array.from({ length: 240_000 }, (_, i) => Math.sin(i / 50)) };
  const [directory, delayMs] = process.argv.slice(2);
`;

const CLOSE_IN_A_RUN = `${MODULES}
  const inference = createInference({ device: 'cpu' });
  const registry = createBackboneRegistry({ directory, inference });
  const audio = await registry.open('lite-audio-1');
  const running = audio.extract(new Array(8).fill(segment)).then(() => 'done', (error) => error.name);
  await new Promise((resolve) => setTimeout(resolve, Number(delayMs)));
  await inference.close();
  console.log(await running);
`;

const END_AFTER_A_RUN_THAT_HANGS = `${MODULES}
  import { execFileSync } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  const module = new URL('${import.meta.resolve('./losable-device.worker.ts')}');
  const inference = createInference({ device: 'auto', runTimeoutMs: 2_000, module });
  const registry = createBackboneRegistry({ directory, inference });
  await registry.readManifest('lite-audio-1');
  writeFileSync(directory + '/lite-audio-1/plan.json', '{ "runs": ["hangs"] }');
  execFileSync('mkfifo', [directory + '/lite-audio-1/pipe']);
  const audio = await registry.open('lite-audio-1');
  console.log((await audio.extract([segment])).length);
  await registry.close();
  await inference.close();
  console.log('closed');
`;

/** In a process of its own: a thread that ends inside native code aborts the process. */
describe('closing', () => {
  let directory: string;
  const run = async (source: string, ...words: string[]) => {
    const script = join(directory, 'script.mjs');
    await writeFile(script, source);
    return promisify(execFile)(process.execPath, [script, directory, ...words]);
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'control-mvr-close-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('in the middle of a run ends cleanly, and the run is rejected', async () => {
    for (const delayMs of [0, 5, 15, 30]) {
      const { stdout } = await run(CLOSE_IN_A_RUN, String(delayMs));
      expect(stdout.trim()).toBe('WorkerLostError');
    }
  });

  it('ends the process also where a thread hangs, which nothing else would end', async () => {
    const ended = await run(END_AFTER_A_RUN_THAT_HANGS).catch((error) => error);
    expect(ended).toMatchObject({ signal: 'SIGKILL', stdout: '1\nclosed\n' });
  });
});
