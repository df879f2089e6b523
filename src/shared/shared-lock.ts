/** A lock that threads of one process share; it can be sent to a worker. Whoever holds it is known by a number above 0. */
export interface SharedLock {
  cell: SharedArrayBuffer;
  holder: number;
}

const FREE = 0;

/** A free lock, as its first holder takes it. */
export function createSharedLock(holder: number): SharedLock {
  return { cell: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT), holder };
}

/** Does the work while no other thread, and no other call in this one, does work under the same lock. */
export async function withLock<T>({ cell, holder }: SharedLock, work: () => Promise<T>): Promise<T> {
  const state = new Int32Array(cell);
  for (;;) {
    const owner = Atomics.compareExchange(state, 0, FREE, holder);
    if (owner === FREE) break;
    const changed = Atomics.waitAsync(state, 0, owner);
    if (changed.async) await changed.value;
  }
  try {
    return await work();
  } finally {
    releaseLock({ cell, holder });
  }
}

/** Frees the lock of a holder that ended without doing so; nothing where another holds it. */
export function releaseLock({ cell, holder }: SharedLock): void {
  const state = new Int32Array(cell);
  if (Atomics.compareExchange(state, 0, holder, FREE) === holder) Atomics.notify(state, 0, 1);
}
