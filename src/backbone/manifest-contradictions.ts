import { MANIFEST_FILE, ONNX_FILE } from './file-names.ts';
import type { BackboneManifest } from './manifest.ts';
import { takesSingleFrames } from './windows.ts';

/** A fault that lies in how fields go together. */
export interface Contradiction {
  /** Of the field to mend. */
  path: (string | number)[];
  message: string;
}

type UncheckedManifest = Pick<BackboneManifest, 'weightFiles' | 'modality' | 'input' | 'output' | 'text'>;

/** All faults of a manifest whose fields are each well by themselves. */
export function findContradictions(manifest: UncheckedManifest): Contradiction[] {
  const { modality, input, output, text } = manifest;
  const found: Contradiction[] = [];
  const refuse = (path: (string | number)[], message: string) => found.push({ path, message });

  const kind = modality === 'MUSIC' ? 'waveform' : 'frames';
  if (input.kind !== kind) refuse(['input', 'kind'], `must be ${kind} for ${modality}`);

  if (text && modality === 'MUSIC') refuse(['text'], 'is for backbones of pictures');
  if (text && text.input.maskName === text.input.idsName) {
    refuse(['text', 'input', 'maskName'], 'must differ from idsName');
  }
  for (const { path, file } of findRepeatedFiles(manifest)) refuse(path, `names the file ${file} twice`);

  const isCut = input.window !== undefined || (input.kind === 'frames' && takesSingleFrames(input));
  if (output.pooling === 'graph' && isCut) {
    refuse(['output', 'pooling'], 'must be mean where segments are cut into windows or frames');
  }
  if (output.pooling === 'graph' && output.axes.length > 2) {
    refuse(['output', 'pooling'], 'must be mean where the output has axes of layers or time');
  }
  if (output.layers && !output.axes.includes('layers')) {
    refuse(['output', 'layers'], 'needs an axis of layers');
  }

  const shortest = input.kind === 'waveform' ? input.minSamples : input.minFrames;
  const windowLength = input.kind === 'waveform' ? input.window?.samples : input.window?.frames;
  if (windowLength !== undefined && windowLength < shortest) {
    refuse(['input', 'window'], `is shorter than the ${shortest} that the graph needs`);
  }
  if (input.kind === 'frames') {
    const { resize, widthPixels, heightPixels } = input;
    if (takesSingleFrames(input) && input.window)
      refuse(['input', 'window'], 'needs a layout with a frames axis');
    if (takesSingleFrames(input) && shortest > 1)
      refuse(['input', 'minFrames'], 'needs a layout with a frames axis');
    if (
      resize.by !== 'decoder' &&
      resize.fit === 'cover' &&
      resize.shorterSidePixels < Math.max(widthPixels, heightPixels)
    ) {
      refuse(['input', 'resize', 'shorterSidePixels'], `does not cover ${widthPixels} × ${heightPixels}`);
    }
    if (input.pixels.type === 'float32' && input.pixels.deviation.includes(0)) {
      refuse(['input', 'pixels', 'deviation'], 'must not be 0');
    }
  }
  return found;
}

/** Files that another one is named after, in lower case: some file systems take names that differ in case for one. */
function findRepeatedFiles({ weightFiles, text }: UncheckedManifest) {
  const named = [
    ...weightFiles.map(({ file }, index) => ({ path: ['weightFiles', index, 'file'], file })),
    ...(text
      ? [
          { path: ['text', 'file'], file: text.file },
          { path: ['text', 'tokenizer', 'file'], file: text.tokenizer.file },
        ]
      : []),
  ];
  const taken = new Set([MANIFEST_FILE, ONNX_FILE]);
  return named
    .map(({ path, file }) => ({ path, file: file.toLowerCase() }))
    .filter(({ file }) => {
      const isTaken = taken.has(file);
      taken.add(file);
      return isTaken;
    });
}
