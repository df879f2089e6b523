import { UsageError } from '../../shared/errors.ts';
import type { Qdrant } from './qdrant-client.ts';

const OLDEST = { major: 1, minor: 18 };

/** UsageError where the server is too old for what this adapter asks of it: it would ignore conditions of writes. */
export async function checkServerVersion(qdrant: Qdrant): Promise<void> {
  const { version } = await qdrant.call((client) => client.versionInfo());
  const [major, minor] = version.split('.').map(Number);
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return;
  throw new UsageError(
    `Qdrant ${version} is too old: version ${OLDEST.major}.${OLDEST.minor} or newer is needed.`,
  );
}
