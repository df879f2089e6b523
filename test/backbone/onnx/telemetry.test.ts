import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { buildExampleVisionGraph } from '../../support/example-backbones.ts';
import { sha256Of } from '../hub/fake-hub.ts';

const SOURCE = resolve(import.meta.dirname, '../../../src/backbone');

/** Makes a session in a worker, as the server does. */
const OPEN = `
  import { createInference } from ${JSON.stringify(join(SOURCE, 'inference-client.ts'))};
  const inference = createInference({ device: 'cpu' });
  const [path, sha256] = process.argv.slice(2);
  await inference.open({ path, sha256 });
  console.log(inference.device().used);
  await inference.close();
`;

// Where it is on, the runtime keeps a device's identity and what is to be sent in the user's cache.
it.skipIf(process.platform !== 'linux')('the runtime tells nobody what it runs (Linux)', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'telemetry-'));
  const [home, script, path] = ['home', 'open.mjs', 'graph.onnx'].map((name) => join(directory, name));
  const graph = buildExampleVisionGraph();
  try {
    await mkdir(home);
    await writeFile(script, OPEN);
    await writeFile(path, graph);
    const { stdout } = await promisify(execFile)(process.execPath, [script, path, sha256Of(graph)], {
      env: { PATH: process.env.PATH, HOME: home },
      cwd: home,
    });
    expect(stdout.trim()).toBe('CPU');
    expect(await readdir(home)).toEqual([]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
