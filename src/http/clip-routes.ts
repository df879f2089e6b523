import type { Limits } from '../config/config.ts';
import type { Clips } from '../retrieval/clips.ts';
import { presentClip } from '../retrieval/present-clip.ts';
import { MediaError, UserInputError } from '../shared/errors.ts';
import { express, type RequestHandler } from './express.ts';
import { HttpError } from './faults.ts';
import { signalOf } from './request-context.ts';
import { receiveFile } from './upload.ts';

const DEFAULT_WAIT_SECONDS = 10;
const MAX_WAIT_SECONDS = 30;

export interface ClipRoutesOptions {
  clips: Pick<Clips, 'accept' | 'waitFor' | 'delete'>;
  limits: Pick<Limits, 'maxUploadBytes'>;
  /** How long an uploading caller may send nothing. */
  uploadIdleMs?: number;
}

/** `POST /clips` and `DELETE /clips/:id`. */
export function createClipRoutes({ clips, limits, uploadIdleMs }: ClipRoutesOptions): RequestHandler {
  const router = express.Router();

  router.post('/', async (request, response) => {
    const waitSeconds = parseWaitSeconds(request.query.waitSeconds);
    const signal = signalOf(response);
    const bounds = { maxBytes: limits.maxUploadBytes, idleMs: uploadIdleMs };
    const accepted = await receiveFile(request, bounds, (bytes) => clips.accept(bytes, signal));
    const clip = await clips.waitFor(accepted.id, waitSeconds, signal);
    // Who has gone never learns the id, and who gets an error has no use for it.
    if (signal.aborted || clip?.state.status === 'FAILED') await clips.delete(accepted.id);
    if (signal.aborted) return;
    if (!clip) throw new HttpError(410, 'NOT_FOUND', 'The clip was deleted while it was read.');
    if (clip.state.status === 'FAILED') {
      throw new MediaError(clip.state.failure.code, clip.state.failure.message);
    }
    response.status(clip.state.status === 'READY' ? 201 : 202).json(presentClip(clip));
  });

  router.delete('/:id', async (request, response) => {
    if (!(await clips.delete(request.params.id))) {
      throw new HttpError(404, 'NOT_FOUND', 'There is no such clip, or it has expired.');
    }
    response.status(204).end();
  });

  return router;
}

function parseWaitSeconds(value: unknown): number {
  if (value === undefined) return DEFAULT_WAIT_SECONDS;
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  if (seconds >= 0 && seconds <= MAX_WAIT_SECONDS) return seconds;
  throw new UserInputError(`waitSeconds is a number from 0 to ${MAX_WAIT_SECONDS}.`, 'waitSeconds');
}
