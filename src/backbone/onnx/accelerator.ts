import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Device } from '../device.ts';

/** What a graph can be tried on besides the CPU, under the runtime's names. */
export type Accelerator = 'cuda' | 'webgpu';

/** What it takes to run there; ends the message that an accelerator does not. */
export const REQUIREMENTS: Record<Accelerator, string> = {
  cuda:
    'It needs Linux on x64, an NVIDIA driver, CUDA 12 with cuDNN 9, and the provider libraries that ' +
    '`ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js` downloads.',
  webgpu: 'It needs a GPU with a Vulkan, Metal or Direct3D 12 driver.',
};

const NAME_TIMEOUT_MS = 5_000;

/**
 * What `auto` tries, best first: CUDA where its libraries are installed and the machine shows an NVIDIA GPU, WebGPU
 * where it shows any. Without a sign of a GPU the runtime would print warnings and fail.
 */
export function acceleratorsToTry(): Accelerator[] {
  const tried: Accelerator[] = [];
  if (hasCudaLibraries() && list('/dev').some((name) => /^nvidia\d/.test(name))) tried.push('cuda');
  if (mayHaveGpu()) tried.push('webgpu');
  return tried;
}

/** Whether onnxruntime-node's CUDA provider was downloaded. */
export function hasCudaLibraries(): boolean {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  const { platform, arch } = process;
  return existsSync(join(entry, '../bin/napi-v6', platform, arch, 'libonnxruntime_providers_cuda.so'));
}

/**
 * Whether there may be a GPU for WebGPU to run on. On Linux that is a render node, a device of NVIDIA's or of
 * Windows' (WSL), or a Vulkan driver that the environment names; elsewhere it can't be told without trying.
 */
export function mayHaveGpu(): boolean {
  if (process.platform !== 'linux') return true;
  // The Vulkan loader's own variables, no settings of this program.
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) return true;
  return list('/dev/dri').some((name) => name.startsWith('renderD')) || list('/dev').some(isGpuDevice);
}

/**
 * A device's own name: the processor's from the operating system, a CUDA GPU's from NVIDIA's driver where all GPUs
 * of the machine have one name. Null where it can't be told: the runtime does not say which adapter WebGPU took.
 */
export async function readDeviceName(device: Device): Promise<string | null> {
  if (device === 'CPU') return cpus()[0]?.model.trim() || null;
  if (device === 'WEBGPU') return null;
  const names = new Set(await listNvidiaGpus());
  return names.size === 1 ? [...names][0] : null;
}

/** The names of NVIDIA's GPUs, as their driver lists them; none where it is not installed. */
export async function listNvidiaGpus(): Promise<string[]> {
  const query = promisify(execFile)('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
    timeout: NAME_TIMEOUT_MS,
  });
  const output = await query.then(
    ({ stdout }) => stdout,
    () => '',
  );
  return output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

const isGpuDevice = (name: string) => /^nvidia\d|^dxg$/.test(name);

/** The names in a folder; none where it can't be read. */
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
