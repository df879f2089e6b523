import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createProgress } from '../../src/cli/progress.ts';
import type { Session } from '../../src/cli/session.ts';
import { copy } from '../../src/cli/store-copy.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createServices, type Services } from '../../src/services.ts';
import { createEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { createWorkspace, type Workspace } from '../e2e/support/control-mvr.ts';
import { fillStore } from '../retrieval/copy-store/stores.ts';
import { entry } from '../store/arbitraries.ts';
import { type RecordingServer, startRecordingServer } from '../store/qdrant/recording-server.ts';

const ENTRIES = fc.sample(entry, { numRuns: 20, seed: 2 });
const ITEM_COUNT = new Set(ENTRIES.map(({ record }) => record.id)).size;

describe('store copy', () => {
  let workspace: Workspace;
  let qdrant: RecordingServer;
  let services: Services;
  let session: Session;

  beforeAll(async () => {
    workspace = createWorkspace('store-copy');
    qdrant = await startRecordingServer();
    const store = await createEmbeddedStore({
      directory: join(workspace.dataDirectory, 'store'),
      threads: 1,
    });
    await fillStore(store, 'bundle-a', { entries: ENTRIES });
    await store.close();
    const environment = { DATA_DIR: workspace.dataDirectory, LOG_LEVEL: 'silent', QDRANT_URL: qdrant.url };
    services = createServices(loadConfig({ ...environment, DEVICE: 'cpu' }));
    session = { services, progress: createProgress({ quiet: true }), signal: new AbortController().signal };
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });
  afterAll(async () => {
    await services.close();
    await workspace.close();
    await qdrant.close();
  });

  const run = (from: string, to: string, environment: Record<string, string>) =>
    workspace.run(['store', 'copy', '--from', from, '--to', to, '--json'], environment);

  it('prints one document, whichever store is the one that is served', async () => {
    const { exitCode, stdout, stderr } = await run('embedded', 'qdrant', {
      QDRANT_URL: qdrant.url,
      QDRANT_PREFIX: 'printed',
    });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Verified') });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      from: 'embedded',
      to: 'qdrant',
      bundleId: 'bundle-a',
      copied: { items: ITEM_COUNT, sizeBytes: expect.any(Number) },
      verified: true,
      differences: [],
    });
    expect(report.library.tracks + report.library.videos).toBe(ITEM_COUNT);
  });

  it('ends with 2 where the stores are the same, Qdrant has no address or nothing is indexed', async () => {
    const same = await run('qdrant', 'qdrant', { QDRANT_URL: qdrant.url });
    expect(same).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('the same store') });
    const nowhere = await run('embedded', 'qdrant', { QDRANT_URL: '' });
    expect(nowhere).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('QDRANT_URL') });
    const empty = await run('qdrant', 'embedded', { QDRANT_URL: qdrant.url, QDRANT_PREFIX: 'empty' });
    expect(empty).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('bin/control-mvr index') });
    for (const { stdout } of [same, nowhere, empty]) expect(stdout).toBe('');
  });

  it('fails and names what differs where the target does not hold the same', async () => {
    const target = await services.openStoreOf('qdrant');
    const { id } = ENTRIES[ENTRIES.length - 1].record;
    const forgetful: typeof target = {
      ...target,
      async writeCopy(...parameters) {
        const writer = await target.writeCopy(...parameters);
        return { ...writer, deleteOthers: (keep) => writer.deleteOthers(keep.difference(new Set([id]))) };
      },
    };
    const openStoreOf: Services['openStoreOf'] = async (kind) =>
      kind === 'qdrant' ? forgetful : services.openStoreOf(kind);
    const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const options = { from: 'embedded', to: 'qdrant', force: false, json: true } as const;
    await copy(options, { ...session, services: { ...services, openStoreOf } });
    expect(process.exitCode).toBe(1);
    expect(JSON.parse(printed.mock.calls[0][0])).toMatchObject({
      verified: false,
      differences: [{ kind: 'ITEM', id, reason: 'it is missing in the target' }],
    });
    expect(said.mock.calls.flat().join('\n')).toContain(`item ${id}: it is missing in the target`);
    expect(await target.currentBundleId()).toBeNull();
  });
});
