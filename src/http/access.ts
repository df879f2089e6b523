import { createHash, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { RequestHandler } from './express.ts';
import { HttpError } from './faults.ts';

const CORS_MAX_AGE_SECONDS = 600;

/**
 * Refuses what a foreign web page could send from its visitor's browser: an Origin that is neither the server's
 * own nor listed (multipart needs no preflight), and on loopback a Host that is not the machine's own (DNS
 * rebinding). Listed origins get CORS headers.
 */
export function guardOrigin({
  host,
  publicUrl,
  corsOrigins,
}: Pick<Config['http'], 'host' | 'publicUrl' | 'corsOrigins'>): RequestHandler {
  const publicHost = publicUrl ? new URL(publicUrl).host : null;
  const allowed = new Set(corsOrigins.map((origin) => (origin === '*' ? origin : new URL(origin).origin)));
  const isLoopbackOnly = isLoopback(host);

  return (request, response, next) => {
    const requestHost = request.headers.host?.toLowerCase() ?? '';
    if (isLoopbackOnly && requestHost !== publicHost && !isLoopback(toHostname(requestHost))) {
      throw new HttpError(
        403,
        'FORBIDDEN',
        'This server answers to local names only; PUBLIC_URL names another.',
      );
    }
    if (allowed.size > 0) response.vary('Origin');
    const { origin } = request.headers;
    if (origin === undefined) return next();
    const originHost = URL.canParse(origin) ? new URL(origin).host : null;
    if (originHost !== null && (originHost === requestHost || originHost === publicHost)) return next();
    if (!allowed.has('*') && !allowed.has(origin)) {
      throw new HttpError(403, 'FORBIDDEN', `The origin ${origin} is not in CORS_ORIGINS.`);
    }
    response.set({
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Expose-Headers': 'X-Request-Id, Retry-After',
    });
    if (request.method !== 'OPTIONS') return next();
    response.set({
      'Access-Control-Allow-Methods': 'GET, POST, DELETE',
      'Access-Control-Allow-Headers': 'Authorization, Content-Type, Apollo-Require-Preflight, X-Request-Id',
      'Access-Control-Max-Age': String(CORS_MAX_AGE_SECONDS),
    });
    response.status(204).end();
  };
}

/** `Authorization: Bearer KEY`, compared in constant time; no keys, no check. 401 UNAUTHENTICATED. */
export function requireApiKey(apiKeys: readonly string[]): RequestHandler {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if (apiKeys.length === 0) return (_request, _response, next) => next();
  const known = apiKeys.map(digest);
  return (request, _response, next) => {
    const [, key = ''] = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const given = digest(key);
    const matches = known.filter((one) => timingSafeEqual(one, given)).length;
    if (matches === 0) {
      const headers = { 'WWW-Authenticate': 'Bearer' };
      throw new HttpError(401, 'UNAUTHENTICATED', 'Send an API key as "Authorization: Bearer KEY".', headers);
    }
    next();
  };
}

const toHostname = (host: string) => host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');

const isLoopback = (hostname: string) =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '::1' ||
  /^127(\.\d{1,3}){3}$/.test(hostname);
