import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackboneManifestFile } from '../../src/backbone/manifest.ts';

/** Puts a backbone where the registry finds it: its graph, from bytes or a file, and its manifest with the hash. */
export function installBackbone(
  directory: string,
  manifest: Omit<BackboneManifestFile, 'sha256'>,
  onnx: Uint8Array | string,
): void {
  const bytes = typeof onnx === 'string' ? readFileSync(onnx) : onnx;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const folder = join(directory, manifest.id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'backbone.onnx'), bytes);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, sha256 }, null, 2));
}
