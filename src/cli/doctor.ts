import { execFile } from 'node:child_process';
import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { promisify } from 'node:util';
import { PROFILES } from '../backbone/registry.ts';
import { readCurrentBundle } from '../bundle/current-bundle.ts';
import { locateFfmpeg } from '../media/ffmpeg.ts';
import { loadBundle, type Services } from '../services.ts';
import { printJson, type Session } from './session.ts';

interface Finding {
  what: string;
  isFine: boolean;
  found: string;
}

const LEAST_FREE_BYTES = 2 * 1024 ** 3;

/** `doctor`: what is here, what is missing, and what would mend it. Fails where something that is needed is missing. */
export async function doctor({ json }: { json: boolean }, { services }: Session): Promise<void> {
  const findings = [
    await examine('Node.js', async () => `${process.version}, ${process.platform} ${process.arch}`),
    await examine('ffmpeg', () => versionOf(locateFfmpeg(services.config).ffmpeg)),
    await examine('ffprobe', () => versionOf(locateFfmpeg(services.config).ffprobe)),
    await examine('DATA_DIR', () => describeDataDirectory(services)),
    await examine('Device', () => describeDevice(services)),
    await examine('Bundle', () => describeBundle(services)),
    await examine('Index', () => describeIndex(services)),
  ];
  if (json) printJson(findings);
  else for (const { what, isFine, found } of findings) console.log(`${isFine ? '✓' : '✗'} ${what}: ${found}`);
  if (findings.some(({ isFine }) => !isFine)) process.exitCode = 1;
}

async function examine(what: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { what, isFine: true, found: await look() };
  } catch (error) {
    return { what, isFine: false, found: (error as Error).message };
  }
}

async function versionOf(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, ['-version']);
  return `${stdout.split('\n')[0]} (${program})`;
}

async function describeDataDirectory({ config }: Services): Promise<string> {
  const { data } = config.directories;
  await mkdir(data, { recursive: true });
  await access(data, constants.W_OK);
  const { bavail, bsize } = await statfs(data);
  const freeBytes = bavail * bsize;
  const free = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free`;
  if (freeBytes < LEAST_FREE_BYTES) throw new Error(`${data}: only ${free}`);
  return `${data}, ${free}`;
}

/** Opens a backbone, so that what is said is what really runs. */
async function describeDevice({ backbones, config, inference }: Services): Promise<string> {
  await backbones.open(PROFILES[config.profile].VIDEO);
  const device = inference.device();
  return `${device?.used}${device?.name ? ` (${device.name})` : ''}, DEVICE=${config.device}, load ${loadavg()[0].toFixed(1)}`;
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
