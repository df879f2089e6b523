import type { ClipResolvers } from '../../__generated__/resolvers-types.ts';
import { presentClip } from '../../retrieval/present-clip.ts';

export const Clip: ClipResolvers = {
  status: (clip) => presentClip(clip).status,
  progress: (clip) => presentClip(clip).progress,
  failure: (clip) => presentClip(clip).failure,
  modalities: (clip) => presentClip(clip).modalities,
};
