import { IntegrityError } from '../../shared/errors.ts';
import { ONNX_FILE } from '../backbone-files.ts';
import type { BackboneManifest } from '../manifest.ts';

export const MANIFEST_FILE = 'manifest.json';

/** A file that lies beside a manifest, by its name in that folder. */
export interface ManifestFile {
  name: string;
  /** In hexadecimal. */
  sha256: string;
}

/**
 * The files of a backbone's folder, the manifest itself aside. IntegrityError where two have one name, or a name that
 * downloads need.
 */
export function filesOf({ id, sha256, weightFiles, text }: BackboneManifest): ManifestFile[] {
  const files = [
    { name: ONNX_FILE, sha256 },
    ...weightFiles.map(({ file, sha256 }) => ({ name: file, sha256 })),
    ...(text ? [text, text.tokenizer].map(({ file, sha256 }) => ({ name: file, sha256 })) : []),
  ];
  // Some file systems take names that differ in case for one.
  const names = [MANIFEST_FILE, ...files.map(({ name }) => name)].map((name) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice) throw new IntegrityError(`The manifest of ${id} names the file ${twice} twice.`);
  const reserved = names.find((name) => /\.partial(\.json)?$/.test(name));
  if (reserved) {
    throw new IntegrityError(
      `The manifest of ${id} names the file ${reserved}: so are parts of downloads called.`,
    );
  }
  return files;
}
