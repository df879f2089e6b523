import { UsageError } from '../../shared/errors.ts';
import type { BackboneRegistry } from '../registry.ts';
import { CATALOGUE } from './catalogue.ts';
import { describeExport } from './plan-pull.ts';

/**
 * UsageError that names every backbone that is not in the registry, each with what to do about it. `directory` is the
 * registry's.
 */
export async function requireBackbones(
  ids: readonly string[],
  registry: Pick<BackboneRegistry, 'list'>,
  directory: string,
): Promise<void> {
  const installed = await registry.list();
  const missing = ids.filter((id) => !installed.includes(id));
  if (missing.length === 0) return;
  const remedies = missing.map((id) => {
    const entry = CATALOGUE.find(({ manifest }) => manifest.id === id);
    if (!entry) return `There is no backbone ${id}. There are: ${installed.join(', ')}.`;
    if (entry.kind === 'exported') return describeExport(entry, directory);
    return `${id} is not here yet. Download it:\n  bin/control-mvr models pull ${id}`;
  });
  throw new UsageError(remedies.join('\n\n'));
}
