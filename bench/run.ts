// First: servers run so.
import '../src/cli/runtime-mode.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../src/config/config.ts';
import { createServices } from '../src/services.ts';
import { writeRandomBundle } from '../test/support/random-bundle.ts';
import { benchApi } from './api.ts';
import { createRandomLibrary, DIMENSION } from './random-library.ts';
import { type Figures, toMarkdown } from './report.ts';
import { benchStart } from './start.ts';
import { benchStore } from './store.ts';
import { tellFaults } from './tell-faults.ts';

// Prints one report on stdout; `--json` for figures alone. Takes some minutes, 1 GB of memory and 600 MB of disk.
// BENCH_DATA_DIR names a DATA_DIR that `start` or `index` has made; with it, the start of `serve` is measured too.

tellFaults();
const { BENCH_DATA_DIR } = process.env;
// First of all: a folder that nothing can be served from is told at once.
const start = BENCH_DATA_DIR ? await benchStart(BENCH_DATA_DIR) : null;
const directory = await mkdtemp(join(tmpdir(), 'control-mvr-bench-'));
const machine = {
  cpu: cpus()[0].model,
  cores: availableParallelism(),
  node: process.versions.node,
  loadAverage: loadavg()[0],
};
const config = loadConfig({
  DATA_DIR: directory,
  PORT: '0',
  LOG_LEVEL: 'error',
  DEVICE: process.env.DEVICE,
});
const services = createServices(config);
try {
  const threads = machine.cores;
  const bundleId = await writeRandomBundle(services, DIMENSION);
  const library = createRandomLibrary();
  const store = await benchStore({ directory: config.directories.store, bundleId, library, threads });
  const api = await benchApi(services, library, threads);
  const figures: Figures = { machine, store, api, start };
  console.log(process.argv.includes('--json') ? JSON.stringify(figures, null, 2) : toMarkdown(figures));
} finally {
  await services.close();
  await rm(directory, { recursive: true, force: true });
}
