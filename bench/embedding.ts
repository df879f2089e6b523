import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../src/config/config.ts';
import { createServices } from '../src/services.ts';
import { benchClip, benchMert, type ThroughputFigures } from './embed-throughput.ts';
import { benchIndexLoop, type IndexLoopFigures } from './index-loop.ts';

// Embedding through the service's path beside the bare runtime, on graphs of CLIP's and MERT's shape with random
// weights, and memory over an indexing loop. Prints Markdown, or with --json figures alone. Takes a quarter of an
// hour on two cores; --layers, --frames, --windows and --loop-seconds make it shorter.

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    layers: { type: 'string', default: '12' },
    frames: { type: 'string', default: '96' },
    windows: { type: 'string', default: '32' },
    'loop-seconds': { type: 'string', default: '300' },
  },
});
const directory = await mkdtemp(join(tmpdir(), 'control-mvr-bench-'));
const config = loadConfig({
  DATA_DIR: directory,
  LOG_LEVEL: 'error',
  DEVICE: 'cpu',
  ...threadsOf(process.env),
});
const machine = { cpu: cpus()[0].model, cores: availableParallelism(), loadAverage: loadavg()[0] };
const services = createServices(config);
try {
  const shared = {
    layers: Number(values.layers),
    threads: config.inference.threads,
    directory: config.directories.backbones,
  };
  const clip = await benchClip({ ...shared, windows: Number(values.frames) });
  const mert = await benchMert({ ...shared, windows: Number(values.windows) });
  const loop = await benchIndexLoop(services, { directory, seconds: Number(values['loop-seconds']) });
  const figures = { machine, clip, mert, loop };
  console.log(values.json ? JSON.stringify(figures, null, 2) : toMarkdown([clip, mert], loop));
} finally {
  await services.close();
  await rm(directory, { recursive: true, force: true });
}

function threadsOf({ INFERENCE_THREADS }: Record<string, string | undefined>) {
  return INFERENCE_THREADS === undefined ? {} : { INFERENCE_THREADS };
}

function toMarkdown(throughputs: readonly ThroughputFigures[], loop: IndexLoopFigures): string {
  const { cpu, cores, loadAverage } = machine;
  return [
    `${cpu}, ${cores} cores, ${config.inference.threads} thread(s) a session, load ${loadAverage.toFixed(1)} before ` +
      `the run. Random weights; the ${values.layers} layers of a graph share theirs.`,
    '',
    '| Backbone | Callers | Here | Bare runtime | Ratio | Goal |',
    '| --- | --- | --- | --- | --- | --- |',
    ...throughputs.flatMap(toRows),
    '',
    ...throughputs.map(({ backboneId, eventLoopDelayP99Ms: { idle, loaded } }) => {
      const goal = loaded < 30 ? 'met' : 'missed';
      return `Event-loop delay p99 with ${backboneId}: ${loaded.toFixed(1)} ms (< 30 ms: ${goal}), idle ${idle.toFixed(1)} ms.`;
    }),
    `Indexing loop: ${loop.rounds} rounds, ${loop.itemsPerSecond.toFixed(1)} items a second for ` +
      `${loop.seconds.toFixed(0)} s; resident ${loop.startMiB.toFixed(0)} MiB after a third, ` +
      `${loop.endMiB.toFixed(0)} MiB at the end, slope ${loop.slopeMiBPerHour.toFixed(1)} MiB an hour.`,
  ].join('\n');
}

function toRows({ backboneId, byCallers }: ThroughputFigures): string[] {
  return byCallers.map(({ callers, perSecond, rawBatch, rawPerSecond }) => {
    const ratio = perSecond / rawPerSecond;
    const cells = [
      backboneId,
      String(callers),
      `${perSecond.toFixed(2)} /s`,
      `batches of ${rawBatch}: ${rawPerSecond.toFixed(2)} /s`,
      ratio.toFixed(2),
      `≥ 0.9: ${ratio >= 0.9 ? 'met' : 'missed'}`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
}
