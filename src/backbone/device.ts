export type Device = 'CUDA' | 'WEBGPU' | 'CPU';

/** What was asked for (`DEVICE`) and what really runs. */
export interface DeviceReport {
  requested: 'auto' | 'cuda' | 'webgpu' | 'cpu';
  used: Device;
  /** The device's own name, where the runtime tells it. */
  name: string | null;
}
