// The long tests of the Qdrant store: kills of the server and of writers, a cluster that loses nodes, the contract
// with many more random runs. Needs a `qdrant` on the PATH. Arguments go to vitest: `npm run soak -- cluster`.
import { spawnSync } from 'node:child_process';

const { error } = spawnSync('qdrant', ['--version'], { stdio: 'ignore' });
if (error) {
  console.error(
    'npm run soak starts Qdrant servers of its own: put a `qdrant` of version 1.18 or newer on the PATH.',
  );
  process.exit(2);
}
const started = performance.now();
const { status } = spawnSync(
  'vitest',
  ['run', '--config', 'vitest.soak.config.ts', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
console.log(`\nSoaked for ${Math.round((performance.now() - started) / 60_000)} minutes.`);
process.exit(status ?? 1);
