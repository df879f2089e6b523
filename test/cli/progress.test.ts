import { describe, expect, it } from 'vitest';
import { createPace } from '../../src/cli/progress.ts';

describe('createPace', () => {
  it('says how fast a run goes and how long it will take, once that can be told', () => {
    expect(createPace().read(0, 100, 60_000)).toBeNull();
    expect(createPace().read(5, 100, 1_000)).toBeNull();
    expect(createPace().read(100, 100, 60_000)).toBeNull();
    expect(createPace().read(20, 100, 10_000)).toBe('2.0/s, 40 s left');
    expect(createPace().read(5, 100, 20_000)).toBe('15.0/min, 6 min left');
  });

  it('goes by what a resumed run does now, not by what it skips at its start', () => {
    const pace = createPace();
    for (let done = 1; done <= 900; done++) expect(pace.read(done, 1_000, done)).toBeNull();
    expect(pace.read(901, 1_000, 10_900)).toBe('6.0/min, 17 min left');
    for (let done = 902; done < 910; done++) pace.read(done, 1_000, (done - 901) * 10_000 + 10_900);
    expect(pace.read(910, 1_000, 100_900)).toBe('6.0/min, 15 min left');
  });

  it('follows a run that changes its speed late, within half a minute', () => {
    const pace = createPace();
    for (let second = 1; second <= 600; second++) pace.read(10 * second, 7_000, 1_000 * second);
    expect(pace.read(6_001, 7_000, 601_000)).toMatch(/^9\.\d\/s/);
    for (let second = 602; second < 630; second++) pace.read(5_400 + second, 7_000, 1_000 * second);
    expect(pace.read(6_030, 7_000, 630_000)).toBe('1.0/s, 16 min left');
  });

  it('goes by the last step where that takes longer than the window', () => {
    const pace = createPace();
    pace.read(900, 1_000, 100);
    pace.read(901, 1_000, 60_100);
    expect(pace.read(902, 1_000, 180_100)).toBe('0.5/min, 196 min left');
  });

  it('begins anew where a stage counts another part', () => {
    const pace = createPace();
    pace.read(1_000, 1_000, 50_000);
    expect(pace.read(0, 100, 50_500)).toBeNull();
    expect(pace.read(20, 100, 60_500)).toBe('2.0/s, 40 s left');
  });
});
