import { expect, it } from 'vitest';
import { pace } from '../../src/cli/progress.ts';

it('says how fast a run goes and how long it will take, once that can be told', () => {
  expect(pace(0, 100, 60_000)).toBeNull();
  expect(pace(5, 100, 1_000)).toBeNull();
  expect(pace(100, 100, 60_000)).toBeNull();
  expect(pace(20, 100, 10_000)).toBe('2.0/s, 40 s left');
  expect(pace(5, 100, 20_000)).toBe('15.0/min, 6 min left');
});
