import { IntegrityError } from '../../shared/errors.ts';
import { ONNX_FILE } from '../file-names.ts';
import type { BackboneManifest } from '../manifest.ts';

/** A file that lies beside a manifest, by its name in that folder. */
export interface ManifestFile {
  name: string;
  /** In hexadecimal. */
  sha256: string;
}

/** The files of a backbone's folder, the manifest itself aside. IntegrityError where one has a name that downloads need. */
export function filesOf({ id, sha256, weightFiles, text }: BackboneManifest): ManifestFile[] {
  const files = [
    { name: ONNX_FILE, sha256 },
    ...weightFiles.map(({ file, sha256 }) => ({ name: file, sha256 })),
    ...(text ? [text, text.tokenizer].map(({ file, sha256 }) => ({ name: file, sha256 })) : []),
  ];
  // Some file systems take names that differ in case for one.
  const reserved = files
    .map(({ name }) => name.toLowerCase())
    .find((name) => /\.partial(\.json)?$/.test(name));
  if (reserved) {
    throw new IntegrityError(
      `The manifest of ${id} names the file ${reserved}: so are parts of downloads called.`,
    );
  }
  return files;
}
