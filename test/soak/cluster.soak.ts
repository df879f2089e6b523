import { randomUUID } from 'node:crypto';
import { describe, it } from 'vitest';
import { startCluster, THREE_REPLICAS, TWO_REPLICAS } from './cluster.ts';
import { loseNodes } from './lost-node.ts';
import { indexNewBundle } from './new-bundle.ts';
import { beginWithoutNode } from './node-away.ts';

const report = (line: string) => process.stdout.write(`  ${line}\n`);

describe('A cluster of three nodes, two replicas of each shard', () => {
  it('loses one node after the other under load, six times, and nothing that was acknowledged', () =>
    loseNodes({ deaths: 6, awayMs: 15_000, report }));

  it('begins a new bundle while a node is away, each in turn: the run ends, if need be when the node is back', () =>
    beginWithoutNode({ awayMs: 30_000, report }));

  it('shows the old or the new bundle while a new one is indexed', async () => {
    const cluster = await startCluster();
    await indexNewBundle({ url: cluster.url, apiKey: null }, `test-${randomUUID()}`, TWO_REPLICAS);
    await cluster.close();
  });
});

describe('A cluster of three nodes, three replicas of each shard, two of which acknowledge a write', () => {
  it('loses one node after the other under load, three times, and nothing that was acknowledged', () =>
    loseNodes({ deaths: 3, awayMs: 15_000, layout: THREE_REPLICAS, report }));

  it('begins a new bundle while a node is away, each in turn: the run ends, if need be when the node is back', () =>
    beginWithoutNode({ awayMs: 30_000, layout: THREE_REPLICAS, report }));
});
