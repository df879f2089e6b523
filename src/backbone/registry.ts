import { join } from 'node:path';
import type { Modality } from '../media/media.ts';
import { UsageError } from '../shared/errors.ts';
import type { Backbone } from './backbone.ts';
import { listInstalled, ONNX_FILE, readManifest, writeBuiltIn } from './backbone-files.ts';
import type { Inference } from './inference-client.ts';
import { LITE_BACKBONES } from './lite/lite-backbones.ts';
import type { BackboneManifest } from './manifest.ts';
import { type OpenBackbone, openBackbone } from './onnx-backbone.ts';

/** The backbones that a profile trains on. */
export const PROFILES = {
  lite: { MUSIC: 'lite-audio-1', VIDEO: 'lite-vision-1' },
} as const satisfies Record<string, Record<Modality, string>>;

/** Finds and opens backbones by id. Each lies in a folder of its own: manifest.json and backbone.onnx. */
export interface BackboneRegistry {
  /** The ids of all backbones that can be opened, sorted. */
  list(): Promise<string[]>;
  /** A backbone's manifest. UsageError for an unknown id, IntegrityError for a faulty manifest. */
  readManifest(id: string): Promise<BackboneManifest>;
  /**
   * Opens a backbone once and shares it. Built-in ones are written on first use. UsageError for an unknown id,
   * IntegrityError where the file does not match its manifest, DeviceError where the device refuses it.
   */
  open(id: string): Promise<Backbone>;
  /** Closes what it opened. */
  close(): Promise<void>;
}

export interface BackboneRegistryOptions {
  /** Holds one folder for each backbone. */
  directory: string;
  inference: Inference;
}

export function createBackboneRegistry({ directory, inference }: BackboneRegistryOptions): BackboneRegistry {
  const opened = new Map<string, Promise<OpenBackbone>>();

  const list = async () => {
    const builtIn = LITE_BACKBONES.map(({ manifest }) => manifest.id);
    return [...new Set([...builtIn, ...(await listInstalled(directory))])].sort();
  };

  const readInstalled = async (id: string): Promise<BackboneManifest> => {
    const builtIn = LITE_BACKBONES.find(({ manifest }) => manifest.id === id);
    const installed = await list();
    if (!installed.includes(id)) {
      throw new UsageError(`There is no backbone ${id}. There are: ${installed.join(', ')}.`);
    }
    const manifest = await readManifest(directory, id);
    if (manifest) return manifest;
    if (!builtIn) throw new UsageError(`The folder ${join(directory, id)} holds no manifest.json.`);
    await writeBuiltIn(directory, builtIn);
    return readInstalled(id);
  };

  const open = async (id: string): Promise<OpenBackbone> => {
    const manifest = await readInstalled(id);
    const file = { path: join(directory, id, ONNX_FILE), sha256: manifest.sha256 };
    return openBackbone(manifest, file, inference);
  };

  return {
    list,
    readManifest: readInstalled,
    open(id) {
      const known = opened.get(id);
      if (known) return known;
      const opening = open(id);
      opened.set(id, opening);
      // What failed may be tried again once its cause is mended.
      opening.catch(() => opened.delete(id));
      return opening;
    },
    async close() {
      const all = await Promise.allSettled(opened.values());
      opened.clear();
      await Promise.all(
        all.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)),
      );
    },
  };
}
