// Brings node_modules in line with package-lock.json, Node itself included. Plain JavaScript for any Node ≥ 18:
// it runs before anything is installed. Two starts at once and a kill in the middle both end well: one process
// installs at a time, and the stamp is written only after npm is done.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = join(root, 'node_modules', '.control-mvr-install');
const lockFolder = join(root, '.install-lock');
const lockOwner = join(lockFolder, 'pid');
/** A lock whose owner has not named itself after so long was left by a kill. */
const namedAfterMs = 5_000;

const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(`${process.platform}-${process.arch}`)
  .digest('hex');

const isInstalled = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted;

if (!isInstalled()) {
  await takeLock();
  const isDone = isInstalled() || (await install());
  rmSync(lockFolder, { recursive: true, force: true });
  if (!isDone) process.exit(1);
}

function install() {
  console.error('Installing packages (once; Node 24 comes with them) …');
  // Every package works as it is unpacked. onnxruntime-node's script alone would fetch CUDA libraries.
  const options = [
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const npm = spawn('npm', ['ci', ...options], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
  });
  // npm outlives a kill of this process: whoever comes next waits for it, too.
  writeFileSync(lockOwner, `${process.pid} ${npm.pid}`);
  return new Promise((resolve) => {
    npm.on('error', (error) => {
      console.error(`npm could not be run: ${error.message}`);
      resolve(false);
    });
    npm.on('exit', (code) => {
      if (code === 0) writeFileSync(stampFile, wanted);
      else console.error('npm ci failed; its output above says why.');
      resolve(code === 0);
    });
  });
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

/** True where none of the processes that the lock names runs, or none named itself in time. */
function isAbandoned() {
  try {
    const owners = readFileSync(lockOwner, 'utf8').split(' ').filter(Boolean).map(Number);
    if (owners.length > 0) return !owners.some((owner) => owner !== process.pid && isRunning(owner));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  try {
    return Date.now() - statSync(lockFolder).mtimeMs > namedAfterMs;
  } catch {
    return false; // it has just been released
  }
}

function isRunning(processId) {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
