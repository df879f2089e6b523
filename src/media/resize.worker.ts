import { serveWorker, transferring } from '../shared/worker-server.ts';
import type { PictureResize, PictureSize } from './media.ts';
import { createResizer, type Resizer } from './resize.ts';

/** How all pictures of one file are resized. */
export interface ResizeSettings {
  source: PictureSize;
  target: PictureSize;
  resize: PictureResize;
}

/** Files are read side by side, each with settings of its own. */
const MAX_KEPT_RESIZERS = 16;
const resizers = new Map<string, Resizer>();

function resizerFor(settings: ResizeSettings): Resizer {
  const key = JSON.stringify(settings);
  const known = resizers.get(key);
  if (known) return known;
  const resizer = createResizer(settings.source, settings.target, settings.resize);
  if (resizers.size >= MAX_KEPT_RESIZERS) resizers.clear();
  resizers.set(key, resizer);
  return resizer;
}

const handlers = {
  resize({ pixels, settings }: { pixels: Uint8Array; settings: ResizeSettings }): Uint8Array {
    const resized = resizerFor(settings)(pixels);
    return transferring(resized, [resized.buffer as ArrayBuffer]);
  },
};

export type ResizeHandlers = typeof handlers;

serveWorker(handlers);
