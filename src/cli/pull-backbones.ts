import { createInterface } from 'node:readline/promises';
import { isDeepStrictEqual } from 'node:util';
import { CATALOGUE, type CatalogueEntry, type ExportedBackbone } from '../backbone/hub/catalogue.ts';
import { createHubClient } from '../backbone/hub/hub-client.ts';
import { installBackbone, isInstalled, readWhole } from '../backbone/hub/install-backbone.ts';
import { type BackbonePins, readPins } from '../backbone/hub/models-lock.ts';
import {
  describeExport,
  findEntry,
  type PlanTools,
  type PullPlan,
  parseRepository,
  planFromRepository,
  planPublished,
  planSizeBytes,
} from '../backbone/hub/plan-pull.ts';
import { HUB_RETRY_RULE, type RetryRule } from '../backbone/hub/retry.ts';
import { LITE_BACKBONES } from '../backbone/lite/lite-backbones.ts';
import { backboneManifestSchema } from '../backbone/manifest.ts';
import { PROFILES } from '../backbone/registry.ts';
import { UsageError } from '../shared/errors.ts';
import { toPlainText } from '../shared/plain-text.ts';
import { toMegabytes } from './models.ts';
import type { Session } from './session.ts';

export interface PullArguments {
  /** A repository that holds the backbone's folder, `OWNER/NAME` or `OWNER/NAME@REVISION`. */
  from?: string;
  /** Accepts licences unasked. */
  yes: boolean;
  /** Takes other files than the lock file or the installed build has. */
  update: boolean;
}

/** What a pull depends on beside the session. */
export interface PullSurroundings {
  catalogue: readonly CatalogueEntry[];
  retryRule: RetryRule;
  idleTimeoutMs: number;
  /** Null where nobody can be asked. */
  ask: ((question: string, signal: AbortSignal) => Promise<string>) | null;
}

/**
 * `models pull [ID…]`: downloads the backbones that are named, else those of PROFILE, each once its licence is accepted.
 * UsageError for those that have to be exported first, after the others are there.
 */
export async function pullBackbones(
  ids: readonly string[],
  options: PullArguments,
  session: Session,
  surroundings: PullSurroundings = createSurroundings(),
): Promise<void> {
  if (options.from !== undefined && ids.length !== 1) {
    throw new UsageError('--from goes with the id of the one backbone that the repository holds.');
  }
  const { config } = session.services;
  const hub = createHubClient({
    baseUrl: config.models.url,
    token: config.models.token,
    idleTimeoutMs: surroundings.idleTimeoutMs,
  });
  const tools = { hub, retryRule: surroundings.retryRule, signal: session.signal };
  const pins = await readPins(config.directories.backbones);
  const toExport: ExportedBackbone[] = [];
  for (const id of ids.length > 0 ? ids : Object.values(PROFILES[config.profile])) {
    if (LITE_BACKBONES.some(({ manifest }) => manifest.id === id)) {
      console.error(`${id} is built in: there is nothing to pull.`);
      continue;
    }
    const planned = await session.progress.stage(`Looking for ${id}`, async () =>
      (await isThere(id, options, pins, session, surroundings))
        ? null
        : plan(id, options, pins, session, surroundings, tools),
    );
    if (!planned) {
      console.error(`${id} is there already, and whole.`);
      continue;
    }
    if ('kind' in planned) toExport.push(planned);
    else if (!(await carryOut(planned, options, session, surroundings, tools))) return;
  }
  if (toExport.length > 0) {
    const remedies = toExport.map((entry) => describeExport(entry, config.directories.backbones));
    throw new UsageError(remedies.join('\n\n'));
  }
}

/** True where what a pull would bring is installed, so that nobody has to be asked. */
async function isThere(
  id: string,
  { from, update }: PullArguments,
  pins: BackbonePins,
  { services, signal }: Session,
  { catalogue }: PullSurroundings,
): Promise<boolean> {
  if (update) return false;
  const pin = pins[id] ?? null;
  const installed = await readWhole(id, services.config.directories.backbones, pin, signal);
  if (!installed) return false;
  if (from !== undefined) {
    const { repository, revision } = parseRepository(from);
    return pin?.repository === repository && [pin.requestedRevision, pin.revision].includes(revision);
  }
  const entry = findEntry(id, catalogue);
  if (entry.kind === 'exported') return true;
  return isDeepStrictEqual(installed, backboneManifestSchema.parse(entry.manifest));
}

/** The plan; the entry itself where the backbone has to be exported first. */
async function plan(
  id: string,
  { from, update }: PullArguments,
  pins: BackbonePins,
  { services }: Session,
  { catalogue }: PullSurroundings,
  tools: PlanTools,
): Promise<PullPlan | ExportedBackbone> {
  const pin = update ? null : (pins[id] ?? null);
  if (from !== undefined) {
    const planned = await planFromRepository(id, parseRepository(from), pin, tools);
    if (planned) return planned;
    throw new UsageError(`${from} holds no backbone: it has no manifest.json.`);
  }
  const entry = findEntry(id, catalogue);
  if (entry.kind === 'published') return planPublished(entry, pin, tools);
  // Who is asked for a name that is nobody's on the public hub could be given anything.
  const mirrored = services.config.models.isMirror
    ? await planFromRepository(id, parseRepository(entry.mirrorRepository), pin, tools)
    : null;
  return mirrored ?? entry;
}

/** Installs what was planned. False where the licence is not accepted. */
async function carryOut(
  planned: PullPlan,
  { yes, update }: PullArguments,
  { services, progress, signal }: Session,
  { ask }: PullSurroundings,
  tools: PlanTools,
): Promise<boolean> {
  const { id } = planned.manifest;
  const directory = services.config.directories.backbones;
  if (!(await isInstalled(planned, directory, signal))) {
    console.error(describePlan(planned, tools.hub.baseUrl));
    if (!yes && !(await isAccepted(ask, signal))) {
      console.error('Nothing was downloaded.');
      process.exitCode = 1;
      return false;
    }
  }
  const outcome = await progress.stage(`Downloading ${id}, in MB`, (report) =>
    installBackbone(
      planned,
      {
        directory,
        replaces: update,
        onProgress: (done, total, file) => report(Math.floor(done / 1e6), Math.ceil(total / 1e6), file),
      },
      tools,
    ),
  );
  console.error(
    `${id} is ${outcome === 'there' ? 'there already, and whole' : `installed in ${directory}`}.`,
  );
  return true;
}

function describePlan(planned: PullPlan, baseUrl: string): string {
  const { id, licence, licenceNotice, source } = planned.manifest;
  const { repository, revision } = planned.origin;
  return [
    id,
    `  source   ${source}`,
    `  from     ${baseUrl}/${repository} at ${revision}`,
    `  size     ${toMegabytes(planSizeBytes(planned))} in ${planned.files.length} files`,
    `  licence  ${licence}${licenceNotice ? `: ${licenceNotice}` : ''}`,
  ]
    .map(toPlainText)
    .join('\n');
}

async function isAccepted(ask: PullSurroundings['ask'], signal: AbortSignal): Promise<boolean> {
  if (!ask) throw new UsageError('The licence has to be accepted. Without a terminal to ask at: --yes');
  const answer = await ask('Accept the licence and download? [y/N] ', signal);
  return /^\s*y(es)?\s*$/i.test(answer);
}

function createSurroundings(): PullSurroundings {
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return {
    catalogue: CATALOGUE,
    retryRule: HUB_RETRY_RULE,
    idleTimeoutMs: 60_000,
    ask: isTerminal ? askAtTerminal : null,
  };
}

async function askAtTerminal(question: string, signal: AbortSignal): Promise<string> {
  // Not as a terminal of its own: Ctrl+C would become a key instead of the signal that interrupts the session.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    return await Promise.race([lines.question(question, { signal }), ended]);
  } finally {
    lines.close();
  }
}
