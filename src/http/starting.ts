import type { RequestListener } from 'node:http';

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
