import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Closes while a graph runs. In a process of its own: a thread that ends inside native code aborts the process. */
const SCRIPT = `
  import { createInference } from '${import.meta.resolve('../../src/backbone/inference-client.ts')}';
  import { createBackboneRegistry } from '${import.meta.resolve('../../src/backbone/registry.ts')}';
  const inference = createInference({ device: 'cpu' });
  const registry = createBackboneRegistry({ directory: process.argv[2], inference });
  const audio = await registry.open('lite-audio-1');
  const segment = { samples: Float32Array.from({ length: 240_000 }, (_, i) => Math.sin(i / 50)) };
  const running = audio.extract(new Array(8).fill(segment)).then(() => 'done', (error) => error.name);
  await new Promise((resolve) => setTimeout(resolve, Number(process.argv[3])));
  await inference.close();
  console.log(await running);
`;

it('closing in the middle of a run ends cleanly, and the run is rejected', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'control-mvr-close-'));
  try {
    const script = join(directory, 'close.mjs');
    await writeFile(script, SCRIPT);
    for (const delayMs of [0, 5, 15, 30]) {
      const { stdout } = await promisify(execFile)(process.execPath, [script, directory, String(delayMs)]);
      expect(stdout.trim()).toBe('WorkerLostError');
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});
