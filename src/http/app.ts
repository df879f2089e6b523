import type { ApolloServer, BaseContext } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import type { Config } from '../config/config.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { guardOrigin, requireApiKey } from './access.ts';
import { type ClipRoutesOptions, createClipRoutes } from './clip-routes.ts';
import { type Express, express, type NextFunction, type Request, type Response } from './express.ts';
import { HttpError, toHttpFault } from './faults.ts';
import { createMediaRoutes, type MediaRoutesOptions } from './media-routes.ts';
import { createPages, setSecurityHeaders } from './pages.ts';
import { requestIdOf, signalOf, trackRequests } from './request-context.ts';

const MAX_GRAPHQL_BODY = '1mb';

export interface HttpServices<Context extends BaseContext> extends ClipRoutesOptions, MediaRoutesOptions {
  config: Omit<Config['http'], 'port'>;
  graphql: {
    /** Started. */
    server: ApolloServer<Context>;
    createContext(request: { requestId: string; signal: AbortSignal }): Context | Promise<Context>;
  };
  /** Why the server can't answer searches now; empty where it can. */
  notReadyReasons(): Promise<string[]>;
  /** Folder of the built pages. */
  webDirectory: string;
  metrics: Metrics;
  log: Log;
}

/** The HTTP interface, route by route. */
export function createApp<Context extends BaseContext>(services: HttpServices<Context>): Express {
  const { config, graphql, metrics, log } = services;
  const requireKey = requireApiKey(config.apiKeys);
  const app = express();
  app.disable('x-powered-by');

  app.use(trackRequests(services));
  app.use(setSecurityHeaders());
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', async (_request, response) => {
    const reasons = await services.notReadyReasons();
    response.status(reasons.length === 0 ? 200 : 503);
    response.json({ status: reasons.length === 0 ? 'ready' : 'not ready', reasons });
  });

  app.use(guardOrigin(config));
  app.use(createPages(services.webDirectory));
  app.use('/media', createMediaRoutes(services));
  app.get('/metrics', requireKey, async (_request, response) => {
    const { contentType, text } = await metrics.render();
    response.set('Content-Type', contentType).send(text);
  });
  app.use('/clips', requireKey, createClipRoutes(services));
  app.use(
    '/graphql',
    requireKey,
    (_request, response, next) => {
      response.set('Cache-Control', 'no-store');
      next();
    },
    express.json({ limit: MAX_GRAPHQL_BODY }),
    expressMiddleware(graphql.server, {
      context: async ({ res }) =>
        graphql.createContext({ requestId: requestIdOf(res), signal: signalOf(res) }),
    }),
  );

  app.use(() => {
    throw new HttpError(404, 'NOT_FOUND', 'There is nothing at this address.');
  });
  app.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    const fault = toHttpFault(error);
    const requestId = requestIdOf(response);
    if (fault.isUnexpected && !request.socket.destroyed) log.error({ requestId, error }, 'A request failed');
    if (response.headersSent) return next(error);
    response.status(fault.status).set(fault.headers);
    response.type('json');
    response.json(toBody(request, { code: fault.code, message: fault.message, requestId }));
  });
  return app;
}

/** GraphQL clients look for faults under `errors`, whatever refused the request. */
function toBody(request: Request, fault: { code: string; message: string; requestId: string }): object {
  if (request.path !== '/graphql') return fault;
  const { message, ...extensions } = fault;
  return { errors: [{ message, extensions }] };
}
