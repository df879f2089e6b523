import type { ClipRecord } from '../../store/vector-store.ts';

/* What keeps a search from an answer, though its arguments are right. Named as in the schema. */

/** No such id, or the clip has expired, or its features are of other backbones or builds. */
export interface MediaNotFound {
  kind: 'MediaNotFound';
  message: string;
  mediaId: string;
}

export interface ClipNotReady {
  kind: 'ClipNotReady';
  message: string;
  clip: ClipRecord;
}

export interface QueryNotSupported {
  kind: 'QueryNotSupported';
  message: string;
}

export type SearchProblem = MediaNotFound | ClipNotReady | QueryNotSupported;

export const mediaNotFound = (mediaId: string, message: string): MediaNotFound => ({
  kind: 'MediaNotFound',
  message,
  mediaId,
});

export const queryNotSupported = (message: string): QueryNotSupported => ({
  kind: 'QueryNotSupported',
  message,
});
