import type { IncomingMessage } from 'node:http';
import { finished, PassThrough, type Readable } from 'node:stream';
import busboy from 'busboy';
import { MediaError, UserInputError } from '../shared/errors.ts';

const FIELD = 'file';
/** Boundaries, part headers and small fields around the file. */
const MULTIPART_OVERHEAD_BYTES = 64 * 1024;
/** How long the rest of a refused body is read and dropped: who is cut off in mid-body never reads the answer. */
const DISCARD_MS = 10_000;

/**
 * Hands the file of a request to `consume` as it comes in: the multipart field `file`, or else the whole body.
 * Ends as `consume` does; where that fails, the rest of the body is dropped. Names of files are not looked at.
 */
export async function receiveFile<T>(
  request: IncomingMessage,
  maxBytes: number,
  consume: (bytes: Readable) => Promise<T>,
): Promise<T> {
  const declaredBytes = Number(request.headers['content-length'] ?? 0);
  if (declaredBytes > maxBytes + MULTIPART_OVERHEAD_BYTES) {
    discardRest(request);
    throw new MediaError('TOO_LARGE', `The file is larger than ${maxBytes} bytes.`);
  }
  const isMultipart = /^multipart\/form-data/i.test(request.headers['content-type'] ?? '');
  try {
    return await (isMultipart ? consumeField(request, consume) : consumeBody(request, consume));
  } catch (error) {
    discardRest(request);
    throw error;
  }
}

function consumeBody<T>(request: IncomingMessage, consume: (bytes: Readable) => Promise<T>): Promise<T> {
  // Not the request itself: whoever destroys that closes the connection that the answer goes through.
  const bytes = new PassThrough();
  finished(request, (error) => error && bytes.destroy(error));
  return consume(request.pipe(bytes));
}

function consumeField<T>(request: IncomingMessage, consume: (bytes: Readable) => Promise<T>): Promise<T> {
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
    consume(bytes).then(resolve, (error) => reject(error === breakage ? malformed() : error));
  });
  parser.on('error', (error) => {
    taken?.destroy(error as Error);
    if (!taken) reject(malformed());
  });
  parser.on('close', () => {
    if (!taken) reject(new UserInputError(`Send the media as the multipart field "${FIELD}".`, FIELD));
  });
  finished(request, (error) => error && parser.destroy(error));
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

const malformed = () => new UserInputError('The multipart body is malformed or broke off.', FIELD);

function discardRest(request: IncomingMessage): void {
  request.unpipe();
  request.resume();
  const timer = setTimeout(() => request.destroy(), DISCARD_MS).unref();
  request.once('close', () => clearTimeout(timer));
}
