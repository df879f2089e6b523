import { createHash } from 'node:crypto';
import type { Modality } from '../media/media.ts';
import type { BundleManifest, HeadManifest, TextHeadManifest } from './manifest.ts';

export type BundleIdentity = BundleManifest['identity'];

/** One modality's heads, before their file has a name and a hash. */
export interface HeadPart extends Omit<HeadManifest, 'file' | 'sha256'> {
  onnx: Uint8Array;
}

/** The heads that read texts, likewise. */
export interface TextHeadPart extends Omit<TextHeadManifest, 'file' | 'sha256'> {
  onnx: Uint8Array;
}

/** What makes a bundle's id: the heads, each with the hash of its file, and how they are to be used. */
export function createIdentity(
  heads: Record<Modality, HeadPart>,
  rest: Omit<BundleIdentity, 'heads' | 'text'>,
  textHeads: TextHeadPart | null = null,
): BundleIdentity {
  const toHeadManifest = (modality: Modality): HeadManifest => {
    const { onnx, ...head } = heads[modality];
    return { file: `${modality.toLowerCase()}-heads.onnx`, sha256: sha256Of(onnx), ...head };
  };
  return {
    ...rest,
    heads: { MUSIC: toHeadManifest('MUSIC'), VIDEO: toHeadManifest('VIDEO') },
    ...(textHeads && { text: toTextHeadManifest(textHeads) }),
  };
}

function toTextHeadManifest({ onnx, ...text }: TextHeadPart): TextHeadManifest {
  return { file: 'text-heads.onnx', sha256: sha256Of(onnx), ...text };
}

/** The bundle's id: SHA-256 of its identity's canonical JSON, in hexadecimal. */
export function toBundleId(identity: BundleIdentity): string {
  return sha256Of(canonicalJson(identity));
}

/** JSON without white space and with keys in the order of their code units, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, nested) =>
    nested !== null && typeof nested === 'object' && !Array.isArray(nested)
      ? Object.fromEntries(Object.entries(nested).sort(([a], [b]) => (a < b ? -1 : 1)))
      : nested,
  );
}

/** In hexadecimal. */
export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
