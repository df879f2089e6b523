import type { ClipState } from './vector-store.ts';

/** What a clip reads as whose process died while it read the upload. */
export const INTERRUPTED: ClipState = {
  status: 'FAILED',
  failure: { code: 'INTERRUPTED', message: 'Reading the upload was interrupted; upload it again.' },
};

export function toReadState(state: ClipState, nowMs: number): ClipState {
  const isInterrupted = state.status === 'PROCESSING' && Date.parse(state.leaseUntil) <= nowMs;
  return isInterrupted ? INTERRUPTED : state;
}
