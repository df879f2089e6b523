import type { DeviceReport } from '../../src/backbone/device.ts';

/** What the tests of backbones run on: TEST_DEVICE, else the CPU. The bounds they check are the same. */
export const DEVICE_UNDER_TEST = (process.env.TEST_DEVICE ?? 'cpu') as DeviceReport['requested'];
