import { IntegrityError, UnavailableError, UsageError } from '../../shared/errors.ts';

/** An answer that is not what was asked for: its status is not 2xx, or it is no JSON. */
export class AnswerFault extends Error {
  override readonly name = 'AnswerFault';
  readonly status: number;
  /** The answer's JSON, or its text. */
  readonly data: unknown;
  /** What the server asks to wait; null where it doesn't. */
  readonly waitMs: number | null;
  constructor(status: number, data: unknown, waitMs: number | null = null) {
    super(`Answered ${status}.`);
    this.status = status;
    this.data = data;
    this.waitMs = waitMs;
  }
}

/** No whole answer came. */
export class ConnectionFault extends Error {
  override readonly name = 'ConnectionFault';
  readonly isTimeout: boolean;
  constructor(error: Error, isTimeout: boolean) {
    super(error.message, { cause: error });
    this.isTimeout = isTimeout;
  }
}

/** The server understood the request and refused it. */
export class QdrantRefusal extends Error {
  override readonly name = 'QdrantRefusal';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** True where a collection that was asked for does not exist, by Qdrant's own word. */
export function isMissing(error: unknown): boolean {
  return error instanceof QdrantRefusal && error.status === 404 && /doesn't exist/.test(error.message);
}

/** What is advised to wait where the server says nothing. */
const RETRY_AFTER_MS = 2_000;

/** The project's own error for what a request met; `address` names the server to whoever reads it. */
export function translateFault(error: unknown, address: string): Error {
  if (error instanceof AnswerFault) return translateAnswer(error, address);
  if (error instanceof ConnectionFault) {
    const what = error.isTimeout ? 'did not answer in time' : "can't be reached";
    return new UnavailableError(`Qdrant at ${address} ${what}.`, RETRY_AFTER_MS, error);
  }
  return error instanceof Error ? error : new Error(String(error));
}

function translateAnswer(fault: AnswerFault, address: string): Error {
  const { status, data, waitMs } = fault;
  if (status >= 300 && status < 400) {
    return new UsageError(
      `${address} answers with a redirect (${status}), which is not followed. Set QDRANT_URL to Qdrant itself.`,
    );
  }
  const reason = reasonOf(data);
  if (status === 401 || status === 403) {
    return new UsageError(
      `Qdrant refuses access (${status}: ${reason ?? 'no reason given'}). Set QDRANT_API_KEY to one that may write.`,
    );
  }
  const message = `Qdrant answered ${status}: ${reason ?? 'no reason given'}`;
  if (status >= 500 || status === 408 || status === 429) {
    return new UnavailableError(message, waitMs ?? RETRY_AFTER_MS, fault);
  }
  // Gateways answer for a server that is away, with pages of their own.
  if (reason === null || status < 300) {
    return new UnavailableError(`What answers ${status} at ${address} is not Qdrant.`, RETRY_AFTER_MS, fault);
  }
  if (status === 400 && /vector dimension/i.test(reason)) return new IntegrityError(message);
  if (status === 413 || (status === 400 && /larger than allowed/.test(reason))) {
    return new UsageError(`${message} Raise service.max_request_size_mb in its configuration.`);
  }
  return new QdrantRefusal(status, message);
}

/** Why Qdrant refuses, which it always says; null where the answer is not Qdrant's. */
function reasonOf(data: unknown): string | null {
  const status = (data as { status?: { error?: unknown } } | null | undefined)?.status;
  return typeof status?.error === 'string' ? status.error : null;
}
