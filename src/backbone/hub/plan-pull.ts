import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { IntegrityError, UsageError } from '../../shared/errors.ts';
import { MANIFEST_FILE } from '../file-names.ts';
import { type BackboneManifest, backboneManifestSchema } from '../manifest.ts';
import type { CatalogueEntry, ExportedBackbone, PublishedBackbone } from './catalogue.ts';
import type { ExpectedFile } from './download-file.ts';
import type { FileFacts, HubClient, HubFile } from './hub-client.ts';
import { filesOf } from './manifest-files.ts';
import { type BackbonePin, LOCK_FILE } from './models-lock.ts';
import { parseDocument } from './parse-document.ts';
import { type RetryRule, retryWhenAway } from './retry.ts';

/** A repository that holds a backbone's folder as it is to be installed: manifest.json and the files it names. */
export interface RepositoryReference {
  repository: string;
  revision: string;
}

/** Everything a pull will do, before it does it. */
export interface PullPlan {
  manifest: BackboneManifest;
  /** Of manifest.json. */
  manifestText: string;
  /** A commit where the server names one. */
  origin: RepositoryReference;
  /** By their names in the backbone's folder. */
  files: ({ name: string } & ExpectedFile)[];
  /** What the lock file is to say afterwards. */
  pin: BackbonePin;
}

export interface PlanTools {
  hub: HubClient;
  retryRule: RetryRule;
  signal: AbortSignal;
}

/** The branch that a repository is read at unless told. */
const DEFAULT_REVISION = 'main';

const MAX_MANIFEST_BYTES = 1024 * 1024;

/** Reads `OWNER/NAME` or `OWNER/NAME@REVISION`; the branch is main unless told. UsageError for anything else. */
export function parseRepository(text: string): RepositoryReference {
  const name = '[A-Za-z0-9][A-Za-z0-9._-]*';
  const match = new RegExp(`^(${name}/${name})(?:@(${name}(?:/${name})*))?$`).exec(text);
  if (!match) throw new UsageError(`"${text}" is no repository: OWNER/NAME or OWNER/NAME@REVISION.`);
  return { repository: match[1], revision: match[2] ?? DEFAULT_REVISION };
}

/** UsageError for an id that the catalogue lacks. */
export function findEntry(id: string, catalogue: readonly CatalogueEntry[]): CatalogueEntry {
  const entry = catalogue.find(({ manifest }) => manifest.id === id);
  if (entry) return entry;
  const known = catalogue.map(({ manifest }) => manifest.id).join(', ');
  throw new UsageError(
    `The catalogue has no backbone ${id}; it has ${known}. ` +
      `One that a repository holds: bin/control-mvr models pull ${id} --from OWNER/NAME`,
  );
}

/**
 * Asks the hub for every file that a published backbone consists of. IntegrityError where the hub has other content than
 * the catalogue or `pin` says, UsageError where it has none.
 */
export async function planPublished(
  { manifest, repository, revision, locations }: PublishedBackbone,
  pin: BackbonePin | null,
  tools: PlanTools,
): Promise<PullPlan> {
  const parsed = backboneManifestSchema.parse(manifest);
  const files = filesOf(parsed).map(({ name, sha256 }) => {
    const { path, sizeBytes } = locations[name];
    return { name, file: { repository, revision, path }, sizeBytes, sha256 };
  });
  for (const { file, sizeBytes, sha256 } of files) {
    const facts = await inspect(file, tools);
    checkFact(file, 'SHA-256', facts.sha256, sha256);
    checkFact(file, 'size', facts.sizeBytes, sizeBytes);
  }
  const origin = { repository, revision };
  const plan = toPlan(parsed, JSON.stringify(manifest, null, 2), origin, revision, files, {});
  if (pin) checkPin(plan, pin);
  return plan;
}

/**
 * Reads the manifest in a repository and asks for the files that it names. Null where there is no manifest;
 * IntegrityError for a faulty one, one of another backbone than `id`, or other files than `pin` says; UsageError where a
 * file is missing.
 */
export async function planFromRepository(
  id: string,
  { repository, revision: asked }: RepositoryReference,
  pin: BackbonePin | null,
  tools: PlanTools,
): Promise<PullPlan | null> {
  const facts = await inspectIfThere({ repository, revision: asked, path: MANIFEST_FILE }, tools);
  if (!facts) return null;
  // All files of one commit, though the branch may move meanwhile.
  const revision = facts.commit ?? asked;
  const bytes = await readManifestBytes({ repository, revision, path: MANIFEST_FILE }, tools);
  const manifestText = bytes.toString('utf8');
  const place = `${MANIFEST_FILE} of ${repository}`;
  const manifest = parseDocument(backboneManifestSchema, manifestText, place);
  if (manifest.id !== id) throw new IntegrityError(`${place} is of ${manifest.id}, not of ${id}.`);
  const files: PullPlan['files'] = [];
  for (const { name, sha256 } of filesOf(manifest)) {
    const file = { repository, revision, path: name };
    const facts = await inspect(file, tools);
    checkFact(file, 'SHA-256', facts.sha256, sha256);
    if (facts.sizeBytes === null)
      throw new UsageError(`${tools.hub.baseUrl} does not say how large ${name} is.`);
    files.push({ name, file, sizeBytes: facts.sizeBytes, sha256 });
  }
  const plan = toPlan(manifest, manifestText, { repository, revision }, asked, files, {
    [MANIFEST_FILE]: { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
  });
  if (pin) checkPin(plan, pin);
  return plan;
}

/** What an operator does about a backbone that is not published. `directory` holds a folder for each backbone. */
export function describeExport(
  { manifest: { id }, exportCommand, mirrorRepository }: ExportedBackbone,
  directory: string,
): string {
  return [
    `${id} is not published as ONNX. Export it once, from its weights (export/README.md says what that needs):`,
    `  ${exportCommand} ${join(directory, id)}`,
    'Where somebody has exported it already, take it from there:',
    `  bin/control-mvr models pull ${id} --from OWNER/NAME`,
    `  MODELS_URL=https://MIRROR bin/control-mvr models pull ${id}   (as ${mirrorRepository} there)`,
  ].join('\n');
}

/** The files of a plan together, in bytes. */
export function planSizeBytes({ files }: Pick<PullPlan, 'files'>): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function toPlan(
  manifest: BackboneManifest,
  manifestText: string,
  origin: RepositoryReference,
  requestedRevision: string,
  files: PullPlan['files'],
  downloadedManifest: BackbonePin['files'],
): PullPlan {
  const pinned = files.map(({ name, sizeBytes, sha256 }) => [name, { sizeBytes, sha256 }] as const);
  const pin = {
    ...origin,
    requestedRevision,
    files: { ...downloadedManifest, ...Object.fromEntries(pinned) },
  };
  return { manifest, manifestText, origin, files, pin };
}

function inspectIfThere(file: HubFile, { hub, retryRule, signal }: PlanTools): Promise<FileFacts | null> {
  return retryWhenAway(() => hub.inspect(file, signal), retryRule, { signal });
}

async function inspect(file: HubFile, tools: PlanTools): Promise<FileFacts> {
  const facts = await inspectIfThere(file, tools);
  if (facts) return facts;
  throw new UsageError(`${tools.hub.baseUrl} has no ${file.path} in ${file.repository} at ${file.revision}.`);
}

async function readManifestBytes(file: HubFile, { hub, retryRule, signal }: PlanTools): Promise<Buffer> {
  const read = async () => {
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    const body = await hub.open(file, { startByte: 0, etag: null }, signal);
    await body?.read(async (chunk) => {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_MANIFEST_BYTES)
        throw new IntegrityError(`${file.path} of ${file.repository} is too large.`);
      chunks.push(chunk);
    });
    return Buffer.concat(chunks);
  };
  return retryWhenAway(read, retryRule, { signal });
}

/** What the hub does not state is found out by downloading. */
function checkFact(
  file: HubFile,
  what: string,
  found: string | number | null,
  expected: string | number,
): void {
  if (found === null || found === expected) return;
  const place = `${file.path} of ${file.repository} at ${file.revision}`;
  throw new IntegrityError(`The server has another ${place}: its ${what} is ${found}, not ${expected}.`);
}

function checkPin({ manifest, pin }: PullPlan, locked: BackbonePin): void {
  const names = [...new Set([...Object.keys(locked.files), ...Object.keys(pin.files)])];
  const differing = names.filter((name) => pin.files[name]?.sha256 !== locked.files[name]?.sha256);
  if (differing.length === 0) return;
  const lines = differing.map(
    (name) => `  ${name}: ${pin.files[name]?.sha256 ?? 'none'}, not ${locked.files[name]?.sha256 ?? 'none'}`,
  );
  throw new IntegrityError(
    `What ${pin.repository} has of ${manifest.id} is not what ${LOCK_FILE} holds it to:\n${lines.join('\n')}\n` +
      'To take it all the same: --update',
  );
}
