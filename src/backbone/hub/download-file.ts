import { createHash } from 'node:crypto';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { IntegrityError, UnavailableError } from '../../shared/errors.ts';
import { hashInto } from '../../shared/hash-file.ts';
import type { FileBody, HubClient, HubFile } from './hub-client.ts';
import { type RetryRule, retryWhenAway } from './retry.ts';

/** A file to download, and what it has to be. */
export interface ExpectedFile {
  file: HubFile;
  sizeBytes: number;
  /** In hexadecimal. */
  sha256: string;
}

export interface DownloadTools {
  hub: HubClient;
  retryRule: RetryRule;
  signal: AbortSignal;
  /** How many of the file's bytes are here: fewer than before where it has to be begun again. */
  onBytes: (bytes: number) => void;
}

const partialPath = (path: string) => `${path}.partial`;
const notePath = (path: string) => `${path}.partial.json`;

/** What a partial file is a part of; stands beside it. */
interface PartialNote {
  sha256: string;
  /** Of the response that it began with. */
  etag: string | null;
}

/**
 * Downloads to `path`, which appears whole and verified, or not at all. A part that an earlier call left is completed
 * where the server's file is still the same; an interruption leaves what is here for the next call. IntegrityError for
 * another size or content, and then nothing is left; else it throws what the hub client does.
 */
export async function downloadFile(
  path: string,
  expected: ExpectedFile,
  tools: DownloadTools,
): Promise<void> {
  const draft = await openDraft(path, expected.sha256);
  try {
    tools.onBytes(draft.sizeBytes());
    const isResumed = draft.sizeBytes() > 0;
    if (draft.sizeBytes() > expected.sizeBytes) await draft.restart(null);
    await complete(draft, expected, tools);
    if (isResumed && draft.sha256() !== expected.sha256) {
      // The earlier part may be damaged, or of another file after all.
      await draft.restart(null);
      await complete(draft, expected, tools);
    }
    if (draft.sha256() !== expected.sha256) throw toContentError(expected, draft.sha256());
    await draft.finish();
  } catch (error) {
    if (error instanceof IntegrityError) await draft.remove();
    throw error;
  } finally {
    await draft.close();
  }
}

/** Fetches until as many bytes are here as there should be. */
async function complete(draft: Draft, expected: ExpectedFile, tools: DownloadTools): Promise<void> {
  const run = async () => {
    while (draft.sizeBytes() < expected.sizeBytes) await fetchRest(draft, expected, tools);
  };
  await retryWhenAway(run, tools.retryRule, { signal: tools.signal, progress: draft.sizeBytes });
}

async function fetchRest(draft: Draft, expected: ExpectedFile, tools: DownloadTools): Promise<void> {
  const startByte = draft.sizeBytes();
  const body = await tools.hub.open(expected.file, { startByte, etag: draft.etag() }, tools.signal);
  if (!body) throw toSizeError(expected, `at most ${startByte}`);
  try {
    if (body.sizeBytes !== null && body.sizeBytes !== expected.sizeBytes) {
      throw toSizeError(expected, String(body.sizeBytes));
    }
    if (body.startByte === 0) await draft.restart(body.etag);
    else if (body.etag !== draft.etag()) return await draft.restart(null); // the rest of another file
    tools.onBytes(draft.sizeBytes());
    await append(body, draft, expected, tools);
  } finally {
    await body.discard();
  }
  if (draft.sizeBytes() === body.startByte && body.startByte < expected.sizeBytes) {
    throw new UnavailableError(`The server sent not one byte of ${describe(expected)}.`, 0);
  }
  if (body.sizeBytes === null && draft.sizeBytes() < expected.sizeBytes) {
    throw toSizeError(expected, String(draft.sizeBytes()));
  }
}

async function append(
  body: FileBody,
  draft: Draft,
  expected: ExpectedFile,
  tools: DownloadTools,
): Promise<void> {
  await body.read(async (chunk) => {
    tools.signal.throwIfAborted();
    if (draft.sizeBytes() + chunk.length > expected.sizeBytes) {
      throw toSizeError(expected, `more than ${expected.sizeBytes}`);
    }
    await draft.append(chunk);
    tools.onBytes(draft.sizeBytes());
  });
}

/** The partial file, with the hash of its bytes kept in step. */
interface Draft {
  sizeBytes(): number;
  etag(): string | null;
  /** Of the bytes so far, in hexadecimal. */
  sha256(): string;
  append(chunk: Uint8Array): Promise<void>;
  /** Drops all bytes; `etag` is of those that follow. */
  restart(etag: string | null): Promise<void>;
  /** Gives it its name. */
  finish(): Promise<void>;
  remove(): Promise<void>;
  close(): Promise<void>;
}

async function openDraft(path: string, expectedSha256: string): Promise<Draft> {
  const partial = partialPath(path);
  const note = await readNote(path, expectedSha256);
  const handle = await open(partial, 'a');
  let hash = createHash('sha256');
  let etag = note?.etag ?? null;
  if (!note) await handle.truncate();
  let sizeBytes = note ? await hashInto(hash, partial) : 0;
  return {
    sizeBytes: () => sizeBytes,
    etag: () => etag,
    sha256: () => hash.copy().digest('hex'),
    async append(chunk) {
      await handle.appendFile(chunk);
      hash.update(chunk);
      sizeBytes += chunk.length;
    },
    async restart(newEtag) {
      await handle.truncate();
      hash = createHash('sha256');
      sizeBytes = 0;
      etag = newEtag;
      const newNote: PartialNote = { sha256: expectedSha256, etag };
      await writeFile(notePath(path), JSON.stringify(newNote));
    },
    async finish() {
      await handle.sync();
      await rename(partial, path);
      await rm(notePath(path), { force: true });
    },
    async remove() {
      await rm(partial, { force: true });
      await rm(notePath(path), { force: true });
    },
    close: () => handle.close(),
  };
}

/** The note beside a partial file; null where there is none of the file that is expected. */
async function readNote(path: string, expectedSha256: string): Promise<PartialNote | null> {
  try {
    const note: PartialNote = JSON.parse(await readFile(notePath(path), 'utf8'));
    return note.sha256 === expectedSha256 ? note : null;
  } catch {
    return null; // none, or half-written: the file is begun again
  }
}

/** How many bytes of a file an earlier download left. */
export async function countPartialBytes(path: string, { sha256 }: ExpectedFile): Promise<number> {
  if (!(await readNote(path, sha256))) return 0;
  return stat(partialPath(path)).then(
    ({ size }) => size,
    () => 0,
  );
}

const describe = ({ file: { path, repository, revision } }: ExpectedFile) =>
  `${path} of ${repository} at ${revision}`;

function toSizeError(expected: ExpectedFile, found: string): IntegrityError {
  return new IntegrityError(
    `${describe(expected)} has ${found} bytes, not ${expected.sizeBytes}. It was not kept.`,
  );
}

function toContentError(expected: ExpectedFile, found: string): IntegrityError {
  return new IntegrityError(
    `${describe(expected)} has the SHA-256 ${found}, not ${expected.sha256}. It was not kept.`,
  );
}
