import { describe, it } from 'vitest';
import { indexWhileServerIsKilled } from './server-kills.ts';
import { killWriters } from './writer-kills.ts';

const report = (line: string) => process.stdout.write(`  ${line}\n`);

describe('kill -9', () => {
  it('of Qdrant, 20 times, while two shards are indexed: nothing acknowledged is lost, both runs go on', () =>
    indexWhileServerIsKilled({ kills: 20, report }));

  it('of the processes that index a shard each, 20 times: those that follow go on', () =>
    killWriters({ kills: 20, report }));
});
