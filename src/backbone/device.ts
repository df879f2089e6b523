export type Device = 'CUDA' | 'WEBGPU' | 'CPU';

/** What was asked for (`DEVICE`) and what really runs. */
export interface DeviceReport {
  requested: 'auto' | 'cuda' | 'webgpu' | 'cpu';
  used: Device;
  /** The device's own name; null where it can't be told. */
  name: string | null;
}

/** A report with what it was read from. */
export interface DevicePlacement extends DeviceReport {
  /** How many nodes the warm-up ran on each device; null where there was only the CPU to run on. */
  nodes: Readonly<Partial<Record<Device, number>>> | null;
  /** Why `auto` came to run on the CPU; null where it did not. */
  fallbackReason: string | null;
}

/** One placement for graphs that run side by side: the accelerator where all use it, else the CPU. Null without any. */
export function joinPlacements(placements: readonly DevicePlacement[]): DevicePlacement | null {
  const leading = placements.find(({ used }) => used === 'CPU') ?? placements[0];
  if (!leading) return null;
  const nodes: Partial<Record<Device, number>> = {};
  for (const { nodes: own } of placements) {
    for (const [device, count] of Object.entries(own ?? {}) as [Device, number][]) {
      nodes[device] = (nodes[device] ?? 0) + count;
    }
  }
  return { ...leading, nodes: Object.keys(nodes).length > 0 ? nodes : null };
}
