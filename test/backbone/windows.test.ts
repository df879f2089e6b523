import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastUnits, rowUnits, type WindowRule, windowsOf } from '../../src/backbone/windows.ts';

const rules: fc.Arbitrary<WindowRule> = fc
  .record({
    minUnits: fc.integer({ min: 1, max: 9 }),
    units: fc.integer({ min: 0, max: 30 }),
    remainder: fc.constantFrom(
      'alone' as const,
      'padded' as const,
      'overlapping' as const,
      'dropped' as const,
    ),
    isCut: fc.boolean(),
  })
  .map(({ minUnits, units, remainder, isCut }) => ({
    minUnits,
    shorterSegments: 'refuse',
    window: isCut ? { units: minUnits + units, remainder } : null,
  }));

const cases = fc
  .tuple(rules, fc.nat(200))
  .map(([rule, extra]) => ({ rule, segmentUnits: leastUnits(rule) + extra }));

describe('windowsOf', () => {
  it('gives at least one window, each as long as the graph takes and within the segment unless padded', () => {
    fc.assert(
      fc.property(cases, ({ rule, segmentUnits }) => {
        const windows = windowsOf(segmentUnits, rule);
        expect(windows.length).toBeGreaterThan(0);
        for (const { startUnit, units, ownUnits } of windows) {
          expect(startUnit).toBeGreaterThanOrEqual(0);
          expect(units).toBeGreaterThanOrEqual(rule.minUnits);
          expect(ownUnits).toBeGreaterThanOrEqual(rule.minUnits);
          expect(ownUnits).toBeLessThanOrEqual(units);
          if (rule.window?.remainder !== 'padded')
            expect(startUnit + units).toBeLessThanOrEqual(segmentUnits);
          expect(rowUnits(rule) ?? units).toBe(units);
        }
      }),
    );
  });

  it('counts every unit once, but for a rest that is dropped', () => {
    fc.assert(
      fc.property(cases, ({ rule, segmentUnits }) => {
        const counted = windowsOf(segmentUnits, rule).reduce((sum, { ownUnits }) => sum + ownUnits, 0);
        const rest = rule.window ? segmentUnits % rule.window.units : 0;
        const isDropped = rest < rule.minUnits || rule.window?.remainder === 'dropped';
        expect(counted).toBe(isDropped ? segmentUnits - rest : segmentUnits);
      }),
    );
  });
});
