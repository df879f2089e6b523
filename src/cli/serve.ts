import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../config/config.ts';
import { startServer } from '../main.ts';
import { logUncaught } from '../shared/log.ts';
import type { Session } from './session.ts';

/** `serve`: until it is told to stop. */
export async function serve({ services, signal }: Session): Promise<void> {
  logUncaught(services.log);
  const server = await startServer(services, signal).catch((error) => {
    if (signal.aborted) return null;
    throw error;
  });
  if (!server) return;
  console.error(greeting(server.url));
  services.log.info(
    { url: server.url, bundleId: server.bundleId, device: services.inference.device() },
    'Ready',
  );
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  services.log.info({}, 'Stopping');
  await server.close();
}

function greeting(url: string): string {
  const arePagesBuilt = existsSync(join(PROJECT_ROOT, 'dist/web/playground/index.html'));
  return `
  Playground  ${arePagesBuilt ? `${url}/playground` : 'not built yet; build it with: npm run build:web'}
  GraphQL     ${url}/graphql
  Upload      curl -F file=@clip.mp4 ${url}/clips

  A query to paste: music for the first video, α half-way

    { videos(first: 1) { edges { node { title matchingMusic(alpha: 0.5) {
      hits(first: 3) { edges { rank score node { title genres } } } } } } } }
`;
}
