// Brings node_modules in line with package-lock.json, Node itself included. Plain JavaScript for any Node ≥ 18:
// it runs before anything is installed. Two starts at once and a kill in the middle both end well: one process
// installs at a time, and the stamp is written only after npm is done.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = join(root, 'node_modules', '.control-mvr-install');
const lockFolder = join(root, '.install-lock');
const lockOwner = join(lockFolder, 'pid');
const abandonedAfterMs = 30 * 60 * 1000;

const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(`${process.platform}-${process.arch}`)
  .digest('hex');

const isInstalled = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted;

if (!isInstalled()) {
  await takeLock();
  try {
    if (!isInstalled()) install();
  } finally {
    rmSync(lockFolder, { recursive: true, force: true });
  }
}

function install() {
  console.error('Installing packages (once; Node 24 comes with them) …');
  // Every package works as it is unpacked. onnxruntime-node's script alone would fetch CUDA libraries.
  const npm = spawnSync(
    'npm',
    ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', process.stderr, process.stderr],
      shell: process.platform === 'win32',
    },
  );
  if (npm.status !== 0) {
    console.error('npm ci failed; its output above says why.');
    rmSync(lockFolder, { recursive: true, force: true });
    process.exit(1);
  }
  writeFileSync(stampFile, wanted);
}

async function takeLock() {
  for (let told = false; ; ) {
    try {
      mkdirSync(lockFolder);
      writeFileSync(lockOwner, String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned()) {
      rmSync(lockFolder, { recursive: true, force: true });
      continue;
    }
    if (!told) console.error('Another process is installing; waiting for it …');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function isAbandoned() {
  try {
    const ageMs = Date.now() - statSync(lockFolder).mtimeMs;
    if (ageMs > abandonedAfterMs) return true;
    if (!existsSync(lockOwner)) return ageMs > 5_000;
    process.kill(Number(readFileSync(lockOwner, 'utf8')), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
