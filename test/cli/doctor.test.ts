import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCudaLibraries } from '../../src/backbone/onnx/accelerator.ts';
import { PROJECT_ROOT } from '../../src/config/config.ts';

interface Finding {
  what: string;
  isFine: boolean;
  found: string;
  more: string | null;
}

interface Ended {
  exitCode: number;
  stdout: string;
  stderr: string;
}

const TIMEOUT_MS = 60_000;

function run(commandArguments: string[], environment: Record<string, string>): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  execFile(
    process.execPath,
    [join(PROJECT_ROOT, 'src/cli.ts'), ...commandArguments],
    { env: { PATH: process.env.PATH, LOG_LEVEL: 'silent', ...environment }, timeout: TIMEOUT_MS },
    (error, stdout, stderr) => resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr }),
  );
  return promise;
}

describe('doctor', () => {
  let directory: string;
  let qdrant: Server;

  const examine = async (environment: Record<string, string>) => {
    const { exitCode, stdout } = await run(['doctor', '--json'], environment);
    const findings: Finding[] = JSON.parse(stdout);
    return { exitCode, of: (what: string) => findings.find((finding) => finding.what === what) };
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'control-mvr-doctor-'));
    qdrant = createServer((_request, response) => response.end('{"title":"qdrant","version":"1.18.3"}'));
    await new Promise<void>((resolve) => qdrant.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    qdrant.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('says what was found, what runs and what it would take for more', async () => {
    const url = `http://127.0.0.1:${(qdrant.address() as AddressInfo).port}`;
    const environment = { DATA_DIR: directory, DEVICE: 'cpu', STORE: 'qdrant', QDRANT_URL: url };
    const { exitCode, of } = await examine({ ...environment, INFERENCE_THREADS: '3' });
    expect(of('ONNX Runtime')).toMatchObject({
      isFine: true,
      found: expect.stringMatching(/^\d+\.\d+.*cpu/),
    });
    expect(of('Device')).toMatchObject({
      isFine: true,
      found: expect.stringMatching(/^CPU.*DEVICE=cpu.*3 threads/),
    });
    expect(of('Training')?.isFine).toBe(true);
    expect(of('Store')).toMatchObject({ isFine: true, found: `Qdrant 1.18.3 at ${url}` });
    // There is no bundle.
    expect([exitCode, of('Bundle')?.isFine]).toEqual([1, false]);

    // Where an accelerator is there already, there is nothing to add.
    const install =
      /^CUDA\. It needs .*`ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules\/onnxruntime-node\/script\/install\.js`/;
    expect(of('ONNX Runtime')?.more).toEqual(hasCudaLibraries() ? null : expect.stringMatching(install));
    const driver = 'WebGPU. It needs a GPU with a Vulkan, Metal or Direct3D 12 driver.';
    expect(of('GPU')?.more).toBe(of('GPU')?.found === 'none' ? driver : null);
    const gpuPackage = /^a GPU\. @tensorflow\/tfjs-node-gpu is .*\. See docs\/gpu\.md\.$/;
    const trainsOnGpu = of('Training')?.found === 'tensorflow-gpu';
    expect(of('Training')?.more).toEqual(trainsOnGpu ? null : expect.stringMatching(gpuPackage));
  });

  it('names the GPUs that NVIDIA’s driver lists, and asks for no other', async () => {
    const programs = join(directory, 'programs');
    await mkdir(programs);
    const list = '#!/bin/sh\necho "NVIDIA Test 1"\necho "NVIDIA Test 2"\n';
    await writeFile(join(programs, 'nvidia-smi'), list, { mode: 0o755 });
    const PATH = `${programs}:${process.env.PATH}`;
    const { of } = await examine({ DATA_DIR: directory, DEVICE: 'cpu', PATH });
    expect(of('GPU')).toMatchObject({ isFine: true, found: 'NVIDIA Test 1, NVIDIA Test 2', more: null });
  });

  it('says that the store does not answer', async () => {
    const { of } = await examine({ DATA_DIR: directory, STORE: 'qdrant', QDRANT_URL: 'http://127.0.0.1:1' });
    expect(of('Store')).toMatchObject({ isFine: false, found: expect.stringContaining('does not answer') });
  });

  it('says that ffmpeg is another program, and that ffprobe is not there', async () => {
    const missing = join(directory, 'ffprobe');
    const programs = { FFMPEG_PATH: 'true', FFPROBE_PATH: missing };
    const { exitCode, of } = await examine({ DATA_DIR: directory, DEVICE: 'cpu', ...programs });
    expect([exitCode, of('ffmpeg'), of('ffprobe')]).toMatchObject([
      1,
      { isFine: false, found: 'true is another program.' },
      { isFine: false, found: `${missing} is not there; mend or unset FFPROBE_PATH.` },
    ]);
  });

  it.skipIf(process.platform !== 'linux')(
    'ends where DATA_DIR can’t be made, as every command does (needs Linux’ /proc)',
    async () => {
      const environment = { DATA_DIR: '/proc/nowhere/data', DEVICE: 'cpu' };
      const [{ exitCode, of }, indexing] = await Promise.all([
        examine(environment),
        run(['index', directory], environment),
      ]);
      expect([exitCode, of('DATA_DIR')?.isFine, of('Device')?.isFine]).toEqual([1, false, false]);
      expect(indexing).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining("DATA_DIR can't be made"),
      });
    },
  );
});
