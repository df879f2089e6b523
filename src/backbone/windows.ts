import type { BackboneManifest, FramesInput } from './manifest.ts';

/** How the segments of a backbone are cut, in units: samples of sound, or frames of pictures. */
export interface WindowRule {
  /** The fewest units that the graph takes. */
  minUnits: number;
  shorterSegments: 'repeat' | 'refuse';
  /** Null: every segment goes in whole. */
  window: { units: number; remainder: 'alone' | 'padded' | 'overlapping' | 'dropped' } | null;
}

/** A window of a segment; one that reaches beyond the segment's end is padded. */
export interface WindowSpan {
  startUnit: number;
  units: number;
  /** Those that are the segment's own: what the window counts by. */
  ownUnits: number;
}

export function toWindowRule(input: BackboneManifest['input']): WindowRule {
  const { shorterSegments, window } = input;
  if (input.kind === 'waveform') {
    const { minSamples, window } = input;
    return {
      minUnits: minSamples,
      shorterSegments,
      window: window ? { units: window.samples, remainder: window.remainder } : null,
    };
  }
  if (takesSingleFrames(input)) {
    return { minUnits: 1, shorterSegments, window: { units: 1, remainder: 'dropped' } };
  }
  const { minFrames } = input;
  return {
    minUnits: minFrames,
    shorterSegments,
    window: window && 'frames' in window ? { units: window.frames, remainder: window.remainder } : null,
  };
}

/** True where every row of a batch is one frame. */
export function takesSingleFrames({ layout }: Pick<FramesInput, 'layout'>): boolean {
  return layout === 'batch-height-width-rgb' || layout === 'batch-rgb-height-width';
}

/** The fewest units that a segment must have, or be repeated to. */
export function leastUnits({ minUnits, window }: WindowRule): number {
  if (!window || window.remainder === 'alone' || window.remainder === 'padded') return minUnits;
  return window.units;
}

/** The number of units of every row that the graph is fed; null where rows differ. */
export function rowUnits({ window }: WindowRule): number | null {
  return window && window.remainder !== 'alone' ? window.units : null;
}

/** The windows of a segment of at least `leastUnits`, in order; at least one. */
export function windowsOf(segmentUnits: number, { minUnits, window }: WindowRule): WindowSpan[] {
  if (!window) return [{ startUnit: 0, units: segmentUnits, ownUnits: segmentUnits }];
  const { units, remainder } = window;
  const wholeCount = Math.floor(segmentUnits / units);
  const windows: WindowSpan[] = Array.from({ length: wholeCount }, (_, index) => ({
    startUnit: index * units,
    units,
    ownUnits: units,
  }));
  const startUnit = wholeCount * units;
  const leftUnits = segmentUnits - startUnit;
  if (leftUnits < minUnits || remainder === 'dropped') return windows;
  switch (remainder) {
    case 'alone':
      windows.push({ startUnit, units: leftUnits, ownUnits: leftUnits });
      break;
    case 'padded':
      windows.push({ startUnit, units, ownUnits: leftUnits });
      break;
    case 'overlapping':
      windows.push({ startUnit: segmentUnits - units, units, ownUnits: leftUnits });
  }
  return windows;
}
