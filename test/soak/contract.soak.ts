import { describe } from 'vitest';
import { describeStoreContract } from '../store/contract.ts';
import { createQdrantFixture } from '../store/qdrant/qdrant-fixture.ts';

const MANY = { thoroughness: 4 };

describe('With a Qdrant server', () => {
  describeStoreContract('The Qdrant store, comparing everything,', () => createQdrantFixture({}), MANY);
  describeStoreContract(
    'The Qdrant store, nominating by three lists,',
    () => createQdrantFixture({ exactBelow: 0 }),
    MANY,
  );
});
