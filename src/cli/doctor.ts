import { execFile } from 'node:child_process';
import { access, constants, statfs } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { promisify } from 'node:util';
import { VERSION } from '../api.ts';
import { requireBackbones } from '../backbone/hub/require-backbones.ts';
import { hasCudaLibraries, listNvidiaGpus, mayHaveGpu, REQUIREMENTS } from '../backbone/onnx/accelerator.ts';
import { describeNodes } from '../backbone/onnx/profile.ts';
import { describeRuntime } from '../backbone/onnx/runtime.ts';
import { PROFILES } from '../backbone/registry.ts';
import { readCurrentBundle } from '../bundle/current-bundle.ts';
import { locateFfmpeg } from '../media/ffmpeg.ts';
import { loadBundle, type Services } from '../services.ts';
import { makeDataFolder, printJson, type Session } from './session.ts';

interface Finding {
  what: string;
  isFine: boolean;
  found: string;
  /** What it would take for more than what was found; null where there is nothing to add. */
  more: string | null;
}

/** What was found, and what it would take for more. */
type Found = string | { found: string; more: string | null };

const LEAST_FREE_BYTES = 2 * 1024 ** 3;
const STORE_TIMEOUT_MS = 5_000;

/** `doctor`: what is here, what is missing, and what would mend it. Fails where something that is needed is missing. */
export async function doctor({ json }: { json: boolean }, { services }: Session): Promise<void> {
  const folder = await examine('DATA_DIR', () => describeDataDirectory(services));
  const inFolder = (what: string, look: () => Promise<Found>) =>
    examine(what, folder.isFine ? look : () => Promise.reject(new Error('It needs DATA_DIR.')));
  const backbones = await inFolder('Backbones', () => describeBackbones(services));
  const findings = [
    await examine(
      'control-mvr',
      async () => `${VERSION}, Node.js ${process.version}, ${process.platform} ${process.arch}`,
    ),
    await examine('ffmpeg', () => versionOf('ffmpeg', locateFfmpeg(services.config).ffmpeg)),
    await examine('ffprobe', () => versionOf('ffprobe', locateFfmpeg(services.config).ffprobe)),
    folder,
    await examine('ONNX Runtime', async () => describeOnnx()),
    await examine('GPU', describeGpus),
    backbones,
    await examine('Device', () =>
      backbones.isFine ? describeDevice(services) : Promise.reject(new Error('It needs the backbones.')),
    ),
    await examine('Training', describeTraining),
    await examine('Store', () => describeStore(services)),
    await inFolder('Bundle', () => describeBundle(services)),
    await inFolder('Index', () => describeIndex(services)),
  ];
  if (json) printJson(findings);
  else for (const finding of findings) console.log(toLines(finding));
  if (findings.some(({ isFine }) => !isFine)) process.exitCode = 1;
}

function toLines({ what, isFine, found, more }: Finding): string {
  return `${isFine ? '✓' : '✗'} ${what}: ${found}${more === null ? '' : `\n    for more: ${more}`}`;
}

async function examine(what: string, look: () => Promise<Found>): Promise<Finding> {
  try {
    const looked = await look();
    return { what, isFine: true, ...(typeof looked === 'string' ? { found: looked, more: null } : looked) };
  } catch (error) {
    return { what, isFine: false, found: (error as Error).message, more: null };
  }
}

async function versionOf(name: 'ffmpeg' | 'ffprobe', program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, ['-version']).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
    throw new Error(`${program} is not there; mend or unset ${name.toUpperCase()}_PATH.`, { cause: error });
  });
  if (!stdout.startsWith(`${name} version `)) throw new Error(`${program} is another program.`);
  return `${stdout.split('\n')[0]} (${program})`;
}

async function describeDataDirectory(services: Services): Promise<string> {
  const { data } = services.config.directories;
  await makeDataFolder(services);
  await access(data, constants.W_OK);
  const { bavail, bsize } = await statfs(data);
  const freeBytes = bavail * bsize;
  const free = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free`;
  if (freeBytes < LEAST_FREE_BYTES) throw new Error(`${data}: only ${free}`);
  return `${data}, ${free}`;
}

function describeOnnx(): Found {
  const { version, providers } = describeRuntime();
  const installed = [...providers, ...(hasCudaLibraries() ? ['cuda'] : [])];
  return {
    found: `${version}, with the providers ${installed.join(', ')}`,
    more: hasCudaLibraries() ? null : `CUDA. ${REQUIREMENTS.cuda}`,
  };
}

async function describeGpus(): Promise<Found> {
  const names = await listNvidiaGpus();
  if (names.length > 0) return names.join(', ');
  if (mayHaveGpu()) return 'there may be one; its name can’t be told without NVIDIA’s nvidia-smi';
  return { found: 'none', more: `WebGPU. ${REQUIREMENTS.webgpu}` };
}

/** Those that `train` takes. */
async function describeBackbones(services: Services): Promise<string> {
  const { profile } = services.config;
  const ids = Object.values(PROFILES[profile]);
  await requireBackbones(ids, services.backbones, services.config.directories.backbones);
  return `${ids.join(', ')}, of the profile ${profile}`;
}

/** Opens a backbone, so that what is said is what really runs. */
async function describeDevice({ backbones, config, inference }: Services): Promise<string> {
  await backbones.open(PROFILES[config.profile].VIDEO);
  const device = inference.device();
  if (!device) throw new Error('Nothing was loaded.');
  const { threads, sessions } = config.inference;
  const parts = [
    `${device.used}${device.name ? ` (${device.name})` : ''}`,
    `DEVICE=${config.device}${device.fallbackReason === null ? '' : `: ${device.fallbackReason}`}`,
    ...(device.nodes ? [`the warm-up ran ${describeNodes(device.nodes)}`] : []),
    `${threads} ${threads === 1 ? 'thread' : 'threads'} × ${sessions} ${sessions === 1 ? 'session' : 'sessions'} a backbone`,
    `${availableParallelism()} cores`,
    `load ${loadavg()[0].toFixed(1)}`,
  ];
  return parts.join('; ');
}

/** TensorFlow.js takes a moment to load: no other command waits for it. */
async function describeTraining(): Promise<Found> {
  const { startBackend } = await import('../head/tensorflow.ts');
  const { name, fallbackReason } = await startBackend();
  const found = name === 'tensorflow-gpu' ? name : `${name}, on the CPU with one thread`;
  return { found, more: fallbackReason && `a GPU. ${fallbackReason} See docs/gpu.md.` };
}

/** Whether the server answers, where there is one. */
async function describeStore({ config: { store, directories } }: Services): Promise<string> {
  if (store.kind === 'embedded') return `embedded, in ${directories.store}`;
  const { url, apiKey } = store;
  const response = await fetch(`${url}/`, {
    headers: apiKey === null ? {} : { 'api-key': apiKey },
    signal: AbortSignal.timeout(STORE_TIMEOUT_MS),
  }).catch((error) => {
    throw new Error(`Qdrant does not answer at ${url}: ${error.cause?.message ?? error.message}`);
  });
  if (!response.ok) throw new Error(`Qdrant at ${url} answers ${response.status} ${response.statusText}`);
  const { version } = (await response.json()) as { version?: string };
  return `Qdrant ${version ?? 'of an unknown version'} at ${url}`;
}

async function describeBundle(services: Services): Promise<string> {
  const id = await readCurrentBundle(services.config.directories.data);
  if (!id) throw new Error('none yet; make one with: bin/control-mvr train LIBRARY');
  const { bundle } = await loadBundle(id, services);
  return `${id}, profile ${bundle.manifest.profile}, made ${bundle.manifest.createdAt}`;
}

async function describeIndex(services: Services): Promise<string> {
  const store = await services.openStore();
  const id = await store.currentBundleId();
  if (!id) throw new Error('empty; fill it with: bin/control-mvr index LIBRARY');
  const edition = await store.open(id);
  const { tracks, videos, segments } = await edition.counts();
  await edition.close();
  return `${tracks} tracks, ${videos} videos, ${segments} segments of bundle ${id}`;
}
