import type { RequestListener } from 'node:http';
import { express, type NextFunction, type Request, type Response } from './express.ts';
import { createPages, setSecurityHeaders } from './pages.ts';

/** Answers until the server can: it is alive, and not ready for anything else. */
export const answerWhileStarting: RequestListener = (request, response) => {
  request.resume();
  const isLiveness = request.url === '/healthz';
  const body = isLiveness ? { status: 'ok' } : { status: 'not ready', reasons: ['The server is starting.'] };
  response.writeHead(isLiveness ? 200 : 503, {
    'Content-Type': 'application/json',
    ...(!isLiveness && { 'Retry-After': '1' }),
  });
  response.end(JSON.stringify(body));
};

/** As `answerWhileStarting`, with the built pages: they wait for the server by themselves. */
export function createStartingApp(webDirectory: string): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.use(setSecurityHeaders());
  app.use(createPages(webDirectory));
  app.use(answerWhileStarting);
  app.use((_error: unknown, request: Request, response: Response, _next: NextFunction) =>
    answerWhileStarting(request, response),
  );
  return app;
}
