import type { IncomingMessage } from 'node:http';
import { finished, PassThrough, type Readable } from 'node:stream';
import busboy from 'busboy';
import { MediaError, UserInputError } from '../shared/errors.ts';
import { HttpError } from './faults.ts';

const FIELD = 'file';
/** Boundaries, part headers and small fields around the file. */
const MULTIPART_OVERHEAD_BYTES = 64 * 1024;
/** How long the rest of a refused body is read and dropped: who is cut off in mid-body never reads the answer. */
const DISCARD_MS = 10_000;

/** How long a caller may send nothing. */
const IDLE_MS = 30_000;

interface ReceiveOptions {
  maxBytes: number;
  idleMs?: number;
}

/**
 * Hands the file of a request to `consume` as it comes in: the multipart field `file`, or else the whole body.
 * Ends as `consume` does; where that fails, the rest of the body is dropped. HttpError 408 where the caller stops
 * sending. Names of files are not looked at.
 */
export async function receiveFile<T>(
  request: IncomingMessage,
  { maxBytes, idleMs = IDLE_MS }: ReceiveOptions,
  consume: (bytes: Readable) => Promise<T>,
): Promise<T> {
  const declaredBytes = Number(request.headers['content-length'] ?? 0);
  if (declaredBytes > maxBytes + MULTIPART_OVERHEAD_BYTES) {
    discardRest(request);
    throw new MediaError('TOO_LARGE', `The file is larger than ${maxBytes} bytes.`);
  }
  const isMultipart = /^multipart\/form-data/i.test(request.headers['content-type'] ?? '');
  const body = watchBody(request, idleMs);
  try {
    return await (isMultipart ? consumeField(request, body, consume) : consumeBody(request, body, consume));
  } catch (error) {
    discardRest(request);
    throw error;
  } finally {
    body.stopWatching();
  }
}

interface WatchedBody {
  /** Called where the body won't come to its end: the connection broke, or nothing came for too long. */
  onBreak(listener: (error: Error) => void): void;
  stopWatching(): void;
}

function watchBody(request: IncomingMessage, idleMs: number): WatchedBody {
  const broken = Promise.withResolvers<Error>();
  const timer = setTimeout(() => {
    // A body that is held back by the one who reads it is no fault of the caller.
    if (request.readableFlowing === false) timer.refresh();
    else broken.resolve(stoppedSending());
  }, idleMs);
  const restart = () => timer.refresh();
  const stopWatching = () => {
    clearTimeout(timer);
    request.off('data', restart);
  };
  finished(request, (error) => {
    stopWatching();
    if (error) broken.resolve(error);
  });
  return {
    onBreak(listener) {
      broken.promise.then(listener);
      request.on('data', restart);
    },
    stopWatching,
  };
}

function consumeBody<T>(
  request: IncomingMessage,
  body: WatchedBody,
  consume: (bytes: Readable) => Promise<T>,
): Promise<T> {
  // Not the request itself: whoever destroys that closes the connection that the answer goes through.
  const bytes = new PassThrough();
  body.onBreak((error) => bytes.destroy(error));
  return consume(request.pipe(bytes));
}

function consumeField<T>(
  request: IncomingMessage,
  body: WatchedBody,
  consume: (bytes: Readable) => Promise<T>,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const parser = createParser(request);
  let taken: Readable | null = null;

  parser.on('file', (name, bytes) => {
    if (name !== FIELD || taken) {
      bytes.resume();
      return;
    }
    taken = bytes;
    let breakage: Error | null = null;
    bytes.once('error', (error) => {
      breakage = error;
    });
    consume(bytes).then(resolve, (error) => reject(error === breakage ? toFault(error) : error));
  });
  parser.on('error', (error) => {
    taken?.destroy(error as Error);
    if (!taken) reject(toFault(error));
  });
  parser.on('close', () => {
    if (!taken) reject(new UserInputError(`Send the media as the multipart field "${FIELD}".`, FIELD));
  });
  body.onBreak((error) => parser.destroy(error));
  request.pipe(parser);
  return promise;
}

function createParser(request: IncomingMessage): busboy.Busboy {
  try {
    return busboy({ headers: request.headers, limits: { parts: 20, fieldSize: 1024 } });
  } catch {
    throw malformed();
  }
}

/** What broke a multipart body, as it is told. */
const toFault = (error: unknown) => (error instanceof HttpError ? error : malformed());

const stoppedSending = () =>
  new HttpError(408, 'REQUEST_TIMEOUT', 'Nothing of the body came for too long.', { Connection: 'close' });

const malformed = () => new UserInputError('The multipart body is malformed or broke off.', FIELD);

function discardRest(request: IncomingMessage): void {
  request.unpipe();
  request.resume();
  const timer = setTimeout(() => request.destroy(), DISCARD_MS).unref();
  request.once('close', () => clearTimeout(timer));
}
