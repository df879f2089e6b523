import { CATALOGUE } from '../backbone/hub/catalogue.ts';
import { listModels } from '../backbone/hub/list-models.ts';
import { readPins } from '../backbone/hub/models-lock.ts';
import { findDifferences } from '../backbone/hub/verify-backbone.ts';
import { DeviceError, GraphInputError, IntegrityError, UsageError } from '../shared/errors.ts';
import { toPlainText } from '../shared/plain-text.ts';
import { printJson, type Session } from './session.ts';

/** What is wrong with a backbone rather than with the command. */
const FINDINGS = [IntegrityError, UsageError, DeviceError, GraphInputError];

/** `models list`: what is built in, what is installed, and what `models pull` would bring. */
export async function listBackbones({ json }: { json: boolean }, { services }: Session): Promise<void> {
  const models = await listModels(services.config.directories.backbones, CATALOGUE);
  if (json) return printJson(models);
  for (const { id, state, modality, sizeBytes, licence, source } of models) {
    const size = sizeBytes === null ? '–' : toMegabytes(sizeBytes);
    const cells = [id, state, modality ?? '–', size, licence ?? '–', source ?? '–'];
    console.log(cells.map(toPlainText).join('\t'));
  }
}

/**
 * `models verify [ID]`: hashes every file of one backbone or of all, and opens what is whole, which compares its graphs
 * with the manifest and runs them once. Fails where one is not what it should be.
 */
export async function verifyBackbones(
  id: string | undefined,
  { services, progress, signal }: Session,
): Promise<void> {
  const { backbones, config } = services;
  const ids = await backbones.list();
  if (id !== undefined && !ids.includes(id)) {
    throw new UsageError(`There is no backbone ${id} here. There are: ${ids.join(', ')}.`);
  }
  const pins = await readPins(config.directories.backbones);
  for (const each of id === undefined ? ids : [id]) {
    const differences = await progress.stage(`Checking ${each}`, async () => {
      try {
        await backbones.readManifest(each); // one that is built in is written on its first use
        const pin = pins[each] ?? null;
        const found = await findDifferences(config.directories.backbones, each, pin, signal);
        if (found.length > 0) return found;
        signal.throwIfAborted();
        await backbones.open(each);
        await backbones.openText(each);
        return [];
      } catch (error) {
        if (FINDINGS.some((kind) => error instanceof kind)) return (error as Error).message.split('\n');
        throw error;
      }
    });
    console.log(`${each}\t${differences.length === 0 ? 'ok' : 'differs'}`);
    for (const difference of differences) console.log(`  ${toPlainText(difference)}`);
    if (differences.length > 0) process.exitCode = 1;
  }
}

export function toMegabytes(sizeBytes: number): string {
  return `${(sizeBytes / 1e6).toFixed(1)} MB`;
}
