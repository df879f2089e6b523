import { CATALOGUE } from '../backbone/hub/catalogue.ts';
import { describeExport } from '../backbone/hub/plan-pull.ts';
import type { Services } from '../services.ts';
import { UsageError } from '../shared/errors.ts';

/** UsageError that names every backbone that is not here, each with what to do about it. */
export async function requireBackbones(
  ids: readonly string[],
  { backbones, config }: Services,
): Promise<void> {
  const installed = await backbones.list();
  const missing = ids.filter((id) => !installed.includes(id));
  if (missing.length === 0) return;
  const remedies = missing.map((id) => {
    const entry = CATALOGUE.find(({ manifest }) => manifest.id === id);
    if (!entry) return `There is no backbone ${id}. There are: ${installed.join(', ')}.`;
    if (entry.kind === 'exported') return describeExport(entry, config.directories.backbones);
    return `${id} is not here yet. Download it:\n  bin/control-mvr models pull ${id}`;
  });
  throw new UsageError(remedies.join('\n\n'));
}
