import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Modality } from '../media/media.ts';
import { IntegrityError, UsageError } from '../shared/errors.ts';
import type { Backbone } from './backbone.ts';
import { listInstalled, readManifest, toGraphFile, writeBuiltIn } from './backbone-files.ts';
import { MANIFEST_FILE, ONNX_FILE } from './file-names.ts';
import type { Inference } from './inference-client.ts';
import { type BuiltInBackbone, LITE_BACKBONES } from './lite/lite-backbones.ts';
import { type BackboneManifest, backboneManifestSchema, hashWhatFeaturesDependOn } from './manifest.ts';
import { type OpenBackbone, openBackbone } from './onnx-backbone.ts';
import { CLIP_VIT_B32, MERT_V1_95M } from './paper-backbones.ts';
import { type OpenTextReader, openTextReader, type TextReader } from './text/text-reader.ts';

/** The backbones that a profile trains on. */
export const PROFILES = {
  lite: { MUSIC: 'lite-audio-1', VIDEO: 'lite-vision-1' },
  paper: { MUSIC: MERT_V1_95M.id, VIDEO: CLIP_VIT_B32.id },
} satisfies Record<string, Record<Modality, string>>;

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
  /** Opens a backbone's text tower once and shares it; null where it has none. Errors as for `open`. */
  openText(id: string): Promise<TextReader | null>;
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
  const openedTexts = new Map<string, Promise<OpenTextReader | null>>();

  const list = async () => {
    const builtIn = LITE_BACKBONES.map(({ manifest }) => manifest.id);
    return [...new Set([...builtIn, ...(await listInstalled(directory))])].sort();
  };

  const readInstalled = async (id: string): Promise<BackboneManifest> => {
    const builtIn = findBuiltIn(id);
    const installed = await list();
    if (!installed.includes(id)) {
      throw new UsageError(`There is no backbone ${id}. There are: ${installed.join(', ')}.`);
    }
    const manifest = await readManifest(directory, id);
    if (manifest && builtIn) refuseEdited(manifest, builtIn, join(directory, id));
    if (manifest) return manifest;
    if (!builtIn) throw new UsageError(`The folder ${join(directory, id)} holds no manifest.json.`);
    await writeBuiltIn(directory, builtIn);
    return readInstalled(id);
  };

  const open = async (id: string): Promise<OpenBackbone> => {
    const manifest = await readInstalled(id);
    const file = toGraphFile(join(directory, id), { file: ONNX_FILE, ...manifest });
    const sha256 = findBuiltIn(id) ? manifest.sha256 : hashWhatFeaturesDependOn(manifest);
    return openBackbone({ manifest, file, sha256, inference });
  };

  const openText = async (id: string): Promise<OpenTextReader | null> => {
    const { text, ...manifest } = await readInstalled(id);
    if (!text) return null;
    return openTextReader({ manifest: { ...manifest, text }, directory: join(directory, id), inference });
  };

  return {
    list,
    readManifest: readInstalled,
    open: (id) => openOnce(opened, id, open),
    openText: (id) => openOnce(openedTexts, id, openText),
    async close() {
      const all = await Promise.allSettled([...opened.values(), ...openedTexts.values()]);
      opened.clear();
      openedTexts.clear();
      await Promise.all(
        all.map((result) => (result.status === 'fulfilled' ? result.value?.close() : undefined)),
      );
    },
  };
}

function openOnce<Opened>(
  opened: Map<string, Promise<Opened>>,
  id: string,
  open: (id: string) => Promise<Opened>,
): Promise<Opened> {
  const known = opened.get(id);
  if (known) return known;
  const opening = open(id);
  opened.set(id, opening);
  // What failed may be tried again once its cause is mended.
  opening.catch(() => opened.delete(id));
  return opening;
}

const findBuiltIn = (id: string) => LITE_BACKBONES.find(({ manifest }) => manifest.id === id);

/** The id of a built-in backbone stands for its manifest, so that must be the one that was written. */
function refuseEdited(manifest: BackboneManifest, builtIn: BuiltInBackbone, folder: string): void {
  const written = backboneManifestSchema.parse({ ...builtIn.manifest, sha256: manifest.sha256 });
  if (isDeepStrictEqual(manifest, written)) return;
  throw new IntegrityError(
    `${join(folder, MANIFEST_FILE)} is not as control-mvr writes it. Delete the folder, and it is written again; ` +
      'for a backbone of your own, take another id.',
  );
}
