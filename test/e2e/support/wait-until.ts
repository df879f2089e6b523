import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 10;
const TIMEOUT_MS = 600_000;

/** Asks until the answer is yes. */
export async function waitUntil(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain: ${isSo}`);
    await sleep(INTERVAL_MS);
  }
}
