// Every check and every test that needs no outside server, and one closing line with the counts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const scratch = mkdtempSync(join(tmpdir(), 'control-mvr-test-'));
const counts = { passed: 0, failed: 0, skipped: 0 };
const skips = [];

const checks = [
  ['types', 'tsc', ['--noEmit']],
  ['lint and format', 'biome', ['ci', '.']],
  ['generated types match schema.graphql', 'graphql-codegen', ['--config', 'codegen.ts', '--check']],
  ['nothing unused', 'knip', []],
  // Into a folder of its own: a server may be serving the built pages.
  [
    'web pages build',
    'vite',
    ['build', '--config', 'src/web/vite.config.ts', '--logLevel', 'warn', '--outDir', join(scratch, 'web')],
  ],
];
for (const [title, command, commandArguments] of checks) {
  const { status } = spawnSync(command, commandArguments, { stdio: 'inherit' });
  console.log(`${status === 0 ? '✓' : '✗'} ${title}`);
  counts[status === 0 ? 'passed' : 'failed']++;
}

const reportFile = join(scratch, 'vitest.json');
const vitest = spawnSync(
  'vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`],
  {
    stdio: 'inherit',
  },
);
try {
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  counts.passed += report.numPassedTests;
  counts.failed += report.numFailedTests;
  for (const file of report.testResults) {
    if (file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'))
      counts.failed++;
    for (const test of file.assertionResults) {
      if (test.status !== 'skipped' && test.status !== 'pending') continue;
      counts.skipped++;
      skips.push(test.fullName);
    }
  }
} catch (error) {
  console.error(`vitest left no report: ${error.message}`);
  counts.failed++;
}
if (vitest.status !== 0 && counts.failed === 0) counts.failed++;
rmSync(scratch, { recursive: true, force: true });

if (skips.length > 0) console.log(`\nSkipped:\n${skips.map((title) => `  ${title}`).join('\n')}`);
console.log(
  `\n${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`,
);
process.exit(counts.failed === 0 ? 0 : 1);
