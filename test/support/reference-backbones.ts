import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInference } from '../../src/backbone/inference-client.ts';
import type { PaperManifest } from '../../src/backbone/paper-backbones.ts';
import { createBackboneRegistry } from '../../src/backbone/registry.ts';
import { DEVICE_UNDER_TEST } from './device-under-test.ts';
import { installBackbone } from './install-backbone.ts';
import { referencePath } from './reference.ts';

/** The reference's graphs on the device under test. */
export function createReferenceBackbones() {
  const directory = mkdtempSync(join(tmpdir(), 'reference-'));
  const inference = createInference({ device: DEVICE_UNDER_TEST });
  const registry = createBackboneRegistry({ directory, inference });
  return {
    inference,
    /** Installs a graph under a manifest and opens it. */
    open(manifest: PaperManifest, graph: string) {
      installBackbone(directory, manifest, referencePath(graph));
      return registry.open(manifest.id);
    },
    async close() {
      await registry.close();
      await inference.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
