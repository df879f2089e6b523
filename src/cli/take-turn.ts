import { setTimeout as sleep } from 'node:timers/promises';
import { BusyError } from '../shared/errors.ts';
import { type FolderGuard, withFolderGuard } from '../shared/folder-guard.ts';

const RETRY_MS = 1_000;

/** Does the work once no other process is at it in the guard's folder; where it has to wait, it says so. */
export async function takeTurn<T>(
  guard: FolderGuard,
  work: () => Promise<T>,
  { waiting, signal }: { waiting: string; signal: AbortSignal },
): Promise<T> {
  for (let told = false; ; told = true) {
    let hasBegun = false;
    try {
      return await withFolderGuard(guard, () => {
        hasBegun = true;
        return work();
      });
    } catch (error) {
      if (hasBegun || !(error instanceof BusyError)) throw error;
      if (!told) console.error(waiting);
      await sleep(RETRY_MS, undefined, { signal });
    }
  }
}
