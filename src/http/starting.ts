import type { RequestListener } from 'node:http';
import { express, type NextFunction, type Request, type Response } from './express.ts';
import { createPages, setSecurityHeaders } from './pages.ts';

/** Answers until the server can: it is alive, and not ready for anything else, for these reasons. */
export function answerWhileStarting(reasons: () => string[]): RequestListener {
  return (request, response) => {
    request.resume();
    const isLiveness = request.url === '/healthz';
    const body = isLiveness ? { status: 'ok' } : { status: 'not ready', reasons: reasons() };
    response.writeHead(isLiveness ? 200 : 503, {
      'Content-Type': 'application/json',
      ...(!isLiveness && { 'Retry-After': '1' }),
    });
    response.end(JSON.stringify(body));
  };
}

/** As `answerWhileStarting`, with the built pages: they wait for the server by themselves. */
export function createStartingApp(webDirectory: string, reasons: () => string[]): RequestListener {
  const answer = answerWhileStarting(reasons);
  const app = express();
  app.disable('x-powered-by');
  app.use(setSecurityHeaders());
  app.use(createPages(webDirectory));
  app.use(answer);
  app.use((_error: unknown, request: Request, response: Response, _next: NextFunction) =>
    answer(request, response),
  );
  return app;
}
