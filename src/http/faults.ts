import {
  BusyError,
  MediaError,
  type MediaFault,
  UnavailableError,
  UserInputError,
} from '../shared/errors.ts';

/** A request that HTTP itself refuses. `code` goes into the body. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;
  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** What a caller is told. */
export interface HttpFault {
  status: number;
  code: string;
  message: string;
  headers: Record<string, string>;
  /** True where the cause is ours and belongs in the log, whole. */
  isUnexpected: boolean;
}

const MEDIA_STATUS: Record<MediaFault, number> = {
  UNSUPPORTED_MEDIA: 415,
  CORRUPT_MEDIA: 422,
  TOO_LONG: 422,
  TOO_LARGE: 413,
  NO_AUDIO: 422,
  NO_VIDEO: 422,
  TIMED_OUT: 422,
  INTERRUPTED: 503,
};

/** The one translation from what was thrown to what leaves. */
export function toHttpFault(error: unknown): HttpFault {
  const expected = (status: number, code: string, message: string, headers = {}): HttpFault => ({
    status,
    code,
    message,
    headers,
    isUnexpected: false,
  });
  if (error instanceof HttpError) return expected(error.status, error.code, error.message, error.headers);
  if (error instanceof UserInputError) return expected(400, 'BAD_USER_INPUT', error.message);
  if (error instanceof MediaError) return expected(MEDIA_STATUS[error.code], error.code, error.message);
  if (error instanceof BusyError) {
    return expected(429, 'BUSY', error.message, { 'Retry-After': toRetryAfter(error.retryAfterMs) });
  }
  if (error instanceof UnavailableError) {
    const headers = { 'Retry-After': toRetryAfter(error.retryAfterMs) };
    return { ...expected(503, 'UNAVAILABLE', 'The store does not answer.', headers), isUnexpected: true };
  }
  if (error instanceof URIError) return expected(400, 'BAD_REQUEST', 'The address is malformed.');
  if (isRefusedByExpress(error)) {
    return expected(error.status, error.status === 413 ? 'TOO_LARGE' : 'BAD_REQUEST', error.message);
  }
  return {
    status: 500,
    code: 'INTERNAL_SERVER_ERROR',
    message: 'Internal server error',
    headers: {},
    isUnexpected: true,
  };
}

/** Whole seconds. */
function toRetryAfter(retryAfterMs: number): string {
  return String(Math.max(1, Math.ceil(retryAfterMs / 1_000)));
}

/** Faults of body parsing and ranges, as express marks those that a caller may see. */
function isRefusedByExpress(error: unknown): error is { status: number; message: string } {
  const { status, expose } = (error ?? {}) as { status?: unknown; expose?: unknown };
  return expose === true && typeof status === 'number' && status >= 400 && status < 500;
}
