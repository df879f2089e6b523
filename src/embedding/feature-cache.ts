import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Backbone } from '../backbone/backbone.ts';
import type { MediaWindow, SegmentRule } from '../media/media.ts';
import { sweepDrafts, toDraftName } from '../shared/drafts.ts';
import { IntegrityError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { FeatureExtraction } from './extract-features.ts';

/** All that a file's features depend on. */
export interface FeatureKey {
  /** SHA-256 of the file's bytes. */
  contentHash: string;
  backbone: Pick<Backbone, 'id' | 'sha256'>;
  rule: SegmentRule;
  window?: MediaWindow;
}

/** Features on disk, so that a new head indexes again without running a backbone. Several processes may share it. */
export interface FeatureCache {
  /**
   * What is kept under the key, else what `extract` gives, which is then kept. Concurrent calls for one key
   * extract once. An entry that is damaged is made again.
   */
  remember(key: FeatureKey, extract: () => Promise<FeatureExtraction>): Promise<FeatureExtraction>;
}

const DRAFT_SUFFIX = '.draft';

export function createFeatureCache({ directory, log }: { directory: string; log: Log }): FeatureCache {
  const open = new Map<string, Promise<FeatureExtraction>>();
  let sweep: Promise<void> | null = null;

  const readOrExtract = async (name: string, extract: () => Promise<FeatureExtraction>) => {
    const path = join(directory, name.slice(0, 2), `${name}.features`);
    const kept = await readEntry(path, log);
    if (kept) return kept;
    const extraction = await extract();
    sweep ??= sweepAll(directory);
    await sweep;
    await writeAtomically(path, encodeExtraction(extraction));
    return extraction;
  };

  return {
    remember(key, extract) {
      const name = nameOf(key);
      const pending = open.get(name) ?? readOrExtract(name, extract).finally(() => open.delete(name));
      open.set(name, pending);
      return pending;
    },
  };
}

function nameOf({ contentHash, backbone, rule, window }: FeatureKey): string {
  const parts = [
    contentHash,
    backbone.id,
    backbone.sha256,
    rule.segmentSeconds,
    rule.hopSeconds,
    window?.startSeconds ?? null,
    window?.endSeconds ?? null,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

async function readEntry(path: string, log: Log): Promise<FeatureExtraction | null> {
  try {
    return decodeExtraction(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    if (!(error instanceof IntegrityError)) throw error;
    log.warn({ path, error }, 'A cached file of features is damaged; extracting again');
    return null;
  }
}

/** Removes what killed processes left beside the entries. */
async function sweepAll(directory: string): Promise<void> {
  const folders = await readdir(directory).catch(() => []);
  for (const folder of folders) {
    await sweepDrafts(join(directory, folder), (name) => name.endsWith(DRAFT_SUFFIX));
  }
}

async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${toDraftName(`${path}.`)}${DRAFT_SUFFIX}`;
  try {
    await writeFile(draft, bytes);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/*
 * An entry: SHA-256 of the rest (32 bytes) · length of the header (uint32, little endian) · header in JSON ·
 * features (float32, little endian, [segments, dimension]) · peaks (bytes).
 */
const CHECKSUM_BYTES = 32;
const PREFIX_BYTES = CHECKSUM_BYTES + 4;

const headerSchema = z.object({
  version: z.literal(1),
  modality: z.enum(['MUSIC', 'VIDEO']),
  backboneId: z.string(),
  dimension: z.int().positive(),
  spans: z.array(z.tuple([z.number(), z.number()])).min(1),
  hasPeaks: z.boolean(),
  isSilent: z.boolean(),
});

/** An extraction as one checksummed block. All segments come from one backbone. */
export function encodeExtraction({ segments, peaks, isSilent }: FeatureExtraction): Uint8Array {
  const [{ modality, backboneId, features }] = segments;
  const header = Buffer.from(
    JSON.stringify({
      version: 1,
      modality,
      backboneId,
      dimension: features.length,
      spans: segments.map(({ span }) => [span.startSeconds, span.endSeconds]),
      hasPeaks: peaks !== null,
      isSilent,
    } satisfies z.infer<typeof headerSchema>),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const rows = segments.map(({ features: row }) => Buffer.from(row.buffer, row.byteOffset, row.byteLength));
  const body = Buffer.concat([length, header, ...rows, peaks ?? new Uint8Array()]);
  return Buffer.concat([createHash('sha256').update(body).digest(), body]);
}

/** The inverse of `encodeExtraction`; IntegrityError where the bytes are not what was written. */
export function decodeExtraction(bytes: Buffer): FeatureExtraction {
  const checksum = createHash('sha256').update(bytes.subarray(CHECKSUM_BYTES)).digest();
  if (bytes.length < PREFIX_BYTES || !checksum.equals(bytes.subarray(0, CHECKSUM_BYTES))) {
    throw new IntegrityError('The checksum of a file of features does not match.');
  }
  const featuresStart = PREFIX_BYTES + bytes.readUInt32LE(CHECKSUM_BYTES);
  const parsed = headerSchema.safeParse(JSON.parse(bytes.toString('utf8', PREFIX_BYTES, featuresStart)));
  if (!parsed.success) throw new IntegrityError('A file of features has another format.');
  const { modality, backboneId, dimension, spans, hasPeaks, isSilent } = parsed.data;
  const featuresEnd = featuresStart + spans.length * dimension * Float32Array.BYTES_PER_ELEMENT;
  // A copy: a Float32Array must start at a multiple of four bytes.
  const features = new Float32Array(Uint8Array.from(bytes.subarray(featuresStart, featuresEnd)).buffer);
  return {
    segments: spans.map(([startSeconds, endSeconds], index) => ({
      modality,
      backboneId,
      span: { startSeconds, endSeconds },
      features: features.slice(index * dimension, (index + 1) * dimension),
    })),
    peaks: hasPeaks ? Uint8Array.from(bytes.subarray(featuresEnd)) : null,
    isSilent,
  };
}
