import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { express, type RequestHandler } from './express.ts';
import { HttpError } from './faults.ts';

/** Everything comes from this origin; Monaco needs inline styles, data: fonts and blob: workers. */
const PAGE_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const ASSET_MAX_AGE_SECONDS = 365 * 24 * 3_600;

/** Sets what every response carries. */
export function setSecurityHeaders(): RequestHandler {
  return (_request, response, next) => {
    response.set({
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
    });
    next();
  };
}

/** The built pages. Redirects are relative, so that they hold behind a proxy that strips a prefix. */
export function createPages(webDirectory: string): RequestHandler {
  const router = express.Router();
  const playground = join(webDirectory, 'playground');

  router.get('/', (_request, response) => {
    response.status(302).set('Location', 'playground/').end();
  });
  router.use('/playground', (request, response, next) => {
    if (request.originalUrl.split('?', 1)[0].endsWith('/playground')) {
      response.status(301).set('Location', 'playground/').end();
      return;
    }
    if (!existsSync(join(playground, 'index.html'))) {
      throw new HttpError(503, 'NOT_BUILT', 'The playground is not built: run "npm run build:web".');
    }
    response.set('Content-Security-Policy', PAGE_POLICY);
    next();
  });
  router.use(
    '/playground',
    express.static(playground, {
      redirect: false,
      setHeaders(response, path) {
        // Vite names assets by their content.
        const isAsset = path.includes('/assets/');
        response.setHeader(
          'Cache-Control',
          isAsset ? `public, max-age=${ASSET_MAX_AGE_SECONDS}, immutable` : 'no-cache',
        );
      },
    }),
  );
  return router;
}
