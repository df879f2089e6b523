import { UnavailableError, UsageError } from '../../shared/errors.ts';

export interface HubAddress {
  /** Without a trailing slash. */
  baseUrl: string;
  /** Sent to the base address' own origin and nowhere else. */
  token: string | null;
  /** How long a server may stay silent: until it answers, and between two chunks. */
  idleTimeoutMs: number;
}

export interface HubRequest {
  method: 'GET' | 'HEAD';
  headers?: Record<string, string>;
  signal: AbortSignal;
  /** Sees every response of a chain of redirects; true ends it there. */
  stopAt?: (response: Response) => boolean;
}

export interface HubResponse {
  /** 200, 206, 404 or 416, or where `stopAt` said so. Its body is left to `read`. */
  response: Response;
  /** Hands over the body, chunk by chunk. UnavailableError where it breaks off or the server goes silent. */
  read(take: (chunk: Uint8Array) => Promise<void>): Promise<void>;
  /** Drops the body. */
  discard(): Promise<void>;
}

/** No server has this name here: there is no network, or MODELS_URL is wrong. */
export class UnknownHostError extends UnavailableError {}

const MAX_REDIRECTS = 10;
/** What name resolution, and a server that can't be reached, are told by. */
const UNKNOWN_HOST = /^(ENOTFOUND|EAI_\w+)$/;
const UNREACHABLE = /^(ECONNREFUSED|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/;

/**
 * One request, redirects followed by hand: the token stays with its origin, and nothing leads from https to http.
 * UsageError where access is denied or a redirect is not to be followed, UnavailableError where the server is away, silent
 * or too busy, UnknownHostError where there is none of that name.
 */
export async function fetchFollowing(
  address: HubAddress,
  start: URL,
  request: HubRequest,
): Promise<HubResponse> {
  let url = start;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const hop = await fetchOnce(address, url, request);
    const { response, discard } = hop;
    const isLast = request.stopAt?.(response) ?? false;
    if (!isLast && response.status >= 300 && response.status < 400) {
      await discard();
      url = toNextUrl(response, url);
      continue;
    }
    if (!isLast && ![200, 206, 404, 416].includes(response.status)) {
      await discard();
      throw toFault(response, url, address);
    }
    if (request.method === 'HEAD' || response.status >= 400) await discard();
    const encoding = response.headers.get('content-encoding');
    if (response.ok && encoding !== null && encoding !== 'identity') {
      await discard();
      throw new UsageError(
        `${toPlace(url)} is sent compressed (Content-Encoding: ${encoding}), though that was not asked for: ` +
          'neither its size nor its ranges can be told. Turn that off on the server.',
      );
    }
    return hop;
  }
  throw new UsageError(`${start} redirects more than ${MAX_REDIRECTS} times.`);
}

async function fetchOnce(
  address: HubAddress,
  url: URL,
  { method, headers, signal }: HubRequest,
): Promise<HubResponse> {
  const isHome = url.origin === new URL(address.baseUrl).origin;
  const silence = createSilenceTimer(address.idleTimeoutMs, signal);
  const watch = <T>(run: () => Promise<T>) =>
    silence.watch(run).catch((cause) => {
      signal.throwIfAborted();
      if (silence.isOver()) {
        const message = `${url.origin} sent nothing for ${address.idleTimeoutMs / 1000} s.`;
        throw new UnavailableError(message, 0, cause);
      }
      throw toConnectionFault(cause, url);
    });
  // Made here, so that what can't be asked at all is not taken for a server that is away.
  const request = new Request(url, {
    method,
    redirect: 'manual',
    signal: silence.signal,
    headers: {
      ...headers,
      // What is compressed on the way has neither a size nor ranges.
      'Accept-Encoding': 'identity',
      'User-Agent': 'control-mvr',
      ...(isHome && address.token ? { Authorization: `Bearer ${address.token}` } : {}),
    },
  });
  const response = await watch(() => fetch(request));
  const reader = response.body?.getReader();
  const discard = async () => {
    await reader?.cancel().catch(() => {}); // what broke off by itself is gone already
  };
  return {
    response,
    discard,
    async read(take) {
      try {
        while (reader) {
          const { done, value } = await watch(() => reader.read());
          if (done) return;
          await take(value);
        }
      } finally {
        await discard();
      }
    },
  };
}

/** Aborts what is watched when it takes too long; time that goes by between two watches does not count. */
function createSilenceTimer(timeoutMs: number, outer: AbortSignal) {
  const controller = new AbortController();
  return {
    signal: AbortSignal.any([outer, controller.signal]),
    isOver: () => controller.signal.aborted,
    async watch<T>(run: () => Promise<T>): Promise<T> {
      const timer = setTimeout(() => controller.abort(), timeoutMs);
      try {
        return await run();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function toNextUrl(response: Response, url: URL): URL {
  const location = response.headers.get('location');
  const next = location && URL.canParse(location, url) ? new URL(location, url) : null;
  if (!next) throw new UsageError(`${toPlace(url)} redirects to nowhere (HTTP ${response.status}).`);
  const isSafe = next.protocol === 'https:' || (next.protocol === 'http:' && url.protocol === 'http:');
  // Node's fetch takes no address with a user and password.
  if (!isSafe || next.username || next.password) {
    throw new UsageError(`${toPlace(url)} redirects to ${next.origin}, which is not followed.`);
  }
  return next;
}

function toFault(response: Response, url: URL, { token }: HubAddress): Error {
  const { status, headers } = response;
  const place = toPlace(url);
  if (status === 401 || status === 403) {
    const remedy = token
      ? 'MODELS_TOKEN may not read it: accept the terms on the repository’s page with that account.'
      : 'If it is gated or private, accept the terms on its page and set MODELS_TOKEN to a token that may read it. ' +
        'A repository that does not exist is answered likewise.';
    return new UsageError(`Access to ${place} is denied (HTTP ${status}). ${remedy}`);
  }
  if (status === 408 || status === 429 || status >= 500) {
    return new UnavailableError(`${place} answers HTTP ${status}.`, toPauseMs(headers.get('retry-after')));
  }
  return new UsageError(`${place} answers HTTP ${status}.`);
}

function toConnectionFault(cause: unknown, { hostname, origin }: URL): UnavailableError {
  const reason = describeCause(cause);
  const remedy = 'See to the network here, or set MODELS_URL to a mirror that can be reached.';
  if (UNKNOWN_HOST.test(reason)) {
    return new UnknownHostError(`The host ${hostname} is not found (${reason}). ${remedy}`, 0, cause);
  }
  if (UNREACHABLE.test(reason)) {
    return new UnavailableError(`${origin} can't be reached (${reason}). ${remedy}`, 0, cause);
  }
  return new UnavailableError(`${origin} broke off (${reason}).`, 0, cause);
}

/** Without the query: of a redirected file it is what grants access. */
const toPlace = ({ origin, pathname }: URL) => `${origin}${pathname}`;

/** Retry-After: seconds or a date. 0 where there is none. */
function toPauseMs(header: string | null): number {
  if (!header) return 0;
  const pauseMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return pauseMs > 0 ? pauseMs : 0;
}

/** The innermost reason, such as ECONNREFUSED. */
function describeCause(error: unknown): string {
  let inmost = error as { code?: string; message?: string; cause?: unknown };
  while (inmost.cause) inmost = inmost.cause as typeof inmost;
  return inmost.code ?? inmost.message ?? 'no reason given';
}
