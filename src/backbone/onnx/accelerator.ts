import { readdirSync } from 'node:fs';

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

const isGpuDevice = (name: string) => /^nvidia\d|^dxg$/.test(name);

/** The names in a folder; none where it can't be read. */
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
