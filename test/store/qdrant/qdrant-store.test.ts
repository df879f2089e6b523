import { describe, vi } from 'vitest';
import { describeStoreContract } from '../contract.ts';
import { createQdrantFixture } from './qdrant-fixture.ts';
import { hasQdrant } from './qdrant-server.ts';

vi.setConfig({ testTimeout: 10 * 60_000 });
/** Of the random runs: the recording server has them all, `npm run soak` many more. */
const SHARE = { thoroughness: 0.3 };

describe.skipIf(!hasQdrant)('With a Qdrant server (QDRANT_URL, or qdrant on the PATH)', () => {
  describeStoreContract('The Qdrant store, comparing everything,', () => createQdrantFixture({}), SHARE);
  // Qdrant builds graphs for larger collections only, so the lists are exact here and the ranking must be.
  describeStoreContract(
    'The Qdrant store, nominating by three lists,',
    () => createQdrantFixture({ exactBelow: 0 }),
    SHARE,
  );
});
