import type { Modality } from '../media/media.ts';
import type { MediaFault } from '../shared/errors.ts';
import type { ClipRecord } from '../store/vector-store.ts';
import { clipModalities } from './search/query-vectors.ts';

/** A clip as the API shows it: GraphQL's field names. */
export interface PresentedClip {
  id: string;
  status: ClipRecord['state']['status'];
  /** 0 to 1. */
  progress: number;
  failure: { code: MediaFault; message: string } | null;
  modalities: Modality[];
  durationSeconds: number | null;
  /** ISO 8601 in UTC. */
  expiresAt: string;
}

export function presentClip(clip: ClipRecord): PresentedClip {
  const { id, state, durationSeconds, expiresAt } = clip;
  return {
    id,
    status: state.status,
    progress: state.status === 'PROCESSING' ? state.progress : state.status === 'READY' ? 1 : 0,
    failure: state.status === 'FAILED' ? state.failure : null,
    modalities: clipModalities(clip),
    durationSeconds,
    expiresAt,
  };
}
