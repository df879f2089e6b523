/** When the thread of a session went into the runtime; zero while it is outside. It can be sent to a worker. */
export type RunClock = SharedArrayBuffer;

const OUTSIDE = 0n;

export function createRunClock(): RunClock {
  return new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
}

/** Does work that blocks its thread, with the clock running. */
export async function clocked<T>(clock: RunClock, work: () => Promise<T>): Promise<T> {
  const cell = new BigInt64Array(clock);
  const startedNs = process.hrtime.bigint();
  Atomics.store(cell, 0, startedNs);
  try {
    return await work();
  } finally {
    // What came in between runs now, by a later start.
    Atomics.compareExchange(cell, 0, startedNs, OUTSIDE);
  }
}

/**
 * Calls `onTimeout` once the other thread has been in the runtime for so long at a stretch. Returns what ends the
 * watch.
 */
export function watchClock(clock: RunClock, timeoutMs: number, onTimeout: () => void): () => void {
  const cell = new BigInt64Array(clock);
  const look = () => {
    const startedNs = Atomics.load(cell, 0);
    const elapsedMs = startedNs === OUTSIDE ? 0 : Number(process.hrtime.bigint() - startedNs) / 1e6;
    if (elapsedMs >= timeoutMs) onTimeout();
    else timer = setTimeout(look, timeoutMs - elapsedMs);
  };
  let timer = setTimeout(look, timeoutMs);
  return () => clearTimeout(timer);
}
