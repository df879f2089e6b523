import { expect, it } from 'vitest';
import { createMetrics } from '../../src/shared/metrics.ts';

it('tells the device that runs now, not the one that ran at the start', async () => {
  const metrics = createMetrics();
  const lines = async () => {
    const { text } = await metrics.render();
    return text.split('\n').filter((line) => line.startsWith('control_mvr_device'));
  };
  let device = {
    requested: 'auto',
    used: 'WEBGPU',
    name: null,
    nodes: { WEBGPU: 7, CPU: 2 } as Record<string, number> | null,
  };
  metrics.watchDevice(() => device);
  expect(await lines()).toEqual([
    'control_mvr_device_info{requested="auto",used="WEBGPU",name=""} 1',
    'control_mvr_device_nodes{device="WEBGPU"} 7',
    'control_mvr_device_nodes{device="CPU"} 2',
    'control_mvr_device_losses_total 0',
  ]);
  device = { ...device, used: 'CPU', nodes: null };
  metrics.countDeviceLoss();
  expect(await lines()).toEqual([
    'control_mvr_device_info{requested="auto",used="CPU",name=""} 1',
    'control_mvr_device_losses_total 1',
  ]);
});
