import { CATALOGUE } from '../backbone/hub/catalogue.ts';
import { listModels } from '../backbone/hub/list-models.ts';
import { readPins } from '../backbone/hub/models-lock.ts';
import { findDifferences } from '../backbone/hub/verify-backbone.ts';
import { IntegrityError, UsageError } from '../shared/errors.ts';
import { printJson, type Session } from './session.ts';

/** A manifest's text for a terminal: what somebody wrote there is not to move the cursor. */
export const toPlainText = (text: string) => text.replaceAll(/\p{Cc}/gu, ' ');

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

/** `models verify [ID]`: hashes every file of one backbone or of all. Fails where one is not what it should be. */
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
    const differences = await progress.stage(`Hashing ${each}`, async () => {
      try {
        await backbones.readManifest(each); // one that is built in is written on its first use
        return await findDifferences(config.directories.backbones, each, pins[each] ?? null, signal);
      } catch (error) {
        if (error instanceof IntegrityError || error instanceof UsageError) return [error.message];
        throw error;
      }
    });
    console.log(`${each}\t${differences.length === 0 ? 'ok' : 'differs'}`);
    for (const difference of differences) console.log(`  ${difference}`);
    if (differences.length > 0) process.exitCode = 1;
  }
}

export function toMegabytes(sizeBytes: number): string {
  return `${(sizeBytes / 1e6).toFixed(1)} MB`;
}
