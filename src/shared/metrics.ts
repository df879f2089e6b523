import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

/** What the server counts and times, in Prometheus' terms. Durations are in milliseconds here, seconds there. */
export interface Metrics {
  observeRequest(request: { method: string; route: string; status: number; durationMs: number }): void;
  /** One call of the store, whatever number of queries it answered; one for both targets counts for each. */
  observeSearch(search: { target: string; durationMs: number }): void;
  /** One call of a backbone (`extract`) or of a bundle's heads (`project`), with its wait for the device. */
  observeEmbed(embed: { stage: 'extract' | 'project'; modality: string; durationMs: number }): void;
  /** `outcome` is READY or a fault's code. */
  countClip(outcome: string): void;
  /** Reports a queue's depth whenever the metrics are read. */
  watchQueue(queue: string, depth: () => number): void;
  /** Reports what the graphs run on whenever the metrics are read; nothing while it is null. */
  watchDevice(read: () => DevicePlacement | null): void;
  /** A device or its worker was lost, and a new session was opened. */
  countDeviceLoss(): void;
  /** The exposition format, with Node's own metrics: event-loop delay, heap, garbage collection. */
  render(): Promise<{ contentType: string; text: string }>;
}

/** What was asked for, what runs, and how many nodes of the graphs run on each device. */
interface DevicePlacement {
  requested: string;
  used: string;
  name: string | null;
  nodes: Readonly<Record<string, number>> | null;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const requests = new Histogram({
    name: 'control_mvr_http_request_duration_seconds',
    help: 'HTTP requests by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS_BUCKETS,
    registers,
  });
  const searches = new Histogram({
    name: 'control_mvr_search_duration_seconds',
    help: 'Calls of the vector store.',
    labelNames: ['target'],
    buckets: SECONDS_BUCKETS,
    registers,
  });
  const embeds = new Histogram({
    name: 'control_mvr_embed_duration_seconds',
    help: 'Calls of the backbones (extract) and the heads (project), with their wait for the device.',
    labelNames: ['stage', 'modality'],
    buckets: SECONDS_BUCKETS,
    registers,
  });
  const clips = new Counter({
    name: 'control_mvr_clips_total',
    help: 'Uploaded clips by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const depths = new Map<string, () => number>();
  new Gauge({
    name: 'control_mvr_queue_depth',
    help: 'What a bounded queue has taken and not yet done: clips, or segments for the device.',
    labelNames: ['queue'],
    registers,
    collect() {
      for (const [queue, depth] of depths) this.set({ queue }, depth());
    },
  });
  let readDevice: () => DevicePlacement | null = () => null;
  new Gauge({
    name: 'control_mvr_device_info',
    help: 'The device that was asked for and the one that runs; always 1.',
    labelNames: ['requested', 'used', 'name'],
    registers,
    collect() {
      this.reset();
      const device = readDevice();
      if (device) this.set({ requested: device.requested, used: device.used, name: device.name ?? '' }, 1);
    },
  });
  new Gauge({
    name: 'control_mvr_device_nodes',
    help: 'Nodes of the open graphs by the device that ran them in the warm-up; none where there is only the CPU.',
    labelNames: ['device'],
    registers,
    collect() {
      this.reset();
      for (const [device, count] of Object.entries(readDevice()?.nodes ?? {})) this.set({ device }, count);
    },
  });
  const deviceLosses = new Counter({
    name: 'control_mvr_device_losses_total',
    help: 'Devices or their workers that were lost while the process ran.',
    registers,
  });

  return {
    observeRequest: ({ method, route, status, durationMs }) =>
      requests.observe({ method, route, status }, durationMs / 1000),
    observeSearch: ({ target, durationMs }) => searches.observe({ target }, durationMs / 1000),
    observeEmbed: ({ stage, modality, durationMs }) => embeds.observe({ stage, modality }, durationMs / 1000),
    countClip: (outcome) => clips.inc({ outcome }),
    watchQueue: (queue, depth) => depths.set(queue, depth),
    watchDevice(read) {
      readDevice = read;
    },
    countDeviceLoss: () => deviceLosses.inc(),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
