import { extname } from 'node:path';
import type { ItemRecord } from '../store/vector-store.ts';
import { express, type Request, type RequestHandler, type Response } from './express.ts';
import { HttpError } from './faults.ts';
import { type MediaUrls, toMediaPath, toThumbnailPath } from './media-urls.ts';

const MAX_AGE_SECONDS = 3_600;

/** Media types that browsers play. Anything else is a download: a library can't make the server send a page. */
const MEDIA_TYPES: Record<string, string> = {
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mov': 'video/quicktime',
  '.webm': 'video/webm',
  '.mkv': 'video/x-matroska',
  '.mp3': 'audio/mpeg',
  '.m4a': 'audio/mp4',
  '.aac': 'audio/aac',
  '.flac': 'audio/flac',
  '.ogg': 'audio/ogg',
  '.oga': 'audio/ogg',
  '.opus': 'audio/ogg',
  '.wav': 'audio/wav',
};

/** What the media routes need of the library that is served. */
export interface MediaItems {
  retrieve(itemId: string): Promise<ItemRecord | null>;
  /** JPEG. */
  thumbnail(itemId: string): Promise<Uint8Array | null>;
}

export interface MediaRoutesOptions {
  items: MediaItems;
  mediaUrls: MediaUrls;
}

/** `GET /media/:id`, with ranges, and `GET /media/:id/thumbnail`. */
export function createMediaRoutes({ items, mediaUrls }: MediaRoutesOptions): RequestHandler {
  const router = express.Router();

  const requireValid = (request: Request, path: string) => {
    if (mediaUrls.isValid(path, request.query)) return;
    throw new HttpError(403, 'FORBIDDEN', 'This link has expired or is not whole: ask for mediaUrl again.');
  };

  router.get('/:id', async (request, response) => {
    const { id } = request.params;
    requireValid(request, toMediaPath(id));
    const item = await items.retrieve(id);
    if (!item) throw mediaNotFound();
    setMediaHeaders(response);
    response.type(MEDIA_TYPES[extname(item.mediaPath).toLowerCase()] ?? 'application/octet-stream');
    await sendFile(response, item.mediaPath);
  });

  router.get('/:id/thumbnail', async (request, response) => {
    const { id } = request.params;
    requireValid(request, toThumbnailPath(id));
    const jpeg = await items.thumbnail(id);
    if (!jpeg) throw mediaNotFound();
    setMediaHeaders(response);
    response.set('Cache-Control', `private, max-age=${MAX_AGE_SECONDS}`);
    response.type('image/jpeg').send(Buffer.from(jpeg));
  });

  return router;
}

const mediaNotFound = () => new HttpError(404, 'NOT_FOUND', 'There is no such item, or its file is gone.');

function setMediaHeaders(response: Response): void {
  // A front end of another origin may play it; nothing in it may run.
  response.set({
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Content-Security-Policy': "default-src 'none'; sandbox",
  });
}

function sendFile(response: Response, path: string): Promise<void> {
  const options = {
    dotfiles: 'allow',
    maxAge: MAX_AGE_SECONDS * 1_000,
    headers: { 'Cache-Control': `private, max-age=${MAX_AGE_SECONDS}` },
  } as const;
  return new Promise((resolve, reject) => {
    response.sendFile(path, options, (error) => {
      if (!error || response.headersSent) return resolve(); // sent, or the caller hung up on the way
      const { status } = error as { status?: number };
      reject(status === 404 ? mediaNotFound() : error);
    });
  });
}
