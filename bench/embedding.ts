import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { DevicePlacement } from '../src/backbone/device.ts';
import { describeNodes } from '../src/backbone/onnx/profile.ts';
import { loadConfig } from '../src/config/config.ts';
import { createServices } from '../src/services.ts';
import { benchClip, benchMert, type ThroughputFigures } from './embed-throughput.ts';
import { benchIndexLoop, type IndexLoopFigures, MEMORY_KINDS } from './index-loop.ts';
import { tellFaults } from './tell-faults.ts';

// Embedding through the service's path beside the bare runtime, on graphs of CLIP's and MERT's shape with random
// weights, and memory over an indexing loop. Prints Markdown, or with --json figures alone. Takes half an hour on two
// cores; --only takes a part; --device another device than the CPU; --layers, --frames, --windows, --rounds, --callers
// and --loop-seconds make it shorter. With `node --expose-gc` the loop measures memory after garbage is collected.

const PARTS = ['clip', 'mert', 'loop'] as const;

tellFaults();
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [...PARTS] },
    device: { type: 'string', default: 'cpu' },
    layers: { type: 'string', default: '12' },
    frames: { type: 'string', default: '96' },
    windows: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '3' },
    callers: { type: 'string', multiple: true, default: ['1', '8', '32'] },
    'loop-seconds': { type: 'string', default: '300' },
  },
});
const TABLE_HEAD = [
  '| Backbone | Callers | Here | Bare runtime | Ratio | Goal | Processor time a window | Ratio |',
  '| --- | --- | --- | --- | --- | --- | --- | --- |',
];

const settings = { LOG_LEVEL: 'error', DEVICE: values.device, ...threadsOf(process.env) };
// First of all: faults of settings leave no folder behind.
loadConfig(settings);
const directory = await mkdtemp(join(tmpdir(), 'control-mvr-bench-'));
const config = loadConfig({ ...settings, DATA_DIR: directory });
const machine = { cpu: cpus()[0].model, cores: availableParallelism(), loadAverage: loadavg()[0] };
const services = createServices(config);
try {
  const shared = {
    layers: Number(values.layers),
    rounds: Number(values.rounds),
    callers: values.callers.map(Number),
    device: config.device,
    threads: config.inference.threads,
    directory: config.directories.backbones,
  };
  const asks = (part: (typeof PARTS)[number]) => values.only.includes(part);
  const clip = asks('clip') ? await benchClip({ ...shared, windows: Number(values.frames) }) : null;
  const mert = asks('mert') ? await benchMert({ ...shared, windows: Number(values.windows) }) : null;
  const seconds = Number(values['loop-seconds']);
  const loop = asks('loop') ? await benchIndexLoop(services, { directory, seconds }) : null;
  const figures = { machine, loadAverageAfter: loadavg()[0], clip, mert, loop };
  console.log(values.json ? JSON.stringify(figures, null, 2) : toMarkdown(figures));
} finally {
  await services.close();
  await rm(directory, { recursive: true, force: true });
}

function threadsOf({ INFERENCE_THREADS }: Record<string, string | undefined>) {
  return INFERENCE_THREADS === undefined ? {} : { INFERENCE_THREADS };
}

interface Figures {
  loadAverageAfter: number;
  clip: ThroughputFigures | null;
  mert: ThroughputFigures | null;
  loop: IndexLoopFigures | null;
}

function toMarkdown({ loadAverageAfter, clip, mert, loop }: Figures): string {
  const { cpu, cores, loadAverage } = machine;
  const throughputs = [clip, mert].filter((figures) => figures !== null);
  return [
    `${cpu}, ${cores} cores, ${config.inference.threads} thread(s) a session, load ${loadAverage.toFixed(1)} before ` +
      `the run, ${loadAverageAfter.toFixed(1)} after. Random weights; the ${values.layers} layers of a graph share theirs.`,
    '',
    ...throughputs.flatMap(({ backboneId, device, rawDevice }) => [
      `- ${backboneId} ran on: ${describePlacement(device)}`,
      `- ${backboneId} in the bare runtime: ${describePlacement(rawDevice)}`,
    ]),
    ...(loop ? [`- the indexing loop ran on: ${describePlacement(loop.device)}`] : []),
    '',
    ...(throughputs.length > 0 ? [...TABLE_HEAD, ...throughputs.flatMap(toRows), ''] : []),
    ...throughputs.flatMap(toNotes),
    ...(loop ? toLoopNotes(loop) : []),
  ].join('\n');
}

function describePlacement({ requested, used, name, nodes, fallbackReason }: DevicePlacement): string {
  const parts = [
    `${used}${name === null ? '' : ` (${name})`}`,
    `DEVICE=${requested}${fallbackReason === null ? '' : `: ${fallbackReason}`}`,
    ...(nodes ? [`the warm-up ran ${describeNodes(nodes)}`] : []),
  ];
  return parts.join('; ');
}

/** What batches gain, what preparing costs, and whether the event loop stays free. */
function toNotes({ backboneId, byCallers, prepareMs, eventLoopDelayP99Ms }: ThroughputFigures): string[] {
  const [one, most] = [byCallers[0], byCallers[byCallers.length - 1]];
  const { idle, loaded } = eventLoopDelayP99Ms;
  return [
    `Batched against one by one, ${backboneId}: ${(most.perSecond / one.perSecond).toFixed(2)} × here, ` +
      `${(most.rawPerSecond / one.rawPerSecond).toFixed(2)} × in the bare runtime (batches of ${most.rawBatch}).`,
    `Preparing a window takes ${prepareMs.toFixed(1)} ms, which the bare runtime is spared.`,
    `Event-loop delay p99: ${loaded.toFixed(1)} ms (< 30 ms: ${loaded < 30 ? 'met' : 'missed'}), idle ${idle.toFixed(1)} ms.`,
  ];
}

function toLoopNotes({
  rounds,
  seconds,
  itemsPerSecond,
  collectsGarbage,
  memory,
}: IndexLoopFigures): string[] {
  return [
    `Indexing loop: ${rounds} rounds, ${itemsPerSecond.toFixed(1)} items a second for ${seconds.toFixed(0)} s. ` +
      `Memory ${collectsGarbage ? 'after' : 'without'} collecting garbage; the slope is over the last two thirds.`,
    '',
    '| Memory | After a third | At the end | Slope |',
    '| --- | --- | --- | --- |',
    ...MEMORY_KINDS.map((kind) => {
      const { startMiB, endMiB, slopeMiBPerHour } = memory[kind];
      const cells = [`${startMiB.toFixed(1)} MiB`, `${endMiB.toFixed(1)} MiB`];
      return `| ${kind} | ${cells.join(' | ')} | ${slopeMiBPerHour.toFixed(1)} MiB an hour |`;
    }),
  ];
}

function toRows({ backboneId, byCallers }: ThroughputFigures): string[] {
  return byCallers.map(({ callers, perSecond, rawBatch, rawPerSecond, cpuMs, rawCpuMs }) => {
    const ratio = perSecond / rawPerSecond;
    const cells = [
      backboneId,
      String(callers),
      `${perSecond.toFixed(2)} /s`,
      `batches of ${rawBatch}: ${rawPerSecond.toFixed(2)} /s`,
      ratio.toFixed(2),
      `≥ 0.9: ${ratio >= 0.9 ? 'met' : 'missed'}`,
      `${cpuMs.toFixed(1)} ms, bare ${rawCpuMs.toFixed(1)} ms`,
      (rawCpuMs / cpuMs).toFixed(2),
    ];
    return `| ${cells.join(' | ')} |`;
  });
}
