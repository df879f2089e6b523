import type { PublishedBackbone } from '../../../src/backbone/hub/catalogue.ts';
import type { BackboneManifestFile } from '../../../src/backbone/manifest.ts';
import { createRandom } from '../../../src/shared/random.ts';
import { type FakeRepository, sha256Of } from './fake-hub.ts';

export const COMMIT = 'c'.repeat(40);

/** Bytes that no two seeds share. */
export function toBytes(seed: number, length: number): Buffer {
  const random = createRandom(seed);
  return Buffer.from(Array.from({ length }, () => random.integer(256)));
}

/** Three files of a picture backbone with a text tower; what is in them does not matter to a download. */
export function createTinyBackbone(id: string, seed = 1) {
  const files = {
    'backbone.onnx': toBytes(seed, 300_000),
    'text.onnx': toBytes(seed + 1, 120_000),
    'tokenizer.json': toBytes(seed + 2, 5_000),
  };
  const manifest: BackboneManifestFile = {
    schemaVersion: 1,
    id,
    sha256: sha256Of(files['backbone.onnx']),
    modality: 'VIDEO',
    input: {
      kind: 'frames',
      name: 'pixels',
      layout: 'batch-height-width-rgb',
      framesPerSecond: 2,
      widthPixels: 8,
      heightPixels: 8,
    },
    output: { name: 'features', dimension: 4, pooling: 'mean' },
    maxBatch: 4,
    text: {
      file: 'text.onnx',
      sha256: sha256Of(files['text.onnx']),
      tokenizer: { kind: 'clip-bpe', file: 'tokenizer.json', sha256: sha256Of(files['tokenizer.json']) },
      input: { idsName: 'ids', type: 'int64', contextLength: 8 },
      output: { name: 'features' },
      maxBatch: 4,
    },
    licence: 'CC-BY-NC-4.0',
    licenceNotice: 'The weights are for non-commercial use only.',
    source: 'made up',
  };
  return { files, manifest };
}

/** A repository as an operator uploads a backbone's folder. */
export function toFolderRepository({
  files,
  manifest,
}: ReturnType<typeof createTinyBackbone>): FakeRepository {
  return { commit: COMMIT, files: { ...files, 'manifest.json': Buffer.from(JSON.stringify(manifest)) } };
}

/** The same backbone as the catalogue would name it, its files elsewhere in a repository, and that repository. */
export function toPublished({ files, manifest }: ReturnType<typeof createTinyBackbone>) {
  const paths: Record<string, string> = {
    'backbone.onnx': 'onnx/vision.onnx',
    'text.onnx': 'onnx/text.onnx',
    'tokenizer.json': 'tokenizer.json',
  };
  const entry: PublishedBackbone = {
    kind: 'published',
    manifest,
    repository: 'acme/published',
    revision: COMMIT,
    locations: Object.fromEntries(
      Object.entries(files).map(([name, { length }]) => [name, { path: paths[name], sizeBytes: length }]),
    ),
  };
  const repository: FakeRepository = {
    commit: COMMIT,
    files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [paths[name], bytes])),
  };
  return { entry, repository };
}
