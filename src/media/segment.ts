import type { SegmentRule, Span } from './media.ts';

/** A remainder shorter than this after the last whole window makes no segment of its own. */
const MINIMUM_REMAINDER_SECONDS = 0.5;

/** A segment rule in units: samples of sound, or frames of pictures. */
export interface UnitRule {
  segmentUnits: number;
  hopUnits: number;
  minimumRemainderUnits: number;
}

/** One cut window; `elements` holds the units from `startUnit` on. */
export interface UnitSegment<Elements> {
  startUnit: number;
  elements: Elements;
}

/**
 * The spans of the segments of media of a given duration: windows of `segmentSeconds` every `hopSeconds` while
 * they fit; where at least half a second is left over, one more, right-aligned to the end. Media shorter than a
 * segment are one shorter segment; a duration of 0 has none.
 */
export function spansOf(durationSeconds: number, rule: SegmentRule): Span[] {
  return windowsOf(durationSeconds, {
    segmentUnits: rule.segmentSeconds,
    hopUnits: rule.hopSeconds,
    minimumRemainderUnits: MINIMUM_REMAINDER_SECONDS,
  }).map(([startSeconds, endSeconds]) => ({ startSeconds, endSeconds }));
}

function windowsOf(length: number, rule: UnitRule): [start: number, end: number][] {
  const { segmentUnits, hopUnits, minimumRemainderUnits } = rule;
  if (length <= 0) return [];
  if (length < segmentUnits) return [[0, length]];
  const count = Math.floor((length - segmentUnits) / hopUnits) + 1;
  const windows = Array.from({ length: count }, (_, index): [number, number] => [
    index * hopUnits,
    index * hopUnits + segmentUnits,
  ]);
  const covered = (count - 1) * hopUnits + segmentUnits;
  if (length - covered >= minimumRemainderUnits) windows.push([length - segmentUnits, length]);
  return windows;
}

/** The rule in whole units at `unitsPerSecond`. */
export function toUnitRule(rule: SegmentRule, unitsPerSecond: number): UnitRule {
  return {
    segmentUnits: Math.max(1, Math.round(rule.segmentSeconds * unitsPerSecond)),
    hopUnits: Math.max(1, Math.round(rule.hopSeconds * unitsPerSecond)),
    minimumRemainderUnits: Math.max(1, Math.round(MINIMUM_REMAINDER_SECONDS * unitsPerSecond)),
  };
}

/**
 * Cuts a stream into the windows of `spansOf` as it comes, without knowing its length; holds little more than
 * one segment. A unit is `elementsPerUnit` elements; chunks hold whole units. Every segment is a copy of its own.
 */
export async function* segmentStream<Elements extends Float32Array | Uint8Array>(
  chunks: AsyncIterable<Elements>,
  elementsPerUnit: number,
  rule: UnitRule,
): AsyncGenerator<UnitSegment<Elements>> {
  const { segmentUnits, hopUnits, minimumRemainderUnits } = rule;
  const tail = createTail<Elements>();
  let nextStart = 0;
  let coveredUnits = 0;
  let receivedUnits = 0;
  const cut = (startUnit: number, endUnit: number): UnitSegment<Elements> => ({
    startUnit,
    elements: tail.copy(startUnit * elementsPerUnit, endUnit * elementsPerUnit),
  });

  for await (const chunk of chunks) {
    tail.append(chunk);
    receivedUnits += chunk.length / elementsPerUnit;
    while (nextStart + segmentUnits <= receivedUnits) {
      coveredUnits = nextStart + segmentUnits;
      yield cut(nextStart, coveredUnits);
      nextStart += hopUnits;
    }
    // The next window starts at nextStart; the right-aligned last one may start as early as a segment ago.
    tail.forget(Math.min(nextStart, Math.max(0, receivedUnits - segmentUnits)) * elementsPerUnit);
  }

  if (receivedUnits > 0 && coveredUnits === 0) yield cut(0, receivedUnits);
  else if (receivedUnits > 0 && receivedUnits - coveredUnits >= minimumRemainderUnits) {
    yield cut(receivedUnits - segmentUnits, receivedUnits);
  }
}

/** The end of a stream: appended to at its end, forgotten from its start, addressed by position in the stream. */
function createTail<Elements extends Float32Array | Uint8Array>() {
  let buffer: Elements | null = null;
  let firstPosition = 0; // position in the stream of buffer[0]
  let forgottenBefore = 0;
  let endPosition = 0;

  /** Moves what is still needed to the front, into a buffer with room for `extra` more. */
  const makeRoom = (current: Elements, extra: number): Elements => {
    const kept = endPosition - forgottenBefore;
    const needed = kept + extra;
    const live = current.subarray(forgottenBefore - firstPosition, endPosition - firstPosition);
    let target = current;
    if (needed > current.length) {
      const make = current.constructor as new (length: number) => Elements;
      target = new make(2 * needed);
    }
    target.set(live as never);
    firstPosition = forgottenBefore;
    return target;
  };

  return {
    append(chunk: Elements): void {
      buffer ??= chunk.slice() as Elements;
      if (endPosition > 0) {
        if (endPosition - firstPosition + chunk.length > buffer.length) {
          buffer = makeRoom(buffer, chunk.length);
        }
        buffer.set(chunk as never, endPosition - firstPosition);
      }
      endPosition += chunk.length;
    },
    forget(position: number): void {
      forgottenBefore = Math.max(forgottenBefore, Math.min(position, endPosition));
    },
    copy(start: number, end: number): Elements {
      if (!buffer) throw new RangeError('Nothing was appended yet.');
      return buffer.slice(start - firstPosition, end - firstPosition) as Elements;
    },
  };
}
