import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeCurrentBundle } from '../../src/bundle/current-bundle.ts';
import { start } from '../../src/cli/demo.ts';
import { createProgress } from '../../src/cli/progress.ts';
import type { Session } from '../../src/cli/session.ts';
import { loadConfig } from '../../src/config/config.ts';
import { listen } from '../../src/http/listen.ts';
import { createServices, type Services } from '../../src/services.ts';
import { UnavailableError } from '../../src/shared/errors.ts';

// The pages have nothing to do with the store, and take long to build.
vi.mock('../../src/cli/build-pages.ts', () => ({ buildPages: async () => {} }));

describe('start, while Qdrant is away', () => {
  let directory: string;
  let services: Services;
  let interruption: AbortController;
  let session: Session;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'start-'));
    const nobody = await listen((_, response) => response.end(), { host: '127.0.0.1', port: 0 });
    await nobody.drain(0);
    services = createServices(
      loadConfig({
        DATA_DIR: directory,
        PORT: '0',
        DEVICE: 'cpu',
        LOG_LEVEL: 'silent',
        STORE: 'qdrant',
        QDRANT_URL: nobody.url,
      }),
    );
    interruption = new AbortController();
    session = { services, progress: createProgress({ quiet: true }), signal: interruption.signal };
  });
  afterEach(async () => {
    await services.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('with a bundle: is alive and waits, until it is interrupted', async () => {
    await writeCurrentBundle(directory, 'b'.repeat(64));
    const warn = vi.spyOn(services.log, 'warn');
    const serving = start(session);
    const said = vi.waitFor(() => expect(warn).toHaveBeenCalled(), { timeout: 30_000 });
    await Promise.race([said, serving]);
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ reason: expect.stringContaining('Qdrant at') }),
      'Alive and not ready: waiting for the store',
    );
    const { url } = warn.mock.calls[0][0] as { url: string };
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    interruption.abort();
    await serving;
  });

  it('with nothing: says that Qdrant is away, and begins no demo', async () => {
    const starting = start(session);
    await expect(starting).rejects.toThrow(UnavailableError);
    await expect(starting).rejects.toThrow('Qdrant at');
    expect(await readdir(directory)).toEqual([]);
  });
});
