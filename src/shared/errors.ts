/** What went wrong with a piece of media; the same names as `MediaFault` in the schema. */
export type MediaFault =
  | 'UNSUPPORTED_MEDIA'
  | 'CORRUPT_MEDIA'
  | 'TOO_LONG'
  | 'TOO_LARGE'
  | 'NO_AUDIO'
  | 'NO_VIDEO'
  | 'TIMED_OUT'
  | 'INTERRUPTED';

/** A caller's argument is wrong. Leaves the GraphQL API as BAD_USER_INPUT, HTTP as 400. */
export class UserInputError extends Error {
  override readonly name = 'UserInputError';
  readonly argument: string | null;
  constructor(message: string, argument: string | null = null) {
    super(message);
    this.argument = argument;
  }
}

/** A file is not what it should be; `code` says how. The message never holds a path of the server. */
export class MediaError extends Error {
  override readonly name = 'MediaError';
  readonly code: MediaFault;
  constructor(code: MediaFault, message: string) {
    super(message);
    this.code = code;
  }
}

/** A bounded queue is full. Leaves as BUSY or HTTP 429 with the time to wait. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * What the operator asked for cannot be done as things stand: wrong usage, or something that has to be made
 * first (no bundle, no index). The message names the command that helps. Exit code 2.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Something on disk does not match its manifest or hash. The message names the file. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError';
}

/** A device that was named is not there, or a provider refused a graph. The message says what to install. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
}

/** A graph does not run on what it was fed, or gives values that are not finite, on a device that is well. */
export class GraphInputError extends Error {
  override readonly name = 'GraphInputError';
}

/** A worker thread ended while it was needed. */
export class WorkerLostError extends Error {
  override readonly name = 'WorkerLostError';
}

/** A server that the work depends on can't be reached, is too slow or fails by itself. Trying again later may help. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number, cause?: unknown) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}
