import { randomUUID } from 'node:crypto';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { RequestHandler, Response } from './express.ts';

const REQUEST_ID_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;
/** What is asked for every few seconds by machines. */
const QUIET_ROUTES = new Set(['/healthz', '/readyz', '/metrics']);

/** Gives each request an id (the caller's `X-Request-Id` where it is sound), a line in the log, and a measurement. */
export function trackRequests({ log, metrics }: { log: Log; metrics: Metrics }): RequestHandler {
  return (request, response, next) => {
    const startedMs = performance.now();
    const { method, path } = request;
    const given = request.get('x-request-id');
    const requestId = given && REQUEST_ID_PATTERN.test(given) ? given : randomUUID();
    response.locals.requestId = requestId;
    response.set('X-Request-Id', requestId);
    response.once('close', () => {
      const durationMs = performance.now() - startedMs;
      const status = response.writableFinished ? response.statusCode : 499; // the caller hung up
      const route = toRoute(path);
      metrics.observeRequest({ method, route, status, durationMs });
      const line = { requestId, method, route, status, durationMs: Math.round(durationMs) };
      if (QUIET_ROUTES.has(route)) log.debug(line, 'Request');
      else log.info(line, 'Request');
    });
    next();
  };
}

export const requestIdOf = (response: Response): string => response.locals.requestId;

/** Aborts when the caller hangs up before the response was sent. */
export function signalOf(response: Response): AbortSignal {
  const hungUp = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) hungUp.abort();
  });
  return hungUp.signal;
}

/** The path as a label with few values: ids are left out of it. */
function toRoute(path: string): string {
  const [, first = '', second, third] = path.split('/');
  if (['graphql', 'healthz', 'readyz', 'metrics', 'playground'].includes(first)) return `/${first}`;
  if (first === 'clips') return second ? '/clips/:id' : '/clips';
  if (first === 'media' && second) return third === 'thumbnail' ? '/media/:id/thumbnail' : '/media/:id';
  return first === '' ? '/' : 'other';
}
